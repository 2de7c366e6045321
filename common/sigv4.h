/* sigv4.h: signature version 4 of the S3 protocol: headers and URLs.
 *
 * A request is signed as it is sent: the same function escapes for both. */

#ifndef REG_SIGV4_H
#define REG_SIGV4_H

#include "reg.h"

#define REG_SIGV4_PAIRS_MAX 16 /* of a query, and of headers */
#define REG_SIGV4_DATE_SIZE sizeof("20260801T120000Z")
#define REG_SIGV4_UNSIGNED "UNSIGNED-PAYLOAD" /* as payload: any body */

/* A parameter of a query, or a header. */
typedef struct {
    reg_str_t name;
    reg_str_t value;
} reg_sigv4_pair_t;

typedef struct {
    reg_str_t access; /* the access key's id: no secret */
    reg_str_t secret;
    reg_str_t token; /* of temporary credentials; else empty */
    reg_str_t region;
} reg_sigv4_key_t;

typedef struct {
    reg_str_t method;
    reg_str_t path; /* begins with '/', not escaped; nothing in it is
                       normalized */
    const reg_sigv4_pair_t *query; /* not escaped, in any order */
    size_t n_query;
    const reg_sigv4_pair_t *headers; /* that are signed: names in lower case,
                                        values without space around them, in
                                        any order */
    size_t n_headers;
    reg_str_t payload; /* SHA-256 of the body in hex, or REG_SIGV4_UNSIGNED */
    int64_t time;      /* seconds since 1970 */
} reg_sigv4_request_t;

/* Writes the time as the header x-amz-date has it, and a NUL, into
 * date[REG_SIGV4_DATE_SIZE].  REG_ERROR beyond the year 9999, where every
 * function below fails, too. */
int reg_sigv4_date(int64_t time, char *date);

/* The functions below write a text and a NUL into buf[size] and return its
 * length, or REG_ERROR where it does not fit, or where there are more than
 * REG_SIGV4_PAIRS_MAX pairs. */

/* The path and the query of a request as they are sent. */
int reg_sigv4_target(const reg_sigv4_request_t *request, char *buf,
                     size_t size);

/* The value of the header Authorization.  The caller sends the headers that are
 * signed.  Among them are host, x-amz-date, x-amz-content-sha256 (the payload),
 * and x-amz-security-token if the key has a token. */
int reg_sigv4_authorization(const reg_sigv4_request_t *request,
                            const reg_sigv4_key_t *key, char *buf, size_t size);

/* The path and the query of a URL that is valid for some seconds from the time
 * of the request on, 604800 at most.  Of its headers only host is needed; its
 * query may have 10 pairs.  Nothing may be appended to it. */
int reg_sigv4_presign(const reg_sigv4_request_t *request,
                      const reg_sigv4_key_t *key, unsigned expires, char *buf,
                      size_t size);

#endif
