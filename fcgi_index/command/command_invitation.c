/* command_invitation.c: the subcommands of invitation and of
 * sign-up-invitation. */

#include "access/invitation.h"
#include "app.h"
#include "command/commands.h"
#include "common/name.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"
#include "token/sign_up.h"

#define COLUMNS "id login role namespace repository pattern expires_at"
#define SIGN_UP_COLUMNS "id expires_at created_by used_at used_by note"
#define NOUN "an invitation"


/* --- to a namespace or a repository --------------------------------------- */

static int
offer(change_t *change, const char *const *words, uint64_t *id_r)
{
    const char *name = words[0], *login = words[1];
    collaborator_t who = command_collaborator(name, login);
    role_t role;

    if (role_parse(reg_cstr(words[2]), &role) != OK) {
        return invitation_add_member(change, name, login,
                                     strcmp(words[2], "owner") == 0, id_r);
    }

    return invitation_add_collaborator(
        change, pool_strndup(app.pool, reg_name_namespace(reg_cstr(name))),
        &who, role, id_r);
}


static int
add(const call_t *call)
{
    static const char *const offers[] = { "member", "owner", "read",
                                          "write",  "admin", NULL };
    const char *const *words = call->words, *const *word = offers;
    invitation_row_t row;
    change_t change;
    uint64_t id;

    while (*word != NULL && strcmp(*word, words[2]) != 0) {
        word++;
    }

    if (*word == NULL) {
        return call_misused(call, "%s is nothing to offer", words[2]);
    }

    if (command_open_change(&change) != OK
        || command_done(&change, offer(&change, words, &id)) != OK
        || db_invitation_by_id(app.db, id, clock_now(), &row) != OK) {
        return EXIT_FAILURE;
    }

    command_print(call, invitation_json(app.pool, &row), COLUMNS);

    return EXIT_SUCCESS;
}


static int
page_of(const char *name, uint64_t after, invitation_row_t **rows_r,
        size_t *n_r)
{
    const char *namespace =
        pool_strndup(app.pool, reg_name_namespace(reg_cstr(name)));
    bool is_repository = strchr(name, '/') != NULL;
    uint64_t id, repository_id = 0;
    int64_t now = clock_now();

    if (command_namespace(namespace, &id) != OK
        || (is_repository && command_repository(name, &repository_id) != OK)) {
        return ERROR;
    }

    return is_repository
               ? db_invitation_of_repository(app.db, id, repository_id, after,
                                             now, COMMAND_PAGE, rows_r, n_r)
               : db_invitation_of_namespace(app.db, id, after, now,
                                            COMMAND_PAGE, rows_r, n_r);
}


static void
print_rows(const call_t *call, const invitation_row_t *rows, size_t n,
           const char **after)
{
    for (size_t i = 0; i < n; i++) {
        command_print(call, invitation_json(app.pool, &rows[i]), COLUMNS);
        *after = command_key_text(rows[i].id);
    }
}


static int
print_page(const call_t *call, const char **after)
{
    invitation_row_t *rows;
    size_t n;

    if (page_of(call->words[0], command_key(*after, 0), &rows, &n) != OK) {
        return ERROR;
    }

    print_rows(call, rows, n, after);

    return OK;
}


static int
list(const call_t *call)
{
    return command_list(call, print_page);
}


static int
print_received(const call_t *call, const char **after)
{
    invitation_row_t *rows;
    account_t account;
    size_t n;

    if (command_account(call->words[0], &account) != OK
        || db_invitation_of_account(app.db, account.id, command_key(*after, 0),
                                    clock_now(), COMMAND_PAGE, &rows, &n)
               != OK) {
        return ERROR;
    }

    print_rows(call, rows, n, after);

    return OK;
}


static int
list_received(const call_t *call)
{
    return command_list(call, print_received);
}


static int
delete_invitation(const call_t *call)
{
    const char *name = call->words[0];
    const char *repository = strchr(name, '/') != NULL ? name : NULL;
    change_t change;
    uint64_t id;
    int rc;

    if (command_number(call, call->words[1], NOUN, &id) != OK) {
        return COMMAND_USAGE;
    }

    if (command_open_change(&change) != OK) {
        return EXIT_FAILURE;
    }

    rc = invitation_withdraw(
        &change, pool_strndup(app.pool, reg_name_namespace(reg_cstr(name))),
        repository, id);

    return command_finish(&change, rc, "invitation %s of %s is deleted",
                          call->words[1], name);
}


