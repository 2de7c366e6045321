/* req.h: one request, as its handler sees it.
 *
 * A handler reads validated fields, does its work, and ends in a reply
 * (reply.h) or in one req_fail(). */

#ifndef REQ_H
#define REQ_H

#include "fcgi_core/pool.h"

#define REQ_BODY_MAX (64 * 1024 * 1024) /* ceiling above every route's own */

/* Limits that count a request once. */
#define REQ_COUNTED_QUOTA 1u
#define REQ_COUNTED_SIGN_UP 2u

typedef struct req_s req_t;
typedef struct reply_s reply_t;

struct req_s {
    pool_t *pool; /* reset after the reply */
    const char *method;
    const char *query;        /* QUERY_STRING, "" where there is none */
    const char *content_type; /* without parameters, lower case, or "" */
    const char *request_id;
    const char *remote_addr;

    bool is_failed;
    reg_err_t err;
    int err_status;          /* HTTP, where it is not the code's own; else 0 */
    const char *err_message; /* NULL: the code's own */
    str_t err_detail;        /* JSON, or empty */
    bool has_flat_errors;    /* {"error":"message"}: the original protocol */
    unsigned retry_after;    /* seconds, 0 for none */

    int64_t accepted_at; /* clock_ms() */
    bool may_defer;      /* see req_defer() */
    bool is_deferred;
    bool is_resumed;  /* was deferred before */
    unsigned counted; /* limits that have counted it, REQ_COUNTED_*; stays where
                         it is deferred */

    str_t *body; /* once it was read */
    reply_t *reply;
    void *fcgi; /* fcgi.c's own */
    void *ctx;  /* the program's own */
};

/* A FastCGI parameter, or "" where it is missing. */
const char *req_param(req_t *rq, const char *name);

/* The same as a view. */
str_t req_param_str(req_t *rq, const char *name);

/* What stands behind "Bearer " in an Authorization header; empty where it is
 * of another scheme. */
str_t req_bearer(str_t header);

/* Calls fn for every parameter called name: a header that a client sent in
 * several lines comes as several parameters. */
void req_param_each(req_t *rq, const char *name,
                    void (*fn)(void *data, str_t value), void *data);

/* An argument of the query string, decoded into the pool.  DECLINED where it
 * is missing; ERROR where it is longer than max bytes or badly encoded (no
 * failure is recorded: the caller knows its code). */
int req_arg(req_t *rq, const char *key, size_t max, str_t *value_r);

/* An argument that is a number, and its text.  DECLINED where it is missing or
 * empty ("?n="), as in registry:2; ERROR where it is no number, longer than a
 * number can be, or badly encoded (no failure is recorded). */
int req_arg_number(req_t *rq, const char *key, str_t *text_r,
                   uint64_t *number_r);

/* Reads the whole body into the pool, once.  ERROR, recorded with 413, where
 * it is longer than max; ERROR where the client went away in the middle. */
int req_body(req_t *rq, size_t max, str_t *body_r);

/* Puts the request aside because it has to wait for something: where the
 * handler returns then, it is called again in some milliseconds, from its
 * beginning, with is_resumed set, and the process serves others meanwhile.
 * Only where may_defer; how long a request waits is the handler's to limit, by
 * accepted_at.  A request whose client goes away meanwhile is dropped.
 * Returns ERROR, so that a caller may write `return req_defer(rq)`. */
int req_defer(req_t *rq);

/* Whether nginx has closed the connection, as it does when its client
 * disconnects. */
bool req_client_gone(req_t *rq);

/* Records why the request fails and returns ERROR, so that a caller may write
 * `return req_fail(...)`.  The message is for people: no path of the machine,
 * no secret.  The first reason stays.  format NULL means the code's own
 * message. */
int req_fail(req_t *rq, reg_err_t err, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Fails the request because something that it needs is away: 503, and a client
 * may try again after so many seconds. */
int req_unavailable(req_t *rq, unsigned seconds);

/* As req_fail(), with a string as the error's detail. */
int req_fail_detail(req_t *rq, reg_err_t err, str_t detail, const char *format,
                    ...) PRINTF_LIKE(4, 5);

#endif
