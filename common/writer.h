/* writer.h: text put together in a buffer of a fixed size. */

#ifndef REG_WRITER_H
#define REG_WRITER_H

#include "reg.h"

/* A buffer of the caller's and how much of it is written.  What does not fit
 * is left out whole, and from then on nothing is written any more. */
typedef struct {
    char *buf;
    size_t size;
    size_t len; /* no NUL behind it */
    bool is_full;
} reg_writer_t;

/* A writer that begins at the start of buf[size]. */
reg_writer_t reg_writer(char *buf, size_t size);

void reg_put(reg_writer_t *w, reg_str_t s);
void reg_put_cstr(reg_writer_t *w, const char *s);
void reg_put_char(reg_writer_t *w, char c);

/* Decimal, without leading zeros. */
void reg_put_number(reg_writer_t *w, uint64_t number);

/* The length, or REG_ERROR where something was left out. */
int reg_writer_len(const reg_writer_t *w);

/* The same, with a NUL (not counted) put behind the text. */
int reg_writer_finish(reg_writer_t *w);

#endif
