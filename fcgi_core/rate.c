/* rate.c: how often something may be done. */

#include "fcgi_core/rate.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/shared.h"

#include <stdatomic.h>

#define BUCKETS 1024
#define BUCKET 8

typedef struct {
    _Atomic uint64_t key; /* 0: free */
    _Atomic int64_t free_at;
} count_t;

struct rate_s {
    count_t buckets[BUCKETS][BUCKET];
};


rate_t *
rate_create(void)
{
    return shared_create(sizeof(rate_t));
}


static count_t *
count_find(const rate_t *rate, uint64_t key)
{
    count_t *bucket = (count_t *)rate->buckets[(key >> 1) % BUCKETS];

    for (size_t i = 0; i < BUCKET; i++) {
        if (bucket[i].key == key) {
            return &bucket[i];
        }
    }

    return NULL;
}


/* Replaces the count of the bucket that ends first.  If two processes replace
 * the same one, one of them is not counted. */
static count_t *
count_make(rate_t *rate, uint64_t key)
{
    count_t *bucket = rate->buckets[(key >> 1) % BUCKETS], *count = bucket;

    for (size_t i = 1; i < BUCKET; i++) {
        if (bucket[i].free_at < count->free_at) {
            count = &bucket[i];
        }
    }

    count->free_at = 0;
    count->key = key;

    return count;
}


unsigned
rate_wait(const rate_t *rate, const rate_limit_t *limit, uint64_t key)
{
    const count_t *count = count_find(rate, key);
    int64_t now = clock_ms(), allowed_at;

    if (count == NULL) {
        return 0;
    }

    allowed_at = count->free_at - (limit->at_once - 1) * limit->interval;

    return allowed_at > now ? (unsigned)((allowed_at - now + 999) / 1000) : 0;
}


int64_t
rate_left(const rate_t *rate, const rate_limit_t *limit, uint64_t key)
{
    const count_t *count = count_find(rate, key);
    int64_t ahead = count != NULL ? count->free_at - clock_ms() : 0, used;

    used = ahead > 0 ? (ahead + limit->interval - 1) / limit->interval : 0;

    return used < limit->at_once ? limit->at_once - used : 0;
}


void
rate_count(rate_t *rate, const rate_limit_t *limit, uint64_t key)
{
    int64_t now = clock_ms(), before, after;
    count_t *count = count_find(rate, key);

    if (count == NULL) {
        count = count_make(rate, key);
    }

    before = count->free_at;

    do {
        after = (before > now ? before : now) + limit->interval;
    } while (!atomic_compare_exchange_weak(&count->free_at, &before, after));
}
