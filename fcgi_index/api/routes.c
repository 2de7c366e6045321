/* routes.c: the table of routes: all that the API can be asked.
 *
 * How a route is added (docs/api.md, "How a route is added"):
 * 1. a row here, in the chapter of its noun, with all that may be said about
 *    it: the door checks the right and the fields, and prints the OpenAPI
 *    document, from this row alone;
 * 2. its tables of fields, its model and its handler in api_NOUN.c;
 * 3. the row's line in tests/api/test_api_matrix.py;
 * 4. "make docs", which writes docs/openapi.json. */

#include "api/routes.h"
#include "access/credential.h"
#include "api/api_account.h"
#include "api/api_activity.h"
#include "api/api_audit.h"
#include "api/api_blob.h"
#include "api/api_comment.h"
#include "api/api_image.h"
#include "api/api_invitation.h"
#include "api/api_listing.h"
#include "api/api_manifest.h"
#include "api/api_markdown.h"
#include "api/api_member.h"
#include "api/api_meta.h"
#include "api/api_namespace.h"
#include "api/api_namespace_invitation.h"
#include "api/api_pull_token.h"
#include "api/api_registry.h"
#include "api/api_removal.h"
#include "api/api_repository.h"
#include "api/api_robot.h"
#include "api/api_role.h"
#include "api/api_search.h"
#include "api/api_session.h"
#include "api/api_space.h"
#include "api/api_star.h"
#include "api/api_tag.h"
#include "api/api_team.h"
#include "api/api_token.h"
#include "api/api_webhook.h"

/* The same routes for a repository, a namespace and the installation. */
#define WEBHOOKS(prefix, owner, least)                                         \
    {                                                                          \
        .method = "GET",                                                       \
        .path = prefix "/webhooks",                                            \
        .id = "list" owner "Webhooks",                                         \
        .noun = "webhook",                                                     \
        .right = least,                                                        \
        .flags = ROUTE_LIST,                                                   \
        .model = &api_webhook_model,                                           \
        .status = 200,                                                         \
        .handler = api_webhook_list,                                           \
        .summary = "The webhooks",                                             \
    },                                                                         \
        {                                                                      \
            .method = "POST",                                                  \
            .path = prefix "/webhooks",                                        \
            .id = "create" owner "Webhook",                                    \
            .noun = "webhook",                                                 \
            .right = least,                                                    \
            .flags = ROUTE_ONCE | ROUTE_SECRET | ROUTE_ETAG,                   \
            .body = api_webhook_create_body,                                   \
            .model = &api_webhook_secret_model,                                \
            .status = 201,                                                     \
            .failures = { 409 },                                               \
            .handler = api_webhook_create,                                     \
            .summary = "Make a webhook; its secret is shown once",             \
        },                                                                     \
        {                                                                      \
            .method = "GET",                                                   \
            .path = prefix "/webhooks/{id}",                                   \
            .id = "get" owner "Webhook",                                       \
            .noun = "webhook",                                                 \
            .right = least,                                                    \
            .flags = ROUTE_ETAG,                                               \
            .model = &api_webhook_model,                                       \
            .status = 200,                                                     \
            .handler = api_webhook_get,                                        \
            .summary = "A webhook",                                            \
        },                                                                     \
        {                                                                      \
            .method = "PATCH",                                                 \
            .path = prefix "/webhooks/{id}",                                   \
            .id = "edit" owner "Webhook",                                      \
            .noun = "webhook",                                                 \
            .right = least,                                                    \
            .flags = ROUTE_ETAG | ROUTE_IF_MATCH,                              \
            .body = api_webhook_edit_body,                                     \
            .model = &api_webhook_model,                                       \
            .status = 200,                                                     \
            .handler = api_webhook_edit,                                       \
            .summary = "Change a webhook; its failures are forgotten",         \
        },                                                                     \
        {                                                                      \
            .method = "DELETE",                                                \
            .path = prefix "/webhooks/{id}",                                   \
            .id = "delete" owner "Webhook",                                    \
            .noun = "webhook",                                                 \
            .right = least,                                                    \
            .status = 204,                                                     \
            .failures = { 409 },                                               \
            .handler = api_webhook_delete,                                     \
            .summary = "Delete a webhook; nothing more is sent to it",         \
        },                                                                     \
        {                                                                      \
            .method = "POST",                                                  \
            .path = prefix "/webhooks/{id}/rotation",                          \
            .id = "rotate" owner "Webhook",                                    \
            .noun = "webhook",                                                 \
            .right = least,                                                    \
            .flags = ROUTE_ONCE | ROUTE_SECRET | ROUTE_ETAG,                   \
            .body = api_webhook_rotate_body,                                   \
            .model = &api_webhook_secret_model,                                \
            .status = 200,                                                     \
            .handler = api_webhook_rotate,                                     \
            .summary = "Give a webhook another secret, which is shown once",   \
        },                                                                     \
        {                                                                      \
            .method = "POST",                                                  \
            .path = prefix "/webhooks/{id}/test",                              \
            .id = "test" owner "Webhook",                                      \
            .noun = "webhook",                                                 \
            .right = least,                                                    \
            .model = &api_webhook_delivery_model,                              \
            .status = 202,                                                     \
            .failures = { 409 },                                               \
            .handler = api_webhook_test,                                       \
            .summary = "Send a webhook an event that means nothing",           \
        },                                                                     \
        {                                                                      \
            .method = "POST",                                                  \
            .path = prefix "/webhooks/{id}/redelivery",                        \
            .id = "redeliver" owner "WebhookDead",                             \
            .noun = "webhook",                                                 \
            .right = least,                                                    \
            .status = 202,                                                     \
            .failures = { 409 },                                               \
            .handler = api_webhook_dead_again,                                 \
            .summary = "Send the dead deliveries of a webhook again, a "       \
                       "thousand at most",                                     \
        },                                                                     \
        {                                                                      \
            .method = "GET",                                                   \
            .path = prefix "/webhooks/{id}/deliveries",                        \
            .id = "list" owner "WebhookDeliveries",                            \
            .noun = "webhook",                                                 \
            .right = least,                                                    \
            .flags = ROUTE_LIST,                                               \
            .query = api_webhook_delivery_list_query,                          \
            .model = &api_webhook_delivery_model,                              \
            .status = 200,                                                     \
            .handler = api_webhook_delivery_list,                              \
            .summary = "What was sent to a webhook, the latest first",         \
        },                                                                     \
        {                                                                      \
            .method = "GET",                                                   \
            .path = prefix "/webhooks/{id}/deliveries/{delivery}",             \
            .id = "get" owner "WebhookDelivery",                               \
            .noun = "webhook",                                                 \
            .right = least,                                                    \
            .model = &api_webhook_log_model,                                   \
            .status = 200,                                                     \
            .handler = api_webhook_delivery_get,                               \
            .summary = "A delivery, with what was sent and what came back",    \
        },                                                                     \
    {                                                                          \
        .method = "POST",                                                      \
        .path = prefix "/webhooks/{id}/deliveries/{delivery}/redelivery",      \
        .id = "redeliver" owner "WebhookDelivery", .noun = "webhook",          \
        .right = least, .model = &api_webhook_delivery_model, .status = 202,   \
        .failures = { 409 }, .handler = api_webhook_delivery_again,            \
        .summary = "Send a delivery again",                                    \
    }

