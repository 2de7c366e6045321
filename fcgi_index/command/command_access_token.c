/* command_access_token.c: the subcommands of access-token. */

#include "app.h"
#include "command/commands.h"
#include "fcgi_core/lines.h"
#include "token/access_token_change.h"

#define COLUMNS "id hint expires_at used_at actions repositories name"
#define NOUN "an access token"

typedef struct {
    const char *actions;
    const char *repositories;
    const char *name;
    long days;
    long grace;
} token_conf_t;

/* What a subcommand does to a token. */
typedef struct {
    const token_conf_t *conf;
    account_t owner;
    uint64_t id;
    access_token_item_row_t row;
    access_token_new_t new;
    const char *secret; /* of a new one, or one that was rotated */
} work_t;


/* --- words ---------------------------------------------------------------- */

static int
patterns_read(const call_t *call, const char *text, const char **patterns_r)
{
    json_t *words = command_words(text), *word;
    size_t i;

    json_array_foreach(words, i, word)
    {
        if (!credential_is_pattern(reg_cstr(json_string_value(word)))) {
            call_misused(call, "%s is no pattern of repositories",
                         json_string_value(word));
            return ERROR;
        }
    }

    if (json_array_size(words) > ACCESS_TOKEN_PATTERNS_MAX) {
        call_misused(call, "there are more than %d patterns",
                     ACCESS_TOKEN_PATTERNS_MAX);
        return ERROR;
    }

    *patterns_r = lines_join(app.pool, words);

    return OK;
}


static int
actions_read(const call_t *call, const char *text, unsigned *actions_r)
{
    json_t *words = command_words(text), *word;
    size_t i;

    json_array_foreach(words, i, word)
    {
        if (credential_bit(json_string_value(word)) == 0) {
            call_misused(call, "%s is no action of an access token",
                         json_string_value(word));
            return ERROR;
        }
    }

    *actions_r = access_token_actions(words);

    return OK;
}


/* The owner and, where the command has one, the number. */
static int
work_open(const call_t *call, bool has_id, work_t *work_r)
{
    *work_r = (work_t){ .conf = call->conf };

    if (has_id
        && command_number(call, call->words[1], NOUN, &work_r->id) != OK) {
        return COMMAND_USAGE;
    }

    return app_open() == OK
                   && command_account(call->words[0], &work_r->owner) == OK
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}


/* --- subcommands ---------------------------------------------------------- */

static int
expiry(change_t *change, const token_conf_t *conf, int64_t *buf,
       const int64_t **expires_at_r)
{
    const int64_t days = conf->days;

    return access_token_expiry(change, app.settings.access_token_days,
                               days < 0 ? NULL : &days, buf, expires_at_r);
}


static int
add_in_transaction(change_t *change, void *data)
{
    work_t *work = data;
    int64_t buf;
    int rc = expiry(change, work->conf, &buf, &work->new.expires_at);

    if (rc == OK) {
        rc = access_token_create(change, &work->owner, &work->new,
                                 &work->secret, &work->id);
    }

    return rc == OK
               ? access_token_take(change, &work->owner, work->id, &work->row)
               : rc;
}


static int
add(const call_t *call)
{
    const token_conf_t *conf = call->conf;
    work_t work;
    access_token_new_t new = { .name = call->words[1], .address = "" };

    if (conf->actions == NULL) {
        return call_misused(call, "--actions is needed");
    }

    if (command_text(call, "name", new.name, ACCESS_TOKEN_NAME_MAX) != OK
        || actions_read(call, conf->actions, &new.credential.actions) != OK
        || patterns_read(call,
                         conf->repositories != NULL ? conf->repositories : "",
                         &new.credential.patterns)
               != OK) {
        return COMMAND_USAGE;
    }

    if (work_open(call, false, &work) != EXIT_SUCCESS) {
        return EXIT_FAILURE;
    }

    work.new = new;

    if (command_change(add_in_transaction, &work) != OK) {
        return EXIT_FAILURE;
    }

    command_show_secret(call, access_token_json(&work.row), work.secret);

    return EXIT_SUCCESS;
}


