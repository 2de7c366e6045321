/* command_audit.c: the subcommand audit list: the audit log, exported. */

#include "app.h"
#include "audit/audit.h"
#include "command/commands.h"
#include "fcgi_core/clock.h"

#define DAY 86400

typedef struct {
    const char *actor;
    const char *action;
    long days;
} audit_conf_t;


static bool
is_action(const char *word)
{
    for (size_t i = 0; audit_words[i] != NULL; i++) {
        if (strcmp(audit_words[i], word) == 0) {
            return true;
        }
    }

    return false;
}


static const char *
or_dash(const char *text)
{
    return text[0] != '\0' ? text : "-";
}


static void
event_print(const call_t *call, const audit_item_row_t *row)
{
    char at[CLOCK_TEXT_SIZE];

    if (call->is_json) {
        json_print(audit_json(row));
        return;
    }

    printf("%s %s %s %s %s %llu\n", clock_print(row->at, at),
           or_dash(row->actor), or_dash(row->address), row->action,
           or_dash(row->target), (unsigned long long)row->n);
}


static int
audit_list(const call_t *call)
{
    const audit_conf_t *conf = call->conf;
    int64_t since = conf->days != 0 ? clock_now() - conf->days * DAY : 0;
    audit_item_row_t *rows;
    uint64_t after = 0;
    size_t n;

    if (conf->action != NULL && !is_action(conf->action)) {
        return call_misused(call, "%s is no action of the audit log",
                            conf->action);
    }

    if (app_open() != OK) {
        return EXIT_FAILURE;
    }

    do {
        if (db_audit_export(app.db, after, since, conf->actor, conf->action,
                            COMMAND_PAGE, &rows, &n)
            != OK) {
            return EXIT_FAILURE;
        }

        for (size_t i = 0; i < n; i++) {
            event_print(call, &rows[i]);
            after = rows[i].id;
        }
    } while (n == COMMAND_PAGE);

    return EXIT_SUCCESS;
}


static const setting_t list_settings[] = {
    { "actor", NULL, SETTING_STRING, offsetof(audit_conf_t, actor), 0, 0, NULL,
      "Only what this login did." },
    { "action", NULL, SETTING_STRING, offsetof(audit_conf_t, action), 0, 0,
      NULL, "Only this, as session.fail." },
    { "days", NULL, SETTING_NUMBER, offsetof(audit_conf_t, days), 0, 36500, "0",
      "Only the last days; 0: all that is kept." },
    { .name = NULL },
};

const command_t audit_commands[] = {
    { .noun = "audit",
      .verb = "list",
      .summary = "List what was done, the oldest first.",
      .detail = "When, who, from which address, what, to what, how often: one "
                "event per line.",
      .settings = list_settings,
      .conf_size = sizeof(audit_conf_t),
      .has_json = true,
      .run = audit_list },
    { .noun = NULL },
};
