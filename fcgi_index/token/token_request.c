/* token_request.c: what a client asks of the token endpoint. */

#include "token/token_request.h"
#include "account/basic.h"
#include "account/password.h"
#include "common/query.h"


static int
fault(token_fault_t *fault_r, const char *code, const char *message)
{
    *fault_r = (token_fault_t){ code, message };

    return ERROR;
}


/* The first field called key; DECLINED, ERROR as reg_query_arg(). */
static int
field(pool_t *pool, str_t text, const char *key, size_t max, str_t *value_r)
{
    *value_r = (str_t){ 0, NULL };

    return reg_query_arg(REG_QUERY_FORM, text, key, pool_alloc(pool, max), max,
                         value_r);
}


/* A scope may come in one field, in several, or in both ways; one that cannot
 * be decoded is skipped as a malformed one is. */
static void
scopes(pool_t *pool, str_t text, grant_list_t *grants)
{
    unsigned char *buf = pool_alloc(pool, text.len + 1);
    size_t pos = 0;
    str_t list;
    int rc;

    do {
        rc = reg_query_next(REG_QUERY_FORM, text, "scope", &pos, buf, text.len,
                            &list);

        if (rc == REG_OK) {
            list.data = (unsigned char *)pool_strndup(pool, list);
            grant_list_add(pool, grants, list);
        }
    } while (rc != REG_DECLINED);
}


/* service, scope and whether a refresh token is wanted, which both methods
 * have under different names. */
static int
common_fields(pool_t *pool, str_t text, const char *offline_key,
              const char *offline_value, token_request_t *r,
              token_fault_t *fault_r)
{
    str_t offline;

    if (field(pool, text, "service", TOKEN_FIELD_MAX, &r->service) == ERROR) {
        return fault(fault_r, "invalid_request", "service is malformed");
    }

    if (field(pool, text, offline_key, TOKEN_FIELD_MAX, &offline) == OK) {
        r->wants_refresh = reg_str_eq(offline, reg_cstr(offline_value));
    }

    scopes(pool, text, &r->grants);

    if (r->grants.is_over) {
        return fault(fault_r, "invalid_scope",
                     pool_printf(pool, "more than %d scopes in one request",
                                 REG_VERDICT_GRANTS_MAX));
    }

    return OK;
}


/* An empty pair is no one. */
static void
basic_credentials(pool_t *pool, str_t header, token_request_t *r)
{
    if (header.len == 0) {
        return;
    }

    r->credentials = CREDENTIALS_PASSWORD;

    switch (basic_parse(pool, header, &r->login, &r->password)) {
    case OK:
        return;
    case DECLINED:
        r->credentials = CREDENTIALS_NONE;
        return;
    default:
        r->login = r->password = (str_t){ 0, header.data };
    }
}


int
token_request_query(pool_t *pool, str_t query, str_t authorization,
                    token_request_t *r, token_fault_t *fault_r)
{
    *r = (token_request_t){ .is_form = false };
    basic_credentials(pool, authorization, r);

    return common_fields(pool, query, "offline_token", "true", r, fault_r);
}


/* A field that the grant type cannot do without. */
static int
required(pool_t *pool, str_t body, const char *key, size_t max, str_t *value_r,
         token_fault_t *fault_r)
{
    if (field(pool, body, key, max, value_r) != OK || value_r->len == 0) {
        return fault(
            fault_r, "invalid_request",
            pool_printf(pool, "%s is missing, malformed or too long", key));
    }

    return OK;
}


int
token_request_form(pool_t *pool, str_t body, token_request_t *r,
                   token_fault_t *fault_r)
{
    str_t type;

    *r = (token_request_t){ .is_form = true };

    if (required(pool, body, "grant_type", TOKEN_FIELD_MAX, &type, fault_r)
            != OK
        || common_fields(pool, body, "access_type", "offline", r, fault_r)
               != OK) {
        return ERROR;
    }

    if (reg_str_eq(type, reg_str("password"))) {
        r->credentials = CREDENTIALS_PASSWORD;

        if (required(pool, body, "username", TOKEN_FIELD_MAX, &r->login,
                     fault_r)
            != OK) {
            return ERROR;
        }

        return required(pool, body, "password", PASSWORD_MAX, &r->password,
                        fault_r);
    }

    if (reg_str_eq(type, reg_str("refresh_token"))) {
        r->credentials = CREDENTIALS_REFRESH;

        return required(pool, body, "refresh_token", TOKEN_FIELD_MAX,
                        &r->refresh_token, fault_r);
    }

    return fault(fault_r, "unsupported_grant_type",
                 "grant_type is neither password nor refresh_token");
}
