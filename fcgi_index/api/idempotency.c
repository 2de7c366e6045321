/* idempotency.c: a creation that is sent again is done once. */

#include "api/idempotency.h"
#include "api/problem.h"
#include "db/db_idempotency.h"
#include "fcgi_core/reply.h"
#include "token/token.h"

#define KEPT_SECONDS 86400
#define PURGE_BATCH 1024 /* more than come between two purges */


/* NULL: the request has no key, or none that counts. */
static const char *
key_hash_of(api_t *api)
{
    str_t key = req_param_str(api->rq, "HTTP_IDEMPOTENCY_KEY");

    return (api->route->flags & ROUTE_ONCE) != 0 && key.len != 0
                   && api_has_account(api)
               ? token_hash(api->pool, key)
               : NULL;
}


static const char *
request_hash_of(api_t *api)
{
    const char *text =
        pool_printf(api->pool, "%s %s\n%.*s", api->route->method,
                    req_param(api->rq, "REQUEST_URI"), (int)api->body.len,
                    api->body.data != NULL ? (const char *)api->body.data : "");

    return token_hash(api->pool, reg_cstr(text));
}


static int
answer_again(api_t *api, const char *key_hash)
{
    idempotency_find_row_t row;

    if (db_idempotency_find(api->db, api->caller.account.id, key_hash, &row)
        != OK) {
        return problem_database(api);
    }

    if (strcmp(row.request_hash, request_hash_of(api)) != 0) {
        return problem_fail(api, PROBLEM_FIELD, "Idempotency-Key",
                            "the key belongs to another request");
    }

    if (row.body == NULL) {
        return problem_fail(api, PROBLEM_REPLAY, "Idempotency-Key",
                            "it was done, and its secret is shown once");
    }

    reply_header(api->rq, "Idempotency-Replayed", "true");

    if (row.location[0] != '\0') {
        api->location = row.location;
    }

    if (row.body[0] == '\0') {
        reply_empty(api->rq, (int)row.status);
    } else {
        reply_bytes(api->rq, (int)row.status, "application/json",
                    reg_cstr(row.body));
    }

    return DECLINED;
}


int
idempotency_check(api_t *api)
{
    const char *key = req_param(api->rq, "HTTP_IDEMPOTENCY_KEY");
    size_t len = 0;

    if ((api->route->flags & ROUTE_ONCE) == 0) {
        return OK;
    }

    while (key[len] >= ' ' && key[len] <= '~') {
        len++;
    }

    return key[len] == '\0' && len <= IDEMPOTENCY_KEY_MAX
               ? OK
               : problem_fail(api, PROBLEM_MALFORMED, "Idempotency-Key",
                              "the key must be printable ASCII, at most %d "
                              "bytes",
                              IDEMPOTENCY_KEY_MAX);
}


int
idempotency_begin(api_t *api)
{
    const char *key_hash = key_hash_of(api);
    int rc;

    if (key_hash == NULL) {
        return OK;
    }

    rc = db_idempotency_add(api->db, api->caller.account.id, key_hash,
                            request_hash_of(api), api->now);

    return rc == DECLINED ? answer_again(api, key_hash) : rc;
}


int
idempotency_end(api_t *api)
{
    const char *key_hash = key_hash_of(api);
    const char *body = NULL;

    if (key_hash == NULL) {
        return OK;
    }

    if ((api->route->flags & ROUTE_SECRET) == 0) {
        body = pool_strndup(api->pool, reply_body(api->rq));
    }

    return db_idempotency_answer(api->db, api->caller.account.id, key_hash,
                                 (uint64_t)reply_status(api->rq),
                                 api->location != NULL ? api->location : "",
                                 body);
}


int
idempotency_purge(db_t *db, int64_t now)
{
    return db_idempotency_purge(db, now - KEPT_SECONDS, PURGE_BATCH);
}
