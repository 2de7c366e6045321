/* fcgi.c: libfcgi: requests come in, replies go out. */

#include "fcgi_core/fcgi.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"

#include "common/range.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <fastcgi.h>
#include <fcgiapp.h>

#define BODY_STEP (64 * 1024) /* first buffer of a body of unknown length */

struct fcgi_s {
    FCGX_Request request;
};


int
fcgi_open(pool_t *pool, int listen_fd, fcgi_t **fcgi_r)
{
    fcgi_t *fcgi = pool_new(pool, fcgi_t);

    if (FCGX_Init() != 0
        || FCGX_InitRequest(&fcgi->request, listen_fd, 0) != 0) {
        log_error("libfcgi did not start");
        return ERROR;
    }

    *fcgi_r = fcgi;

    return OK;
}


/* "Application/JSON; charset=utf-8" is "application/json". */
static const char *
bare_type(pool_t *pool, str_t value)
{
    char *type;

    value.len = strcspn((const char *)value.data, "; \t");
    type = pool_strndup(pool, value);

    for (char *p = type; *p != '\0'; p++) {
        if (*p >= 'A' && *p <= 'Z') {
            *p |= 0x20;
        }
    }

    return type;
}


static void
request_fill(fcgi_t *fcgi, req_t *rq)
{
    *rq = (req_t){ .pool = rq->pool,
                   .ctx = rq->ctx,
                   .fcgi = &fcgi->request,
                   .accepted_at = clock_ms() };

    rq->method = req_param(rq, "REQUEST_METHOD");
    rq->query = req_param(rq, "QUERY_STRING");
    rq->content_type = bare_type(rq->pool, req_param_str(rq, "CONTENT_TYPE"));
    rq->request_id = req_param(rq, "REGISTRY_REQUEST_ID");
    rq->remote_addr = req_param(rq, "REMOTE_ADDR");

    if (rq->request_id[0] == '\0') {
        rq->request_id = req_param(rq, "REQUEST_ID");
    }
}


/* nginx closes the connection when its client goes. */
static bool
is_hung_up(int fd)
{
    struct pollfd poll_fd = { .fd = fd, .events = POLLRDHUP };

    return poll(&poll_fd, 1, 0) == 1;
}


int
fcgi_accept(fcgi_t *fcgi, req_t *rq)
{
    int rc = FCGX_Accept_r(&fcgi->request);

    if (rc == -EAGAIN || rc == -EWOULDBLOCK || rc == -EINTR
        || rc == -ECONNABORTED) {
        return DECLINED;
    }

    if (rc < 0) {
        log_error("cannot accept a request: %s",
                  -rc < 4096 ? strerror(-rc) : "libfcgi says no more");
        return ERROR;
    }

    if (is_hung_up(fcgi->request.ipcFd)) {
        fcgi_finish(fcgi);
        return DECLINED;
    }

    request_fill(fcgi, rq);

    return OK;
}


void
fcgi_resume(req_t *rq)
{
    rq->is_deferred = rq->is_failed = false;
    rq->is_resumed = true;
    rq->err_status = 0;
    rq->err_message = NULL;
    rq->err_detail = (str_t){ 0, NULL };
    rq->retry_after = 0;
    rq->reply = NULL;
}


bool
req_client_gone(req_t *rq)
{
    FCGX_Request *request = rq->fcgi;

    return is_hung_up(request->ipcFd);
}


int
fcgi_write(req_t *rq, str_t bytes)
{
    FCGX_Request *request = rq->fcgi;

    while (bytes.len != 0) {
        int step = bytes.len > INT_MAX ? INT_MAX : (int)bytes.len;

        if (FCGX_PutStr((const char *)bytes.data, step, request->out) != step) {
            return ERROR;
        }

        bytes.data += step;
        bytes.len -= (size_t)step;
    }

    return OK;
}


static FCGI_Header
record_header(int type, int request_id, size_t len)
{
    return (FCGI_Header){ .version = FCGI_VERSION_1,
                          .type = (unsigned char)type,
                          .requestIdB1 = (unsigned char)(request_id >> 8),
                          .requestIdB0 = (unsigned char)request_id,
                          .contentLengthB0 = (unsigned char)len };
}


/* Ends a response so that nginx does not keep the connection although
 * FCGI_KEEP_CONN is set: it keeps none on which anything follows the end of a
 * request.  Closing alone comes too late: nginx may have sent the next request
 * by then, and does not repeat a POST.  An empty record of results is in the
 * same write() as the end, so that nginx cannot see one without the other. */
