/* issue.h: makes tokens. */

#ifndef ISSUE_H
#define ISSUE_H

#include "account/account.h"
#include "access/grant.h"
#include "cache.h"
#include "token/access_token.h"

#define REFRESH_PREFIX "sr1."

typedef enum {
    ISSUE_FAULT_NONE,
    ISSUE_FAULT_LONG, /* the verdict would be longer than REG_VERDICT_MAX */
    ISSUE_FAULT_LISTS /* more than token_lists_max() would be stored */
} issue_fault_t;

/* What makes the tokens of an installation. */
typedef struct {
    db_t *db;
    cache_t *cache;
    str_t secret;   /* signs them */
    str_t seal_key; /* of what lies in memcached */
    long token_seconds;
    long refresh_days;
} issuer_t;

typedef struct {
    const issuer_t *issuer;
    const account_t *account; /* NULL: anonymous */
    str_t service;
    grant_list_t *grants; /* as asked for; afterwards as granted */
    const access_token_t *access_token; /* that the client came with; or NULL */
    bool wants_refresh;                 /* only with an account */
    bool is_catalog_open; /* registry:catalog is granted to all clients */

    int64_t now; /* the rest is set by issue_token() */
    int64_t expires_at;
    issue_fault_t fault;
    bool has_list; /* the token names a list of grants */
    str_t token;
    const char *refresh_token; /* NULL: none */
} issue_t;

/* Decides the grants, signs a token and records it, so that it can be
 * revoked.  OK; DECLINED where the account changed under our hands (log in
 * again); ERROR where the database failed or, with issue->fault, there is no
 * room for the grants. */
int issue_token(issue_t *issue);

/* What names a refresh token to people: so much of its hash. */
#define ISSUE_REFRESH_ID_LEN 16

/* The account of a refresh token for a service: OK, DECLINED, ERROR.  The use
 * of one that was revoked is logged. */
int issue_refresh_account(db_t *db, str_t refresh_token, str_t service,
                          const char *remote_addr, account_t *account_r);

#endif
