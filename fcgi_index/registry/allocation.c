/* allocation.c: to which registries a client is sent for a repository. */

#include "registry/allocation.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"
#include "registry/endpoint.h"

#include <stdlib.h>
#include <sys/random.h>

typedef struct {
    const registry_row_t *row;
    unsigned rank; /* by state and kind; lower ones first */
} candidate_t;

typedef struct {
    candidate_t rows[REGISTRIES_MAX];
    size_t n;
} candidates_t;


/* --- which ---------------------------------------------------------------- */

static bool
serves(const registry_row_t *row, const char *repository)
{
    const char *p = row->patterns;

    while (*p != '\0') {
        size_t len = strcspn(p, "\n");

        if (credential_pattern_matches((str_t){ len, (unsigned char *)p },
                                       reg_cstr(repository))) {
            return true;
        }

        p += len + (p[len] == '\n');
    }

    return false;
}


static bool
is_exclusive(const registry_row_t *row)
{
    return row->kind == REGISTRY_VENDOR || row->kind == REGISTRY_PRIVATE;
}


/* Also one of weight 0: others do not get what belongs to it. */
bool
allocation_has_owner(const registry_row_t *rows, size_t n,
                     const char *repository)
{
    for (size_t i = 0; i < n; i++) {
        if (is_exclusive(&rows[i]) && serves(&rows[i], repository)) {
            return true;
        }
    }

    return false;
}


static bool
is_candidate(const registry_row_t *row, const allocation_ask_t *ask,
             bool has_owner)
{
    if (row->weight == 0 || !serves(row, ask->repository)) {
        return false;
    }

    if (row->kind == REGISTRY_MIRROR) {
        return !ask->is_push && !ask->is_private;
    }

    return is_exclusive(row) == has_owner;
}


/* --- in which order ------------------------------------------------------- */

#define RANK_DOWN 4

static unsigned
rank_of(const registry_row_t *row, int64_t now)
{
    static const unsigned ranks[REGISTRY_STATE_N] = {
        [REGISTRY_UP] = 0, [REGISTRY_UNKNOWN] = 2, [REGISTRY_DOWN] = RANK_DOWN
    };

    return ranks[registry_state(row, now)] + (row->kind != REGISTRY_MIRROR);
}


/* xorshift64*: spreads clients, and is no secret. */
static uint64_t
random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;

    return *state * 0x2545F4914F6CDD1DULL;
}


/* Of those from first on that have its rank, one by their weights. */
static size_t
draw(const candidates_t *c, size_t first, uint64_t *state)
{
    uint64_t sum = 0, at;
    size_t end = first;

    while (end < c->n && c->rows[end].rank == c->rows[first].rank) {
        sum += c->rows[end++].row->weight;
    }

    at = random_next(state) % sum;

    while (at >= c->rows[first].row->weight) {
        at -= c->rows[first++].row->weight;
    }

    return first;
}


static int
compare(const void *a, const void *b)
{
    const candidate_t *x = a, *y = b;

    return x->rank != y->rank ? (x->rank < y->rank ? -1 : 1)
                              : strcmp(x->row->name, y->row->name);
}


static void
order(candidates_t *c, uint64_t random)
{
    uint64_t state = random | 1;

    qsort(c->rows, c->n, sizeof(c->rows[0]), compare);

    for (size_t i = 0; i < c->n; i++) {
        size_t k = draw(c, i, &state);
        candidate_t drawn = c->rows[k];

        memmove(&c->rows[i + 1], &c->rows[i], (k - i) * sizeof(c->rows[0]));
        c->rows[i] = drawn;
    }
}


/* --- what nginx says ------------------------------------------------------ */

static void
word_refuse(const char *repository, str_t word)
{
    unsigned char text[3 * ENDPOINT_MAX + 1];
    size_t len = 0;

    for (size_t i = 0; i < word.len && i < ENDPOINT_MAX; i++) {
        unsigned char c = word.data[i];

        text[len++] = c > ' ' && c < 0x7f ? c : '?';
    }

    log_error("INDEX_ENDPOINTS names no registry for %s: %.*s", repository,
              (int)len, text);
}


