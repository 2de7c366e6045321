/* s3_batch.h: the removal of many objects, a thousand with one request. */

#ifndef S3_BATCH_H
#define S3_BATCH_H

#include "s3/s3.h"

typedef struct s3_batch_s s3_batch_t;

/* In memory of its own until s3_batch_end(). */
s3_batch_t *s3_batch_begin(s3_t *s3);

/* The key is copied.  ERROR with errno, logged, where those before could not be
 * removed. */
int s3_batch_add(s3_batch_t *batch, const char *key);

/* Removes the rest.  ERROR, logged, where it could not. */
int s3_batch_end(s3_batch_t *batch);

#endif
