/* verdict_endpoint.c: what a token grants, for nginx. */

#include "token/verdict_endpoint.h"
#include "app.h"
#include "db/db_token.h"
#include "token/token.h"
#include "token/token_list.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/reply.h"
#include "common/token_v1.h"

typedef struct {
    const char *key_hash;
    const char *list_hash; /* NULL: the token has all grants itself */
    str_t verdict;         /* without the grants, where there is a list */
    int64_t seconds;       /* until it ends */
} lookup_t;


/* The token's row is locked while memcached is filled: a revocation waits, and
 * then deletes the value.  A token without a row was not revoked. */
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

    if (lookup->list_hash != NULL) {
        rc = token_list_load(app.db, lookup->verdict, lookup->list_hash,
                             &lookup->verdict);

        if (rc != OK) {
            return rc;
        }
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
    str_t text;

    if (token_verify(rq->pool, app.secret, token, &text) != OK) {
        return DECLINED;
    }

    *lookup_r = (lookup_t){ .verdict = text };

    /* one without a list leaves the verdict as it is */
    token_list_split(rq->pool, text, &lookup_r->verdict, &lookup_r->list_hash);

    if (reg_verdict_parse(lookup_r->verdict, &verdict) != REG_OK
        || !reg_str_eq(verdict.service, req_param_str(rq, "INDEX_SERVICE"))) {
        return DECLINED;
    }

    lookup_r->seconds = verdict.expires - clock_now();
    lookup_r->key_hash = token_hash(rq->pool, token);

    return lookup_r->seconds > 0 ? OK : DECLINED;
}


/* The token of either protocol; nginx knows which of them the request is of. */
static str_t
token_of(str_t header)
{
    reg_token_v1_t v1;

    return reg_token_v1_parse(header, &v1) == OK ? v1.signature
                                                 : req_bearer(header);
}


int
verdict_endpoint(req_t *rq)
{
    lookup_t lookup;
    str_t token = token_of(req_param_str(rq, "HTTP_AUTHORIZATION"));
    int rc = verify(rq, token, &lookup);

    /* nginx reads the text of the answer, also where its client asks HEAD */
    rq->method = "GET";

    if (rc == OK) {
        rc = db_transaction(app.db, lookup_in_transaction, &lookup);
    }

    if (rc != OK) {
        return rc == DECLINED ? req_fail(rq, REG_ERR_DENIED, NULL)
                              : req_unavailable(rq, DB_RETRY_SECONDS);
    }

    return reply_bytes(rq, 200, "text/plain", lookup.verdict);
}
