/* main.c: slipway-index: accounts, rights and tokens of a registry. */

#include "app.h"
#include "command/commands.h"
#include "serve.h"

static const command_t *const tables[] = {
    serve_commands,
    migrate_commands,
    secret_commands,
    openapi_commands,
    account_commands,
    session_commands,
    access_token_commands,
    robot_commands,
    sign_up_invitation_commands,
    namespace_commands,
    repository_commands,
    tag_commands,
    manifest_commands,
    blob_commands,
    removal_commands,
    organization_commands,
    member_commands,
    team_commands,
    collaborator_commands,
    invitation_commands,
    refresh_token_commands,
    audit_commands,
    mirror_commands,
    search_commands,
    star_commands,
    comment_commands,
    activity_commands,
    restore_check_commands,
    webhook_commands,
    courier_commands,
    registry_commands,
    NULL,
};


int
main(int argc, char **argv)
{
    static const program_t program = {
        .name = "slipway-index",
        .summary = "Accounts, rights and tokens of a registry.",
        .settings = app_settings,
        .conf = &app.settings,
        .tables = tables,
        .open = app_load
    };

    return program_run(&program, argc, argv);
}
