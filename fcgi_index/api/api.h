/* api.h: one request to the API, as its handler sees it.
 *
 * The door (api_endpoint.c) finds the route, who calls, whether they may, and
 * reads the fields, all by the row in routes.c.  Then it runs the handler: of a
 * GET as it is; of everything else in a transaction that it commits where the
 * handler returned OK.  A handler may be called again from its beginning where
 * another transaction stood in the way, so it changes nothing but the database
 * and api_t.  It ends in a reply (fcgi_core/reply.h) of the row's model and
 * status, or in problem_fail(). */

#ifndef API_H
#define API_H

#include "access/change.h"
#include "access/credential.h"
#include "account/account.h"
#include "account/revoke.h"
#include "api/route.h"
#include "audit/audit.h"
#include "fcgi_core/json.h"
#include "fcgi_core/req.h"
#include "token/access_token.h"
#include "token/session.h"

#define API_PREFIX "/api/v1"
#define API_BODY_MAX (256 * 1024)

typedef enum {
    CALLER_ANONYMOUS,
    CALLER_SESSION,  /* a cookie */
    CALLER_PASSWORD, /* the account's own password, by Basic */
    CALLER_TOKEN     /* a personal access token, or a robot's secret */
} caller_kind_t;

typedef struct {
    caller_kind_t kind;
    account_t account;    /* id 0: no one */
    bool is_basic;        /* the credentials came by Basic */
    uint64_t session_id;  /* of CALLER_SESSION */
    const char *key_hash; /* of the session */
    int64_t confirmed_at; /* when the session last showed the password */
    uint64_t token_id;    /* of CALLER_TOKEN */
    uint64_t token_edition;
    int64_t token_expires_at; /* 0: never */
    credential_t credential;
} caller_t;

/* The repository or namespace that the path names, once the door has found
 * that the caller may do with it what the row says. */
typedef struct {
    const char *name;
    uint64_t id;
} target_t;

struct api_s {
    req_t *rq;
    db_t *db;
    pool_t *pool;
    int64_t now;        /* seconds since 1970 */
    const char *origin; /* of the pages, "https://host"; "" where not set */
    session_conf_t session_conf;
    const route_table_t *routes;

    const route_t *route;
    str_t segments[ROUTE_PARAMS_MAX]; /* the path's parameters, in its order */
    caller_t caller;
    audit_actor_t actor; /* the caller, for the audit log */
    target_t repository; /* id 0: the path names none */
    target_t namespace;  /* of the repository, too */
    access_t access;     /* what the caller may do with that */
    json_t *fields;      /* of query and body, checked: api_str() and so on */
    str_t body;          /* as it came */
    uint64_t quota_key;  /* quota.h; 0: not counted */
    void *prepared;      /* what the row's prepare leaves for its handler */

    const char *location; /* of what was made; NULL: none; api_location() */

    /* What live tokens lose by this change; published after the commit. */
    revoke_t revoke;

    bool is_failed; /* problem.h */
    unsigned problem;
    const char *problem_field;
    const char *problem_detail;
};

/* The segment of a path's parameter, decoded; NUL-terminated. */
const char *api_param(const api_t *api, const char *name);

/* The same of a parameter that is a number. */
uint64_t api_param_number(const api_t *api, const char *name);

/* Whether the request has a field, be it null. */
bool api_has(const api_t *api, const char *name);

/* A field that is a string; NULL where it is missing or null. */
const char *api_str(const api_t *api, const char *name);

/* Which of the words (with NULL behind the last) a field is; the first one
 * where it is missing or null. */
size_t api_choice(const api_t *api, const char *name, const char *const *words);

/* As a view: strings of a request have no NUL inside. */
str_t api_text(const api_t *api, const char *name);

int64_t api_integer(const api_t *api, const char *name, int64_t fallback);
bool api_boolean(const api_t *api, const char *name, bool fallback);

/* An array of strings, borrowed; NULL where it is missing or null. */
json_t *api_strings(const api_t *api, const char *name);

/* For the models of access/change.h: the caller changes something, in the
 * transaction of the door. */
change_t api_change(api_t *api);

/* Whether an account calls; and whether it is an administrator's. */
bool api_has_account(const api_t *api);
bool api_is_admin(const api_t *api);

/* A name as one segment of a path. */
const char *api_segment(const api_t *api, const char *name);

/* The account that calls; NULL: no one. */
const account_t *api_account(const api_t *api);

/* The address of what was made, behind API_PREFIX. */
void api_location(api_t *api, const char *format, ...) PRINTF_LIKE(2, 3);

/* A moment as answers have it; null for NULL. */
json_t *api_time(int64_t seconds);
json_t *api_time_or_null(const int64_t *seconds);

/* A number of the database; null for NULL. */
json_t *api_number_or_null(const uint64_t *number);

/* A string of the database; null for NULL. */
json_t *api_string_or_null(const char *text);

#endif
