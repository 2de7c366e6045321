/* decompress.h: a layer's bytes without their compression, as they come.
 *
 * Its first bytes say whether it is gzip, xz, bzip2, zstd or none, as docker
 * takes it.  Checksums of the format are verified; members that follow each
 * other are one content, anything else behind the last one is an error.  The
 * only file that includes the four libraries.  Memory is bounded: 128 MiB for
 * the window of xz and zstd. */

#ifndef DECOMPRESS_H
#define DECOMPRESS_H

#include "fcgi_core/pool.h"

typedef struct decompress_s decompress_t;

/* The next bytes without compression; false ends it. */
typedef bool (*decompress_fn)(void *data, const unsigned char *bytes, size_t n);

/* A new one, in the pool; gives what it has to fn(data, ...). */
decompress_t *decompress_open(pool_t *pool, decompress_fn fn, void *data);

/* OK; DECLINED where fn has ended it; ERROR where the bytes are broken, or need
 * more memory than they may have.  After these two nothing more is taken. */
int decompress_push(decompress_t *decompress, const unsigned char *bytes,
                    size_t n);

/* Whether the bytes have no compression; after decompress_finish(). */
bool decompress_is_plain(const decompress_t *decompress);

/* There are no more bytes.  The same; ERROR also where some are missing. */
int decompress_finish(decompress_t *decompress);

#endif
