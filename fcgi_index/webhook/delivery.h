/* delivery.h: when an event is sent to a webhook again, and when no more.
 * Pure but for the pool. */

#ifndef DELIVERY_H
#define DELIVERY_H

#include "db/db_delivery.h"

typedef enum {
    DELIVERY_DUE,
    DELIVERY_DONE,
    DELIVERY_DEAD,
    DELIVERY_WAITING, /* for the callback of another one: chain.h */
    DELIVERY_BROKEN,  /* that callback was a failure, or did not come */
    DELIVERY_STATE_N
} delivery_state_t;

extern const char *const delivery_state_words[]; /* ends in NULL */

#define DELIVERY_ATTEMPTS 10
#define DELIVERY_WAIT_MAX 86400     /* seconds that a receiver may ask for */
#define DELIVERY_BREAKER 5          /* failures in a row that open it */
#define DELIVERY_OFF_ATTEMPTS 10    /* none of which went well */
#define DELIVERY_OFF_SECONDS 432000 /* for so long: five days */
/* Of a webhook's log, in addition to what is still to be sent: the dead ones,
 * which may be sent again, and those of any other state. */
#define DELIVERY_DEAD_KEPT 10000
#define DELIVERY_KEPT 1000
/* Of a delivery that waits for another one: how long for its callback, and how
 * long at most, as its attempts take three days and a little. */
#define DELIVERY_CALLBACK_SECONDS 3600
#define DELIVERY_CHAIN_SECONDS 432000
#define DELIVERY_AGAIN_MAX 1000 /* dead ones that are sent again at once */

/* What came of an attempt. */
typedef struct {
    int status; /* of the answer; 0: none */
    long retry_after;
    unsigned attempts;     /* of this delivery, with this one */
    uint64_t failures;     /* of the webhook in a row, before this one */
    int64_t failing_since; /* since when; now where it is the first */
    int64_t now;
    unsigned random; /* any number, for the jitter */
} delivery_result_t;

/* What follows. */
typedef struct {
    delivery_state_t state;
    int64_t next_at;      /* of DELIVERY_DUE */
    int64_t paused_until; /* the webhook; 0: is not */
    const char *off;      /* why the webhook is switched off; NULL: it is not */
} delivery_verdict_t;

/* Success is 2xx alone.  What fails waits longer each time, a fifth more or
 * less.  410 switches the webhook off, as do five days without a success.
 * Retry-After, 429, 502, 503 and 504 slow the whole webhook down, as do several
 * failures in a row. */
delivery_verdict_t delivery_judge(const delivery_result_t *result);

/* Bytes from outside as a column can have them: valid UTF-8 without control
 * characters but newlines and tabs; in the pool. */
const char *delivery_text(pool_t *pool, str_t bytes);

#endif
