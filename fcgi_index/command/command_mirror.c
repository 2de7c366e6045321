/* command_mirror.c: the subcommands about the mirror of the store. */

#include "app.h"
#include "command.h"
#include "db/db_mirror.h"
#include "mirror/event_endpoint.h"
#include "fcgi_core/clock.h"


int
command_event_header(int argc, char **argv)
{
    str_t key;

    (void)argc;
    (void)argv;

    if (app_load_secret() != OK) {
        return EXIT_FAILURE;
    }

    key = event_key(app.pool);
    printf("Authorization: Bearer %.*s\n", (int)key.len, key.data);

    return EXIT_SUCCESS;
}


int
command_mirror_status(int argc, char **argv)
{
    mirror_state_row_t row;
    char text[CLOCK_TEXT_SIZE];

    (void)argc;
    (void)argv;

    if (app_open() != OK || db_mirror_state(app.db, &row) != OK) {
        return EXIT_FAILURE;
    }

    if (row.filled_at != NULL) {
        printf("filled %s\n", clock_print(*row.filled_at, text));
    } else {
        printf("never filled: run slipway-registry reindex\n");
    }

    if (row.run != NULL) {
        printf("a run of reindex is under way, or was broken off\n");
    }

    return EXIT_SUCCESS;
}