const command_t invitation_commands[] = {
    { .noun = "invitation",
      .verb = "add",
      .words = "NAME LOGIN member|owner|read|write|admin",
      .summary = "Invite an account to an organization, or to a role.",
      .detail = "NAME is an organization for a member or an owner; for a role "
                "it is a repository, or a pattern with a star: 'acme/team/*'.  "
                "The account accepts or declines; member set and collaborator "
                "set ask no one.",
      .has_json = true,
      .run = add },
    { .noun = "invitation",
      .verb = "list",
      .words = "NAME",
      .summary = "List the open invitations of a namespace or a repository.",
      .detail = "Id, account, what is offered, namespace, repository, pattern, "
                "expiry: one invitation per line.",
      .has_json = true,
      .run = list },
    { .noun = "invitation",
      .verb = "list-received",
      .words = "LOGIN",
      .summary = "List the open invitations of an account.",
      .has_json = true,
      .run = list_received },
    { .noun = "invitation",
      .verb = "delete",
      .words = "NAME ID",
      .summary = "Withdraw an invitation of a namespace or a repository.",
      .run = delete_invitation },
    { .noun = NULL },
};


/* --- to sign up ----------------------------------------------------------- */

typedef struct {
    const char *note;
    long days;
} sign_up_conf_t;

typedef struct {
    const char *note;
    int64_t days;
    const char *secret;
    uint64_t id;
    int64_t expires_at;
} sign_up_t;


static int
invite_in_transaction(change_t *change, void *data)
{
    sign_up_t *s = data;

    return sign_up_invite(change, s->note, s->days, &s->secret, &s->id,
                          &s->expires_at);
}


static int
sign_up_add(const call_t *call)
{
    const sign_up_conf_t *conf = call->conf;
    sign_up_t s = { .note = conf->note != NULL ? conf->note : "",
                    .days = conf->days };

    if (command_text(call, "note", s.note, SIGN_UP_NOTE_MAX) != OK) {
        return COMMAND_USAGE;
    }

    if (command_change(invite_in_transaction, &s) != OK) {
        return EXIT_FAILURE;
    }

    if (strcmp(app.settings.sign_up, "invitation") != 0) {
        log_warn("--sign-up is %s here: invitations are not asked for",
                 app.settings.sign_up);
    }

    command_show_secret(call, sign_up_new_json(s.id, s.note, s.expires_at),
                        s.secret);

    return EXIT_SUCCESS;
}


static int
print_sign_ups(const call_t *call, const char **after)
{
    sign_up_invitation_list_row_t *rows;
    size_t n;

    if (db_sign_up_invitation_list(app.db, command_key(*after, 0), COMMAND_PAGE,
                                   &rows, &n)
        != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        command_print(call, sign_up_json(&rows[i]), SIGN_UP_COLUMNS);
        *after = command_key_text(rows[i].id);
    }

    return OK;
}


static int
sign_up_list(const call_t *call)
{
    return command_list(call, print_sign_ups);
}


static int
withdraw_in_transaction(change_t *change, void *data)
{
    const uint64_t *id = data;

    return sign_up_withdraw(change, *id);
}


static int
sign_up_delete(const call_t *call)
{
    uint64_t id;

    if (command_number(call, call->words[0], NOUN, &id) != OK) {
        return COMMAND_USAGE;
    }

    if (command_change(withdraw_in_transaction, &id) != OK) {
        return EXIT_FAILURE;
    }

    printf("invitation %s is deleted\n", call->words[0]);

    return EXIT_SUCCESS;
}


static const setting_t sign_up_settings[] = {
    { "note", NULL, SETTING_STRING, offsetof(sign_up_conf_t, note), 0, 0, NULL,
      "Whom it is for." },
    { "days", NULL, SETTING_NUMBER, offsetof(sign_up_conf_t, days), 1,
      SIGN_UP_DAYS_MAX, "7", "Days until it ends." },
    { .name = NULL },
};

const command_t sign_up_invitation_commands[] = {
    { .noun = "sign-up-invitation",
      .verb = "add",
      .summary = "Create an invitation to sign up, and print its secret.",
      .detail = "One account can be created with it, where --sign-up is "
                "invitation.  The secret is printed this once.",
      .settings = sign_up_settings,
      .conf_size = sizeof(sign_up_conf_t),
      .has_json = true,
      .run = sign_up_add },
    { .noun = "sign-up-invitation",
      .verb = "list",
      .summary = "List the invitations to sign up.",
      .detail = "Id, expiry, who made it (\"-\" for an operator), when and by "
                "whom it was used, note: one invitation per line.",
      .has_json = true,
      .run = sign_up_list },
    { .noun = "sign-up-invitation",
      .verb = "delete",
      .words = "ID",
      .summary = "Withdraw an invitation to sign up.",
      .run = sign_up_delete },
    { .noun = NULL },
};