/* Whether there are endpoints among the words: they are the allocation. */
static bool
replace(pool_t *pool, const allocation_ask_t *ask, allocation_t *allocation)
{
    str_t rest = reg_cstr(ask->override), word;

    while ((word = endpoint_next(&rest)).len != 0
           && allocation->n < ALLOCATION_MAX) {
        if (!endpoint_is_meant(word)) {
            continue;
        }

        if (endpoint_is_valid(word)) {
            allocation->endpoints[allocation->n++] = pool_strndup(pool, word);
        } else {
            word_refuse(ask->repository, word);
        }
    }

    return allocation->n != 0;
}


static bool
is_known(const registry_row_t *rows, size_t n, str_t word)
{
    for (size_t i = 0; i < n; i++) {
        if (reg_str_eq(word, reg_cstr(rows[i].name))) {
            return true;
        }
    }

    return false;
}


/* A name that no registry has is a mistake in nginx.conf. */
static void
words_check(const registry_row_t *rows, size_t n, const allocation_ask_t *ask)
{
    str_t rest = reg_cstr(ask->override), word;

    while ((word = endpoint_next(&rest)).len != 0) {
        if (!endpoint_is_meant(word) && !is_known(rows, n, word)) {
            word_refuse(ask->repository, word);
        }
    }
}


/* Leaves those that are named; all of them where none is. */
static void
narrow(candidates_t *c, const char *list)
{
    candidates_t named = { .n = 0 };

    for (size_t i = 0; i < c->n; i++) {
        if (endpoint_is_listed(list, c->rows[i].row->name)) {
            named.rows[named.n++] = c->rows[i];
        }
    }

    if (named.n != 0) {
        *c = named;
    }
}


/* --- the allocation ------------------------------------------------------- */

static candidates_t
candidates_find(const registry_row_t *rows, size_t n,
                const allocation_ask_t *ask, int64_t now)
{
    candidates_t c = { .n = 0 };
    bool is_owned = allocation_has_owner(rows, n, ask->repository);

    for (size_t i = 0; i < n && c.n < REGISTRIES_MAX; i++) {
        if (is_candidate(&rows[i], ask, is_owned)) {
            c.rows[c.n++] = (candidate_t){ &rows[i], rank_of(&rows[i], now) };
        }
    }

    return c;
}


void
allocation_pick(pool_t *pool, const registry_row_t *rows, size_t n,
                const allocation_ask_t *ask, int64_t now, uint64_t random,
                allocation_t *allocation_r)
{
    bool has_override = ask->override != NULL && ask->override[0] != '\0';
    candidates_t c;

    allocation_r->n = 0;

    if (has_override && replace(pool, ask, allocation_r)) {
        return;
    }

    c = candidates_find(rows, n, ask, now);

    if (has_override) {
        words_check(rows, n, ask);

        if (!ask->is_push) {
            narrow(&c, ask->override);
        }
    }

    order(&c, random);

    for (size_t i = 0; i < c.n && i < ALLOCATION_MAX; i++) {
        allocation_r->endpoints[allocation_r->n++] = c.rows[i].row->endpoint;
    }
}


size_t
allocation_first(const registry_row_t *rows, size_t n,
                 const allocation_ask_t *ask, int64_t now,
                 const registry_row_t **rows_r)
{
    candidates_t c = candidates_find(rows, n, ask, now);
    unsigned best = RANK_DOWN;
    size_t n_first = 0;

    for (size_t i = 0; i < c.n; i++) {
        best = c.rows[i].rank < best ? c.rows[i].rank : best;
    }

    for (size_t i = 0; i < c.n; i++) {
        if (c.rows[i].rank == best && best < RANK_DOWN) {
            rows_r[n_first++] = c.rows[i].row;
        }
    }

    return n_first;
}


int
allocation_find(db_t *db, const allocation_ask_t *ask,
                allocation_t *allocation_r)
{
    registry_row_t *rows;
    uint64_t random = 1;
    size_t n;

    if (db_registry_list(db, "", REGISTRIES_MAX, &rows, &n) != OK) {
        return ERROR;
    }

    /* only spreads the load: any number does */
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random)) {
        random = (uint64_t)clock_now();
    }

    allocation_pick(db_pool(db), rows, n, ask, clock_now(), random,
                    allocation_r);

    return OK;
}
