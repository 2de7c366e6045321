/* reg.h: the few types and return codes that everything in common/ shares.
 *
 * common/ is pure: bytes in, bytes out.  No malloc, no I/O, no globals, no
 * logging, no nginx type; it is linked into the nginx module and into both
 * FastCGI programs. */

#ifndef REG_H
#define REG_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <string.h>

/* nginx's own values, so that the module may return them as they are. */
#define REG_OK 0
#define REG_ERROR -1
#define REG_DECLINED -5 /* not here, not mine: an expected absence */

/* A view of bytes that it does not own, laid out as ngx_str_t.  Not terminated
 * by NUL; data may be NULL where len is 0. */
typedef struct {
    size_t len;
    unsigned char *data;
} reg_str_t;

/* A reg_str_t of a string literal. */
#define reg_str(literal)                                                       \
    ((reg_str_t){ sizeof(literal) - 1, (unsigned char *)(literal) })

/* A reg_str_t of a C string. */
static inline reg_str_t
reg_cstr(const char *s)
{
    return (reg_str_t){ strlen(s), (unsigned char *)s };
}

static inline bool
reg_str_eq(reg_str_t a, reg_str_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

#endif
