/* tarsum.c: docker's checksum of an image's json and its layer.
 *
 * For each entry: SHA-256 over its header, as text, and its content.  Then:
 * SHA-256 over the json and the hex of those sums, sorted. */

#include "layer/tarsum.h"

#include "common/encode.h"
#include "common/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SUM_HEX 64
#define FIRST_SIZE 256

typedef struct {
    char hex[SUM_HEX];
} sum_t;

struct tarsum_s {
    pool_t *pool;
    reg_hash_t hash; /* of the entry */
    size_t n, size;
    sum_t *sums;
};


tarsum_t *
tarsum_open(pool_t *pool)
{
    tarsum_t *tarsum = pool_new(pool, tarsum_t);

    tarsum->pool = pool;

    return tarsum;
}


static void
text_add(reg_hash_t *hash, const char *key, str_t value)
{
    reg_hash_update(hash, key, strlen(key));
    reg_hash_update(hash, value.data, value.len);
}


static void
number_add(reg_hash_t *hash, const char *key, int64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64, value);
    text_add(hash, key, reg_cstr(text));
}


void
tarsum_entry(tarsum_t *tarsum, const tar_entry_t *entry)
{
    reg_hash_t *hash = &tarsum->hash;
    unsigned char typeflag = entry->typeflag;

    reg_hash_init(hash, REG_SHA256);
    text_add(hash, "name", entry->name);
    number_add(hash, "mode", entry->mode);
    number_add(hash, "uid", entry->uid);
    number_add(hash, "gid", entry->gid);
    number_add(hash, "size", entry->size);
    number_add(hash, "mtime", entry->mtime);
    text_add(hash, "typeflag", (str_t){ 1, &typeflag });
    text_add(hash, "linkname", entry->linkname);
    text_add(hash, "uname", entry->uname);
    text_add(hash, "gname", entry->gname);
    number_add(hash, "devmajor", entry->devmajor);
    number_add(hash, "devminor", entry->devminor);
}


void
tarsum_content(tarsum_t *tarsum, const unsigned char *bytes, size_t n)
{
    reg_hash_update(&tarsum->hash, bytes, n);
}


void
tarsum_entry_end(tarsum_t *tarsum)
{
    char hex[REG_DIGEST_HEX_MAX + 1];

    if (tarsum->n == tarsum->size) {
        size_t size = tarsum->size == 0 ? FIRST_SIZE : 2 * tarsum->size;
        sum_t *sums = pool_alloc(tarsum->pool, size * sizeof(sum_t));

        if (tarsum->n != 0) {
            memcpy(sums, tarsum->sums, tarsum->n * sizeof(sum_t));
        }

        tarsum->sums = sums;
        tarsum->size = size;
    }

    reg_hash_hex(&tarsum->hash, hex);
    memcpy(tarsum->sums[tarsum->n++].hex, hex, SUM_HEX);
}


static int
sum_compare(const void *a, const void *b)
{
    return memcmp(((const sum_t *)a)->hex, ((const sum_t *)b)->hex, SUM_HEX);
}


void
tarsum_print(tarsum_t *tarsum, str_t json, char *buf)
{
    char hex[REG_DIGEST_HEX_MAX + 1];
    reg_hash_t hash;

    if (tarsum->n != 0) {
        qsort(tarsum->sums, tarsum->n, sizeof(sum_t), sum_compare);
    }

    reg_hash_init(&hash, REG_SHA256);
    reg_hash_update(&hash, json.data, json.len);

    for (size_t i = 0; i < tarsum->n; i++) {
        reg_hash_update(&hash, tarsum->sums[i].hex, SUM_HEX);
    }

    reg_hash_hex(&hash, hex);
    snprintf(buf, TARSUM_MAX + 1, TARSUM_PREFIX "%.*s", SUM_HEX, hex);
}
