/* command_list.c: lists of any length, printed page by page. */

#include "app.h"
#include "command/commands.h"


int
command_list(int (*print_page)(const char **after))
{
    const char *after = "", *before;

    if (app_open() != OK) {
        return EXIT_FAILURE;
    }

    do {
        before = after;

        if (print_page(&after) != OK) {
            return EXIT_FAILURE;
        }
    } while (after != before);

    return EXIT_SUCCESS;
}
