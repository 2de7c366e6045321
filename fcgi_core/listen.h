/* listen.h: the unix socket on which a program listens for nginx.
 *
 * Either the program makes it, or what starts the program has made it and
 * hands it over as systemd does (LISTEN_PID, LISTEN_FDS, descriptor 3).  One
 * that was handed over stays open when the program ends: connections wait in
 * its backlog for the next one, and none is refused. */

#ifndef LISTEN_H
#define LISTEN_H

#include "fcgi_core/core.h"

#include <signal.h>
#include <sys/types.h>

typedef struct {
    int fd; /* not blocking */
    bool is_inherited;
    char path[128];
    dev_t dev; /* of the path, where we have made it */
    ino_t ino;
} listen_t;

/* The socket that was handed over, else one at path, mode 0660.  A socket at
 * which no one listens any more is replaced; a live one, or a file of another
 * kind, is refused, as is anything handed over but one listening unix socket.
 * ERROR is logged in one line. */
int listen_open(const char *path, listen_t *listen_r);

/* Removes the path, so that no connection is added to the backlog, unless the
 * socket was handed over or the path is another program's by now. */
void listen_withdraw(const listen_t *listen);

/* Whether connections wait to be accepted. */
bool listen_has_waiting(const listen_t *listen);

/* For each of several processes: a descriptor to wait at for connections, -1,
 * logged, where there is none.  A connection wakes one process that waits, not
 * all.  A process that is woken and then ends without an accept leaves it to
 * the next one that waits or begins to wait. */
int listen_wait_open(const listen_t *listen);

/* Waits until a connection may be there, for so many milliseconds, -1 for
 * ever, or a signal that the mask lets through; true for a connection, which
 * another process may be quicker to accept. */
bool listen_wait(int wait_fd, int ms, const sigset_t *mask);

/* Withdraws the socket and closes it. */
void listen_close(const listen_t *listen);

#endif
