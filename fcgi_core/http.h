/* http.h: requests to other servers, by libcurl; http.c is the only file that
 * includes it.
 *
 * What the far side says is not trusted: no redirect is followed unless the
 * caller says so, no scheme but http and https is spoken, certificates are
 * verified, all takes at most the time that the caller gave, and of the body of
 * an answer no more is read than the caller allows. */

#ifndef HTTP_H
#define HTTP_H

#include "fcgi_core/address.h"
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
    int status;         /* of the answer */
    long retry_after;   /* seconds that the answer asks to wait, 0 for none */
    int failure;        /* why there is no answer, as a number, else 0 */
    const char *error;  /* the same for people, in the pool */
    str_t body;         /* of http_ask(), in the pool */
    const char *header; /* what was wanted; NULL: the answer has none */
} http_answer_t;

/* Makes a handle that keeps its connection from one request to the next, and
 * goes with the pool.  conf is kept.  ERROR is logged. */
int http_open(pool_t *pool, const http_conf_t *conf, http_t **http_r);

/* POSTs a body to the URL.  OK with a status, whatever it is; ERROR with an
 * error where no whole answer came. */
int http_post(http_t *http, pool_t *pool, str_t body, http_answer_t *answer_r);

/* A request without a body, to another URL than that of conf. */
typedef struct {
    const char *method; /* "GET", "HEAD" or "DELETE" */
    const char *url;
    const char *line;   /* the header that is sent instead of those of conf */
    const char *wanted; /* name of a header of the answer; NULL: none */
    size_t body_max;    /* bytes of the answer's body; 0: it is thrown away */
    long redirects;     /* how many are followed; another host does not get the
                           Authorization of line */
} http_ask_t;

/* Answers as http_post(), which cannot be called after it, and puts the body
 * and the header into the answer.  ERROR also where the body is longer than
 * body_max. */
int http_ask(http_t *http, pool_t *pool, const http_ask_t *ask,
             http_answer_t *answer_r);

/* --- many at once --------------------------------------------------------- */

/* Requests to servers that strangers name, at the same time in one process: one
 * that hangs holds up no other.  A request connects to allowed addresses only,
 * as they are when it connects, never by a proxy, and sends no credentials but
 * those of its lines. */
typedef struct http_many_s http_many_t;

#define HTTP_KEPT_MAX 4096  /* bytes of an answer's headers, and of its body */
#define HTTP_READ_MAX 65536 /* bytes of a body: no more is read */

typedef struct {
    int status;        /* 0: no answer came */
    long retry_after;  /* seconds that the answer asks to wait, 0 for none */
    int64_t took;      /* milliseconds */
    const char *error; /* why no answer came, for people; else NULL */
    str_t headers;     /* the status line and what follows; cut */
    str_t body;        /* cut */
} http_reply_t;

typedef struct {
    const char *url;
    const char *const *lines; /* request headers, "Name: value"; ends in NULL */
    str_t body;
    bool is_get;          /* GET, without a body, instead of POST */
    long connect_timeout; /* milliseconds */
    long timeout;         /* of all of it */
    /* called in http_many_wait(); what reply points to is in the pool */
    void (*done)(void *data, const http_reply_t *reply);
    void *data;
} http_request_t;

/* Goes with the pool.  allowed is kept: networks that are no public ones; so is
 * ca_file, as in http_conf_t.  ERROR is logged. */
int http_many_open(pool_t *pool, const address_networks_t *allowed,
                   const char *ca_file, http_many_t **many_r);

/* Begins a request; it and all that it points to stay until done() was called,
 * as does the pool.  ERROR, logged: done() will not be called. */
int http_many_send(http_many_t *many, pool_t *pool,
                   const http_request_t *request);

/* Goes on with all of them for some milliseconds at most, less where something
 * happens. */
void http_many_wait(http_many_t *many, int milliseconds);

/* --- requests of any kind --------------------------------------------------
 */

/* To a server of the operator's, one at a time; connections are kept for the
 * next ones.  A proxy of the environment is used. */
typedef struct http_client_s http_client_t;

/* The next bytes of an answer's body; false ends the transfer. */
typedef bool (*http_body_fn)(void *data, int status, const unsigned char *bytes,
                             size_t n);

typedef struct {
    const char *method;
    const char *url;
    const char *const *lines; /* request headers, "Name: value"; ends in NULL */
    bool has_body;            /* what follows is sent, even if it is empty */
    const unsigned char *body; /* NULL: the bytes of fd from offset on */
    int fd;
    uint64_t offset;
    uint64_t size;        /* bytes of the body */
    const char *ca_file;  /* as in http_conf_t */
    long connect_timeout; /* milliseconds */
    long timeout;         /* of all of it; 0: no end as long as bytes pass, a
                             kilobyte a second at least */
    http_body_fn fn;
    void *data;
    bool is_direct; /* not by a proxy */
} http_call_t;

/* Goes with the pool.  ERROR is logged. */
int http_client_open(pool_t *pool, http_client_t **client_r);

/* OK with a status, whatever it is, also where fn ended the transfer; ERROR
 * with an error where no whole answer came. */
int http_client_send(http_client_t *client, pool_t *pool,
                     const http_call_t *call, http_answer_t *answer_r);

/* The value of a header of the last answer, until the next request; NULL where
 * there was none. */
const char *http_client_header(const http_client_t *client, const char *name);

#endif
