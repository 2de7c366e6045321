/* plan.h: what a test wants to go wrong in a server, and when.
 *
 * A test and all processes of the server share the struct below, in a file
 * that the environment names (tests/testenv/faults.py).  preload.c counts
 * calls of libc by it, store.c those of a store's driver: at the n-th call a
 * process fails, dies or waits. */

#ifndef PLAN_H
#define PLAN_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PLAN_STORE "/docker/registry/v2"
#define PLAN_SPOOL "/slipway/events"

/* An action is PLAN_KILL, PLAN_WAIT, PLAN_SHORT or an errno, with others or'ed
 * to it. */
#define PLAN_FOR_GOOD 0x40000000 /* every call from then on */
#define PLAN_KILL 0x20000000
#define PLAN_WAIT 0x10000000  /* until there is another plan */
#define PLAN_AFTER 0x08000000 /* not before the call, but when it is done */
#define PLAN_SHORT 0x04000000 /* half of the bytes are written */
#define PLAN_ERRNO 0x0000ffff

/* What a call does, or'ed: a full disk refuses only what takes room, one that
 * is read-only every change; descriptors run out where something is opened;
 * and to die before a look is to die after the change before it. */
#define PLAN_LOOKS 0
#define PLAN_FREES 1
#define PLAN_TAKES 2
#define PLAN_CHANGES (PLAN_FREES | PLAN_TAKES)
#define PLAN_OPENS 4

#define PLAN_WAIT_STEP 1000 /* microseconds */
#define PLAN_TRACE_MAX (1 << 20)
#define PLAN_LINE_MAX 2100

typedef struct {
    int32_t action;    /* 0: none */
    int32_t countdown; /* fires when this becomes 0 */
    int32_t fired;     /* how often it did */
    int32_t is_traced;
    int32_t serial;             /* each plan has its own */
    uint32_t traced;            /* bytes below */
    char trace[PLAN_TRACE_MAX]; /* lines: name of the call, path */
} plan_t;

static plan_t *plan;

/* Of the plan that was in force when this process took the request that it
 * serves; what it does for a request of an earlier time is not counted. */
static int32_t request_serial;
static int is_serving;

/* Of the plan by which the last call was counted. */
static int32_t counted_serial;


/* Where the environment names a plan. */
static void
plan_open(const char *variable)
{
    const char *path = getenv(variable);
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *map;

    if (fd < 0) {
        return;
    }

    map = mmap(NULL, sizeof(plan_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);

    if (map != MAP_FAILED) {
        plan = map;
    }
}


/* Whether a path is what plans are about. */
static int
plan_watches(const char *path)
{
    return plan != NULL && path != NULL
           && (strstr(path, PLAN_STORE) != NULL
               || strstr(path, PLAN_SPOOL) != NULL);
}


static int32_t
plan_serial(void)
{
    return __atomic_load_n(&plan->serial, __ATOMIC_SEQ_CST);
}


/* This process has taken a request. */
static inline void
plan_note_request(void)
{
    if (plan != NULL) {
        is_serving = 1;
        request_serial = plan_serial();
    }
}


/* Whether what this process does has nothing to do with the plan. */
static int
plan_is_anothers(void)
{
    return is_serving && request_serial != plan_serial();
}


/* Counts a call; the action where it is this one's turn, else 0. */
static int
plan_next(int does)
{
    int action = __atomic_load_n(&plan->action, __ATOMIC_SEQ_CST), left;
    int err = action & PLAN_ERRNO;

    counted_serial = plan_serial();

    if (action == 0 || plan_is_anothers()
        || (err == ENOSPC && (does & PLAN_TAKES) == 0)
        || (err == EMFILE && (does & PLAN_OPENS) == 0)
        || ((err == EROFS || (action & PLAN_KILL) != 0)
            && (does & PLAN_CHANGES) == 0)) {
        return 0;
    }

    left = __atomic_sub_fetch(&plan->countdown, 1, __ATOMIC_SEQ_CST);

    if (left != 0 && !(left < 0 && (action & PLAN_FOR_GOOD) != 0)) {
        return 0;
    }

    __atomic_add_fetch(&plan->fired, 1, __ATOMIC_SEQ_CST);

    /* a disk gets full: one write is short, all that follow fail */
    return left < 0 && err != 0 ? action & ~PLAN_SHORT : action;
}


/* Dies or waits, where that is the action. */
static void
plan_stop(int action)
{
    if ((action & PLAN_KILL) != 0) {
        kill(getpid(), SIGKILL);
    }

    while ((action & PLAN_WAIT) != 0 && plan_serial() == counted_serial) {
        usleep(PLAN_WAIT_STEP);
    }
}


/* Notes a call that has succeeded. */
static void
plan_trace(const char *name, const char *path)
{
    char line[PLAN_LINE_MAX];
    uint32_t at;
    int len;

    if (!plan_watches(path) || !plan->is_traced || plan_is_anothers()) {
        return;
    }

    len = snprintf(line, sizeof(line), "%s %s\n", name, path);
    at = __atomic_fetch_add(&plan->traced, (uint32_t)len, __ATOMIC_SEQ_CST);

    if (at + (uint32_t)len < PLAN_TRACE_MAX) {
        memcpy(plan->trace + at, line, (size_t)len);
    }
}

#endif
