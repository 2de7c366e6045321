/* tar_sparse.c: which parts of a sparse file an archive has. */

#include "layer/tar_sparse.h"
#include "layer/tar_header.h"

#define FIELD_LEN 12 /* of GNU's old format */
#define FIRST_SIZE 64


void
tar_sparse_reset(tar_sparse_t *sparse)
{
    sparse->n = 0;
    sparse->end = 0;
    sparse->stored = 0;
}


static void
grow(pool_t *pool, tar_sparse_t *sparse)
{
    size_t size = sparse->size == 0 ? FIRST_SIZE : 2 * sparse->size;
    tar_part_t *items = pool_alloc(pool, size * sizeof(tar_part_t));

    if (sparse->n != 0) {
        memcpy(items, sparse->items, sparse->n * sizeof(tar_part_t));
    }

    sparse->items = items;
    sparse->size = size;
}


int
tar_sparse_add(pool_t *pool, tar_sparse_t *sparse, int64_t offset, int64_t len)
{
    if (offset < sparse->end || len < 0 || len > INT64_MAX - offset
        || sparse->n == TAR_SPARSE_MAX) {
        return ERROR;
    }

    if (sparse->n == sparse->size) {
        grow(pool, sparse);
    }

    sparse->items[sparse->n++] = (tar_part_t){ offset, len };
    sparse->end = offset + len;
    sparse->stored += len; /* no more than end */

    return OK;
}


int
tar_sparse_add_fields(pool_t *pool, tar_sparse_t *sparse,
                      const unsigned char *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const unsigned char *field = fields + 2 * i * FIELD_LEN;
        int64_t offset, len;

        if (field[0] == '\0') {
            break;
        }

        if (tar_number(field, FIELD_LEN, &offset) != OK
            || tar_number(field + FIELD_LEN, FIELD_LEN, &len) != OK
            || tar_sparse_add(pool, sparse, offset, len) != OK) {
            return ERROR;
        }
    }

    return OK;
}


/* The number up to the next comma or the end. */
static int
number_next(str_t *text, int64_t *number_r)
{
    unsigned char *comma = memchr(text->data, ',', text->len);
    size_t len = comma == NULL ? text->len : (size_t)(comma - text->data);
    int rc = tar_decimal((str_t){ len, text->data }, number_r);

    text->data += comma == NULL ? len : len + 1;
    text->len -= comma == NULL ? len : len + 1;

    return rc;
}


int
tar_sparse_add_text(pool_t *pool, tar_sparse_t *sparse, str_t text)
{
    while (text.len != 0) {
        int64_t offset, len;

        if (number_next(&text, &offset) != OK || text.len == 0
            || number_next(&text, &len) != OK
            || tar_sparse_add(pool, sparse, offset, len) != OK) {
            return ERROR;
        }
    }

    return OK;
}
