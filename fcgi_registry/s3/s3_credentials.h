/* s3_credentials.h: the keys that requests are signed with. */

#ifndef S3_CREDENTIALS_H
#define S3_CREDENTIALS_H

#include "s3/s3_conf.h"

/* The first of these that there is: the keys of the store's file; the shared
 * file that it names; AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
 * AWS_SESSION_TOKEN of the environment; the shared file that
 * AWS_SHARED_CREDENTIALS_FILE names.  In a shared file it is the profile of
 * the store's file, of AWS_PROFILE, or "default".  Last, those of a container
 * or a machine (s3_identity.h), which end at *expires_r, in seconds since 1970;
 * that is 0 for all others.  ERROR, logged, for none, or for one that is not
 * whole. */
int s3_credentials_find(pool_t *pool, const s3_conf_t *conf,
                        reg_sigv4_key_t *key_r, int64_t *expires_r);

#endif
