/* fcgi.h: libfcgi, seen from the rest of the core.  fcgi.c is the only file
 * that includes it; it also implements what req.h says of parameters and of
 * the body. */

#ifndef FCGI_H
#define FCGI_H

#include "fcgi_core/req.h"

typedef struct fcgi_s fcgi_t;

/* Prepares a process to accept on a listening socket, which is not blocking.
 * ERROR is logged. */
int fcgi_open(pool_t *pool, int listen_fd, fcgi_t **fcgi_r);

/* Accepts a connection and reads a request's parameters into rq, whose pool
 * is set already.  DECLINED where there is none (another process took it, it
 * broke off, or no one waits for the answer any more), ERROR, logged, where
 * accepting itself fails. */
int fcgi_accept(fcgi_t *fcgi, req_t *rq);

/* Resets a deferred request, so that its handler can begin again; its
 * parameters and the body that was read stay. */
void fcgi_resume(req_t *rq);

/* Writes bytes of the response.  ERROR if nginx has closed the connection. */
int fcgi_write(req_t *rq, str_t bytes);

/* Ends the response and the connection, even if nginx asked to keep it
 * (fastcgi_keep_conn): a kept connection would occupy a process that serves
 * one at a time. */
void fcgi_finish(fcgi_t *fcgi);

#endif