static int
print_page(const call_t *call, const char **after)
{
    access_token_item_row_t *rows;
    account_t owner;
    size_t n;

    if (command_account(call->words[0], &owner) != OK
        || db_access_token_list(app.db, owner.id, command_key(*after, 0),
                                COMMAND_PAGE, &rows, &n)
               != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        command_print(call, access_token_json(&rows[i]), COLUMNS);
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
take_in_transaction(change_t *change, void *data)
{
    work_t *work = data;

    return access_token_take(change, &work->owner, work->id, &work->row);
}


static int
show(const call_t *call)
{
    work_t work;
    int status = work_open(call, true, &work);

    if (status != EXIT_SUCCESS
        || command_change(take_in_transaction, &work) != OK) {
        return status != EXIT_SUCCESS ? status : EXIT_FAILURE;
    }

    command_show(call, access_token_json(&work.row));

    return EXIT_SUCCESS;
}


static int
set_in_transaction(change_t *change, void *data)
{
    work_t *work = data;
    const access_token_new_t *new = &work->new;
    access_token_item_row_t row;
    int rc = access_token_take(change, &work->owner, work->id, &row);

    if (new->name != NULL) {
        row.name = new->name;
    }

    if (new->credential.actions != 0) {
        row.actions = new->credential.actions;
    }

    if (new->credential.patterns != NULL) {
        row.patterns = new->credential.patterns;
    }

    return rc == OK ? access_token_edit(change, &work->owner, &row) : rc;
}


static int
set(const call_t *call)
{
    const token_conf_t *conf = call->conf;
    access_token_new_t new = { .name = conf->name };
    work_t work;
    int status;

    if (conf->actions != NULL && conf->actions[0] == '\0') {
        return call_misused(call, "there are no actions");
    }

    if (command_text(call, "name", conf->name, ACCESS_TOKEN_NAME_MAX) != OK
        || actions_read(call, conf->actions, &new.credential.actions) != OK
        || patterns_read(call, conf->repositories, &new.credential.patterns)
               != OK) {
        return COMMAND_USAGE;
    }

    status = work_open(call, true, &work);
    work.new = new;

    if (status != EXIT_SUCCESS) {
        return status;
    }

    if (command_change(set_in_transaction, &work) != OK) {
        return EXIT_FAILURE;
    }

    printf("access token %s of %s is changed\n", call->words[1],
           call->words[0]);

    return EXIT_SUCCESS;
}


static int
rotate_in_transaction(change_t *change, void *data)
{
    work_t *work = data;
    const int64_t *expires_at;
    int64_t buf;
    int rc = take_in_transaction(change, work);

    if (rc == OK) {
        rc = expiry(change, work->conf, &buf, &expires_at);
    }

    if (rc == OK) {
        rc = access_token_renew(change, &work->owner, work->id,
                                work->conf->grace * 3600, expires_at,
                                &work->secret);
    }

    return rc == OK ? take_in_transaction(change, work) : rc;
}


static int
rotate(const call_t *call)
{
    work_t work;
    int status = work_open(call, true, &work);

    if (status != EXIT_SUCCESS
        || command_change(rotate_in_transaction, &work) != OK) {
        return status != EXIT_SUCCESS ? status : EXIT_FAILURE;
    }

    command_show_secret(call, access_token_json(&work.row), work.secret);

    return EXIT_SUCCESS;
}


static int
revoke_in_transaction(change_t *change, void *data)
{
    work_t *work = data;
    int rc = take_in_transaction(change, work);

    return rc == OK ? access_token_revoke(change, &work->owner, work->id) : rc;
}


static int
revoke(const call_t *call)
{
    work_t work;
    int status = work_open(call, true, &work);

    if (status != EXIT_SUCCESS
        || command_change(revoke_in_transaction, &work) != OK) {
        return status != EXIT_SUCCESS ? status : EXIT_FAILURE;
    }

    printf("access token %s of %s is revoked\n", call->words[1],
           call->words[0]);

    return EXIT_SUCCESS;
}


/* --- the table ------------------------------------------------------------ */

#define ACTIONS                                                                \
    {                                                                          \
        "actions", NULL, SETTING_STRING, offsetof(token_conf_t, actions), 0,   \
            0, NULL,                                                           \
            "What it may be used for: pull, push, delete, describe, manage, "  \
            "with commas between."                                             \
    }
#define REPOSITORIES                                                           \
    {                                                                          \
        "repositories", NULL, SETTING_STRING,                                  \
            offsetof(token_conf_t, repositories), 0, 0, NULL,                  \
            "Names that it may be used for, with * for any characters and "    \
            "commas between; without: all that its account may."               \
    }
#define DAYS                                                                   \
    {                                                                          \
        "days", NULL, SETTING_NUMBER, offsetof(token_conf_t, days), -1,        \
            ACCESS_TOKEN_DAYS_MAX, "-1",                                       \
            "Days until it ends; 0: never; -1: 90, or as many as there may "   \
            "be."                                                              \
    }

static const setting_t add_settings[] = {
    ACTIONS,
    REPOSITORIES,
    DAYS,
    { .name = NULL },
};

static const setting_t set_settings[] = {
    { "name", NULL, SETTING_STRING, offsetof(token_conf_t, name), 0, 0, NULL,
      "What its owner calls it." },
    ACTIONS,
    REPOSITORIES,
    { .name = NULL },
};

static const setting_t rotate_settings[] = {
    DAYS,
    { "grace-hours", NULL, SETTING_NUMBER, offsetof(token_conf_t, grace), 0,
      ACCESS_TOKEN_GRACE_MAX, "24", "How long the old secret stays valid." },
    { .name = NULL },
};

const command_t access_token_commands[] = {
    { .noun = "access-token",
      .verb = "add",
      .words = "LOGIN NAME",
      .summary = "Create an access token of an account, and print its secret.",
      .detail = "The secret is printed this once.",
      .settings = add_settings,
      .needs = "actions",
      .conf_size = sizeof(token_conf_t),
      .has_json = true,
      .run = add },
    { .noun = "access-token",
      .verb = "list",
      .words = "LOGIN",
      .summary = "List the access tokens of an account.",
      .detail = "Id, start and end of the secret, expiry, last use (within "
                "five minutes), actions, repositories, name: one token per "
                "line.",
      .has_json = true,
      .run = list },
    { .noun = "access-token",
      .verb = "show",
      .words = "LOGIN ID",
      .summary = "Show an access token, without its secret.",
      .has_json = true,
      .run = show },
    { .noun = "access-token",
      .verb = "set",
      .words = "LOGIN ID",
      .summary = "Change an access token, and revoke what was obtained with "
                 "it.",
      .settings = set_settings,
      .conf_size = sizeof(token_conf_t),
      .run = set },
    { .noun = "access-token",
      .verb = "rotate",
      .words = "LOGIN ID",
      .summary = "Give an access token a new secret, and print it.",
      .detail = "The old one stays valid for a while, so that clients can "
                "change over.",
      .settings = rotate_settings,
      .conf_size = sizeof(token_conf_t),
      .has_json = true,
      .run = rotate },
    { .noun = "access-token",
      .verb = "revoke",
      .words = "LOGIN ID",
      .summary = "Revoke an access token, and what was obtained with it.",
      .run = revoke },
    { .noun = NULL },
};
