/* command_change.c: changes of rights by the operator. */

#include "app.h"
#include "command/commands.h"
#include "common/name.h"
#include "db/db_account.h"
#include "db/db_mirror.h"
#include "db/db_namespace.h"
#include "fcgi_core/log.h"

#include <pwd.h>
#include <unistd.h>


const audit_actor_t *
command_operator(void)
{
    audit_actor_t *actor = pool_new(app.pool, audit_actor_t);
    const struct passwd *user = getpwuid(getuid());

    *actor = (audit_actor_t){
        .login = user != NULL ? pool_strdup(app.pool, user->pw_name) : "",
        .kind = "operator",
        .address = ""
    };

    return actor;
}


int
command_open_change(change_t *change_r)
{
    if (app_open() != OK) {
        return ERROR;
    }

    *change_r = (change_t){ .db = app.db,
                            .cache = app.cache,
                            .token_seconds = app.settings.token_seconds,
                            .auditor = command_operator(),
                            .revoke = pool_new(app.pool, revoke_t) };

    return OK;
}


int
command_done(const change_t *change, int rc)
{
    if (rc == DECLINED) {
        log_error("%s", change->message);
    }

    return rc == OK && change->is_published ? OK : ERROR;
}


int
command_change(change_fn fn, void *data)
{
    change_t change;

    return command_open_change(&change) == OK
               ? command_done(&change, change_run_new(&change, fn, data))
               : ERROR;
}


int
command_finish(const change_t *change, int rc, const char *format, ...)
{
    va_list args;

    if (command_done(change, rc) != OK) {
        return EXIT_FAILURE;
    }

    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');

    return EXIT_SUCCESS;
}


int
command_namespace(const char *name, uint64_t *id_r)
{
    namespace_row_t row;
    int rc = db_namespace_find(app.db, name, &row);

    if (rc == DECLINED) {
        log_error("there is no namespace %s", name);
    }

    *id_r = rc == OK ? row.id : 0;

    return rc == OK ? OK : ERROR;
}


int
command_repository(const char *name, uint64_t *id_r)
{
    mirror_repository_find_row_t row;
    int rc = db_mirror_repository_find(app.db, name, &row);

    if (rc == DECLINED) {
        log_error("there is no repository %s", name);
    }

    *id_r = rc == OK ? row.id : 0;

    return rc == OK ? OK : ERROR;
}


int
command_place(const char *name, uint64_t *namespace_id_r,
              uint64_t *repository_id_r)
{
    const char *namespace =
        pool_strndup(app.pool, reg_name_namespace(reg_cstr(name)));

    *repository_id_r = 0;

    return command_namespace(namespace, namespace_id_r) == OK
                   && (strchr(name, '/') == NULL
                       || command_repository(name, repository_id_r) == OK)
               ? OK
               : ERROR;
}


int
command_account(const char *login, account_t *account_r)
{
    account_item_row_t row;
    int rc = db_account_get(app.db, login, &row);

    if (rc == DECLINED) {
        log_error("there is no account %s", login);
    }

    *account_r = (account_t){ 0 };

    if (rc != OK) {
        return ERROR;
    }

    account_r->id = row.id;
    account_r->login = row.login;
    account_r->is_admin = row.is_admin;

    return OK;
}


int
command_visibility(const char *word, visibility_t *visibility_r)
{
    if (visibility_parse(reg_cstr(word), visibility_r) == OK) {
        return OK;
    }

    log_error("%s is neither public, unlisted, internal nor private", word);

    return ERROR;
}


collaborator_t
command_collaborator(const char *name, const char *subject)
{
    bool is_team =
        strncmp(subject, COMMAND_TEAM, (sizeof(COMMAND_TEAM) - 1)) == 0;
    bool is_pattern = strchr(name, '*') != NULL;
    const char *slash = strchr(name, '/');

    return (collaborator_t){
        .login = is_team ? NULL : subject,
        .team = is_team ? subject + (sizeof(COMMAND_TEAM) - 1) : NULL,
        .repository = is_pattern ? NULL : name,
        .pattern = is_pattern ? (slash != NULL ? slash + 1 : "") : NULL,
    };
}
