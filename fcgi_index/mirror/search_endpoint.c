/* search_endpoint.c: GET /v1/search?q=words&n=25&page=1, as docker and podman
 * ask it.
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
#define PAGE_MAX 10
#define ROUNDS (8 + PAGE_MAX) /* that are read: one may be short */

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

/* What of the results is wanted, and what became known of all of them. */
typedef struct {
    size_t size; /* of a page */
    size_t number;
    size_t seen; /* on this page and before it */
    bool has_next;
    json_t *results;
} page_t;


/* A name without a slash is one of "library", which is official. docker up to
 * 1.6 reads is_trusted, later ones is_automated. */
static json_t *
result(const search_hit_row_t *row)
{
    return json_pack(
        "{s:s, s:s, s:I, s:b, s:b, s:b}", "name", row->name, "description",
        row->description, "star_count", (json_int_t)row->stars, "is_official",
        strchr(row->name, '/') == NULL, "is_trusted", 0, "is_automated", 0);
}


static void
hit_see(page_t *page, const search_hit_row_t *row)
{
    if (page->seen == page->number * page->size) {
        page->has_next = true;
        return;
    }

    if (page->seen++ >= (page->number - 1) * page->size) {
        json_array_append_new(page->results, result(row));
    }
}


/* Up to one behind the page, which tells whether there is another one. */
static int
find(search_t *search, page_t *page)
{
    for (size_t i = 0; i < ROUNDS && !page->has_next; i++) {
        size_t left = page->number * page->size + 1 - page->seen, n;
        search_hit_row_t *rows;

        search->limit = left < RESULTS_MAX ? left : RESULTS_MAX;

        if (search_run(app.db, search, &rows, &n, &search->cursor) != OK) {
            return ERROR;
        }

        for (size_t k = 0; k < n; k++) {
            hit_see(page, &rows[k]);
        }

        if (search->cursor == NULL) {
            break;
        }
    }

    return OK;
}


/* What asks for more than there may be gets what there may be. */
static int
read_number(req_t *rq, const char *key, size_t fallback, size_t max,
            size_t *number_r)
{
    uint64_t n = fallback;
    str_t text;

    if (req_arg_number(rq, key, &text, &n) == ERROR) {
        return req_fail(rq, REG_ERR_PAGINATION_NUMBER_INVALID, NULL);
    }

    *number_r = n == 0 ? fallback : n < max ? n : max;

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


static int
page_reply(req_t *rq, str_t query, const page_t *page)
{
    json_int_t n = (json_int_t)page->number;

    reply_header(rq, "Cache-Control", "private, no-store");

    return reply_json(
        rq, 200,
        json_pack("{s:s, s:I, s:I, s:I, s:I, s:O}", "query", query.data,
                  "num_results", (json_int_t)page->seen + page->has_next,
                  "num_pages", page->seen == 0 ? 0 : n + page->has_next, "page",
                  n, "page_size", (json_int_t)page->size, "results",
                  page->results));
}


int
search_endpoint(req_t *rq)
{
    searcher_t searcher = { 0 };
    search_t search = { .visibility = -1 };
    page_t page = { .results = json_pooled(rq->pool, json_array()) };

    if (strcmp(rq->method, "GET") != 0 && strcmp(rq->method, "HEAD") != 0) {
        reply_header(rq, "Allow", "GET, HEAD");
        return req_fail(rq, REG_ERR_UNSUPPORTED, NULL);
    }

    if (read_query(rq, &search.text) != OK
        || read_number(rq, "n", RESULTS_DEFAULT, RESULTS_MAX, &page.size) != OK
        || read_number(rq, "page", 1, PAGE_MAX, &page.number) != OK
        || identify(rq, &searcher) != OK) {
        return ERROR;
    }

    if (searcher.account.id != 0) {
        search.account = &searcher.account;
        search.credential = &searcher.credential;
    }

    return find(&search, &page) == OK ? page_reply(rq, search.text, &page)
                                      : unavailable(rq);
}
