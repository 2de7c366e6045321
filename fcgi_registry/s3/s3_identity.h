/* s3_identity.h: temporary credentials that a machine or a container gets from
 * where it runs. */

#ifndef S3_IDENTITY_H
#define S3_IDENTITY_H

#include "common/sigv4.h"
#include "fcgi_core/pool.h"

/* Those of a container, if AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or
 * AWS_CONTAINER_CREDENTIALS_FULL_URI names where they are, with
 * AWS_CONTAINER_AUTHORIZATION_TOKEN or the file of ..._TOKEN_FILE; else those
 * of the role of a machine (IMDSv2), unless AWS_EC2_METADATA_DISABLED is
 * "true". *expires_r is in seconds since 1970.  DECLINED where there are none;
 * ERROR, logged, where those that there are cannot be got.  The region of the
 * key is not set. */
int s3_identity_find(pool_t *pool, reg_sigv4_key_t *key_r, int64_t *expires_r);

#endif
