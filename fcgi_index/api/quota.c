/* quota.c: how many requests a caller may make. */

#include "api/quota.h"
#include "account/login_limit.h"
#include "account/password.h"
#include "account/sign_up_limit.h"
#include "api/problem.h"
#include "app.h"
#include "fcgi_core/rate.h"
#include "fcgi_core/reply.h"

#define MINUTE 60

static rate_t *counts;


int
quota_open(void)
{
    counts = rate_create();

    return counts != NULL ? OK : ERROR;
}


/* As many at once as in a minute. */
static rate_limit_t
limit_of(void)
{
    long n = app.settings.api_rate;

    return (rate_limit_t){ .at_once = n, .interval = MINUTE * 1000 / n };
}


/* NULL: no one is counted: an address that says nothing about the client. */
static const char *
who_of(api_t *api)
{
    return api_has_account(api)
               ? pool_printf(api->pool, "account %llu",
                             (unsigned long long)api->caller.account.id)
               : login_limit_network(api->pool, api->rq->remote_addr);
}


static uint64_t
key_of(api_t *api)
{
    const char *who = who_of(api);

    return who != NULL
               ? password_fingerprint((str_t[]){ reg_cstr(who) }, 1).words[0]
                     | 1
               : 0;
}


static int
refuse(api_t *api, unsigned wait)
{
    api->rq->retry_after = wait;

    return problem_fail(api, PROBLEM_LIMIT, NULL, NULL);
}


static int
take(api_t *api, const rate_limit_t *limit, uint64_t key)
{
    unsigned wait = rate_wait(counts, limit, key);

    if (wait != 0) {
        return refuse(api, wait);
    }

    rate_count(counts, limit, key);
    api->rq->counted |= REQ_COUNTED_QUOTA;

    return OK;
}


int
quota_take(api_t *api)
{
    rate_limit_t limit = limit_of();

    api->quota_key = key_of(api);

    return api->quota_key != 0 && (api->rq->counted & REQ_COUNTED_QUOTA) == 0
               ? take(api, &limit, api->quota_key)
               : OK;
}


int
quota_take_sign_up(api_t *api)
{
    unsigned wait = sign_up_limit_take(api->rq, who_of(api));

    return wait == 0 ? OK : refuse(api, wait);
}


void
quota_head(api_t *api)
{
    rate_limit_t limit = limit_of();
    long long left;

    if (api->quota_key == 0) {
        return;
    }

    left = (long long)rate_left(counts, &limit, api->quota_key);
    reply_header(api->rq, "RateLimit-Policy", "\"caller\";q=%lld;w=%d",
                 (long long)limit.at_once, MINUTE);
    reply_header(api->rq, "RateLimit", "\"caller\";r=%lld;t=%d", left, MINUTE);
}
