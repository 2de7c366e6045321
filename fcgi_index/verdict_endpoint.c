/* verdict_endpoint.c: what a token grants, for nginx. */

#include "verdict_endpoint.h"
#include "app.h"
#include "db_gen.h"
#include "token.h"
#include "../fcgi_core/reply.h"

typedef struct {
    const char *key_hash;
    str_t verdict;
    int64_t seconds; /* until it ends */
} lookup_t;


/* The token is held while memcached is filled: whoever revokes it waits, and
 * deletes what was put there.  A token without a row is none that anybody
 * revoked. */
static int
lookup_in_transaction(void *data)
{
    lookup_t *lookup = data;
    token_hold_row_t row;
    int rc = db_token_hold(app.db, lookup->key_hash, &row);

    if (rc == ERROR) {
        return ERROR;
    }

    if (rc == OK && row.is_revoked) {
        return DECLINED;
    }

    cache_set(app.cache, app.seal_key, lookup->key_hash, lookup->verdict,
              lookup->seconds);

    return OK;
}


/* OK where the token is ours, for this service, and has not ended. */
static int
verify(req_t *rq, str_t token, lookup_t *lookup_r)
{
    reg_verdict_t verdict;

    if (token_verify(rq->pool, app.secret, token, &lookup_r->verdict) != OK
        || reg_verdict_parse(lookup_r->verdict, &verdict) != REG_OK
        || !reg_str_eq(verdict.service, req_param_str(rq, "INDEX_SERVICE"))) {
        return DECLINED;
    }

    lookup_r->seconds = verdict.expires - app_now();
    lookup_r->key_hash = token_hash(rq->pool, token);

    return lookup_r->seconds > 0 ? OK : DECLINED;
}


int
verdict_endpoint(req_t *rq)
{
    lookup_t lookup;
    str_t token = req_bearer(req_param_str(rq, "HTTP_AUTHORIZATION"));
    int rc = verify(rq, token, &lookup);

    /* nginx reads the text of the answer, also where its client asks HEAD */
    rq->method = "GET";

    if (rc == OK) {
        rc = db_transaction(app.db, lookup_in_transaction, &lookup);
    }

    if (rc != OK) {
        return rc == DECLINED ? req_fail(rq, REG_ERR_DENIED, NULL)
                              : app_unavailable(rq);
    }

    return reply_bytes(rq, 200, "text/plain", lookup.verdict);
}
