/* s3_list.c: the keys of a bucket, a page of a thousand at a time. */

#include "s3/s3_list.h"
#include "s3/s3_xml.h"

#include "common/encode.h"
#include "common/utc.h"
#include "fcgi_core/log.h"

#include <errno.h>

#define KEY_SIZE 2049 /* 1024 bytes are allowed */

/* A page that is read. */
typedef struct {
    pool_t *pool;
    s3_object_fn fn;
    void *fn_data;
    s3_object_t object; /* of which the elements come */
    char key[KEY_SIZE];
    char etag[S3_ETAG_SIZE];
    const char *next; /* where the next page begins; NULL: this is the last */
    bool is_truncated, is_ended, is_bad;
} page_t;


/* Names are percent-encoded, since XML cannot have every character. */
static void
key_take(page_t *page, str_t text)
{
    size_t len;

    if (reg_percent_decode(text, true, (unsigned char *)page->key,
                           sizeof(page->key) - 1, &len)
        != OK) {
        page->is_bad = true;
        len = 0;
    }

    page->key[len] = '\0';
    page->object.key = page->key;
}


static void
etag_take(page_t *page, str_t text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len && n < sizeof(page->etag) - 1; i++) {
        if (text.data[i] != '"') {
            page->etag[n++] = (char)text.data[i];
        }
    }

    page->etag[n] = '\0';
    page->object.etag = page->etag;
}


static void
object_take(page_t *page, const char *name, str_t text)
{
    char number[21];

    if (strcmp(name, "Key") == 0) {
        key_take(page, text);

    } else if (strcmp(name, "Size") == 0) {
        snprintf(number, sizeof(number), "%.*s", STR(text));
        page->object.size = strtoull(number, NULL, 10);

    } else if (strcmp(name, "ETag") == 0) {
        etag_take(page, text);

    } else if (strcmp(name, "LastModified") == 0
               && reg_utc_parse(text, &page->object.time) != OK) {
        page->is_bad = true;
    }
}


static void
object_pass(page_t *page)
{
    if (page->object.key != NULL && !page->is_ended) {
        page->is_ended = !page->fn(page->fn_data, &page->object);
    }

    page->object = (s3_object_t){ .key = NULL };
}


static void
element_pass(void *data, const char *parent, const char *name, str_t text)
{
    page_t *page = data;

    if (strcmp(parent, "Contents") == 0) {
        object_take(page, name, text);

    } else if (strcmp(parent, "CommonPrefixes") == 0
               && strcmp(name, "Prefix") == 0) {
        key_take(page, text);
        page->object.is_prefix = true;

    } else if (strcmp(name, "Contents") == 0
               || strcmp(name, "CommonPrefixes") == 0) {
        object_pass(page);

    } else if (strcmp(parent, "ListBucketResult") == 0) {
        if (strcmp(name, "IsTruncated") == 0) {
            page->is_truncated = reg_str_eq(text, reg_str("true"));

        } else if (strcmp(name, "NextContinuationToken") == 0) {
            page->next = pool_strndup(page->pool, text);
        }
    }
}


static int
page_get(s3_t *s3, pool_t *pool, const char *prefix, bool is_flat,
         const char *after, str_t *body_r)
{
    s3_call_t call = { .method = "GET",
                       .key = "",
                       .query = { { reg_str("list-type"), reg_str("2") },
                                  { reg_str("encoding-type"), reg_str("url") },
                                  { reg_str("prefix"), reg_cstr(prefix) } } };
    s3_answer_t answer;
    size_t n = 3;

    if (!is_flat) {
        call.query[n++] =
            (reg_sigv4_pair_t){ reg_str("delimiter"), reg_str("/") };
    }

    if (after != NULL) {
        call.query[n++] = (reg_sigv4_pair_t){ reg_str("continuation-token"),
                                              reg_cstr(after) };
    }

    if (s3_send(s3, pool, &call, &answer) != OK) {
        return ERROR;
    }

    *body_r = answer.body;

    return answer.status == 200 ? OK : ERROR;
}


/* *next_r, if there is another page, is in the pool. */
static int
page_read(page_t *page, str_t body, s3_t *s3)
{
    if (s3_xml_read(body, element_pass, page) != OK || page->is_bad
        || (page->is_truncated && page->next == NULL)) {
        log_error("store %s: a list of keys cannot be understood",
                  s3_conf(s3)->file);
        errno = EIO;
        return ERROR;
    }

    return OK;
}


int
s3_list(s3_t *s3, const char *prefix, bool is_flat, s3_object_fn fn, void *data)
{
    pool_t *pool = pool_create(), *old = NULL;
    const char *after = NULL;
    int rc;

    for (;;) {
        page_t page = { .pool = pool, .fn = fn, .fn_data = data };
        str_t body;

        rc = page_get(s3, pool, prefix, is_flat, after, &body);

        if (old != NULL) {
            pool_destroy(old);
        }

        if (rc == OK) {
            rc = page_read(&page, body, s3);
        }

        if (rc != OK || page.is_ended || !page.is_truncated) {
            break;
        }

        after = page.next;
        old = pool;
        pool = pool_create();
    }

    pool_destroy(pool);

    return rc;
}
