/* registry_call.c: requests of the index to the registry. */

#include "repository/registry_call.h"
#include "access/grant.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/json.h"
#include "token/token.h"

#define TOKEN_SECONDS 60


/* NULL: account or service are not fit for a token. */
static const char *
token_line(const registry_site_t *site, pool_t *pool,
           const registry_call_t *call)
{
    grant_list_t *list = pool_new(pool, grant_list_t);
    reg_verdict_t head = { .expires = clock_now() + TOKEN_SECONDS,
                           .service = reg_cstr(site->service) };
    str_t verdict, token;

    if (call->account != NULL) {
        head.account = reg_cstr(call->account);
    }

    list->grants[0] = (grant_t){
        .scope = { .type = reg_str("repository"),
                   .name = reg_cstr(call->repository) },
        .name = call->repository,
        .granted = call->actions,
    };
    list->n = 1;

    if (grant_list_verdict(pool, list, &head, &verdict) != OK) {
        return NULL;
    }

    token = token_sign(pool, site->secret, verdict);
    cache_set(site->cache, site->seal_key, token_hash(pool, token), verdict,
              TOKEN_SECONDS);

    return pool_printf(pool, "Authorization: Bearer %.*s", STR(token));
}


int
registry_call(const registry_site_t *site, pool_t *pool,
              const registry_call_t *call, http_answer_t *answer_r)
{
    http_ask_t ask = {
        .method = call->method,
        .url = pool_printf(pool, "%s/v2/%s/%s", site->url, call->repository,
                           call->path),
        .line = token_line(site, pool, call),
        .wanted = call->wanted,
        .body_max = call->body_max,
        .redirects = call->redirects,
    };

    if (ask.line == NULL) {
        *answer_r = (http_answer_t){ .error = "no token can be made" };
        return ERROR;
    }

    return http_ask(site->http, pool, &ask, answer_r);
}


/* NULL: the body is no error of a registry. */
static const char *
first_message(pool_t *pool, str_t body)
{
    json_t *json = json_pooled(
        pool, json_loadb((const char *)body.data, body.len, 0, NULL));

    return json_string_value(json_object_get(
        json_array_get(json_object_get(json, "errors"), 0), "message"));
}


const char *
registry_call_error(pool_t *pool, const http_answer_t *answer)
{
    const char *message;

    if (answer->status == 0) {
        return pool_printf(pool, "no answer of the registry: %s",
                           answer->error);
    }

    message = answer->status == 401
                  ? "it refuses the token: compare --service with "
                    "registry_service, and the secret with that of the index"
                  : first_message(pool, answer->body);

    return message != NULL
               ? pool_printf(pool, "the registry answered %d: %.200s",
                             answer->status, message)
               : pool_printf(pool, "the registry answered %d", answer->status);
}
