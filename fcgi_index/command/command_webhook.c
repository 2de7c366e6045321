/* command_webhook.c: the subcommands of webhook. */

#include "app.h"
#include "command/commands.h"
#include "common/name.h"
#include "common/range.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"
#include "fcgi_core/secret_file.h"
#include "token/token.h"
#include "webhook/delivery.h"
#include "webhook/webhook_change.h"
#include "webhook/webhook_view.h"

#define COLUMNS "id is_enabled form events failures paused_until url"
#define DELIVERY_COLUMNS                                                       \
    "id state event attempts created_at next_at finished_at event_id"
#define INSTALLATION "-"
#define NONE "-"

typedef struct {
    const char *url;
    const char *form;
    const char *events;
    const char *tag_pattern;
    const char *host_in_name;
    const char *authorization_file;
    const char *state;
    long after; /* -1: as it is */
    long grace;
} webhook_conf_t;

/* What a subcommand does to a webhook. */
typedef struct run_s run_t;

struct run_s {
    const call_t *call;
    const webhook_conf_t *conf;
    webhook_scope_t scope;
    const char *name; /* NULL: the installation */
    str_t key;
    uint64_t id;
    uint64_t delivery_id;
    int (*fn)(run_t *run, webhook_work_t *work, webhook_row_t *row);
    webhook_row_t row;
    delivery_row_t delivery;
    const char *secret;
};


/* --- words ---------------------------------------------------------------- */

/* "-", a namespace, or a repository. */
static int
scope_find(const char *name, webhook_scope_t *scope_r)
{
    *scope_r = (webhook_scope_t){ 0 };

    if (strcmp(name, INSTALLATION) == 0) {
        return OK;
    }

    return command_place(name, &scope_r->namespace_id, &scope_r->repository_id);
}


static int
events_read(const call_t *call, const char *text, unsigned *events_r)
{
    json_t *words = command_words(text), *word;
    size_t i;

    json_array_foreach(words, i, word)
    {
        unsigned bit = webhook_event_bit(json_string_value(word));

        if (bit == 0) {
            call_misused(call, "%s is no event of a webhook",
                         json_string_value(word));
            return ERROR;
        }

        *events_r = (i == 0 ? 0 : *events_r) | bit;
    }

    return OK;
}


/* The flags that say what no database has to know. */
static int
flags_check(const call_t *call)
{
    const webhook_conf_t *conf = call->conf;
    const char *host = conf->host_in_name;
    webhook_form_t form;
    unsigned events = 0;

    if (conf->form != NULL && webhook_form_parse(conf->form, &form) != OK) {
        call_misused(call, "%s is no form of a webhook", conf->form);
        return ERROR;
    }

    if (conf->tag_pattern != NULL && strcmp(conf->tag_pattern, NONE) != 0
        && (!webhook_is_tag_pattern(reg_cstr(conf->tag_pattern))
            || strlen(conf->tag_pattern) > WEBHOOK_PATTERN_MAX)) {
        call_misused(call, "%s is no pattern of tags", conf->tag_pattern);
        return ERROR;
    }

    if (host != NULL && strcmp(host, "on") != 0 && strcmp(host, "off") != 0) {
        call_misused(call, "%s is neither on nor off", host);
        return ERROR;
    }

    return command_text(call, "URL", conf->url, WEBHOOK_URL_MAX) == OK
               ? events_read(call, conf->events, &events)
               : ERROR;
}


/* "-": none any more. */
static int
authorization_read(const webhook_work_t *work, const char *path,
                   const char **sealed_r)
{
    str_t text;

    if (path == NULL) {
        return OK;
    }

    if (strcmp(path, NONE) == 0) {
        *sealed_r = NULL;
        return OK;
    }

    if (secret_file_read(app.pool, path, WEBHOOK_CREDENTIALS_MAX, &text)
        != OK) {
        return ERROR;
    }

    if (text.len != 0 && text.data[text.len - 1] == '\n') {
        text.len--;
    }

    if (text.len == 0 || !webhook_is_header_value(text)) {
        log_error("%s has characters that no header may have", path);
        return ERROR;
    }

    *sealed_r = webhook_seal(work, pool_strndup(app.pool, text));

    return OK;
}


