/* command_change.c: changes of rights by the operator. */

#include "app.h"
#include "command/commands.h"
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
command_finish(const change_t *change, int rc, const char *format, ...)
{
    va_list args;

    if (rc == DECLINED) {
        log_error("%s", change->message);
    }

    if (rc != OK || !change->is_published) {
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
command_visibility(const char *word, visibility_t *visibility_r)
{
    if (visibility_parse(reg_cstr(word), visibility_r) == OK) {
        return OK;
    }

    log_error("%s is neither public, unlisted, internal nor private", word);

    return ERROR;
}