/* The same routes for a namespace and for a repository. */
#define ROBOTS(prefix, owner, least, create_body)                              \
    {                                                                          \
        .method = "GET",                                                       \
        .path = prefix "/robots",                                              \
        .id = "list" owner "Robots",                                           \
        .noun = "robot",                                                       \
        .right = least,                                                        \
        .flags = ROUTE_LIST,                                                   \
        .model = &api_robot_model,                                             \
        .status = 200,                                                         \
        .handler = api_robot_list,                                             \
        .summary = "The robots",                                               \
    },                                                                         \
        {                                                                      \
            .method = "POST",                                                  \
            .path = prefix "/robots",                                          \
            .id = "create" owner "Robot",                                      \
            .noun = "robot",                                                   \
            .right = least,                                                    \
            .flags = ROUTE_ONCE | ROUTE_SECRET | ROUTE_FRESH | ROUTE_ETAG,     \
            .body = create_body,                                               \
            .model = &api_robot_secret_model,                                  \
            .status = 201,                                                     \
            .failures = { 409 },                                               \
            .handler = api_robot_create,                                       \
            .summary = "Make a robot; its secret is shown once",               \
        },                                                                     \
        {                                                                      \
            .method = "GET",                                                   \
            .path = prefix "/robots/{robot}",                                  \
            .id = "get" owner "Robot",                                         \
            .noun = "robot",                                                   \
            .right = least,                                                    \
            .flags = ROUTE_ETAG,                                               \
            .model = &api_robot_model,                                         \
            .status = 200,                                                     \
            .handler = api_robot_get,                                          \
            .summary = "A robot",                                              \
        },                                                                     \
        {                                                                      \
            .method = "PATCH",                                                 \
            .path = prefix "/robots/{robot}",                                  \
            .id = "edit" owner "Robot",                                        \
            .noun = "robot",                                                   \
            .right = least,                                                    \
            .flags = ROUTE_ETAG | ROUTE_IF_MATCH | ROUTE_FRESH,                \
            .body = api_robot_edit_body,                                       \
            .model = &api_robot_model,                                         \
            .status = 200,                                                     \
            .handler = api_robot_edit,                                         \
            .summary = "Describe a robot, disable it, or say when its secret " \
                       "ends",                                                 \
        },                                                                     \
        {                                                                      \
            .method = "POST",                                                  \
            .path = prefix "/robots/{robot}/rotation",                         \
            .id = "rotate" owner "Robot",                                      \
            .noun = "robot",                                                   \
            .right = least,                                                    \
            .flags = ROUTE_ONCE | ROUTE_SECRET | ROUTE_FRESH | ROUTE_ETAG,     \
            .body = api_robot_rotate_body,                                     \
            .model = &api_robot_secret_model,                                  \
            .status = 200,                                                     \
            .handler = api_robot_rotate,                                       \
            .summary = "Give a robot another secret, which is shown once",     \
        },                                                                     \
    {                                                                          \
        .method = "DELETE", .path = prefix "/robots/{robot}",                  \
        .id = "delete" owner "Robot", .noun = "robot", .right = least,         \
        .status = 204, .handler = api_robot_delete,                            \
        .summary = "Delete a robot, and revoke what was bought with its "      \
                   "secret",                                                   \
    }

