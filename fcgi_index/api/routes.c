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
#include "api/api_meta.h"
#include "api/api_session.h"
#include "api/api_token.h"

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
};

const route_table_t routes = { rows, sizeof(rows) / sizeof(rows[0]) };
