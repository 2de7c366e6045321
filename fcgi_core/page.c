/* page.c: lists that come in pages. */

#include "fcgi_core/page.h"
#include "fcgi_core/reply.h"

#include "common/encode.h"

#define LAST_MAX 512 /* longer than any name, tag or digest */


static int
number_invalid(req_t *rq, str_t text)
{
    char json[REG_ERROR_BODY_MAX];
    int len = reg_json_string(json, sizeof(json), text);

    req_fail(rq, REG_ERR_PAGINATION_NUMBER_INVALID, NULL);

    if (len > 0) {
        rq->err_detail =
            reg_cstr(pool_printf(rq->pool, "{\"n\":%.*s}", len, json));
    }

    return ERROR;
}


int
page_read(req_t *rq, uint64_t fallback, uint64_t max, page_t *page_r)
{
    str_t text;
    int rc;

    *page_r = (page_t){ fallback, "" };
    rc = req_arg_number(rq, "n", &text, &page_r->n);

    if (rc == ERROR || page_r->n > max) {
        return number_invalid(rq, text);
    }

    rc = req_arg(rq, "last", LAST_MAX, &text);

    if (rc == ERROR) {
        return req_fail(rq, REG_ERR_PAGINATION_NUMBER_INVALID,
                        "last is badly encoded or too long");
    }

    if (rc == OK) {
        page_r->last = pool_strndup(rq->pool, text);
    }

    return OK;
}


void
page_next(req_t *rq, const page_t *page, const char *path, const char *filter,
          const char *last)
{
    str_t text = reg_cstr(last);
    char *encoded = pool_alloc(rq->pool, 3 * text.len + 1);
    const char *n = "";

    reg_percent_encode(text, encoded);

    if (page->n != PAGE_ALL) {
        n = pool_printf(rq->pool, "&n=%llu", (unsigned long long)page->n);
    }

    reply_header(rq, "Link", "<%s?%s%slast=%s%s>; rel=\"next\"", path, filter,
                 filter[0] == '\0' ? "" : "&", encoded, n);
}
