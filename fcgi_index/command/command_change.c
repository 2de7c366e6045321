/* command_change.c: changes of rights by the operator. */

#include "app.h"
#include "command/commands.h"
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
command_changed(const change_t *change, int rc)
{
    if (rc == DECLINED) {
        log_error("%s", change->message);
    }

    return rc == OK && change->is_published ? OK : ERROR;
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
