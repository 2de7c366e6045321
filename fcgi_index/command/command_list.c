/* command_list.c: lists of any length, printed page by page. */

#include "app.h"
#include "command/commands.h"
#include "common/range.h"


int
command_list(const call_t *call, command_page_fn print_page)
{
    const char *after = "", *before;

    if (app_open() != OK) {
        return EXIT_FAILURE;
    }

    do {
        before = after;

        if (print_page(call, &after) != OK) {
            return EXIT_FAILURE;
        }
    } while (after != before);

    return EXIT_SUCCESS;
}


uint64_t
command_key(const char *after, uint64_t first)
{
    uint64_t number = first;

    if (after[0] != '\0') {
        reg_number_parse(reg_cstr(after), &number);
    }

    return number;
}


const char *
command_key_text(uint64_t id)
{
    return pool_printf(app.pool, "%llu", (unsigned long long)id);
}
