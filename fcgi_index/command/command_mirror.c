/* command_mirror.c: the subcommands about the mirror of the store. */

#include "app.h"
#include "command/commands.h"
#include "db/db_mirror.h"
#include "mirror/event_endpoint.h"
#include "fcgi_core/clock.h"


static int
event_header(const call_t *call)
{
    str_t key;

    (void)call;

    if (app_load_secret() != OK) {
        return EXIT_FAILURE;
    }

    key = event_key(app.pool);
    printf("Authorization: Bearer %.*s\n", STR(key));

    return EXIT_SUCCESS;
}


static void
state_print(const mirror_state_row_t *row)
{
    char text[CLOCK_TEXT_SIZE];

    if (row->filled_at != NULL) {
        printf("filled %s\n", clock_print(*row->filled_at, text));
    } else {
        printf("never filled: if the store had content before its events came "
               "here, run slipway-registry reindex\n");
    }

    if (row->run != NULL) {
        printf("a run of reindex is in progress, or was interrupted\n");
    }
}


static int
mirror_status(const call_t *call)
{
    mirror_state_row_t row;

    if (app_open() != OK || db_mirror_state(app.db, &row) != OK) {
        return EXIT_FAILURE;
    }

    if (call->is_json) {
        json_print(json_pack("{s:o, s:b}", "filled_at",
                             command_time(row.filled_at), "is_filling",
                             row.run != NULL));
    } else {
        state_print(&row);
    }

    return EXIT_SUCCESS;
}


const command_t mirror_commands[] = {
    { .noun = "event-header",
      .summary = "Print the request header for deliver --headers.",
      .detail = "The index accepts events with it; docs/events.md.",
      .run = event_header },
    { .noun = "mirror",
      .verb = "status",
      .summary = "Report whether the mirror of the store was ever filled.",
      .detail = "A complete run of slipway-registry reindex fills it.",
      .has_json = true,
      .run = mirror_status },
    { .noun = NULL },
};
