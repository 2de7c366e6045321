/* s3.h: requests to a bucket: signed, and sent again where that helps. */

#ifndef S3_H
#define S3_H

#include "common/sigv4.h"
#include "fcgi_core/pool.h"
#include "s3/s3_conf.h"

typedef struct s3_s s3_t;

/* The next bytes of an answer with status 200 or 206; false ends the
 * reading. */
typedef bool (*s3_body_fn)(void *data, const unsigned char *bytes, size_t n);

#define S3_HEADERS_MAX 8
#define S3_QUERY_MAX 6
#define S3_ETAG_SIZE 65

/* The body of a request is text, or a part of a file. */
typedef struct {
    const char *method;
    const char *key;                      /* of an object; "" for the bucket */
    reg_sigv4_pair_t query[S3_QUERY_MAX]; /* up to the first without a name */
    reg_sigv4_pair_t
        headers[S3_HEADERS_MAX]; /* the same; names in lower case */
    bool has_body;
    str_t text;
    bool is_file; /* instead of the text it is these bytes of a file: */
    int fd;
    uint64_t offset;
    uint64_t size;
    const char *sha256; /* of the file's part, in hex; NULL: it is not signed */
    bool is_checked;    /* an answer with status 200 may have an error as its
                           body */
    bool is_part;       /* a range is asked for: fn gets none of an answer with
                           status 200, which has the whole object */
    s3_body_fn fn;      /* NULL: the answer's body is kept */
    void *data;
} s3_call_t;

typedef struct {
    int status;       /* 2xx, 404, 412 or 416 */
    str_t body;       /* where it was kept, or where status is an error's */
    const char *code; /* of an error, "" where there is none */
    uint64_t size;    /* of the object */
    int64_t time;     /* of its last change, by our clock; in seconds */
    char etag[S3_ETAG_SIZE]; /* without quotes; "" where there is none */
    bool is_begun;           /* fn has got bytes */
} s3_answer_t;

/* The bucket of a file (s3_conf.h), for the life of the process; the same for
 * the same file.  ERROR, logged. */
int s3_open(const char *file, s3_t **s3_r);

const s3_conf_t *s3_conf(const s3_t *s3);

/* A URL with which anyone may GET an object, for some seconds from now on, or
 * for less where our credentials end before.  A secret.  NULL, logged. */
const char *s3_presign(s3_t *s3, pool_t *pool, const char *key,
                       unsigned seconds);

/* Sends a request and waits for its answer.  It is sent again if the store is
 * busy or there is no whole answer, unless fn has got a part of it.  OK for the
 * status codes above.  ERROR with errno, logged with the store's name of the
 * request: EAGAIN where the store cannot do it at present. */
int s3_send(s3_t *s3, pool_t *pool, const s3_call_t *call,
            s3_answer_t *answer_r);

#endif
