/* command_mirror.c: the subcommands about the mirror of the store. */

#include "app.h"
#include "command/commands.h"
#include "db/db_mirror.h"
#include "mirror/event_endpoint.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/json.h"


static int
event_header(const call_t *call)
{
    str_t key;

    (void)call;

    if (app_load_secret() != OK) {
        return EXIT_FAILURE;
    }

    key = event_key(app.pool);
    printf("Authorization: Bearer %.*s\n", (int)key.len, key.data);

    return EXIT_SUCCESS;
}


static int
mirror_status(const call_t *call)
{
    mirror_state_row_t row;
    char filled[CLOCK_TEXT_SIZE] = "";

    if (app_open() != OK || db_mirror_state(app.db, &row) != OK) {
        return EXIT_FAILURE;
    }

    if (row.filled_at != NULL) {
        clock_print(*row.filled_at, filled);
    }

    if (call->is_json) {
        json_print(json_pack("{s:s?, s:b}", "filled_at",
                             filled[0] == '\0' ? NULL : filled, "is_filling",
                             row.run != NULL));
        return EXIT_SUCCESS;
    }

    if (filled[0] != '\0') {
        printf("filled %s\n", filled);
    } else {
        printf("never filled: run slipway-registry reindex\n");
    }

    if (row.run != NULL) {
        printf("a run of reindex is under way, or was broken off\n");
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
