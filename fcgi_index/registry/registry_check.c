/* registry_check.c: checks the registries of the map. */

#include "registry/registry_check.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"
#include "registry/health.h"
#include "webhook/delivery.h"

#define CONNECT_MS 3000
#define LEASE_SLACK 10 /* seconds that writing the results may take */
#define WAIT_MS 100
#define MESSAGE_MAX 255

typedef struct {
    const registry_due_row_t *row;
    http_request_t request;
    http_reply_t reply;
    bool is_over;
} probe_t;

typedef struct {
    const registry_check_t *check;
    registry_due_row_t *rows;
    size_t n;
    int64_t now;
} claim_t;


static int
claim_in_transaction(void *data)
{
    claim_t *claim = data;
    db_t *db = claim->check->db;
    int64_t until = claim->now + claim->check->timeout + LEASE_SLACK;
    int rc = db_registry_due(db, claim->now, REGISTRIES_MAX, &claim->rows,
                             &claim->n);

    for (size_t i = 0; rc == OK && i < claim->n; i++) {
        rc = db_registry_lease(db, claim->rows[i].id, until);
    }

    return rc;
}


static void
probe_done(void *data, const http_reply_t *reply)
{
    probe_t *probe = data;

    probe->reply = *reply;
    probe->is_over = true;
}


static void
probe_begin(const registry_check_t *check, probe_t *probe)
{
    static const char *const lines[] = { "Accept: application/json",
                                         "User-Agent: slipway-index", NULL };

    probe->request = (http_request_t){ .url = probe->row->check_url,
                                       .lines = lines,
                                       .is_get = true,
                                       .connect_timeout = CONNECT_MS,
                                       .timeout = check->timeout * 1000,
                                       .done = probe_done,
                                       .data = probe };

    if (http_many_send(check->http, db_pool(check->db), &probe->request)
        != OK) {
        probe->reply.error = "the URL cannot be understood";
        probe->is_over = true;
    }
}


static bool
is_any_under_way(const probe_t *probes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!probes[i].is_over) {
            return true;
        }
    }

    return false;
}


/* Why it failed; NULL where it did not. */
static const char *
message_of(pool_t *pool, const probe_t *probe)
{
    const http_reply_t *reply = &probe->reply;
    str_t text;

    if (health_is_good(reply->status)) {
        return NULL;
    }

    if (reply->status != 0) {
        return pool_printf(pool, "it answered %d", reply->status);
    }

    text = reg_cstr(reply->error);
    text.len = text.len < MESSAGE_MAX ? text.len : MESSAGE_MAX;

    return delivery_text(pool, text);
}


static int
probe_end(const registry_check_t *check, const probe_t *probe)
{
    const registry_due_row_t *row = probe->row;
    health_t health = { .state = row->state < REGISTRY_STATE_N
                                     ? (registry_state_t)row->state
                                     : REGISTRY_UNKNOWN,
                        .changed_at =
                            row->changed_at != NULL ? *row->changed_at : 0,
                        .streak = row->streak,
                        .flaps = row->flaps };
    const char *message = message_of(db_pool(check->db), probe);
    int64_t now = clock_now();
    health_t next = health_judge(health, message == NULL, now);

    if (next.state != health.state) {
        log_info("registry %s is %s%s%s", row->name,
                 registry_state_words[next.state], message != NULL ? ": " : "",
                 message != NULL ? message : "");
    } else if (message != NULL && next.streak == 1) {
        log_info("registry %s failed a check, the first in a row: %s",
                 row->name, message);
    }

    return db_registry_checked(check->db, row->id, row->edition, next.state,
                               next.changed_at != 0 ? &next.changed_at : NULL,
                               now, next.streak, next.flaps, message,
                               now + check->every);
}


int
registry_check_run(const registry_check_t *check, size_t *n_r)
{
    claim_t claim = { .check = check, .now = clock_now() };
    probe_t *probes;

    *n_r = 0;

    if (db_transaction(check->db, claim_in_transaction, &claim) != OK) {
        return ERROR;
    }

    probes = pool_alloc(db_pool(check->db), (claim.n + 1) * sizeof(probes[0]));

    for (size_t i = 0; i < claim.n; i++) {
        probes[i].row = &claim.rows[i];
        probe_begin(check, &probes[i]);
    }

    while (is_any_under_way(probes, claim.n)) {
        http_many_wait(check->http, WAIT_MS);
    }

    for (size_t i = 0; i < claim.n; i++) {
        if (probe_end(check, &probes[i]) == ERROR) {
            return ERROR;
        }
    }

    *n_r = claim.n;

    return OK;
}
