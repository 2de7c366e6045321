/* reply.c: the only layer that prints. */

#include "fcgi_core/reply.h"
#include "fcgi_core/fcgi.h"
#include "fcgi_core/log.h"

typedef struct header_s header_t;

struct header_s {
    header_t *next;
    const char *line;
};

struct reply_s {
    header_t *headers, **last;
    int status; /* 0: none was made */
    const char *content_type;
    json_t *model; /* released with the pool */
    str_t body;
};


/* A status line without a phrase is legal, but not every client knows. */
static const struct {
    int status;
    const char *phrase;
} phrases[] = {
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 204, "No Content" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 307, "Temporary Redirect" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 412, "Precondition Failed" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" },
    { 416, "Range Not Satisfiable" },
    { 422, "Unprocessable Content" },
    { 428, "Precondition Required" },
    { 429, "Too Many Requests" },
    { 500, "Internal Server Error" },
    { 503, "Service Unavailable" },
};


static const char *
phrase_of(int status)
{
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
        if (phrases[i].status == status) {
            return phrases[i].phrase;
        }
    }

    return "Unknown";
}


static reply_t *
reply_of(req_t *rq)
{
    if (rq->reply == NULL) {
        rq->reply = pool_new(rq->pool, reply_t);
        rq->reply->last = &rq->reply->headers;
    }

    return rq->reply;
}


static bool
has_control(const char *s)
{
    for (; *s != '\0'; s++) {
        if ((unsigned char)*s < ' ' || *s == 0x7f) {
            return true;
        }
    }

    return false;
}


void
reply_header(req_t *rq, const char *name, const char *format, ...)
{
    reply_t *reply = reply_of(rq);
    header_t *header;
    const char *value;
    va_list args;

    va_start(args, format);
    value = pool_vprintf(rq->pool, format, args);
    va_end(args);

    if (has_control(value)) {
        log_error("a control character in the response header %s", name);
        req_fail(rq, REG_ERR_UNKNOWN, NULL);
        return;
    }

    header = pool_new(rq->pool, header_t);
    header->line = pool_printf(rq->pool, "%s: %s\r\n", name, value);
    *reply->last = header;
    reply->last = &header->next;
}


int
reply_empty(req_t *rq, int status)
{
    return reply_bytes(rq, status, NULL, (str_t){ 0, NULL });
}


int
reply_json(req_t *rq, int status, json_t *model)
{
    return reply_json_as(rq, status, "application/json", model);
}


int
reply_json_as(req_t *rq, int status, const char *content_type, json_t *model)
{
    reply_t *reply = reply_of(rq);

    json_pooled(rq->pool, model);
    reply->status = status;
    reply->content_type = content_type;
    reply->model = model;

    return OK;
}


int
reply_bytes(req_t *rq, int status, const char *content_type, str_t body)
{
    reply_t *reply = reply_of(rq);

    reply->status = status;
    reply->content_type = content_type;
    reply->model = NULL;
    reply->body = body;

    return OK;
}


int
reply_head(req_t *rq, const char *content_type, uint64_t size)
{
    return reply_bytes(rq, 200, content_type, (str_t){ size, NULL });
}


/* Measures first and prints into the pool then. */
static void
model_print(req_t *rq, reply_t *reply)
{
    size_t size = json_dumpb(reply->model, NULL, 0, JSON_COMPACT);
    char *text = pool_alloc(rq->pool, size + 1);

    if (size == 0
        || json_dumpb(reply->model, text, size, JSON_COMPACT) != size) {
        log_error("a model could not be printed");
        req_fail(rq, REG_ERR_UNKNOWN, NULL);
        return;
    }

    reply->body = (str_t){ size, (unsigned char *)text };
}


int
reply_status(const req_t *rq)
{
    return rq->reply != NULL ? rq->reply->status : 0;
}


str_t
reply_body(req_t *rq)
{
    reply_t *reply = reply_of(rq);

    if (reply->model != NULL) {
        model_print(rq, reply);
    }

    return reply->body;
}


void
reply_reset(req_t *rq)
{
    rq->reply = NULL;
}


void
reply_flat_errors(req_t *rq)
{
    rq->has_flat_errors = true;
}


/* Puts the error in the place of whatever reply was made. */
static void
error_print(req_t *rq, reply_t *reply)
{
    char *text = pool_alloc(rq->pool, REG_ERROR_BODY_MAX);

    reply->status =
        rq->err_status != 0 ? rq->err_status : reg_error_info(rq->err)->status;
    reply->content_type = "application/json";
    reply->body.data = (unsigned char *)text;
    reply->body.len = rq->has_flat_errors
                          ? reg_error_flat_body(text, REG_ERROR_BODY_MAX,
                                                rq->err, rq->err_message)
                          : reg_error_body(text, REG_ERROR_BODY_MAX, rq->err,
                                           rq->err_message, rq->err_detail);
}


/* RFC 9110 8.6: such an answer must not (204) or need not (304) have a length,
 * and proxies refuse one that has. */
static bool
is_without_content(int status)
{
    return status == 204 || status == 304;
}


static int
head_send(req_t *rq, const reply_t *reply)
{
    const char *text = pool_printf(rq->pool, "Status: %d %s\r\n", reply->status,
                                   phrase_of(reply->status));

    if (reply->content_type != NULL) {
        text = pool_printf(rq->pool, "%sContent-Type: %s\r\n", text,
                           reply->content_type);
    }

    if (rq->is_failed && rq->retry_after != 0) {
        text = pool_printf(rq->pool, "%sRetry-After: %u\r\n", text,
                           rq->retry_after);
    }

    if (fcgi_write(rq, reg_cstr(text)) != OK) {
        return ERROR;
    }

    for (header_t *h = reply->headers; h != NULL; h = h->next) {
        if (fcgi_write(rq, reg_cstr(h->line)) != OK) {
            return ERROR;
        }
    }

    text = "\r\n";

    if (!is_without_content(reply->status)) {
        text = pool_printf(rq->pool, "Content-Length: %zu\r\n\r\n",
                           reply->body.len);
    }

    return fcgi_write(rq, reg_cstr(text));
}


void
reply_send(req_t *rq)
{
    reply_t *reply = reply_of(rq);

    if (!rq->is_failed && reply->status == 0) {
        log_error("a request was left without a reply");
        req_fail(rq, REG_ERR_UNKNOWN, NULL);
    }

    if (!rq->is_failed && reply->model != NULL) {
        model_print(rq, reply);
    }

    if (rq->is_failed) {
        error_print(rq, reply);
    }

    if (head_send(rq, reply) == OK && strcmp(rq->method, "HEAD") != 0) {
        fcgi_write(rq, reply->body);
    }
}
