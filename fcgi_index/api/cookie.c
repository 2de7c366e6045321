/* cookie.c: the cookie of a session, and CSRF. */

#include "api/cookie.h"
#include "api/problem.h"
#include "app.h"
#include "common/encode.h"
#include "common/hash.h"
#include "fcgi_core/reply.h"
#include "token/token.h"

#define PURPOSE "slipway-index csrf 1"

/* With that prefix a browser takes the cookie over TLS only, for this host and
 * all of its paths; over plain HTTP it would not take it at all. */
#define NAME_SECURE "__Host-session"
#define NAME_PLAIN "session"


static bool
is_secure(const api_t *api)
{
    return strncmp(api->origin, "https://", 8) == 0;
}


static const char *
name_of(const api_t *api)
{
    return is_secure(api) ? NAME_SECURE : NAME_PLAIN;
}


str_t
cookie_read(api_t *api)
{
    const char *p = req_param(api->rq, "HTTP_COOKIE");
    const char *name = name_of(api);
    size_t len = strlen(name);

    while (*p != '\0') {
        p += strspn(p, "; ");

        if (strncmp(p, name, len) == 0 && p[len] == '=') {
            p += len + 1;
            return (str_t){ strcspn(p, "; "), (unsigned char *)p };
        }

        p += strcspn(p, ";");
    }

    return (str_t){ 0, NULL };
}


void
cookie_set(api_t *api, const char *value, int64_t seconds)
{
    reply_header(api->rq, "Set-Cookie",
                 "%s=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s",
                 name_of(api), value, (long long)seconds,
                 is_secure(api) ? "; Secure" : "");
}


const char *
cookie_csrf_token(api_t *api, const char *key_hash)
{
    str_t key = token_derive(api->pool, app.secret, PURPOSE);
    char *text = pool_alloc(api->pool, 2 * REG_HMAC_SIZE + 1);
    unsigned char mac[REG_HMAC_SIZE];

    reg_hmac(key, reg_cstr(key_hash), mac);
    reg_hex_encode(mac, sizeof(mac), text);

    return text;
}


/* The operator who has set no INDEX_ORIGIN, or another one than browsers use,
 * reads here what to change. */
static int
refuse_origin(api_t *api)
{
    return api->origin[0] != '\0'
               ? problem_fail(api, PROBLEM_ORIGIN, NULL,
                              "Origin must be %s (INDEX_ORIGIN in nginx.conf)",
                              api->origin)
               : problem_fail(api, PROBLEM_ORIGIN, NULL,
                              "INDEX_ORIGIN is not set in nginx.conf");
}


/* DECLINED where the request says nothing about where it comes from. */
static int
check_source(api_t *api)
{
    const char *site = req_param(api->rq, "HTTP_SEC_FETCH_SITE");
    const char *origin = req_param(api->rq, "HTTP_ORIGIN");

    if (site[0] != '\0') {
        return strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0
                   ? OK
                   : problem_fail(api, PROBLEM_ORIGIN, NULL,
                                  "Sec-Fetch-Site must be same-origin or none");
    }

    if (origin[0] == '\0') {
        return DECLINED;
    }

    return api->origin[0] != '\0' && strcmp(origin, api->origin) == 0
               ? OK
               : refuse_origin(api);
}


int
cookie_check_origin(api_t *api)
{
    return check_source(api) == ERROR ? ERROR : OK;
}


int
cookie_check(api_t *api)
{
    str_t token = req_param_str(api->rq, "HTTP_X_CSRF_TOKEN");
    int rc = check_source(api);

    if (rc != OK) {
        return rc == ERROR ? ERROR
                           : problem_fail(api, PROBLEM_ORIGIN, NULL,
                                          "neither Sec-Fetch-Site nor Origin "
                                          "is there");
    }

    if (!token_equal(token,
                     reg_cstr(cookie_csrf_token(api, api->caller.key_hash)))) {
        return problem_fail(api, PROBLEM_CSRF, NULL, NULL);
    }

    return OK;
}
