/* lock.h: flock() with a deadline.
 *
 * A request waits for a moment, however many others wait.  Beyond that it needs
 * one of the places (fcgi_core/waiting.h) that its repository, and all that
 * wait, may have: what keeps repositories locked never keeps all processes. */

#ifndef LOCK_H
#define LOCK_H

#include "fcgi_core/waiting.h"

#include <limits.h>

#define LOCK_MOMENT_MS 500         /* that many pushes at once take turns in */
#define LOCK_UPKEEP_MS (60 * 1000) /* for one lock, in a command */
#define LOCK_ALL_PERCENT 160       /* for all of a request: of that for one */

typedef struct {
    long each; /* milliseconds that one lock is waited for */
    long all;  /* that are left for all together */
    waiting_t what;
} lock_wait_t;

/* How a command waits. */
#define LOCK_WAIT_UPKEEP                                                       \
    ((lock_wait_t){ .each = LOCK_UPKEEP_MS, .all = LONG_MAX })

/* Locks what is open, LOCK_SH or LOCK_EX, until it is closed.  DECLINED, with
 * errno ETIMEDOUT, where another process keeps it locked until the deadline;
 * ERROR with errno. */
int lock_take(int fd, int operation, lock_wait_t *wait);

#endif
