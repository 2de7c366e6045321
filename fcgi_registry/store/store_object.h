/* store_object.h: single objects of a store in a bucket, for the parts of its
 * driver.  ERROR is remembered in op->err, and logged. */

#ifndef STORE_OBJECT_H
#define STORE_OBJECT_H

#include "s3/s3.h"
#include "store/store_driver.h"

/* Whether a key is that of a blob's data. */
bool object_is_blob(const char *key);

/* The name of the object of a key, in the operation's pool. */
char *object_key(const store_op_t *op, const char *key);

/* Remembers a failure that is logged already, by errno; returns ERROR. */
int object_failed(store_op_t *op);

/* Logs a status that such a request does not get; returns ERROR. */
int object_refused(store_op_t *op, const char *doing, const char *key,
                   int status);

/* What an answer says of its object.  The time is the last moment of the second
 * in which it was changed, since the store says no more. */
store_stat_t object_stat(const s3_answer_t *answer);

int object_head(store_op_t *op, const char *key, store_stat_t *stat_r);
int object_put(store_op_t *op, const char *key, str_t content);

/* OK also where there is no such object. */
int object_remove(store_op_t *op, const char *key);

/* As many headers as a new object needs, in headers[S3_HEADERS_MAX]. */
void object_headers(const store_op_t *op, const char *key,
                    reg_sigv4_pair_t *headers);

/* Sends a PUT of which only the body is set. */
int object_call_put(store_op_t *op, const char *key, s3_call_t *call);

#endif
