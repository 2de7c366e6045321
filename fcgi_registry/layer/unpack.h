/* unpack.h: a layer is read once, and all that the original protocol asks of
 * it is computed as its bytes pass: sums, and the list of its files.
 *
 * The sums are those of docker 0.6 to 1.10: the payload's is over the image's
 * json, a line end and the layer as it was sent; diff_id is that of the layer
 * without its compression, as configs of images have it since 1.10. */

#ifndef UNPACK_H
#define UNPACK_H

#include "layer/tarsum.h"

#include "common/digest.h"

/* What a layer may cost.  All of it is about what comes out, because what goes
 * in is a file already. */
typedef struct {
    uint64_t output; /* bytes without compression, and bytes of its files with
                        their holes */
    uint64_t ratio;  /* of bytes without compression, and of its files, to
                        those with it, beyond the first 64 MiB */
    uint64_t entries;
    int64_t seconds;
} unpack_limit_t;

typedef struct {
    uint64_t size;         /* bytes as it was sent */
    uint64_t uncompressed; /* bytes without compression */
    bool is_plain;         /* it has none */
    char payload[REG_DIGEST_MAX + 1];
    char diff_id[REG_DIGEST_MAX + 1];
    bool is_tar; /* else there are no files, and no tarsum: any bytes may be a
                    layer */
    char tarsum[TARSUM_MAX + 1];
    str_t files; /* layer_files.h; in the pool */
} unpacked_t;

typedef struct unpack_s unpack_t;

/* A new one, in the pool.  limit and json are used until the end. */
unpack_t *unpack_open(pool_t *pool, str_t json, const unpack_limit_t *limit);

/* The next bytes of the layer; data is the unpack_t.  False where no more of
 * them are needed: unpack_finish() says why. */
bool unpack_push(void *data, const unsigned char *bytes, size_t n);

/* The end of the layer.  DECLINED where it exceeds a limit, ERROR where its
 * compression is broken; both with a sentence for the client. */
int unpack_finish(unpack_t *unpack, unpacked_t *unpacked_r,
                  const char **error_r);

#endif
