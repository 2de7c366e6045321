/* prefork.h: a master and its processes behind one FastCGI socket.
 *
 * One request a process at a time, no threads.  The master starts a process
 * again when one ends (slower and slower if they end at once), SIGTERM and
 * SIGINT let each finish its request and stop, SIGHUP replaces them one by
 * one.  A request whose connection was made is served before the end, or, where
 * the socket was handed over, by the program that is started next (listen.h).
 */

#ifndef PREFORK_H
#define PREFORK_H

#include "fcgi_core/req.h"

typedef struct {
    const char *socket; /* path of a unix socket: listen_open() */
    long processes;
    int (*init)(void);        /* in each process after the fork; may be NULL */
    void (*serve)(req_t *rq); /* leaves a reply or a failure, which is sent
                                 when it has returned, or req_defer() */
    long (*tick)(void);       /* between two requests of a process, first when
                                 it begins; returns after how many milliseconds
                                 again.  May be NULL */
} prefork_t;

/* Runs until a signal stops it; the exit status of the program. */
int prefork_run(const prefork_t *prefork);

#endif
