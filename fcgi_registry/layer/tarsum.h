/* tarsum.h: docker's checksum of an image's json and the files of its layer,
 * the same however the layer is compressed or ordered: TarSum v0 of docker
 * 0.6 to 1.10. */

#ifndef TARSUM_H
#define TARSUM_H

#include "layer/tar_entry.h"

#define TARSUM_PREFIX "tarsum+sha256:"
#define TARSUM_MAX (sizeof(TARSUM_PREFIX) - 1 + 64)

typedef struct tarsum_s tarsum_t;

/* A new one, in the pool. */
tarsum_t *tarsum_open(pool_t *pool);

/* An entry, its content as it comes, and its end. */
void tarsum_entry(tarsum_t *tarsum, const tar_entry_t *entry);
void tarsum_content(tarsum_t *tarsum, const unsigned char *bytes, size_t n);
void tarsum_entry_end(tarsum_t *tarsum);

/* Writes the sum over an image's json and all entries, and a NUL, into
 * buf[TARSUM_MAX + 1].  Called once. */
void tarsum_print(tarsum_t *tarsum, str_t json, char *buf);

#endif
