/* reg_unit.h: what the unit tests of common/ share.  They run in the root of
 * the tree, where tests/vectors/ is. */

#ifndef REG_UNIT_H
#define REG_UNIT_H

#include <stdarg.h>
#include <stdlib.h>
#include <stdio.h>
#include <setjmp.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/reg.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

/* Fails the test with the number and the text of a table's row. */
#define check(ok, i, text)                                                     \
    do {                                                                       \
        if (!(ok)) {                                                           \
            fail_msg("case %zu: \"%s\": %s", (size_t)(i), text, #ok);          \
        }                                                                      \
    } while (0)

/* A copy of len bytes on the heap, with nothing behind them, so that the
 * sanitizer sees a read beyond the end.  Free data with free(). */
static inline reg_str_t
exact_n(const void *s, size_t len)
{
    reg_str_t copy = { len, malloc(len) };

    if (len != 0) {
        memcpy(copy.data, s, len);
    }

    return copy;
}

static inline reg_str_t
exact(const char *s)
{
    return exact_n(s, strlen(s));
}

/* The strings at tests/vectors/<file>, key by key; release with json_decref().
 */
static inline json_t *
vectors_load(const char *file)
{
    char path[256];
    json_error_t error;
    json_t *json;

    snprintf(path, sizeof(path), "tests/vectors/%s", file);
    json = json_load_file(path, 0, &error);

    if (json == NULL) {
        fail_msg("%s:%d: %s", path, error.line, error.text);
    }

    return json;
}

/* Calls is_right with each string of a list of vectors. */
static inline void
vectors_each(json_t *list, bool (*is_right)(reg_str_t s))
{
    assert_true(json_array_size(list) != 0);

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        reg_str_t s =
            exact_n(json_string_value(item), json_string_length(item));

        check(is_right(s), i, json_string_value(item));
        free(s.data);
    }
}

#endif
