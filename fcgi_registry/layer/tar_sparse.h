/* tar_sparse.h: which parts of a sparse file an archive has; all others are
 * zeros. */

#ifndef TAR_SPARSE_H
#define TAR_SPARSE_H

#include "fcgi_core/pool.h"

#define TAR_SPARSE_MAX 65536 /* parts of a file */

typedef struct {
    int64_t offset, len;
} tar_part_t;

typedef struct {
    size_t n, size;
    tar_part_t *items; /* in the pool */
    int64_t end;       /* of the last part */
    int64_t stored;    /* bytes of all parts */
} tar_sparse_t;

/* Forgets all parts, and keeps the memory. */
void tar_sparse_reset(tar_sparse_t *sparse);

/* Adds a part.  ERROR where it does not follow the last one, or there are too
 * many. */
int tar_sparse_add(pool_t *pool, tar_sparse_t *sparse, int64_t offset,
                   int64_t len);

/* Adds the n parts of a header of GNU's old format, up to the first empty
 * field.  ERROR. */
int tar_sparse_add_fields(pool_t *pool, tar_sparse_t *sparse,
                          const unsigned char *fields, size_t n);

/* Adds "OFFSET,LENGTH,OFFSET,LENGTH…".  ERROR. */
int tar_sparse_add_text(pool_t *pool, tar_sparse_t *sparse, str_t text);

#endif
