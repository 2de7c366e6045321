/* search_endpoint.c: GET /v1/search?q=words&n=25, as docker and podman ask it.
 *
 * podman sends no credentials; docker sends Basic, or where it was logged in
 * with a refresh token a bearer token that it bought for
 * "registry:catalog:search", which grants nothing by itself: it is good for
 * searching as its account. */

#include "mirror/search_endpoint.h"
#include "access/visibility.h"
#include "account/basic.h"
#include "account/login.h"
#include "app.h"
#include "mirror/search.h"
#include "token/access_token.h"
#include "token/token.h"
#include "token/token_list.h"
#include "common/query.h"
#include "common/verdict.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/reply.h"

#define RESULTS_DEFAULT 25
#define RESULTS_MAX 100
#define PAGES 8 /* that are read where one is short */

typedef struct {
    account_t account; /* id 0: no one */
    credential_t credential;
} searcher_t;


/* --- who asks ------------------------------------------------------------- */

static int
unavailable(req_t *rq)
{
    return req_unavailable(rq, DB_RETRY_SECONDS);
}


static int
refuse(req_t *rq)
{
    return req_fail(rq, REG_ERR_UNAUTHORIZED, NULL);
}


static int
by_access_token(req_t *rq, const str_t *login, str_t secret,
                searcher_t *searcher)
{
    access_token_t token;
    int64_t now = clock_now();
    int rc = access_token_find(app.db, login, secret, now, &token);

    if (rc != OK) {
        return rc == DECLINED ? refuse(rq) : unavailable(rq);
    }

    access_token_note_use(app.db, &token, now, rq->remote_addr);
    *searcher = (searcher_t){ token.account, token.credential };

    return OK;
}


static int
by_password(req_t *rq, str_t login, str_t password, searcher_t *searcher)
{
    int rc = login_password(rq, app.db, login, password, &searcher->account);

    searcher->credential = credential_whole;

    return rc == DECLINED ? refuse(rq) : rc;
}


/* What a token was bought with narrows it.  One without a row was not
 * revoked. */
static int
by_verdict(req_t *rq, str_t token, const reg_verdict_t *verdict,
           searcher_t *searcher)
{
    search_token_row_t row = { 0 };
    int rc = db_search_token(app.db, token_hash(rq->pool, token), &row);

    if (rc == ERROR) {
        return unavailable(rq);
    }

    if (row.is_revoked) {
        return refuse(rq);
    }

    searcher->credential = credential_whole;

    if (rc == OK && row.actions != NULL) {
        searcher->credential =
            (credential_t){ (unsigned)*row.actions, row.patterns };
    }

    if (verdict->account.len == 0) {
        return OK;
    }

    rc = account_find(app.db, verdict->account, &searcher->account);

    if (rc != OK) {
        return rc == DECLINED ? refuse(rq) : unavailable(rq);
    }

    return OK;
}


static int
by_bearer(req_t *rq, str_t token, searcher_t *searcher)
{
    reg_verdict_t verdict;
    str_t text;

    if (access_token_is(token)) {
        return by_access_token(rq, NULL, token, searcher);
    }

    if (token_verify(rq->pool, app.secret, token, &text) != OK) {
        return refuse(rq);
    }

    token_list_split(rq->pool, text, &text, &(const char *){ NULL });

    if (reg_verdict_parse_head(text, &verdict) != REG_OK
        || !reg_str_eq(verdict.service, req_param_str(rq, "INDEX_SERVICE"))
        || verdict.expires <= clock_now()) {
        return refuse(rq);
    }

    return by_verdict(rq, token, &verdict, searcher);
}


