/* registry_call.h: requests of the index to the registry, each with a token
 * that is good for one repository and a minute. */

#ifndef REGISTRY_CALL_H
#define REGISTRY_CALL_H

#include "cache.h"
#include "fcgi_core/http.h"
#include "fcgi_core/pool.h"

/* Where the registry is, and what signs tokens for it. */
typedef struct {
    const char *url;     /* "https://registry.example", without a slash */
    const char *service; /* of the registry, as its tokens have it */
    str_t secret;        /* signs tokens */
    str_t seal_key;      /* of the cache */
    cache_t *cache; /* gets their verdicts, so that nginx asks no process of
                       the index */
    http_t *http;
} registry_site_t;

typedef struct {
    const char *method;
    const char *repository;
    const char *path;    /* behind the repository: "manifests/sha256:..." */
    const char *account; /* who asks; NULL: no one */
    unsigned actions;    /* REG_ACTION_* that the token grants */
    const char *wanted;  /* as http_ask_t has them */
    size_t body_max;
    long redirects;
} registry_call_t;

/* Answers as http_ask(). */
int registry_call(const registry_site_t *site, pool_t *pool,
                  const registry_call_t *call, http_answer_t *answer_r);

/* Why a call did not succeed, one sentence for people, in the pool: the status
 * of the answer, and what the first of its errors says; or why there is no
 * answer. */
const char *registry_call_error(pool_t *pool, const http_answer_t *answer);

#endif
