/* pool.c: memory that lives for one request, or for the process. */

#include "fcgi_core/pool.h"
#include "fcgi_core/log.h"

#include <stdalign.h>

#define BLOCK_SIZE (16 * 1024)
#define LARGE_SIZE (BLOCK_SIZE / 4) /* beyond, a malloc() of its own */

#ifdef __SANITIZE_ADDRESS__
#define IS_LARGE(size) true
#else
#define IS_LARGE(size) ((size) > LARGE_SIZE)
#endif

typedef struct block_s block_t;
typedef struct cleanup_s cleanup_t;

struct block_s {
    block_t *next;
    alignas(max_align_t) unsigned char bytes[];
};

struct cleanup_s {
    cleanup_t *next;
    pool_cleanup_fn fn;
    void *data;
};

struct pool_s {
    block_t *blocks; /* the one being filled, then the full ones */
    size_t used;     /* of the first block */
    block_t *large;
    cleanup_t *cleanups;
};


static void *
allocate(size_t size)
{
    void *p = calloc(1, size);

    if (p == NULL) {
        log_error("out of memory (%zu bytes): the process ends", size);
        _Exit(EXIT_FAILURE);
    }

    return p;
}


pool_t *
pool_create(void)
{
    return allocate(sizeof(pool_t));
}


static block_t *
block_push(block_t **list, size_t size)
{
    block_t *block;

    if (size > SIZE_MAX - sizeof(block_t)) {
        size = SIZE_MAX - sizeof(block_t); /* refused by calloc() */
    }

    block = allocate(sizeof(block_t) + size);
    block->next = *list;
    *list = block;

    return block;
}


static size_t
aligned(size_t size)
{
    size_t mask = alignof(max_align_t) - 1;

    return (size + mask) & ~mask;
}


void *
pool_alloc(pool_t *pool, size_t size)
{
    void *p;

    if (IS_LARGE(size)) {
        return block_push(&pool->large, size)->bytes;
    }

    size = aligned(size);

    if (pool->blocks == NULL || BLOCK_SIZE - pool->used < size) {
        block_push(&pool->blocks, BLOCK_SIZE);
        pool->used = 0;
    }

    p = pool->blocks->bytes + pool->used;
    pool->used += size;

    return p;
}


char *
pool_strndup(pool_t *pool, str_t s)
{
    char *p = pool_alloc(pool, s.len + 1);

    if (s.len != 0) {
        memcpy(p, s.data, s.len);
    }

    return p;
}


char *
pool_strdup(pool_t *pool, const char *s)
{
    return pool_strndup(pool, reg_cstr(s));
}


char *
pool_vprintf(pool_t *pool, const char *format, va_list args)
{
    va_list again;
    int len;
    char *p;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);

    if (len < 0) {
        len = 0;
    }

    p = pool_alloc(pool, (size_t)len + 1);
    vsnprintf(p, (size_t)len + 1, format, again);
    va_end(again);

    return p;
}


char *
pool_printf(pool_t *pool, const char *format, ...)
{
    va_list args;
    char *p;

    va_start(args, format);
    p = pool_vprintf(pool, format, args);
    va_end(args);

    return p;
}


void
pool_cleanup(pool_t *pool, pool_cleanup_fn fn, void *data)
{
    cleanup_t *cleanup = pool_new(pool, cleanup_t);

    *cleanup = (cleanup_t){ pool->cleanups, fn, data };
    pool->cleanups = cleanup;
}


static void
blocks_free(block_t **list)
{
    while (*list != NULL) {
        block_t *next = (*list)->next;

        free(*list);
        *list = next;
    }
}


void
pool_reset(pool_t *pool)
{
    while (pool->cleanups != NULL) {
        cleanup_t *cleanup = pool->cleanups;

        pool->cleanups = cleanup->next; /* fn may add another one */
        cleanup->fn(cleanup->data);
    }

    blocks_free(&pool->large);

    /* the last block is kept for the next request: most need no other */
    if (pool->blocks != NULL) {
        blocks_free(&pool->blocks->next);
        memset(pool->blocks->bytes, 0, BLOCK_SIZE);
        pool->used = 0;
    }
}


void
pool_destroy(pool_t *pool)
{
    pool_reset(pool);
    blocks_free(&pool->blocks);
    free(pool);
}
