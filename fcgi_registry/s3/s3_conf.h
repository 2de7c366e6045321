/* s3_conf.h: where a bucket is, and who we are there: the file that an operator
 * writes for a store (docs/object-stores.md). */

#ifndef S3_CONF_H
#define S3_CONF_H

#include "common/sigv4.h"
#include "fcgi_core/pool.h"

typedef struct {
    const char *file;
    const char *bucket;
    const char *region;
    const char *endpoint; /* "https://host:port", without a path */
    const char *host;     /* as the header Host has it */
    const char *base;     /* the path before a key: "/bucket/" or "/" */
    const char *root;     /* what all keys begin with, without slashes around
                             it; may be empty */
    const char *ca_file;  /* NULL: the certificates of the system */
    const char *storage_class; /* of blobs; NULL: the bucket's */
    const char *encryption;    /* x-amz-server-side-encryption; NULL: none */
    const char *kms_key;       /* NULL: none, or the bucket's */
    const char *credentials;   /* a shared file; NULL: none */
    const char *profile;
    reg_sigv4_key_t key; /* its access and secret are empty where the file has
                            none */
} s3_conf_t;

/* Reads a file, which no one but its owner may open; ERROR, logged.  The texts
 * are in the pool. */
int s3_conf_read(pool_t *pool, const char *file, s3_conf_t *conf_r);

#endif