/* What no flag says stays as it is. */
static int
wanted_read(const run_t *run, const webhook_work_t *work,
            webhook_wanted_t *wanted)
{
    const webhook_conf_t *conf = run->conf;

    if (conf->url != NULL) {
        wanted->url = conf->url;
    }

    if (conf->form != NULL) {
        webhook_form_parse(conf->form, &wanted->form);
    }

    if (conf->tag_pattern != NULL) {
        bool is_none = strcmp(conf->tag_pattern, NONE) == 0;

        wanted->tag_pattern = is_none ? NULL : conf->tag_pattern;
    }

    if (conf->host_in_name != NULL) {
        wanted->has_host = strcmp(conf->host_in_name, "on") == 0;
    }

    if (conf->after >= 0) {
        wanted->after_id = (uint64_t)conf->after;
    }

    return events_read(run->call, conf->events, &wanted->events) == OK
               ? authorization_read(work, conf->authorization_file,
                                    &wanted->credentials)
               : ERROR;
}


/* --- runs ----------------------------------------------------------------- */

static webhook_work_t
work_of(const run_t *run)
{
    return (webhook_work_t){ .db = app.db,
                             .actor = command_operator(),
                             .scope = run->scope,
                             .name = run->name,
                             .key = run->key,
                             .now = clock_now() };
}


static int
run_in_transaction(change_t *change, void *data)
{
    run_t *run = data;
    webhook_work_t work = work_of(run);
    int rc = OK;

    if (run->id != 0) {
        rc = webhook_take(&work, run->id, &run->row);
    }

    if (rc == OK) {
        rc = run->fn(run, &work, &run->row);
    }

    return rc == DECLINED ? change_fail(change, FAULT_CONFLICT, work.field,
                                        "%s", work.message)
                          : rc;
}


static int
open_scope(run_t *run)
{
    const char *name = run->call->words[0];

    if (app_load_secret() != OK || app_open() != OK
        || scope_find(name, &run->scope) != OK) {
        return ERROR;
    }

    run->name = strcmp(name, INSTALLATION) != 0 ? name : NULL;
    run->key = token_derive(app.pool, app.secret, WEBHOOK_KEY_PURPOSE);

    return OK;
}


/* The scope is the first word, the webhook the second one. */
static int
run_one(const call_t *call,
        int (*fn)(run_t *run, webhook_work_t *work, webhook_row_t *row),
        run_t *run)
{
    run->call = call;
    run->conf = call->conf;
    run->fn = fn;

    if (command_number(call, call->words[1], "a webhook", &run->id) != OK) {
        return COMMAND_USAGE;
    }

    return open_scope(run) == OK
                   && command_change(run_in_transaction, run) == OK
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}


/* --- webhooks ------------------------------------------------------------- */

static int
add_one(run_t *run, webhook_work_t *work, webhook_row_t *row)
{
    webhook_wanted_t wanted = { .form = WEBHOOK_FORM_SLIPWAY };
    uint64_t id;
    int rc;

    if (wanted_read(run, work, &wanted) != OK) {
        return ERROR;
    }

    wanted.url = run->call->words[1];
    rc = webhook_add(work, &wanted, &run->secret, &id);

    return rc == OK ? webhook_find(work, id, row) : rc;
}


static int
add(const call_t *call)
{
    run_t run = { .call = call, .conf = call->conf, .fn = add_one };

    if (run.conf->events == NULL) {
        return call_misused(call, "--events is needed");
    }

    if (flags_check(call) != OK
        || command_text(call, "URL", call->words[1], WEBHOOK_URL_MAX) != OK) {
        return COMMAND_USAGE;
    }

    if (open_scope(&run) != OK
        || command_change(run_in_transaction, &run) != OK) {
        return EXIT_FAILURE;
    }

    command_show_secret(call, webhook_json(&run.row, clock_now()), run.secret);

    return EXIT_SUCCESS;
}


static int
print_page(const call_t *call, const char **after)
{
    webhook_scope_t scope;
    webhook_row_t *rows;
    size_t n;

    if (scope_find(call->words[0], &scope) != OK
        || db_webhook_list(app.db, scope.namespace_id, scope.repository_id,
                           command_key(*after, 0), COMMAND_PAGE, &rows, &n)
               != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        command_print(call, webhook_json(&rows[i], clock_now()), COLUMNS);
        *after = command_key_text(rows[i].id);
    }

    return OK;
}


