/* s3_multipart.c: objects that are put in parts.
 *
 * A part that Complete does not name makes radosgw refuse the whole: all
 * numbers are planned before the first part, and one that fails is sent again
 * under the same number. */

#include "s3/s3_multipart.h"
#include "s3/s3_xml.h"

#include "fcgi_core/log.h"

#include <errno.h>

#define PARTS_MAX 900 /* some servers allow 1000 */
#define MIB (1024 * 1024)
#define ETAG_TEXT_MAX 256 /* of a part in the list that Complete has */

typedef struct {
    s3_t *s3;
    pool_t *pool;
    const char *key;
    const char *id;
    int fd;
    uint64_t size;
    uint64_t part_size;
    size_t n;
    char (*etags)[S3_ETAG_SIZE];
} multipart_t;


static uint64_t
part_size_of(uint64_t size)
{
    uint64_t part = (size + PARTS_MAX - 1) / PARTS_MAX;

    part = (part + MIB - 1) / MIB * MIB;

    return part > S3_PART_SIZE ? part : S3_PART_SIZE;
}


static void
id_element(void *data, const char *parent, const char *name, str_t text)
{
    multipart_t *multipart = data;

    if (strcmp(parent, "InitiateMultipartUploadResult") == 0
        && strcmp(name, "UploadId") == 0) {
        multipart->id = pool_strndup(multipart->pool, text);
    }
}


static int
multipart_begin(multipart_t *multipart,
                const reg_sigv4_pair_t headers[S3_HEADERS_MAX])
{
    s3_call_t call = { .method = "POST",
                       .key = multipart->key,
                       .query = { { reg_str("uploads"), reg_str("") } },
                       .has_body = true };
    s3_answer_t answer;

    memcpy(call.headers, headers, sizeof(call.headers));

    if (s3_send(multipart->s3, multipart->pool, &call, &answer) != OK) {
        return ERROR;
    }

    if (answer.status != 200
        || s3_xml_read(answer.body, id_element, multipart) != OK
        || multipart->id == NULL) {
        log_error("store %s: no upload in parts was begun: status %d",
                  s3_conf(multipart->s3)->file, answer.status);
        errno = EIO;
        return ERROR;
    }

    return OK;
}


static int
part_put(multipart_t *multipart, size_t i)
{
    pool_t *pool = pool_create();
    uint64_t offset = i * multipart->part_size;
    uint64_t left = multipart->size - offset;
    const char *number = pool_printf(pool, "%zu", i + 1);
    s3_call_t call = {
        .method = "PUT",
        .key = multipart->key,
        .query = { { reg_str("partNumber"), reg_cstr(number) },
                   { reg_str("uploadId"), reg_cstr(multipart->id) } },
        .has_body = true,
        .is_file = true,
        .fd = multipart->fd,
        .offset = offset,
        .size = left < multipart->part_size ? left : multipart->part_size
    };
    s3_answer_t answer;
    int rc = s3_send(multipart->s3, pool, &call, &answer);

    if (rc == OK && answer.status != 200) {
        errno = EIO;
        rc = ERROR;
    }

    if (rc == OK) {
        memcpy(multipart->etags[i], answer.etag, S3_ETAG_SIZE);
    }

    pool_destroy(pool);

    return rc;
}


static str_t
parts_print(const multipart_t *multipart)
{
    size_t size = multipart->n * ETAG_TEXT_MAX + ETAG_TEXT_MAX;
    char *text = pool_alloc(multipart->pool, size);
    size_t len = (size_t)snprintf(text, size, "<CompleteMultipartUpload>");

    for (size_t i = 0; i < multipart->n; i++) {
        len += (size_t)snprintf(text + len, size - len,
                                "<Part><PartNumber>%zu</PartNumber><ETag>"
                                "&quot;%s&quot;</ETag></Part>",
                                i + 1, multipart->etags[i]);
    }

    len +=
        (size_t)snprintf(text + len, size - len, "</CompleteMultipartUpload>");

    return (str_t){ len, (unsigned char *)text };
}


/* Where the answer of an earlier try was lost, the upload is gone and the
 * object is there. */
static bool
is_complete(const multipart_t *multipart)
{
    s3_call_t call = { .method = "HEAD", .key = multipart->key };
    s3_answer_t answer;

    return s3_send(multipart->s3, multipart->pool, &call, &answer) == OK
           && answer.status == 200 && answer.size == multipart->size;
}


static int
multipart_complete(const multipart_t *multipart)
{
    s3_call_t call = { .method = "POST",
                       .key = multipart->key,
                       .query = { { reg_str("uploadId"),
                                    reg_cstr(multipart->id) } },
                       .has_body = true,
                       .text = parts_print(multipart),
                       .is_checked = true };
    s3_answer_t answer;
    int rc = s3_send(multipart->s3, multipart->pool, &call, &answer);

    if (rc == OK && answer.status == 200) {
        return OK;
    }

    if (is_complete(multipart)) {
        return OK;
    }

    log_error("store %s: %s: its parts could not be put together",
              s3_conf(multipart->s3)->file, multipart->key);
    errno = rc == OK ? EAGAIN : errno;

    return ERROR;
}


static void
multipart_abort(const multipart_t *multipart)
{
    s3_call_t call = { .method = "DELETE",
                       .key = multipart->key,
                       .query = {
                           { reg_str("uploadId"), reg_cstr(multipart->id) } } };
    s3_answer_t answer;
    int err = errno;

    s3_send(multipart->s3, multipart->pool, &call, &answer);
    errno = err;
}


static int
parts_put(multipart_t *multipart)
{
    for (size_t i = 0; i < multipart->n; i++) {
        if (part_put(multipart, i) != OK) {
            return ERROR;
        }
    }

    return multipart_complete(multipart);
}


int
s3_multipart_put(s3_t *s3, const char *key,
                 const reg_sigv4_pair_t headers[S3_HEADERS_MAX], int fd,
                 uint64_t size)
{
    multipart_t multipart = { .s3 = s3,
                              .pool = pool_create(),
                              .key = key,
                              .fd = fd,
                              .size = size,
                              .part_size = part_size_of(size) };
    int rc;

    multipart.n =
        (size_t)((size + multipart.part_size - 1) / multipart.part_size);
    multipart.etags = pool_alloc(multipart.pool, multipart.n * S3_ETAG_SIZE);
    rc = multipart_begin(&multipart, headers);

    if (rc == OK) {
        rc = parts_put(&multipart);

        if (rc != OK) {
            multipart_abort(&multipart);
        }
    }

    pool_destroy(multipart.pool);

    return rc;
}