static int
identify(req_t *rq, searcher_t *searcher)
{
    str_t header = req_param_str(rq, "HTTP_AUTHORIZATION");
    str_t bearer = req_bearer(header), login, password;
    bool is_closed = strcmp(req_param(rq, "INDEX_SEARCH"), "accounts") == 0;

    if (bearer.len != 0) {
        return by_bearer(rq, bearer, searcher);
    }

    if (header.len == 0) {
        return is_closed ? refuse(rq) : OK;
    }

    switch (basic_parse(rq->pool, header, &login, &password)) {
    case OK:
        return access_token_is(password)
                   ? by_access_token(rq, &login, password, searcher)
                   : by_password(rq, login, password, searcher);
    case DECLINED:
        return is_closed ? refuse(rq) : OK;
    default:
        return refuse(rq);
    }
}


/* --- the answer ----------------------------------------------------------- */

static json_t *
result(const search_hit_row_t *row)
{
    return json_pack("{s:s, s:s, s:I, s:b, s:b}", "name", row->name,
                     "description", row->description, "star_count",
                     (json_int_t)row->stars, "is_official", 0, "is_automated",
                     0);
}


/* Clients ask for no second page. */
static int
find(search_t *search, json_t *results)
{
    size_t most = search->limit;

    for (size_t i = 0; i < PAGES && json_array_size(results) < most; i++) {
        search_hit_row_t *rows;
        size_t n;

        search->limit = most - json_array_size(results);

        if (search_run(app.db, search, &rows, &n, &search->cursor) != OK) {
            return ERROR;
        }

        for (size_t k = 0; k < n; k++) {
            json_array_append_new(results, result(&rows[k]));
        }

        if (search->cursor == NULL) {
            break;
        }
    }

    return OK;
}


/* What asks for more than there may be gets what there may be. */
static int
read_limit(req_t *rq, size_t *limit_r)
{
    uint64_t n = RESULTS_DEFAULT;
    str_t text;

    if (req_arg_number(rq, "n", &text, &n) == ERROR) {
        return req_fail(rq, REG_ERR_PAGINATION_NUMBER_INVALID, NULL);
    }

    *limit_r = n == 0 ? RESULTS_DEFAULT : n < RESULTS_MAX ? n : RESULTS_MAX;

    return OK;
}


static int
read_query(req_t *rq, str_t *query_r)
{
    unsigned char *buf = pool_alloc(rq->pool, SEARCH_QUERY_MAX + 1);
    int rc = reg_query_arg(REG_QUERY_FORM, reg_cstr(rq->query), "q", buf,
                           SEARCH_QUERY_MAX, query_r);

    if (rc == REG_ERROR) {
        rq->err_status = 400;
        return req_fail(rq, REG_ERR_UNSUPPORTED, "q is malformed or too long");
    }

    /* as JSON has it, with nothing that is no UTF-8 */
    *query_r = rc == REG_OK ? reg_cstr(
                   json_string_value(json_pooled(rq->pool, json_str(*query_r))))
                            : (str_t){ 0, (unsigned char *)"" };

    return OK;
}


int
search_endpoint(req_t *rq)
{
    searcher_t searcher = { 0 };
    search_t search = { .visibility = -1 };
    json_t *results = json_pooled(rq->pool, json_array());

    if (strcmp(rq->method, "GET") != 0 && strcmp(rq->method, "HEAD") != 0) {
        reply_header(rq, "Allow", "GET, HEAD");
        return req_fail(rq, REG_ERR_UNSUPPORTED, NULL);
    }

    if (read_query(rq, &search.text) != OK
        || read_limit(rq, &search.limit) != OK
        || identify(rq, &searcher) != OK) {
        return ERROR;
    }

    if (searcher.account.id != 0) {
        search.account = &searcher.account;
        search.credential = &searcher.credential;
    }

    if (find(&search, results) != OK) {
        return unavailable(rq);
    }

    reply_header(rq, "Cache-Control", "private, no-store");

    return reply_json(rq, 200,
                      json_pack("{s:s, s:i, s:i, s:i, s:O}", "query",
                                search.text.data, "num_results",
                                (int)json_array_size(results), "page", 1,
                                "page_size", (int)json_array_size(results),
                                "results", results));
}
