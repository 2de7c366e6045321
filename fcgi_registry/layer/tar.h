/* tar.h: reads a tar archive as its bytes come.
 *
 * v7, ustar, pax, star and GNU headers: long names and links of both kinds,
 * numbers in base 256, sparse files of GNU (old format) and of pax (0.0, 0.1,
 * 1.0), whose holes are read as zeros.  The facts are those that archive/tar of
 * Go has for the same headers, because docker's checksums are made of them.
 * Nothing is kept of an entry once it is over, so an archive may have any
 * number. */

#ifndef TAR_H
#define TAR_H

#include "layer/tar_entry.h"

/* What a caller does with an archive; false ends the reading. */
typedef struct {
    bool (*entry)(void *data, const tar_entry_t *entry);
    bool (*content)(void *data, const unsigned char *bytes, size_t n);
    bool (*entry_end)(void *data);
} tar_handler_t;

typedef struct tar_s tar_t;

/* A new one, in the pool.  The handler's functions get data. */
tar_t *tar_open(pool_t *pool, const tar_handler_t *handler, void *data);

/* OK; DECLINED where the handler has ended it; ERROR where this is no tar.
 * After these two nothing more is taken; nor after the two empty blocks that
 * end an archive, whatever stands behind them. */
int tar_push(tar_t *tar, const unsigned char *bytes, size_t n);

/* There are no more bytes.  The same; ERROR also within an entry. */
int tar_finish(tar_t *tar);

/* Why it is no tar, a sentence. */
const char *tar_error(const tar_t *tar);

#endif
