/* req.c: the arguments of a request, and why it fails. */

#include "fcgi_core/req.h"
#include "fcgi_core/log.h"

#include "common/query.h"
#include "common/range.h"

#include <strings.h>

#define BEARER "bearer "
#define NUMBER_MAX 64 /* text that an error may repeat */


int
req_arg(req_t *rq, const char *key, size_t max, str_t *value_r)
{
    unsigned char *buf = pool_alloc(rq->pool, max + 1);

    return reg_query_arg(REG_QUERY_URI, reg_cstr(rq->query), key, buf, max,
                         value_r);
}


int
req_arg_number(req_t *rq, const char *key, str_t *text_r, uint64_t *number_r)
{
    int rc;

    *text_r = (str_t){ 0, NULL };
    rc = req_arg(rq, key, NUMBER_MAX, text_r);

    if (rc != OK || text_r->len == 0) {
        return rc == OK ? DECLINED : rc;
    }

    return reg_number_parse(*text_r, number_r);
}


str_t
req_bearer(str_t header)
{
    size_t skip = sizeof(BEARER) - 1;

    if (header.len < skip
        || strncasecmp((const char *)header.data, BEARER, skip) != 0) {
        return (str_t){ 0, NULL };
    }

    return (str_t){ header.len - skip, header.data + skip };
}


int
req_defer(req_t *rq)
{
    rq->is_deferred = true;

    return ERROR;
}


static int fail(req_t *rq, reg_err_t err, str_t detail, const char *format,
                va_list args) PRINTF_LIKE(4, 0);


static int
fail(req_t *rq, reg_err_t err, str_t detail, const char *format, va_list args)
{
    if (rq->is_failed) {
        return ERROR;
    }

    rq->is_failed = true;
    rq->err = err;
    rq->err_detail = detail;
    rq->err_message =
        format == NULL ? NULL : pool_vprintf(rq->pool, format, args);

    return ERROR;
}


int
req_fail(req_t *rq, reg_err_t err, const char *format, ...)
{
    const str_t none = { 0, NULL };
    va_list args;

    va_start(args, format);
    fail(rq, err, none, format, args);
    va_end(args);

    return ERROR;
}


int
req_unavailable(req_t *rq, unsigned seconds)
{
    rq->retry_after = seconds;

    return req_fail(rq, REG_ERR_UNAVAILABLE, NULL);
}


int
req_fail_detail(req_t *rq, reg_err_t err, str_t detail, const char *format, ...)
{
    char *buf = pool_alloc(rq->pool, REG_ERROR_BODY_MAX);
    int len = reg_json_string(buf, REG_ERROR_BODY_MAX, detail);
    str_t json = { len < 0 ? 0 : (size_t)len, (unsigned char *)buf };
    va_list args;

    va_start(args, format);
    fail(rq, err, json, format, args);
    va_end(args);

    return ERROR;
}