static int
list(const call_t *call)
{
    return command_list(call, print_page);
}


static int
show_one(run_t *run, webhook_work_t *work, webhook_row_t *row)
{
    (void)run;
    (void)work;
    (void)row;

    return OK;
}


static int
show(const call_t *call)
{
    run_t run = { .call = call };
    int status = run_one(call, show_one, &run);

    if (status == EXIT_SUCCESS) {
        command_show(call, webhook_json(&run.row, clock_now()));
    }

    return status;
}


static int
finish(int status, const call_t *call, const char *done)
{
    if (status == EXIT_SUCCESS) {
        printf("webhook %s is %s\n", call->words[1], done);
    }

    return status;
}


static int
set_one(run_t *run, webhook_work_t *work, webhook_row_t *row)
{
    webhook_wanted_t wanted = webhook_wanted(row);

    return wanted_read(run, work, &wanted) == OK
               ? webhook_edit(work, row->id, &wanted)
               : ERROR;
}


static int
set(const call_t *call)
{
    run_t run = { .call = call };

    return flags_check(call) == OK
               ? finish(run_one(call, set_one, &run), call, "changed")
               : COMMAND_USAGE;
}


static int
switch_one(webhook_work_t *work, const webhook_row_t *row, bool is_enabled)
{
    webhook_wanted_t wanted = webhook_wanted(row);

    wanted.is_enabled = is_enabled;

    return webhook_edit(work, row->id, &wanted);
}


static int
enable_one(run_t *run, webhook_work_t *work, webhook_row_t *row)
{
    (void)run;

    return switch_one(work, row, true);
}


static int
enable(const call_t *call)
{
    run_t run = { .call = call };

    return finish(run_one(call, enable_one, &run), call, "enabled");
}


static int
disable_one(run_t *run, webhook_work_t *work, webhook_row_t *row)
{
    (void)run;

    return switch_one(work, row, false);
}


static int
disable(const call_t *call)
{
    run_t run = { .call = call };

    return finish(run_one(call, disable_one, &run), call, "disabled");
}


static int
rotate_one(run_t *run, webhook_work_t *work, webhook_row_t *row)
{
    int rc =
        webhook_rotate(work, row->id, run->conf->grace * 3600, &run->secret);

    return rc == OK ? webhook_find(work, row->id, row) : rc;
}


static int
rotate(const call_t *call)
{
    run_t run = { .call = call };
    int status = run_one(call, rotate_one, &run);

    if (status == EXIT_SUCCESS) {
        command_show_secret(call, webhook_json(&run.row, clock_now()),
                            run.secret);
    }

    return status;
}


static int
delete_one(run_t *run, webhook_work_t *work, webhook_row_t *row)
{
    (void)run;

    return webhook_delete(work, row->id);
}


static int
delete_webhook(const call_t *call)
{
    run_t run = { .call = call };

    return finish(run_one(call, delete_one, &run), call, "deleted");
}


/* --- deliveries ----------------------------------------------------------- */

static int
test_one(run_t *run, webhook_work_t *work, webhook_row_t *row)
{
    int rc = webhook_test(work, row, &run->delivery_id);

    return rc == OK ? webhook_find_delivery(work, row->id, run->delivery_id,
                                            &run->delivery)
                    : rc;
}


static int
test(const call_t *call)
{
    run_t run = { .call = call };
    int status = run_one(call, test_one, &run);

    if (status == EXIT_SUCCESS) {
        command_print(call, delivery_json(&run.delivery), DELIVERY_COLUMNS);
    }

    return status;
}


/* DELIVERY_STATE_N for a word that is none. */
static uint64_t
state_of(const char *word)
{
    uint64_t state = 0;

    while (state < DELIVERY_STATE_N
           && strcmp(delivery_state_words[state], word) != 0) {
        state++;
    }

    return state;
}


