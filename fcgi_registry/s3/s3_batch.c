/* s3_batch.c: the removal of many objects, a thousand with one request. */

#include "s3/s3_batch.h"
#include "s3/s3_xml.h"

#include "common/hash.h"
#include "fcgi_core/base64.h"
#include "fcgi_core/log.h"

#include <errno.h>

#define KEYS_MAX 1000

struct s3_batch_s {
    s3_t *s3;
    pool_t *pool;
    size_t n;
    char *keys[KEYS_MAX];
};

/* What the store says of single keys. */
typedef struct {
    pool_t *pool;
    const char *code; /* of the first that was not removed */
} refusal_t;


s3_batch_t *
s3_batch_begin(s3_t *s3)
{
    pool_t *pool = pool_create();
    s3_batch_t *batch = pool_new(pool, s3_batch_t);

    batch->s3 = s3;
    batch->pool = pool;

    return batch;
}


/* No XML has control characters. */
static bool
is_printable(const char *key)
{
    for (; *key != '\0'; key++) {
        if ((unsigned char)*key < ' ') {
            return false;
        }
    }

    return true;
}


static void
text_escape(char **at, const char *text)
{
    for (; *text != '\0'; text++) {
        const char *entity = *text == '&'   ? "&amp;"
                             : *text == '<' ? "&lt;"
                             : *text == '>' ? "&gt;"
                                            : NULL;

        if (entity == NULL) {
            *(*at)++ = *text;

        } else {
            memcpy(*at, entity, strlen(entity));
            *at += strlen(entity);
        }
    }
}


static void
text_add(char **at, const char *text)
{
    memcpy(*at, text, strlen(text));
    *at += strlen(text);
}


static str_t
body_print(pool_t *pool, char *const *keys, size_t n)
{
    size_t size = 128;
    char *text, *at;

    for (size_t i = 0; i < n; i++) {
        size += 64 + 6 * strlen(keys[i]);
    }

    text = at = pool_alloc(pool, size);
    text_add(&at, "<Delete><Quiet>true</Quiet>");

    for (size_t i = 0; i < n; i++) {
        text_add(&at, "<Object><Key>");
        text_escape(&at, keys[i]);
        text_add(&at, "</Key></Object>");
    }

    text_add(&at, "</Delete>");

    return (str_t){ (size_t)(at - text), (unsigned char *)text };
}


static void
refusal_element(void *data, const char *parent, const char *name, str_t text)
{
    refusal_t *refusal = data;

    if (refusal->code == NULL && strcmp(parent, "Error") == 0
        && strcmp(name, "Code") == 0) {
        refusal->code = pool_strndup(refusal->pool, text);
    }
}


static int
many_delete(s3_batch_t *batch, pool_t *pool)
{
    unsigned char md5[REG_MD5_SIZE];
    char encoded[BASE64_PADDED_LEN(REG_MD5_SIZE) + 1];
    s3_call_t call = { .method = "POST",
                       .key = "",
                       .query = { { reg_str("delete"), reg_str("") } },
                       .has_body = true,
                       .text = body_print(pool, batch->keys, batch->n) };
    refusal_t refusal = { pool, NULL };
    s3_answer_t answer;

    reg_md5(call.text, md5);
    base64_encode((str_t){ sizeof(md5), md5 }, encoded);
    call.headers[0] =
        (reg_sigv4_pair_t){ reg_str("content-md5"), reg_cstr(encoded) };

    if (s3_send(batch->s3, pool, &call, &answer) != OK) {
        return ERROR;
    }

    if (answer.status != 200
        || s3_xml_read(answer.body, refusal_element, &refusal) != OK) {
        refusal.code = "the answer cannot be understood";
    }

    if (refusal.code != NULL) {
        log_error("store %s: objects could not be removed: %s",
                  s3_conf(batch->s3)->file, refusal.code);
        errno = EIO;
        return ERROR;
    }

    return OK;
}


static int
one_delete(s3_t *s3, pool_t *pool, const char *key)
{
    s3_call_t call = { .method = "DELETE", .key = key };
    s3_answer_t answer;

    return s3_send(s3, pool, &call, &answer);
}


static int
batch_send(s3_batch_t *batch)
{
    pool_t *pool = pool_create();
    int rc = batch->n == 1   ? one_delete(batch->s3, pool, batch->keys[0])
             : batch->n != 0 ? many_delete(batch, pool)
                             : OK;

    pool_destroy(pool);
    batch->n = 0;

    return rc;
}


int
s3_batch_add(s3_batch_t *batch, const char *key)
{
    if (!is_printable(key)) {
        return one_delete(batch->s3, batch->pool, key);
    }

    batch->keys[batch->n++] = pool_strdup(batch->pool, key);

    return batch->n == KEYS_MAX ? batch_send(batch) : OK;
}


int
s3_batch_end(s3_batch_t *batch)
{
    int rc = batch_send(batch);

    pool_destroy(batch->pool);

    return rc;
}
