/* command_list.c: lists of any length, printed page by page. */

#include "app.h"
#include "command/commands.h"
#include "fcgi_core/clock.h"


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


json_t *
command_time(const int64_t *seconds)
{
    char text[CLOCK_TEXT_SIZE];

    return seconds == NULL ? json_null()
                           : json_string(clock_print(*seconds, text));
}