static int
deliveries_read(const call_t *call, uint64_t id, uint64_t before,
                delivery_row_t **rows_r, size_t *n_r)
{
    const webhook_conf_t *conf = call->conf;

    return conf->state == NULL
               ? db_delivery_list(app.db, id, before, COMMAND_PAGE, rows_r, n_r)
               : db_delivery_list_state(app.db, id, state_of(conf->state),
                                        before, COMMAND_PAGE, rows_r, n_r);
}


static int
print_deliveries(const call_t *call, const char **after)
{
    webhook_work_t work = { .db = app.db };
    delivery_row_t *rows;
    webhook_row_t row;
    uint64_t id = 0;
    size_t n;
    int rc;

    reg_number_parse(reg_cstr(call->words[1]), &id);

    if (scope_find(call->words[0], &work.scope) != OK) {
        return ERROR;
    }

    rc = webhook_find(&work, id, &row);

    if (rc != OK) {
        if (rc == DECLINED) {
            log_error("%s", work.message);
        }
        return ERROR;
    }

    if (deliveries_read(call, id, command_key(*after, INT64_MAX), &rows, &n)
        != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        command_print(call, delivery_json(&rows[i]), DELIVERY_COLUMNS);
        *after = command_key_text(rows[i].id);
    }

    return OK;
}


static int
list_deliveries(const call_t *call)
{
    const webhook_conf_t *conf = call->conf;
    uint64_t id;

    if (conf->state != NULL && state_of(conf->state) == DELIVERY_STATE_N) {
        return call_misused(call, "%s is no state of a delivery", conf->state);
    }

    return command_number(call, call->words[1], "a webhook", &id) == OK
               ? command_list(call, print_deliveries)
               : COMMAND_USAGE;
}


static int
delivery_one(run_t *run, webhook_work_t *work, webhook_row_t *row)
{
    return webhook_find_delivery(work, row->id, run->delivery_id,
                                 &run->delivery);
}


static int
show_delivery(const call_t *call)
{
    run_t run = { .call = call };
    json_t *model;
    int status;

    if (command_number(call, call->words[2], "a delivery", &run.delivery_id)
        != OK) {
        return COMMAND_USAGE;
    }

    status = run_one(call, delivery_one, &run);

    if (status != EXIT_SUCCESS
        || delivery_log_json(app.db, &run.delivery, &model) != OK) {
        return status != EXIT_SUCCESS ? status : EXIT_FAILURE;
    }

    command_show(call, json_incref(model));

    return EXIT_SUCCESS;
}


static int
redeliver_one(run_t *run, webhook_work_t *work, webhook_row_t *row)
{
    return run->delivery_id != 0
               ? webhook_redeliver(work, row, run->delivery_id)
               : webhook_redeliver_dead(work, row);
}


static int
redeliver(const call_t *call)
{
    bool is_dead = strcmp(call->words[2], "dead") == 0;
    run_t run = { .call = call };
    int status;

    if (!is_dead
        && command_number(call, call->words[2], "a delivery", &run.delivery_id)
               != OK) {
        return COMMAND_USAGE;
    }

    status = run_one(call, redeliver_one, &run);

    if (status == EXIT_SUCCESS) {
        printf("%s %s of webhook %s is sent again\n",
               is_dead ? "what was" : "delivery", call->words[2],
               call->words[1]);
    }

    return status;
}


/* --- the table ------------------------------------------------------------ */

#define STRING(name, field, help)                                              \
    {                                                                          \
        name, NULL, SETTING_STRING, offsetof(webhook_conf_t, field), 0, 0,     \
            NULL, help                                                         \
    }
#define WANTED                                                                 \
    STRING("events", events,                                                   \
           "What it wants to know, with commas between: push, delete, star, "  \
           "comment, visibility, member, remove."),                            \
        STRING("form", form,                                                   \
               "Of the bodies: slipway, cloudevents, docker_hub, "             \
               "distribution, harbor or quay; slipway by default."),           \
        STRING("tag-pattern", tag_pattern,                                     \
               "Pushes and deletes of these tags only, with * for any "        \
               "characters; -: all."),                                         \
        STRING("host-in-name", host_in_name,                                   \
               "on or off; of the form docker_hub: the registry's host "       \
               "stands in front of repo_name."),                               \
        STRING("authorization-file", authorization_file,                       \
               "File with what is sent as the header Authorization; -: "       \
               "none."),                                                       \
    {                                                                          \
        "after", NULL, SETTING_NUMBER, offsetof(webhook_conf_t, after), -1,    \
            INT32_MAX, "-1",                                                   \
            "The webhook that it comes after; 0: none; -1: as it is."          \
    }

