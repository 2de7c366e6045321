/* sign_up_limit.c: how many accounts strangers may make. */

#include "account/sign_up_limit.h"
#include "account/password.h"
#include "fcgi_core/rate.h"

static const rate_limit_t limit = { .at_once = 10, .interval = 600 * 1000 };

static rate_t *counts;


int
sign_up_limit_open(void)
{
    counts = rate_create();

    return counts != NULL ? OK : ERROR;
}


unsigned
sign_up_limit_take(req_t *rq, const char *who)
{
    uint64_t key;
    unsigned wait;

    if (who == NULL || (rq->counted & REQ_COUNTED_SIGN_UP) != 0) {
        return 0;
    }

    key = password_fingerprint((str_t[]){ reg_cstr(who) }, 1).words[0] | 1;
    wait = rate_wait(counts, &limit, key);

    if (wait == 0) {
        rate_count(counts, &limit, key);
        rq->counted |= REQ_COUNTED_SIGN_UP;
    }

    return wait;
}
