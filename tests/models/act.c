/* act.c: slipway-index-act: what accounts change by the models of access/, from
 * a shell, for the tests.  Prints "ok", or the number of the fault, the field
 * and the message. */

#include "app.h"
#include "access/invitation.h"
#include "access/member.h"
#include "access/namespace.h"
#include "access/team.h"
#include "access/visibility.h"
#include "fcgi_core/command.h"

#define ACTOR(noun_, words_, run_)                                             \
    {                                                                          \
        .noun = noun_, .words = "ACTOR " words_, .summary = "For tests.",      \
        .run = run_                                                            \
    }

static audit_actor_t auditor;
static account_t actor;
static revoke_t revoke;


static change_t
open_change(const call_t *call)
{
    if (app_open() != OK
        || account_find(app.db, reg_cstr(call->words[0]), &actor) != OK) {
        exit(EXIT_FAILURE);
    }

    auditor = (audit_actor_t){ actor.id, actor.login, "session", 0, "::1" };

    return (change_t){ .db = app.db,
                       .cache = app.cache,
                       .token_seconds = 300,
                       .actor = &actor,
                       .auditor = &auditor,
                       .revoke = &revoke };
}


static int
finish(const change_t *change, int rc)
{
    static const char *const faults[] = { "none",  "not_found", "forbidden",
                                          "stale", "invalid",   "reserved",
                                          "taken", "conflict",  "limit" };

    if (rc == ERROR) {
        return EXIT_FAILURE;
    }

    if (rc == OK) {
        printf("ok\n");
    } else {
        printf("%s %s %s\n", faults[change->fault],
               change->field != NULL ? change->field : "-", change->message);
    }

    return EXIT_SUCCESS;
}


static int
make_organization(const call_t *call)
{
    change_t change = open_change(call);

    return finish(&change,
                  organization_add(&change, call->words[1], actor.login));
}


static int
unmake_organization(const call_t *call)
{
    change_t change = open_change(call);

    return finish(&change, organization_delete(&change, call->words[1]));
}


static int
set_base_role(const call_t *call)
{
    change_t change = open_change(call);
    role_t role = ROLE_NONE;
    namespace_settings_t settings = { .base_role = &role };

    role_parse(reg_cstr(call->words[2]), &role);

    return finish(&change, namespace_set(&change, call->words[1], &settings));
}


static int
set_member(const call_t *call)
{
    change_t change = open_change(call);

    return finish(&change, member_set(&change, call->words[1], call->words[2],
                                      strcmp(call->words[3], "owner") == 0));
}


static int
remove_member(const call_t *call)
{
    change_t change = open_change(call);

    return finish(&change,
                  member_remove(&change, call->words[1], call->words[2]));
}


static int
make_team(const call_t *call)
{
    change_t change = open_change(call);

    return finish(&change, team_add(&change, call->words[1], call->words[2]));
}


static int
join_team(const call_t *call)
{
    change_t change = open_change(call);

    return finish(&change, team_member_add(&change, call->words[1],
                                           call->words[2], call->words[3]));
}


/* A name with a slash is a repository's, else it is a pattern. */
static collaborator_t
collaborator_of(const call_t *call)
{
    bool is_repository = strchr(call->words[3], '/') != NULL;

    return (collaborator_t){
        .login = call->words[2],
        .repository = is_repository ? call->words[3] : NULL,
        .pattern = is_repository ? NULL : call->words[3],
    };
}


static int
set_role(const call_t *call)
{
    change_t change = open_change(call);
    collaborator_t collaborator = collaborator_of(call);
    role_t role = ROLE_NONE;

    role_parse(reg_cstr(call->words[4]), &role);

    return finish(&change, collaborator_set(&change, call->words[1],
                                            &collaborator, role));
}


static int
invite_member(const call_t *call)
{
    change_t change = open_change(call);
    uint64_t id;

    return finish(&change, invitation_add_member(
                               &change, call->words[1], call->words[2],
                               strcmp(call->words[3], "owner") == 0, &id));
}


static int
invite_collaborator(const call_t *call)
{
    change_t change = open_change(call);
    uint64_t id;
    collaborator_t collaborator = collaborator_of(call);
    role_t role = ROLE_NONE;

    role_parse(reg_cstr(call->words[4]), &role);

    return finish(&change,
                  invitation_add_collaborator(&change, call->words[1],
                                              &collaborator, role, &id));
}


static int
accept_invitation(const call_t *call)
{
    change_t change = open_change(call);

    return finish(&change, invitation_accept(
                               &change, strtoull(call->words[1], NULL, 10)));
}


static int
decline_invitation(const call_t *call)
{
    change_t change = open_change(call);

    return finish(&change, invitation_delete(
                               &change, strtoull(call->words[1], NULL, 10)));
}


static int
set_visibility(const call_t *call)
{
    change_t change = open_change(call);
    visibility_t visibility = VISIBILITY_PRIVATE;
    bool was_unknown;

    visibility_parse(reg_cstr(call->words[2]), &visibility);

    return finish(&change, visibility_set(&change, call->words[1], visibility,
                                          &was_unknown));
}


static const command_t commands[] = {
    ACTOR("make-organization", "NAME", make_organization),
    ACTOR("unmake-organization", "NAME", unmake_organization),
    ACTOR("base-role", "NAME ROLE", set_base_role),
    ACTOR("member", "NAME LOGIN owner|member", set_member),
    ACTOR("remove", "NAME LOGIN", remove_member),
    ACTOR("team", "NAME TEAM", make_team),
    ACTOR("join", "NAME TEAM LOGIN", join_team),
    ACTOR("role", "NAME LOGIN ON ROLE", set_role),
    ACTOR("invite", "NAME LOGIN owner|member", invite_member),
    ACTOR("offer", "NAME LOGIN ON ROLE", invite_collaborator),
    ACTOR("accept", "ID", accept_invitation),
    ACTOR("decline", "ID", decline_invitation),
    ACTOR("visibility", "NAME VISIBILITY", set_visibility),
    { .noun = NULL },
};


int
main(int argc, char **argv)
{
    static const command_t *const tables[] = { commands, NULL };
    static const program_t program = { .name = "slipway-index-act",
                                       .summary = "For tests.",
                                       .settings = app_settings,
                                       .conf = &app.settings,
                                       .tables = tables,
                                       .open = app_load };

    return program_run(&program, argc, argv);
}
