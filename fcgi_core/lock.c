/* lock.c: flock() with a deadline. */

#include "fcgi_core/lock.h"

#include "fcgi_core/clock.h"

#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/time.h>

#define ALARM_AGAIN_MS 10

/* Of all processes, how many may wait for one repository, and for all. */
#define REPOSITORY_PERCENT 50
#define ALL_PERCENT 75


static void
alarm_note(int signal_number)
{
    (void)signal_number;
}


/* A signal ends a flock() that waits.  It comes again and again: the first one
 * may come before the wait has begun. */
static void
alarm_set(long ms)
{
    const struct sigaction action = { .sa_handler = alarm_note };
    const struct itimerval timer = {
        .it_value = { ms / 1000, ms % 1000 * 1000 },
        .it_interval = { 0, ms == 0 ? 0 : ALARM_AGAIN_MS * 1000 },
    };

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
}


/* The kernel keeps the queue, and wakes a waiting process when the lock is
 * free. */
static int
lock_until(int fd, int operation, int64_t until)
{
    int64_t now = clock_ms();
    int rc;

    if (now >= until) {
        return DECLINED;
    }

    alarm_set((long)(until - now));

    do {
        rc = flock(fd, operation);
    } while (rc != 0 && errno == EINTR && clock_ms() < until);

    alarm_set(0);

    return rc == 0 ? OK : errno == EINTR ? DECLINED : ERROR;
}


static int64_t
min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}


static int
lock_wait(int fd, int operation, const lock_wait_t *wait)
{
    /* the clock is rounded down: with one more, no wait ends early */
    int64_t now = clock_ms(), until = now + min(wait->each, wait->all) + 1;
    int rc;

    if (waiting_is_full(&wait->what, REPOSITORY_PERCENT, ALL_PERCENT)) {
        return DECLINED;
    }

    rc = lock_until(fd, operation, min(until, now + LOCK_MOMENT_MS));

    if (rc == DECLINED
        && waiting_begin(&wait->what, REPOSITORY_PERCENT, ALL_PERCENT)) {
        rc = lock_until(fd, operation, until);
        waiting_end();
    }

    return rc;
}


int
lock_take(int fd, int operation, lock_wait_t *wait)
{
    int64_t began;
    int rc;

    if (flock(fd, operation | LOCK_NB) == 0) {
        return OK;
    }

    if (errno != EWOULDBLOCK) {
        return ERROR;
    }

    began = clock_ms();
    rc = lock_wait(fd, operation, wait);
    wait->all -= (long)(clock_ms() - began);

    if (rc == DECLINED) {
        errno = ETIMEDOUT;
    }

    return rc;
}
