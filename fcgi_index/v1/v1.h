/* v1.h: a request of the original protocol, as its handlers see it.
 *
 * The door (v1_endpoint.c) fills it, finds the row of the table, and checks who
 * asks; a handler checks the right on the repository, does its work, and ends
 * in a reply or in req_fail(). */

#ifndef V1_H
#define V1_H

#include "access/access.h"
#include "access/change.h"
#include "common/route.h"
#include "fcgi_core/json.h"
#include "fcgi_core/reply.h"
#include "token/issue.h"

#define V1_BODY_MAX (1024 * 1024)

/* The policies of the setting sign-up. */
typedef enum {
    V1_SIGN_UP_OPEN,
    V1_SIGN_UP_INVITATION,
    V1_SIGN_UP_CLOSED
} v1_sign_up_t;

typedef enum {
    V1_CALLER_NONE,
    V1_CALLER_PASSWORD,
    V1_CALLER_ACCESS_TOKEN, /* by Basic, in the place of a password */
    V1_CALLER_TOKEN         /* of this protocol */
} v1_caller_kind_t;

typedef struct {
    v1_caller_kind_t kind;
    account_t account;           /* of the first two */
    access_token_t access_token; /* of the second */
    const char *repository;      /* that a token is for */
    unsigned actions;            /* that it grants there */
} v1_caller_t;

typedef struct {
    req_t *rq;
    pool_t *pool;
    db_t *db;
    issuer_t issuer;
    str_t service;
    v1_sign_up_t sign_up;
    const char *endpoints; /* hosts with commas between them; "": this one */
    int64_t now;

    reg_route_t route;
    const char *name; /* of the repository; NULL: the path has none */
    v1_caller_t caller;
    audit_actor_t actor;
    revoke_t revoke;
    void *prepared; /* by a handler, for its transaction */
} v1_t;

/* The account that asks; NULL for none. */
const account_t *v1_account(const v1_t *v1);

/* Whether what the client came with may be used for an action
 * (CREDENTIAL_*) on the repository. */
bool v1_credential_allows(const v1_t *v1, unsigned action);

/* A header of the request that is "true". */
bool v1_wants_token(const v1_t *v1);

/* A body that is a JSON string. */
int v1_reply_string(v1_t *v1, int status, const char *text);

/* Fails the request with a status and a text of the protocol; ERROR. */
int v1_fail(v1_t *v1, int status, const char *format, ...) PRINTF_LIKE(3, 4);

/* 401, and what the client may come with. */
int v1_fail_unauthorized(v1_t *v1, const char *text);

/* A change that change.h refused, or the database; ERROR. */
int v1_fail_change(v1_t *v1, int rc, const change_t *change);

/* Where the database failed; ERROR. */
int v1_fail_database(v1_t *v1);

/* Reads the body as JSON; ERROR, recorded with 400 or 413. */
int v1_body(v1_t *v1, json_t **value_r);

/* How the account of the request changes things; what a token may be used for
 * is the caller's to check. */
change_t v1_change(v1_t *v1);

/* Verdicts of revoked tokens leave memcached, behind the commit. */
void v1_publish(v1_t *v1);

#endif
