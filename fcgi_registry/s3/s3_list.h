/* s3_list.h: the keys of a bucket. */

#ifndef S3_LIST_H
#define S3_LIST_H

#include "s3/s3.h"

typedef struct {
    const char *key;
    bool is_prefix; /* keys begin with it; it ends in a slash, and the rest is
                       not known */
    uint64_t size;
    int64_t time; /* seconds, by the store's clock */
    const char *etag;
} s3_object_t;

/* Valid during the call, which may send other requests; false ends the
 * listing. */
typedef bool (*s3_object_fn)(void *data, const s3_object_t *object);

/* Every key that begins with a prefix, sorted by its bytes; where is_flat is
 * false, those that have a slash behind the prefix once, as a prefix up to
 * there.  ERROR with errno, logged; some may have been passed to fn then. */
int s3_list(s3_t *s3, const char *prefix, bool is_flat, s3_object_fn fn,
            void *data);

#endif
