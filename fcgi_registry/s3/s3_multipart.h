/* s3_multipart.h: objects that are put in parts. */

#ifndef S3_MULTIPART_H
#define S3_MULTIPART_H

#include "s3/s3.h"

#define S3_PART_SIZE                                                           \
    (64 * 1024 * 1024) /* of most; what fits is put at once                    \
                        */

/* Makes the bytes of an open file the object of a key, visible in one step.
 * headers: of the object, up to the first without a name.  ERROR with errno,
 * logged; nothing is left then, if the store could be asked for that. */
int s3_multipart_put(s3_t *s3, const char *key,
                     const reg_sigv4_pair_t headers[S3_HEADERS_MAX], int fd,
                     uint64_t size);

#endif