static const setting_t add_settings[] = { WANTED, { .name = NULL } };

static const setting_t set_settings[] = {
    STRING("url", url, "Where events are sent, http or https."),
    WANTED,
    { .name = NULL },
};

static const setting_t rotate_settings[] = {
    { "grace-hours", NULL, SETTING_NUMBER, offsetof(webhook_conf_t, grace), 0,
      WEBHOOK_GRACE_MAX, "24", "How long the old secret signs, too." },
    { .name = NULL },
};

static const setting_t deliveries_settings[] = {
    STRING("state", state,
           "Only those that are due, done, dead, waiting or broken."),
    { .name = NULL },
};

const command_t webhook_commands[] = {
    { .noun = "webhook",
      .verb = "add",
      .words = "-|NAME URL",
      .summary = "Create a webhook, and print its secret.",
      .detail = "Of the installation (-), a namespace or a repository.  The "
                "secret, which signs, is printed this once.",
      .settings = add_settings,
      .needs = "events",
      .conf_size = sizeof(webhook_conf_t),
      .has_json = true,
      .run = add },
    { .noun = "webhook",
      .verb = "list",
      .words = "-|NAME",
      .summary = "List the webhooks of the installation, a namespace or a "
                 "repository.",
      .detail = "Id, \"enabled\", form, events, failures since the last "
                "success, until when it is paused, URL: one webhook per line.",
      .has_json = true,
      .run = list },
    { .noun = "webhook",
      .verb = "show",
      .words = "-|NAME ID",
      .summary = "Show a webhook, without its secret.",
      .has_json = true,
      .run = show },
    { .noun = "webhook",
      .verb = "set",
      .words = "-|NAME ID",
      .summary = "Change a webhook; its failures are forgotten.",
      .settings = set_settings,
      .conf_size = sizeof(webhook_conf_t),
      .run = set },
    { .noun = "webhook",
      .verb = "enable",
      .words = "-|NAME ID",
      .summary = "Send events again; its failures are forgotten.",
      .run = enable },
    { .noun = "webhook",
      .verb = "disable",
      .words = "-|NAME ID",
      .summary = "Send no events any more.",
      .run = disable },
    { .noun = "webhook",
      .verb = "rotate",
      .words = "-|NAME ID",
      .summary = "Give a webhook a new secret, and print it.",
      .settings = rotate_settings,
      .conf_size = sizeof(webhook_conf_t),
      .has_json = true,
      .run = rotate },
    { .noun = "webhook",
      .verb = "delete",
      .words = "-|NAME ID",
      .summary = "Delete a webhook; nothing more is sent to it.",
      .run = delete_webhook },
    { .noun = "webhook",
      .verb = "test",
      .words = "-|NAME ID",
      .summary = "Send a webhook an event that means nothing.",
      .detail = "The courier sends it.",
      .has_json = true,
      .run = test },
    { .noun = "webhook",
      .verb = "list-deliveries",
      .words = "-|NAME ID",
      .summary = "List what was sent to a webhook, the latest first.",
      .detail = "Id, state, event, attempts, when it became due, when it is "
                "sent next, when it was accepted or given up, id of the event: "
                "one delivery per line.",
      .settings = deliveries_settings,
      .conf_size = sizeof(webhook_conf_t),
      .has_json = true,
      .run = list_deliveries },
    { .noun = "webhook",
      .verb = "show-delivery",
      .words = "-|NAME ID DELIVERY",
      .summary = "Show a delivery, with what was sent and what came back.",
      .has_json = true,
      .run = show_delivery },
    { .noun = "webhook",
      .verb = "redeliver",
      .words = "-|NAME ID DELIVERY|dead",
      .summary = "Send a delivery again, or all that are dead, a thousand at "
                 "most.",
      .run = redeliver },
    { .noun = NULL },
};
