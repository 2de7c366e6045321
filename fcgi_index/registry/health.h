/* health.h: when a registry counts as up or down, by the results of checks.
 * Pure.
 *
 * Three failures in a row take a registry down, two successes bring it up
 * again.  One that goes down within an hour of coming up needs twice as many
 * successes each time, 32 at most.  The first success of a registry of which
 * nothing is known brings it up at once. */

#ifndef HEALTH_H
#define HEALTH_H

#include "registry/registry_map.h"

typedef struct {
    registry_state_t state;
    int64_t changed_at; /* seconds since 1970; 0: never */
    uint64_t streak;    /* results in a row that contradict the state */
    uint64_t flaps;     /* doublings of what is needed to come up */
} health_t;

/* What follows from a check. */
health_t health_judge(health_t health, bool is_good, int64_t now);

/* Whether an answer of this status is a success: 2xx, or 401, which a registry
 * with tokens answers to those who come without one. */
bool health_is_good(int status);

#endif
