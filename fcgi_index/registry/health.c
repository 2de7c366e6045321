/* health.c: when a registry counts as up or down. */

#include "registry/health.h"

#define FAILURES 3
#define SUCCESSES 2
#define FLAPS_MAX 4
#define FLAP_SECONDS 3600


static uint64_t
needed(const health_t *health)
{
    switch (health->state) {
    case REGISTRY_DOWN:
        return SUCCESSES << health->flaps;
    default:
        return FAILURES;
    }
}


static health_t
change(health_t health, registry_state_t state, int64_t now)
{
    if (state == REGISTRY_DOWN) {
        bool is_flap = health.state == REGISTRY_UP
                       && health.changed_at > now - FLAP_SECONDS;

        health.flaps = !is_flap                    ? 0
                       : health.flaps >= FLAPS_MAX ? FLAPS_MAX
                                                   : health.flaps + 1;
    }

    health.state = state;
    health.changed_at = now;
    health.streak = 0;

    return health;
}


health_t
health_judge(health_t health, bool is_good, int64_t now)
{
    bool is_other =
        is_good ? health.state != REGISTRY_UP : health.state != REGISTRY_DOWN;

    if (health.flaps > FLAPS_MAX) {
        health.flaps = FLAPS_MAX;
    }

    health.streak = is_other ? health.streak + 1 : 0;

    if (is_good && health.state == REGISTRY_UNKNOWN) {
        return change(health, REGISTRY_UP, now);
    }

    if (health.streak < needed(&health)) {
        return health;
    }

    return change(health, is_good ? REGISTRY_UP : REGISTRY_DOWN, now);
}


bool
health_is_good(int status)
{
    return (status >= 200 && status < 300) || status == 401;
}
