/* pool.h: memory that lives for one request, or for the process.
 *
 * Nothing is freed by hand: pool_reset() after the reply gives all of it back.
 * Allocation never fails to the caller: out of memory is logged and ends the
 * process, the master starts another one and one request is lost.  Under
 * AddressSanitizer every allocation is a malloc of its own, so that overruns
 * show. */

#ifndef POOL_H
#define POOL_H

#include "fcgi_core/core.h"

#include <stdarg.h>

typedef struct pool_s pool_t;
typedef void (*pool_cleanup_fn)(void *data);

pool_t *pool_create(void);

/* Zeroed bytes, aligned for any type.  Never NULL. */
void *pool_alloc(pool_t *pool, size_t size);

#define pool_new(pool, type) ((type *)pool_alloc(pool, sizeof(type)))

/* Copies, terminated by NUL. */
char *pool_strdup(pool_t *pool, const char *s);
char *pool_strndup(pool_t *pool, str_t s);

char *pool_printf(pool_t *pool, const char *format, ...) PRINTF_LIKE(2, 3);
char *pool_vprintf(pool_t *pool, const char *format, va_list args)
    PRINTF_LIKE(2, 0);

/* Calls fn(data) when the pool is reset or destroyed, last added first. */
void pool_cleanup(pool_t *pool, pool_cleanup_fn fn, void *data);

void pool_reset(pool_t *pool);
void pool_destroy(pool_t *pool);

#endif
