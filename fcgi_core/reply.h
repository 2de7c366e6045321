/* reply.h: the only layer that prints.  A handler builds a reply; it is sent
 * when the handler has returned, and an error takes its place. */

#ifndef REPLY_H
#define REPLY_H

#include "fcgi_core/json.h"
#include "fcgi_core/req.h"

/* Adds a header line, also to an error that is answered instead (Location of
 * a 416, Allow of a 405).  Control characters in the value end the process's
 * request with UNKNOWN: nothing from outside may split a response. */
void reply_header(req_t *rq, const char *name, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Each of these sets the whole of the answer and returns OK. */
int reply_empty(req_t *rq, int status);               /* Content-Length: 0 */
int reply_json(req_t *rq, int status, json_t *model); /* takes the reference */
int reply_json_as(req_t *rq, int status, const char *content_type,
                  json_t *model); /* as reply_json(), of another type */
int reply_bytes(req_t *rq, int status, const char *content_type, str_t body);
int reply_head(req_t *rq, const char *content_type,
               uint64_t size); /* to HEAD only: 200 without the content */

/* The status of the reply, 0 where there is none yet, and its body: a model is
 * printed for that.  For a program that keeps what it answers. */
int reply_status(const req_t *rq);
str_t reply_body(req_t *rq);

/* Forgets the reply and its headers: the handler begins again. */
void reply_reset(req_t *rq);

/* From now on a failure of the request is answered as the original protocol
 * has it: reg_error_flat_body(). */
void reply_flat_errors(req_t *rq);

/* Sends the reply, or the error that req_fail() recorded as the protocol's
 * JSON (reg_error_body()), with Retry-After where it was set; UNKNOWN
 * where the handler made no reply.  Once a request: prefork does it when
 * serve() has returned. */
void reply_send(req_t *rq);

#endif