static int
response_end(FCGX_Request *request)
{
    struct {
        FCGI_Header stdout_end;
        FCGI_EndRequestRecord request_end;
        FCGI_Header result;
    } records = {
        .stdout_end = record_header(FCGI_STDOUT, request->requestId, 0),
        .request_end.header = record_header(
            FCGI_END_REQUEST, request->requestId, sizeof(FCGI_EndRequestBody)),
        .request_end.body.protocolStatus = FCGI_REQUEST_COMPLETE,
        .result =
            record_header(FCGI_GET_VALUES_RESULT, FCGI_NULL_REQUEST_ID, 0),
    };

    if (FCGX_FFlush(request->out) != 0) {
        return ERROR;
    }

    return write(request->ipcFd, &records, sizeof(records)) == sizeof(records)
               ? OK
               : ERROR;
}


void
fcgi_finish(fcgi_t *fcgi)
{
    FCGX_Request *request = &fcgi->request;

    if (!request->keepConnection) {
        FCGX_Finish_r(request);
        return;
    }

    /* if it fails, nginx has closed the connection */
    (void)response_end(request);
    FCGX_Free(request, true);
}


const char *
req_param(req_t *rq, const char *name)
{
    FCGX_Request *request = rq->fcgi;
    const char *value = FCGX_GetParam(name, request->envp);

    return value == NULL ? "" : value;
}


str_t
req_param_str(req_t *rq, const char *name)
{
    return reg_cstr(req_param(rq, name));
}


void
req_param_each(req_t *rq, const char *name, void (*fn)(void *data, str_t value),
               void *data)
{
    FCGX_Request *request = rq->fcgi;
    size_t len = strlen(name);

    for (char **p = request->envp; *p != NULL; p++) {
        if (strncmp(*p, name, len) == 0 && (*p)[len] == '=') {
            fn(data, reg_cstr(*p + len + 1));
        }
    }
}


static int
body_too_long(req_t *rq, size_t max)
{
    rq->err_status = 413;

    return req_fail(rq, REG_ERR_SIZE_INVALID,
                    "the body is longer than %zu bytes", max);
}


/* A buffer twice as large with what was read so far; the old one stays in
 * the pool. */
static void
body_grow(req_t *rq, str_t *body, size_t *size, size_t max)
{
    unsigned char *bytes;

    *size = *size > max / 2 ? max : *size * 2;
    bytes = pool_alloc(rq->pool, *size + 1);
    memcpy(bytes, body->data, body->len);
    body->data = bytes;
}


/* Reads up to max + 1 bytes, so that the caller sees where it is more. */
static void
body_read(req_t *rq, size_t size, size_t max, str_t *body)
{
    FCGX_Request *request = rq->fcgi;

    *body = (str_t){ 0, pool_alloc(rq->pool, size + 1) };

    for (;;) {
        int n = FCGX_GetStr((char *)body->data + body->len,
                            (int)(size - body->len), request->in);

        body->len += n > 0 ? (size_t)n : 0;

        if (body->len < size || size > max) {
            return;
        }

        body_grow(rq, body, &size, max + 1);
    }
}


static int
body_take(req_t *rq, size_t max, str_t *body_r)
{
    FCGX_Request *request = rq->fcgi;
    str_t length = req_param_str(rq, "CONTENT_LENGTH");
    bool is_known;
    uint64_t announced = 0;

    max = max < REQ_BODY_MAX ? max : REQ_BODY_MAX;
    is_known = reg_number_parse(length, &announced) == REG_OK;

    if (is_known && announced > max) {
        return body_too_long(rq, max);
    }

    body_read(rq, is_known ? (size_t)announced + 1 : BODY_STEP, max, body_r);

    if (body_r->len > max) {
        return body_too_long(rq, max);
    }

    if (FCGX_GetError(request->in) != 0
        || (is_known && body_r->len < announced)) {
        return req_fail(rq, REG_ERR_SIZE_INVALID, "the body ended early");
    }

    body_r->data[body_r->len] = '\0';

    return OK;
}


int
req_body(req_t *rq, size_t max, str_t *body_r)
{
    if (rq->body != NULL) {
        *body_r = *rq->body;
        return OK;
    }

    if (body_take(rq, max, body_r) != OK) {
        return ERROR;
    }

    rq->body = pool_new(rq->pool, str_t);
    *rq->body = *body_r;

    return OK;
}
