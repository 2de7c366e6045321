/* reg_fuzz.h: what the fuzz targets share.  A target feeds its input to a
 * parser and checks what must hold for any input; libFuzzer and the sanitizers
 * find the rest. */

#ifndef REG_FUZZ_H
#define REG_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/reg.h"

/* What libFuzzer calls; always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the run, with the input kept, where ok is false. */
#define must(ok)                                                               \
    do {                                                                       \
        if (!(ok)) {                                                           \
            fprintf(stderr, "%s:%d: must hold: %s\n", __FILE__, __LINE__,      \
                    #ok);                                                      \
            abort();                                                           \
        }                                                                      \
    } while (0)

static inline reg_str_t
fuzz_str(const uint8_t *data, size_t size)
{
    return (reg_str_t){ size, (unsigned char *)data };
}

/* True where view lies within text. */
static inline bool
is_within(reg_str_t view, reg_str_t text)
{
    return view.len == 0
           || (view.data >= text.data
               && view.data + view.len <= text.data + text.len);
}

/* Takes one byte off the front of the input; 0 at its end. */
static inline unsigned
fuzz_byte(const uint8_t **data, size_t *size)
{
    if (*size == 0) {
        return 0;
    }

    (*size)--;

    return *(*data)++;
}

#endif