static const route_t rows[] = {
    /* --- meta ------------------------------------------------------------- */
    {
        .method = "GET",
        .path = "/openapi.json",
        .id = "getDocument",
        .noun = "meta",
        .right = RIGHT_NONE,
        .flags = ROUTE_PUBLIC,
        .model = &api_document_model,
        .status = 200,
        .handler = api_document,
        .summary = "This document",
    },
    {
        .method = "POST",
        .path = "/markdown",
        .id = "renderMarkdown",
        .noun = "meta",
        .right = RIGHT_ACCOUNT,
        .action = CREDENTIAL_DESCRIBE,
        .body = api_markdown_body,
        .model = &api_markdown_model,
        .status = 200,
        .handler = api_markdown_render,
        .summary = "Markdown as the pages will show it; nothing is kept",
    },

    /* --- session ---------------------------------------------------------- */
    {
        .method = "GET",
        .path = "/session",
        .id = "getSession",
        .noun = "session",
        .right = RIGHT_NONE,
        .model = &api_session_model,
        .status = 200,
        .handler = api_session_get,
        .summary = "Who calls, and the CSRF token of the session",
    },
    {
        .method = "POST",
        .path = "/session",
        .id = "createSession",
        .noun = "session",
        .right = RIGHT_NONE,
        .flags = ROUTE_ORIGIN,
        .body = api_session_create_body,
        .model = &api_session_model,
        .status = 201,
        .prepare = api_session_login,
        .handler = api_session_create,
        .summary = "Log in: sets the session's cookie",
    },
    {
        .method = "DELETE",
        .path = "/session",
        .id = "deleteSession",
        .noun = "session",
        .right = RIGHT_ACCOUNT,
        .status = 204,
        .failures = { 404, 409 },
        .handler = api_session_delete,
        .summary = "Log out",
    },
    {
        .method = "POST",
        .path = "/session/confirmation",
        .id = "confirmSession",
        .noun = "session",
        .right = RIGHT_ACCOUNT,
        .body = api_session_confirm_body,
        .model = &api_session_model,
        .status = 200,
        .failures = { 409 },
        .prepare = api_session_verify,
        .handler = api_session_confirm,
        .summary = "Show the password again, for what wants it shown lately; "
                   "sets another cookie",
    },
    {
        .method = "GET",
        .path = "/sessions",
        .id = "listSessions",
        .noun = "session",
        .right = RIGHT_ACCOUNT,
        .flags = ROUTE_LIST,
        .model = &api_session_item_model,
        .status = 200,
        .handler = api_session_list,
        .summary = "The caller's sessions",
    },
    {
        .method = "DELETE",
        .path = "/sessions/{id}",
        .id = "endSession",
        .noun = "session",
        .right = RIGHT_ACCOUNT,
        .status = 204,
        .handler = api_session_end,
        .summary = "End one of the caller's sessions",
    },

    /* --- access token ----------------------------------------------------- */
    {
        .method = "GET",
        .path = "/access-tokens",
        .id = "listAccessTokens",
        .noun = "access token",
        .right = RIGHT_ACCOUNT,
        .action = CREDENTIAL_ACCOUNT,
        .flags = ROUTE_LIST,
        .model = &api_token_model,
        .status = 200,
        .handler = api_token_list,
        .summary = "The caller's access tokens",
    },
    {
        .method = "POST",
        .path = "/access-tokens",
        .id = "createAccessToken",
        .noun = "access token",
        .right = RIGHT_ACCOUNT,
        .flags = ROUTE_ONCE | ROUTE_SECRET | ROUTE_FRESH | ROUTE_ETAG,
        .body = api_token_create_body,
        .model = &api_token_secret_model,
        .status = 201,
        .handler = api_token_create,
        .summary = "Make an access token; its secret is shown once",
    },
    {
        .method = "GET",
        .path = "/access-tokens/{id}",
        .id = "getAccessToken",
        .noun = "access token",
        .right = RIGHT_ACCOUNT,
        .action = CREDENTIAL_ACCOUNT,
        .flags = ROUTE_ETAG,
        .model = &api_token_model,
        .status = 200,
        .handler = api_token_get,
        .summary = "One of the caller's access tokens",
    },
    {
        .method = "PATCH",
        .path = "/access-tokens/{id}",
        .id = "editAccessToken",
        .noun = "access token",
        .right = RIGHT_ACCOUNT,
        .flags = ROUTE_ETAG | ROUTE_IF_MATCH | ROUTE_FRESH,
        .body = api_token_edit_body,
        .model = &api_token_model,
        .status = 200,
        .handler = api_token_edit,
        .summary = "Change what an access token is called and good for",
    },
    {
        .method = "POST",
        .path = "/access-tokens/{id}/rotation",
        .id = "rotateAccessToken",
        .noun = "access token",
        .right = RIGHT_ACCOUNT,
        .flags = ROUTE_SECRET | ROUTE_ONCE | ROUTE_FRESH | ROUTE_ETAG,
        .body = api_token_rotate_body,
        .model = &api_token_secret_model,
        .status = 200,
        .handler = api_token_rotate,
        .summary = "Give an access token another secret, which is shown once",
    },
    {
        .method = "DELETE",
        .path = "/access-tokens/{id}",
        .id = "revokeAccessToken",
        .noun = "access token",
        .right = RIGHT_ACCOUNT,
        .status = 204,
        .handler = api_token_revoke,
        .summary = "Revoke an access token, and what was bought with it",
    },

    /* --- account ---------------------------------------------------------- */
    {
        .method = "GET",
        .path = "/account",
        .id = "getAccount",
        .noun = "account",
        .right = RIGHT_ACCOUNT,
        .flags = ROUTE_ETAG,
        .model = &api_account_model,
        .status = 200,
        .handler = api_account_get,
        .summary = "The caller's account",
    },
    {
        .method = "PATCH",
        .path = "/account",
        .id = "editAccount",
        .noun = "account",
        .right = RIGHT_ACCOUNT,
        .flags = ROUTE_ETAG | ROUTE_IF_MATCH,
        .body = api_account_edit_body,
        .model = &api_account_model,
        .status = 200,
        .handler = api_account_edit,
        .summary = "Change the caller's profile",
    },
    {
        .method = "PUT",
        .path = "/account/password",
        .id = "changePassword",
        .noun = "account",
        .right = RIGHT_ACCOUNT,
        .body = api_account_password_body,
        .status = 204,
        .prepare = api_account_hash,
        .handler = api_account_password,
        .summary = "Change the caller's password; other sessions end",
    },
    {
        .method = "DELETE",
        .path = "/account",
        .id = "deleteAccount",
        .noun = "account",
        .right = RIGHT_ACCOUNT,
        .flags = ROUTE_FRESH,
        .query = api_account_delete_query,
        .status = 204,
        .failures = { 409 },
        .handler = api_account_delete,
        .summary = "Delete the caller's account",
    },
    {
        .method = "POST",
        .path = "/accounts",
        .id = "createAccount",
        .noun = "account",
        .right = RIGHT_NONE,
        .action = CREDENTIAL_MANAGE,
        .flags = ROUTE_ORIGIN | ROUTE_ETAG | ROUTE_ONCE,
        .body = api_account_create_body,
        .model = &api_account_model,
        .status = 201,
        .failures = { 409 },
        .prepare = api_account_sign_up,
        .handler = api_account_create,
        .summary = "Sign up, or create an account for another person",
    },
    {
        .method = "GET",
        .path = "/accounts",
        .id = "listAccounts",
        .noun = "account",
        .right = RIGHT_ADMIN,
        .flags = ROUTE_LIST,
        .query = api_account_list_query,
        .model = &api_account_model,
        .status = 200,
        .handler = api_account_list,
        .summary = "All accounts, by login",
    },
    {
        .method = "GET",
        .path = "/accounts/{login}",
        .id = "getAnyAccount",
        .noun = "account",
        .right = RIGHT_ADMIN,
        .flags = ROUTE_ETAG,
        .model = &api_account_model,
        .status = 200,
        .handler = api_account_get_any,
        .summary = "An account",
    },
    {
        .method = "PATCH",
        .path = "/accounts/{login}",
        .id = "changeAccount",
        .noun = "account",
        .right = RIGHT_ADMIN,
        .flags = ROUTE_ETAG | ROUTE_FRESH,
        .body = api_account_admin_body,
        .model = &api_account_model,
        .status = 200,
        .failures = { 409 },
        .handler = api_account_change,
        .summary =
            "Disable or enable an account, or make it an administrator's",
    },
    {
        .method = "DELETE",
        .path = "/accounts/{login}",
        .id = "deleteAnyAccount",
        .noun = "account",
        .right = RIGHT_ADMIN,
        .flags = ROUTE_FRESH,
        .query = api_account_delete_query,
        .status = 204,
        .failures = { 409 },
        .handler = api_account_delete_any,
        .summary = "Delete an account",
    },
    {
        .method = "GET",
        .path = "/accounts/{login}/profile",
        .id = "getProfile",
        .noun = "account",
        .right = RIGHT_ACCOUNT,
        .model = &api_account_profile_model,
        .status = 200,
        .handler = api_account_profile,
        .summary = "What other accounts see of an account",
    },

    /* --- registry --------------------------------------------------------- */
    {
        .method = "GET",
        .path = "/registries",
        .id = "listRegistries",
        .noun = "registry",
        .right = RIGHT_ADMIN,
        .flags = ROUTE_LIST,
        .model = &api_registry_model,
        .status = 200,
        .handler = api_registry_list,
        .summary = "The registries to which clients are sent, by name",
    },
    {
        .method = "POST",
        .path = "/registries",
        .id = "createRegistry",
        .noun = "registry",
        .right = RIGHT_ADMIN,
        .flags = ROUTE_ONCE | ROUTE_ETAG,
        .body = api_registry_create_body,
        .model = &api_registry_model,
        .status = 201,
        .failures = { 409 },
        .handler = api_registry_create,
        .summary = "Add a registry to the map",
    },
    {
        .method = "GET",
        .path = "/registries/{registry}",
        .id = "getRegistry",
        .noun = "registry",
        .right = RIGHT_ADMIN,
        .flags = ROUTE_ETAG,
        .model = &api_registry_model,
        .status = 200,
        .handler = api_registry_get,
        .summary = "A registry, and its state",
    },
    {
        .method = "PATCH",
        .path = "/registries/{registry}",
        .id = "editRegistry",
        .noun = "registry",
        .right = RIGHT_ADMIN,
        .flags = ROUTE_ETAG | ROUTE_IF_MATCH,
        .body = api_registry_edit_body,
        .model = &api_registry_model,
        .status = 200,
        .handler = api_registry_edit,
        .summary = "Change a registry of the map",
    },
    {
        .method = "DELETE",
        .path = "/registries/{registry}",
        .id = "deleteRegistry",
        .noun = "registry",
        .right = RIGHT_ADMIN,
        .status = 204,
        .handler = api_registry_delete,
        .summary = "Remove a registry from the map",
    },

    /* --- sign-up invitation ----------------------------------------------- */
    {
        .method = "GET",
        .path = "/sign-up-invitations",
        .id = "listSignUpInvitations",
        .noun = "sign-up invitation",
        .right = RIGHT_ADMIN,
        .flags = ROUTE_LIST,
        .model = &api_invitation_model,
        .status = 200,
        .handler = api_invitation_list,
        .summary = "Invitations to sign up",
    },
    {
        .method = "POST",
        .path = "/sign-up-invitations",
        .id = "createSignUpInvitation",
        .noun = "sign-up invitation",
        .right = RIGHT_ADMIN,
        .flags = ROUTE_ONCE | ROUTE_SECRET,
        .body = api_invitation_create_body,
        .model = &api_invitation_secret_model,
        .status = 201,
        .handler = api_invitation_create,
        .summary = "Invite a person to sign up; the secret is shown once",
    },
    {
        .method = "DELETE",
        .path = "/sign-up-invitations/{id}",
        .id = "deleteSignUpInvitation",
        .noun = "sign-up invitation",
        .right = RIGHT_ADMIN,
        .status = 204,
        .handler = api_invitation_delete,
        .summary = "Take an invitation back",
    },

    /* --- star ------------------------------------------------------------- */
    {
        .method = "GET",
        .path = "/repositories/{repository}/star",
        .id = "getStar",
        .noun = "star",
        .right = RIGHT_REPOSITORY_READ,
        .model = &api_star_model,
        .status = 200,
        .handler = api_star_get,
        .summary = "Whether the caller has starred a repository",
    },
    {
        .method = "PUT",
        .path = "/repositories/{repository}/star",
        .id = "addStar",
        .noun = "star",
        .right = RIGHT_REPOSITORY_READ,
        .action = CREDENTIAL_ACCOUNT,
        .status = 204,
        .handler = api_star_put,
        .summary = "Star a repository",
    },
    {
        .method = "DELETE",
        .path = "/repositories/{repository}/star",
        .id = "removeStar",
        .noun = "star",
        .right = RIGHT_REPOSITORY_READ,
        .action = CREDENTIAL_ACCOUNT,
        .status = 204,
        .handler = api_star_delete,
        .summary = "Take a star back",
    },
    {
        .method = "GET",
        .path = "/repositories/{repository}/stars",
        .id = "listStargazers",
        .noun = "star",
        .right = RIGHT_REPOSITORY_READ,
        .flags = ROUTE_LIST,
        .model = &api_stargazer_model,
        .status = 200,
        .handler = api_star_list,
        .summary = "Who starred a repository, the newest star first",
    },
    {
        .method = "GET",
        .path = "/stars",
        .id = "listStars",
        .noun = "star",
        .right = RIGHT_ACCOUNT,
        .action = CREDENTIAL_ACCOUNT,
        .flags = ROUTE_LIST,
        .model = &api_starred_model,
        .status = 200,
        .handler = api_starred_list,
        .summary = "What the caller starred, the newest star first",
    },

    /* --- activity --------------------------------------------------------- */
    {
        .method = "GET",
        .path = "/repositories/{repository}/follow",
        .id = "getFollow",
        .noun = "activity",
        .right = RIGHT_REPOSITORY_READ,
        .action = CREDENTIAL_ACCOUNT,
        .model = &api_follow_model,
        .status = 200,
        .handler = api_follow_get,
        .summary = "Whether the caller follows a repository",
    },
    {
        .method = "PUT",
        .path = "/repositories/{repository}/follow",
        .id = "addFollow",
        .noun = "activity",
        .right = RIGHT_REPOSITORY_READ,
        .action = CREDENTIAL_ACCOUNT,
        .status = 204,
        .failures = { 409 },
        .handler = api_follow_put,
        .summary = "Follow a repository",
    },
    {
        .method = "DELETE",
        .path = "/repositories/{repository}/follow",
        .id = "removeFollow",
        .noun = "activity",
        .right = RIGHT_REPOSITORY_READ,
        .action = CREDENTIAL_ACCOUNT,
        .status = 204,
        .handler = api_follow_delete,
        .summary = "Follow a repository no more",
    },
    {
        .method = "GET",
        .path = "/follows",
        .id = "listFollows",
        .noun = "activity",
        .right = RIGHT_ACCOUNT,
        .action = CREDENTIAL_ACCOUNT,
        .flags = ROUTE_LIST,
        .model = &api_followed_model,
        .status = 200,
        .handler = api_follow_list,
        .summary = "What the caller follows, the newest first",
    },
    {
        .method = "GET",
        .path = "/activity",
        .id = "listActivity",
        .noun = "activity",
        .right = RIGHT_ACCOUNT,
        .action = CREDENTIAL_ACCOUNT,
        .flags = ROUTE_LIST,
        .model = &api_activity_model,
        .status = 200,
        .handler = api_activity,
        .summary = "What happened in what the caller follows, owns or is a "
                   "member of, the latest first",
    },
    {
        .method = "GET",
        .path = "/repositories/{repository}/activity",
        .id = "listRepositoryActivity",
        .noun = "activity",
        .right = RIGHT_REPOSITORY_READ,
        .flags = ROUTE_LIST,
        .model = &api_activity_model,
        .status = 200,
        .handler = api_activity_repository,
        .summary = "What happened in a repository, the latest first",
    },
    {
        .method = "GET",
        .path = "/namespaces/{namespace}/activity",
        .id = "listNamespaceActivity",
        .noun = "activity",
        .right = RIGHT_NAMESPACE_READ,
        .flags = ROUTE_LIST,
        .model = &api_activity_model,
        .status = 200,
        .handler = api_activity_namespace,
        .summary = "What happened in a namespace and in its repositories, the "
                   "latest first",
    },

    /* --- comment ---------------------------------------------------------- */
    {
        .method = "GET",
        .path = "/repositories/{repository}/comments",
        .id = "listComments",
        .noun = "comment",
        .right = RIGHT_REPOSITORY_READ,
        .flags = ROUTE_LIST,
        .model = &api_comment_model,
        .status = 200,
        .handler = api_comment_list,
        .summary = "Comments on a repository, the newest first",
    },
    {
        .method = "POST",
        .path = "/repositories/{repository}/comments",
        .id = "createComment",
        .noun = "comment",
        .right = RIGHT_REPOSITORY_READ,
        .action = CREDENTIAL_ACCOUNT,
        .flags = ROUTE_ONCE | ROUTE_ETAG,
        .body = api_comment_body,
        .model = &api_comment_model,
        .status = 201,
        .handler = api_comment_create,
        .summary = "Write a comment",
    },
    {
        .method = "GET",
        .path = "/repositories/{repository}/comments/{id}",
        .id = "getComment",
        .noun = "comment",
        .right = RIGHT_REPOSITORY_READ,
        .flags = ROUTE_ETAG,
        .model = &api_comment_model,
        .status = 200,
        .handler = api_comment_get,
        .summary = "A comment",
    },
    {
        .method = "PATCH",
        .path = "/repositories/{repository}/comments/{id}",
        .id = "editComment",
        .noun = "comment",
        .right = RIGHT_REPOSITORY_READ,
        .action = CREDENTIAL_ACCOUNT,
        .flags = ROUTE_ETAG | ROUTE_IF_MATCH,
        .body = api_comment_body,
        .model = &api_comment_model,
        .status = 200,
        .failures = { 403 },
        .handler = api_comment_edit,
        .summary = "Change a comment; its author may",
    },
    {
        .method = "DELETE",
        .path = "/repositories/{repository}/comments/{id}",
        .id = "deleteComment",
        .noun = "comment",
        .right = RIGHT_REPOSITORY_READ,
        .action = CREDENTIAL_ACCOUNT,
        .status = 204,
        .failures = { 403 },
        .handler = api_comment_delete,
        .summary = "Delete a comment; its author and moderators may",
    },
    {
        .method = "POST",
        .path = "/repositories/{repository}/comments/{id}/reports",
        .id = "reportComment",
        .noun = "comment",
        .right = RIGHT_REPOSITORY_READ,
        .action = CREDENTIAL_ACCOUNT,
        .body = api_comment_report_body,
        .status = 204,
        .handler = api_comment_report,
        .summary = "Report a comment to the moderators",
    },
    {
        .method = "PUT",
        .path = "/repositories/{repository}/comments/{id}/moderation",
        .id = "moderateComment",
        .noun = "comment",
        .right = RIGHT_REPOSITORY_ADMIN,
        .flags = ROUTE_ETAG,
        .body = api_comment_moderation_body,
        .model = &api_comment_model,
        .status = 200,
        .handler = api_comment_moderate,
        .summary = "Hide a comment, or let it stay: admins of the repository",
    },
    {
        .method = "GET",
        .path = "/repositories/{repository}/comment-reports",
        .id = "listCommentReports",
        .noun = "comment",
        .right = RIGHT_REPOSITORY_ADMIN,
        .flags = ROUTE_LIST,
        .model = &api_comment_report_model,
        .status = 200,
        .handler = api_comment_report_list,
        .summary = "Reported comments of a repository, the oldest report first",
    },
    {
        .method = "GET",
        .path = "/comment-reports",
        .id = "listAllCommentReports",
        .noun = "comment",
        .right = RIGHT_ADMIN,
        .flags = ROUTE_LIST,
        .model = &api_comment_report_model,
        .status = 200,
        .handler = api_comment_report_list_all,
        .summary = "Reports of comments in the whole installation, the oldest "
                   "first; without private repositories of others",
    },

    /* --- search ----------------------------------------------------------- */
    {
        .method = "GET",
        .path = "/search",
        .id = "search",
        .noun = "search",
        .right = RIGHT_NONE,
        .flags = ROUTE_LIST,
        .query = api_search_query,
        .model = &api_search_model,
        .status = 200,
        .handler = api_search,
        .summary = "Search for repositories that the caller may see, the best "
                   "first",
    },

    /* --- audit ------------------------------------------------------------ */
    {
        .method = "GET",
        .path = "/audit-events",
        .id = "listAuditEvents",
        .noun = "audit",
        .right = RIGHT_ACCOUNT,
        .action = CREDENTIAL_MANAGE,
        .flags = ROUTE_LIST | ROUTE_LINES,
        .query = api_audit_query,
        .model = &api_audit_model,
        .status = 200,
        .failures = { 403 },
        .handler = api_audit_list,
        .summary = "What was done, the newest first: by all for "
                   "administrators, by themselves for others",
    },

    /* --- robot ------------------------------------------------------------ */
    ROBOTS("/namespaces/{namespace}", "", RIGHT_NAMESPACE_OWNER,
           api_robot_create_body),
    ROBOTS("/repositories/{repository}", "Repository", RIGHT_REPOSITORY_ADMIN,
           api_robot_create_of_repository_body),

    /* --- repository ------------------------------------------------------- */
    {
        .method = "GET",
        .path = "/namespaces/{namespace}/removals",
        .id = "listRemovals",
        .noun = "repository",
        .right = RIGHT_NAMESPACE_ADMIN,
        .flags = ROUTE_LIST,
        .model = &api_removal_model,
        .status = 200,
        .handler = api_removal_list,
        .summary = "Repositories of a namespace that are being deleted",
    },
    {
        .method = "GET",
        .path = "/namespaces/{namespace}/space",
        .id = "listSpace",
        .noun = "repository",
        .right = RIGHT_NAMESPACE_ADMIN,
        .flags = ROUTE_LIST,
        .model = &api_space_model,
        .status = 200,
        .handler = api_space_list,
        .summary = "The space that each repository of a namespace takes",
    },
    {
        .method = "GET",
        .path = "/space",
        .id = "listNamespaceSpace",
        .noun = "repository",
        .right = RIGHT_ADMIN,
        .flags = ROUTE_LIST,
        .model = &api_space_namespace_model,
        .status = 200,
        .handler = api_space_namespaces,
        .summary = "The space that each namespace takes",
    },
    {
        .method = "GET",
        .path = "/namespaces/{namespace}/repositories",
        .id = "listRepositories",
        .noun = "repository",
        .right = RIGHT_NONE,
        .flags = ROUTE_LIST,
        .query = api_listing_namespace_query,
        .model = &api_repository_item_model,
        .status = 200,
        .handler = api_listing_namespace,
        .summary = "Repositories of a namespace that the caller may see in "
                   "lists",
    },
    {
        .method = "GET",
        .path = "/repositories",
        .id = "listAllRepositories",
        .noun = "repository",
        .right = RIGHT_NONE,
        .flags = ROUTE_LIST,
        .query = api_listing_query,
        .model = &api_repository_item_model,
        .status = 200,
        .handler = api_listing,
        .summary = "Repositories of all namespaces that the caller may see in "
                   "lists",
    },
    {
        .method = "POST",
        .path = "/repositories",
        .id = "createRepository",
        .noun = "repository",
        .right = RIGHT_ACCOUNT,
        .action = CREDENTIAL_PUSH,
        .flags = ROUTE_ONCE | ROUTE_ETAG,
        .body = api_repository_create_body,
        .model = &api_repository_model,
        .status = 201,
        .failures = { 403, 409 },
        .handler = api_repository_create,
        .summary = "Make a repository before its first push",
    },
    {
        .method = "GET",
        .path = "/repositories/{repository}",
        .id = "getRepository",
        .noun = "repository",
        .right = RIGHT_REPOSITORY_READ,
        .flags = ROUTE_ETAG,
        .model = &api_repository_model,
        .status = 200,
        .handler = api_repository_get,
        .summary = "A repository: its description, page, topics and links",
    },
    {
        .method = "PATCH",
        .path = "/repositories/{repository}",
        .id = "editRepository",
        .noun = "repository",
        .right = RIGHT_REPOSITORY_WRITE,
        .action = CREDENTIAL_DESCRIBE,
        .flags = ROUTE_ETAG | ROUTE_IF_MATCH,
        .body = api_repository_edit_body,
        .model = &api_repository_model,
        .status = 200,
        .handler = api_repository_edit,
        .summary = "Change what is said of a repository, and who may pull it",
    },
    {
        .method = "DELETE",
        .path = "/repositories/{repository}",
        .id = "deleteRepository",
        .noun = "repository",
        .right = RIGHT_REPOSITORY_ADMIN,
        .flags = ROUTE_FRESH,
        .status = 202,
        .handler = api_repository_delete,
        .summary =
            "Delete a repository: it is hidden at once, and then deleted "
            "from the store",
    },

    /* --- tag -------------------------------------------------------------- */
    {
        .method = "GET",
        .path = "/repositories/{repository}/tags",
        .id = "listTags",
        .noun = "tag",
        .right = RIGHT_REPOSITORY_READ,
        .flags = ROUTE_LIST,
        .query = api_tag_list_query,
        .model = &api_tag_model,
        .status = 200,
        .handler = api_tag_list,
        .summary = "Tags of a repository",
    },
    {
        .method = "GET",
        .path = "/repositories/{repository}/tag-names",
        .id = "listTagNames",
        .noun = "tag",
        .right = RIGHT_REPOSITORY_READ,
        .model = &api_tag_names_model,
        .status = 200,
        .handler = api_tag_names,
        .summary = "The names of all tags, and when each was pushed",
    },
    {
        .method = "GET",
        .path = "/repositories/{repository}/tags/{tag}",
        .id = "getTag",
        .noun = "tag",
        .right = RIGHT_REPOSITORY_READ,
        .model = &api_tag_model,
        .status = 200,
        .handler = api_tag_get,
        .summary = "Where a tag points, and who pushed that",
    },
    {
        .method = "GET",
        .path = "/repositories/{repository}/tags/{tag}/history",
        .id = "getTagHistory",
        .noun = "tag",
        .right = RIGHT_REPOSITORY_READ,
        .flags = ROUTE_LIST,
        .model = &api_tag_history_model,
        .status = 200,
        .handler = api_tag_history,
        .summary = "Where a tag has pointed, the last first; of a tag that is "
                   "gone, too",
    },

    /* --- manifest --------------------------------------------------------- */
    {
        .method = "GET",
        .path = "/repositories/{repository}/manifests",
        .id = "listManifests",
        .noun = "manifest",
        .right = RIGHT_REPOSITORY_READ,
        .flags = ROUTE_LIST,
        .model = &api_manifest_item_model,
        .status = 200,
        .handler = api_manifest_list,
        .summary = "Manifests of a repository, with tags and without",
    },
    {
        .method = "GET",
        .path = "/repositories/{repository}/manifests/{digest}",
        .id = "getManifest",
        .noun = "manifest",
        .right = RIGHT_REPOSITORY_READ,
        .model = &api_manifest_model,
        .status = 200,
        .handler = api_manifest_get,
        .summary = "A manifest: its layers, or the platforms of an index",
    },
    {
        .method = "GET",
        .path = "/repositories/{repository}/manifests/{digest}/image",
        .id = "getImage",
        .noun = "manifest",
        .right = RIGHT_REPOSITORY_READ,
        .query = api_image_query,
        .model = &api_image_model,
        .status = 200,
        .failures = { 403, 503 },
        .handler = api_image_get,
        .summary = "How an image was built, and how it runs: each layer with "
                   "the command that made it, and the config",
    },
    {
        .method = "GET",
        .path = "/repositories/{repository}/manifests/{digest}/referrers",
        .id = "listReferrers",
        .noun = "manifest",
        .right = RIGHT_REPOSITORY_READ,
        .flags = ROUTE_LIST,
        .model = &api_referrer_model,
        .status = 200,
        .handler = api_manifest_referrers,
        .summary = "What refers to a manifest: signatures, SBOMs, attestations",
    },
    {
        .method = "POST",
        .path = "/repositories/{repository}/pull-token",
        .id = "createPullToken",
        .noun = "manifest",
        .right = RIGHT_REPOSITORY_READ,
        .flags = ROUTE_SECRET,
        .model = &api_pull_token_model,
        .status = 201,
        .failures = { 403 },
        .prepare = api_pull_token_issue,
        .handler = api_pull_token_create,
        .summary = "Get a token of the registry that may read this repository, "
                   "for five minutes at most",
    },
    {
        .method = "GET",
        .path = "/repositories/{repository}/blobs",
        .id = "listBlobs",
        .noun = "manifest",
        .right = RIGHT_REPOSITORY_READ,
        .flags = ROUTE_LIST,
        .model = &api_blob_model,
        .status = 200,
        .handler = api_blob_list,
        .summary = "Checksums of all that was pushed to a repository, whether "
                   "or not a manifest names it",
    },

    /* --- webhook ---------------------------------------------------------- */
    WEBHOOKS("", "Installation", RIGHT_ADMIN),
    WEBHOOKS("/namespaces/{namespace}", "Namespace", RIGHT_NAMESPACE_ADMIN),
    WEBHOOKS("/repositories/{repository}", "Repository",
             RIGHT_REPOSITORY_ADMIN),
    {
        .method = "GET",
        .path = "/failing-webhooks",
        .id = "listFailingWebhooks",
        .noun = "webhook",
        .right = RIGHT_ADMIN,
        .flags = ROUTE_LIST,
        .model = &api_webhook_failing_model,
        .status = 200,
        .handler = api_webhook_failing,
        .summary = "Webhooks that fail, of all repositories and namespaces and "
                   "of the installation; the one that began to last first",
    },
    {
        .method = "POST",
        .path = "/webhook-callbacks/{callback}",
        .id = "callBackWebhook",
        .noun = "webhook",
        .right = RIGHT_NONE,
        .flags = ROUTE_RAW,
        .body = api_webhook_callback_body,
        .status = 200,
        .handler = api_webhook_callback,
        .summary = "Report what came of an event: the callback_url of Docker "
                   "Hub's form, good once and for an hour",
    },

    /* --- namespace ---------------------------------------------------------
     */
    {
        .method = "GET",
        .path = "/namespaces",
        .id = "listNamespaces",
        .noun = "namespace",
        .right = RIGHT_NONE,
        .flags = ROUTE_LIST,
        .query = api_namespace_list_query,
        .model = &api_namespace_item_model,
        .status = 200,
        .failures = { 403 },
        .handler = api_namespace_list,
        .summary = "Namespaces, by name",
    },
    {
        .method = "POST",
        .path = "/namespaces",
        .id = "createNamespace",
        .noun = "namespace",
        .right = RIGHT_ACCOUNT,
        .action = CREDENTIAL_MANAGE,
        .flags = ROUTE_ONCE | ROUTE_ETAG,
        .body = api_namespace_create_body,
        .model = &api_namespace_model,
        .status = 201,
        .failures = { 409 },
        .handler = api_namespace_create,
        .summary =
            "Make an organization, of which the caller is the first owner",
    },
    {
        .method = "GET",
        .path = "/namespaces/{namespace}",
        .id = "getNamespace",
        .noun = "namespace",
        .right = RIGHT_NONE,
        .flags = ROUTE_ETAG,
        .model = &api_namespace_model,
        .status = 200,
        .handler = api_namespace_get,
        .summary = "A namespace",
    },
    {
        .method = "PATCH",
        .path = "/namespaces/{namespace}",
        .id = "editNamespace",
        .noun = "namespace",
        .right = RIGHT_NAMESPACE_OWNER,
        .flags = ROUTE_ETAG | ROUTE_IF_MATCH,
        .body = api_namespace_edit_body,
        .model = &api_namespace_model,
        .status = 200,
        .failures = { 409 },
        .handler = api_namespace_edit,
        .summary = "Change a namespace's settings",
    },
    {
        .method = "DELETE",
        .path = "/namespaces/{namespace}",
        .id = "deleteNamespace",
        .noun = "namespace",
        .right = RIGHT_NAMESPACE_OWNER,
        .flags = ROUTE_FRESH,
        .status = 204,
        .failures = { 409 },
        .handler = api_namespace_delete,
        .summary = "Delete an organization that has no repositories",
    },

    /* --- member ----------------------------------------------------------- */
    {
        .method = "GET",
        .path = "/namespaces/{namespace}/members",
        .id = "listMembers",
        .noun = "member",
        .right = RIGHT_NAMESPACE_READ,
        .flags = ROUTE_LIST,
        .model = &api_member_model,
        .status = 200,
        .handler = api_member_list,
        .summary = "Members of an organization, for them",
    },
    {
        .method = "PUT",
        .path = "/namespaces/{namespace}/members/{login}",
        .id = "setMember",
        .noun = "member",
        .right = RIGHT_NAMESPACE_OWNER,
        .body = api_member_put_body,
        .model = &api_member_model,
        .status = 200,
        .failures = { 409 },
        .handler = api_member_put,
        .summary = "Make a member an owner, or an owner a member",
    },
    {
        .method = "DELETE",
        .path = "/namespaces/{namespace}/members/{login}",
        .id = "removeMember",
        .noun = "member",
        .right = RIGHT_NAMESPACE_READ,
        .action = CREDENTIAL_MANAGE,
        .status = 204,
        .failures = { 409 },
        .handler = api_member_remove,
        .summary =
            "End a membership, with all roles there; members leave themselves",
    },

    /* --- team ------------------------------------------------------------- */
    {
        .method = "GET",
        .path = "/namespaces/{namespace}/teams",
        .id = "listTeams",
        .noun = "team",
        .right = RIGHT_NAMESPACE_READ,
        .flags = ROUTE_LIST,
        .model = &api_team_model,
        .status = 200,
        .handler = api_team_list,
        .summary = "Teams of an organization, for its members",
    },
    {
        .method = "POST",
        .path = "/namespaces/{namespace}/teams",
        .id = "createTeam",
        .noun = "team",
        .right = RIGHT_NAMESPACE_OWNER,
        .flags = ROUTE_ONCE,
        .body = api_team_create_body,
        .model = &api_team_model,
        .status = 201,
        .failures = { 409 },
        .handler = api_team_create,
        .summary = "Make a team",
    },
    {
        .method = "GET",
        .path = "/namespaces/{namespace}/teams/{team}",
        .id = "getTeam",
        .noun = "team",
        .right = RIGHT_NAMESPACE_READ,
        .model = &api_team_model,
        .status = 200,
        .handler = api_team_get,
        .summary = "A team",
    },
    {
        .method = "DELETE",
        .path = "/namespaces/{namespace}/teams/{team}",
        .id = "deleteTeam",
        .noun = "team",
        .right = RIGHT_NAMESPACE_OWNER,
        .status = 204,
        .handler = api_team_delete,
        .summary = "Delete a team, and its roles",
    },
    {
        .method = "GET",
        .path = "/namespaces/{namespace}/teams/{team}/members",
        .id = "listTeamMembers",
        .noun = "team",
        .right = RIGHT_NAMESPACE_READ,
        .flags = ROUTE_LIST,
        .model = &api_team_member_model,
        .status = 200,
        .handler = api_team_member_list,
        .summary = "Members of a team",
    },
    {
        .method = "PUT",
        .path = "/namespaces/{namespace}/teams/{team}/members/{login}",
        .id = "addTeamMember",
        .noun = "team",
        .right = RIGHT_NAMESPACE_OWNER,
        .status = 204,
        .failures = { 409 },
        .handler = api_team_member_add,
        .summary = "Add a member of the organization to a team",
    },
    {
        .method = "DELETE",
        .path = "/namespaces/{namespace}/teams/{team}/members/{login}",
        .id = "removeTeamMember",
        .noun = "team",
        .right = RIGHT_NAMESPACE_OWNER,
        .status = 204,
        .handler = api_team_member_remove,
        .summary = "Take a member out of a team",
    },

    /* --- role ------------------------------------------------------------- */
    {
        .method = "GET",
        .path = "/namespaces/{namespace}/roles",
        .id = "listRoles",
        .noun = "role",
        .right = RIGHT_NAMESPACE_OWNER,
        .flags = ROUTE_LIST,
        .query = api_role_list_query,
        .model = &api_role_model,
        .status = 200,
        .handler = api_role_list,
        .summary = "Roles that accounts and teams have in a namespace",
    },
    {
        .method = "PUT",
        .path = "/namespaces/{namespace}/roles",
        .id = "setRole",
        .noun = "role",
        .right = RIGHT_NAMESPACE_OWNER,
        .body = api_role_put_body,
        .model = &api_role_model,
        .status = 200,
        .failures = { 409 },
        .handler = api_role_put,
        .summary = "Give a member or a team a role on a repository or a "
                   "pattern of names",
    },
    {
        .method = "DELETE",
        .path = "/namespaces/{namespace}/roles",
        .id = "removeRole",
        .noun = "role",
        .right = RIGHT_NAMESPACE_OWNER,
        .query = api_role_remove_query,
        .status = 204,
        .handler = api_role_remove,
        .summary = "Take a role away",
    },
    {
        .method = "GET",
        .path = "/repositories/{repository}/collaborators",
        .id = "listCollaborators",
        .noun = "role",
        .right = RIGHT_REPOSITORY_ADMIN,
        .flags = ROUTE_LIST,
        .model = &api_role_model,
        .status = 200,
        .handler = api_role_collaborators,
        .summary = "Roles on a repository, by itself or by a pattern",
    },
    {
        .method = "PUT",
        .path = "/repositories/{repository}/collaborators/{account}",
        .id = "setCollaborator",
        .noun = "role",
        .right = RIGHT_REPOSITORY_ADMIN,
        .body = api_role_collaborator_body,
        .model = &api_role_model,
        .status = 200,
        .failures = { 409 },
        .handler = api_role_collaborator_put,
        .summary = "Give a member a role on a repository",
    },
    {
        .method = "DELETE",
        .path = "/repositories/{repository}/collaborators/{account}",
        .id = "removeCollaborator",
        .noun = "role",
        .right = RIGHT_REPOSITORY_ADMIN,
        .status = 204,
        .handler = api_role_collaborator_remove,
        .summary = "Take the role of an account on a repository away",
    },
    {
        .method = "PUT",
        .path = "/repositories/{repository}/teams/{team}",
        .id = "setCollaboratingTeam",
        .noun = "role",
        .right = RIGHT_REPOSITORY_ADMIN,
        .body = api_role_collaborator_body,
        .model = &api_role_model,
        .status = 200,
        .failures = { 409 },
        .handler = api_role_team_put,
        .summary = "Give a team a role on a repository",
    },
    {
        .method = "DELETE",
        .path = "/repositories/{repository}/teams/{team}",
        .id = "removeCollaboratingTeam",
        .noun = "role",
        .right = RIGHT_REPOSITORY_ADMIN,
        .status = 204,
        .handler = api_role_team_remove,
        .summary = "Take the role of a team on a repository away",
    },

    /* --- invitation ------------------------------------------------------- */
    {
        .method = "GET",
        .path = "/namespaces/{namespace}/invitations",
        .id = "listNamespaceInvitations",
        .noun = "invitation",
        .right = RIGHT_NAMESPACE_OWNER,
        .flags = ROUTE_LIST,
        .model = &api_namespace_invitation_model,
        .status = 200,
        .handler = api_namespace_invitations,
        .summary = "Invitations of a namespace that were not answered yet",
    },
    {
        .method = "POST",
        .path = "/namespaces/{namespace}/invitations",
        .id = "createNamespaceInvitation",
        .noun = "invitation",
        .right = RIGHT_NAMESPACE_OWNER,
        .flags = ROUTE_ONCE,
        .body = api_namespace_invite_body,
        .model = &api_namespace_invitation_model,
        .status = 201,
        .failures = { 409 },
        .handler = api_namespace_invite,
        .summary = "Invite an account to be a member, or to have a role",
    },
    {
        .method = "DELETE",
        .path = "/namespaces/{namespace}/invitations/{id}",
        .id = "deleteNamespaceInvitation",
        .noun = "invitation",
        .right = RIGHT_NAMESPACE_OWNER,
        .status = 204,
        .handler = api_namespace_withdraw,
        .summary = "Take an invitation of a namespace back",
    },
    {
        .method = "GET",
        .path = "/repositories/{repository}/invitations",
        .id = "listRepositoryInvitations",
        .noun = "invitation",
        .right = RIGHT_REPOSITORY_ADMIN,
        .flags = ROUTE_LIST,
        .model = &api_namespace_invitation_model,
        .status = 200,
        .handler = api_namespace_invitations_repository,
        .summary = "Invitations to a repository that were not answered yet",
    },
    {
        .method = "POST",
        .path = "/repositories/{repository}/invitations",
        .id = "createRepositoryInvitation",
        .noun = "invitation",
        .right = RIGHT_REPOSITORY_ADMIN,
        .flags = ROUTE_ONCE,
        .body = api_namespace_invite_collaborator_body,
        .model = &api_namespace_invitation_model,
        .status = 201,
        .failures = { 409 },
        .handler = api_namespace_invite_collaborator,
        .summary = "Invite an account to have a role on a repository",
    },
    {
        .method = "DELETE",
        .path = "/repositories/{repository}/invitations/{id}",
        .id = "deleteRepositoryInvitation",
        .noun = "invitation",
        .right = RIGHT_REPOSITORY_ADMIN,
        .status = 204,
        .handler = api_namespace_withdraw_collaborator,
        .summary = "Take an invitation to a repository back",
    },
    {
        .method = "GET",
        .path = "/invitations",
        .id = "listInvitations",
        .noun = "invitation",
        .right = RIGHT_ACCOUNT,
        .action = CREDENTIAL_ACCOUNT,
        .flags = ROUTE_LIST,
        .model = &api_namespace_invitation_model,
        .status = 200,
        .handler = api_namespace_invitations_mine,
        .summary = "What the caller is invited to",
    },
    {
        .method = "POST",
        .path = "/invitations/{id}/acceptance",
        .id = "acceptInvitation",
        .noun = "invitation",
        .right = RIGHT_ACCOUNT,
        .status = 204,
        .failures = { 409 },
        .handler = api_namespace_accept,
        .summary = "Accept an invitation",
    },
    {
        .method = "DELETE",
        .path = "/invitations/{id}",
        .id = "declineInvitation",
        .noun = "invitation",
        .right = RIGHT_ACCOUNT,
        .status = 204,
        .handler = api_namespace_decline,
        .summary = "Decline an invitation",
    },
};

const route_table_t routes = { rows, sizeof(rows) / sizeof(rows[0]) };
