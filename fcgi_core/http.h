/* http.h: requests to other servers, by libcurl; http.c is the only file that
 * includes it.
 *
 * What the far side says is not trusted: no redirect is followed, no scheme
 * but http and https is spoken, certificates are verified, all takes at most
 * the time that the caller gave, and the body of an answer is thrown away. */

#ifndef HTTP_H
#define HTTP_H

#include "fcgi_core/pool.h"

#include <signal.h>

typedef struct http_s http_t;

typedef struct {
    const char *url;
    const char *ca_file;      /* certificates that the far side's must be
                                 signed by; NULL: those of the system */
    const char *const *lines; /* request headers, "Name: value"; ends in NULL */
    long timeout;             /* milliseconds, for one request */
    const volatile sig_atomic_t *is_stopped; /* ends a request when it becomes
                                                true; may be NULL */
} http_conf_t;

typedef struct {
    int status;        /* of the answer */
    long retry_after;  /* seconds that the answer asks to wait, 0 for none */
    int failure;       /* why there is no answer, as a number, else 0 */
    const char *error; /* the same for people, in the pool */
} http_answer_t;

/* Makes a handle that keeps its connection from one request to the next, and
 * goes with the pool.  conf is kept.  ERROR is logged. */
int http_open(pool_t *pool, const http_conf_t *conf, http_t **http_r);

/* POSTs a body to the URL.  OK with a status, whatever it is; ERROR with an
 * error where no whole answer came. */
int http_post(http_t *http, pool_t *pool, str_t body, http_answer_t *answer_r);

#endif
