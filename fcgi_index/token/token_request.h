/* token_request.h: what a client asks of the token endpoint, by GET (Docker)
 * or by POST (OAuth2).  Pure but for the pool. */

#ifndef TOKEN_REQUEST_H
#define TOKEN_REQUEST_H

#include "access/grant.h"

/* Ceilings on fields, decoded; the whole of a query is nginx's to limit. Scopes
 * may fill a query or a form, at most REG_VERDICT_GRANTS_MAX different ones. */
#define TOKEN_FORM_MAX 65536 /* bytes of a form */
#define TOKEN_FIELD_MAX 255

typedef enum {
    CREDENTIALS_NONE,
    CREDENTIALS_PASSWORD,
    CREDENTIALS_REFRESH
} credentials_t;

typedef struct {
    credentials_t credentials;
    str_t login;
    str_t password;
    str_t refresh_token;
    str_t service; /* empty: not said */
    grant_list_t grants;
    bool wants_refresh;
    bool is_form; /* answered as OAuth2 has it */
} token_request_t;

/* Why a request cannot be understood: RFC 6749's code, and words. */
typedef struct {
    const char *code;
    const char *message;
} token_fault_t;

/* authorization: the value of that header, or empty.  Credentials that are
 * not well-formed become a login that no one has.  ERROR with *fault_r. */
int token_request_query(pool_t *pool, str_t query, str_t authorization,
                        token_request_t *request_r, token_fault_t *fault_r);

/* body: a form.  ERROR with *fault_r. */
int token_request_form(pool_t *pool, str_t body, token_request_t *request_r,
                       token_fault_t *fault_r);

#endif
