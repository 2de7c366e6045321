/* courier.c: sends events to webhooks. */

#include "webhook/courier.h"
#include "webhook/callback.h"
#include "webhook/chain.h"
#include "db/db_callback.h"
#include "webhook/delivery.h"
#include "webhook/payload.h"
#include "webhook/signature.h"
#include "webhook/webhook_hold.h"
#include "webhook/webhook.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/http.h"
#include "fcgi_core/log.h"
#include "fcgi_core/seal.h"
#include "fcgi_core/uuid.h"

#include <sys/random.h>

#define SENDING_MAX 512 /* attempts at the same time */
#define FAILING_MAX 256 /* of them, those of webhooks that fail */
#define HOST_MAX 64     /* of one host */
#define HEALTHY_MAX 16  /* of one webhook whose last attempt went well */
#define HOOK_MAX 4      /* of any other */
#define HOOKS_PAGE 500  /* webhooks that are read together */
#define GIVE_UP_ROWS 200
#define PURGE_ROWS 500
#define PURGE_MS 60000
#define PURGE_BUSY_MS 200 /* where there is more to purge */
#define PURGE_HOOKS 50
#define LATE_MS 1000
#define DAY 86400
#define IDLE_MS 250 /* how often the database is asked */
#define BUSY_MS 5
#define AWAY_MS 1000 /* the same where the database failed */
#define CONNECT_MS 5000
#define LEASE_SLACK 10 /* seconds that an attempt's end may take */
#define LINES_MAX (SIGNATURE_LINES + 4)
#define LOGGED_MAX 4096 /* bytes of a request's body in the log */
#define CREDENTIALS "Authorization: "

typedef struct courier_s courier_t;

/* An attempt that is under way. */
typedef struct {
    pool_t *pool;
    uint64_t webhook_id, delivery_id;
    unsigned attempts; /* before this one */
    bool is_failing;   /* the webhook's last attempt went wrong */
    const char *host;  /* of the URL, with its scheme and port */
    const char *lease;
    int64_t until;        /* of the lease */
    const char *callback; /* the random part of its callback_url, or NULL */
    int64_t at;
    http_request_t request;
    const char *lines[LINES_MAX + 1];
    bool is_over;
    http_reply_t reply;
} sending_t;

struct courier_s {
    const courier_conf_t *conf;
    db_t *db;
    pool_t *pool; /* reset with each turn */
    http_many_t *http;
    sending_t *sendings[SENDING_MAX];
    size_t n;
    bool is_busy; /* there may be more to claim at once */
    bool is_more; /* webhooks behind the page that was scanned */
    int64_t next_scan, next_finish, next_late, next_purge;
    uint64_t ready[HOOKS_PAGE]; /* webhooks that something is due to */
    size_t n_ready;
    /* the last webhook of the page before: of what is due, of what waits, and
     * of the log */
    uint64_t after, late_after, log_after;
};


/* --- how many ------------------------------------------------------------- */

static size_t
count_failing(const courier_t *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n; i++) {
        n += c->sendings[i]->is_failing;
    }

    return n;
}


static size_t
count_of(const courier_t *c, uint64_t webhook_id, const char *host)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n; i++) {
        n += host != NULL ? strcmp(c->sendings[i]->host, host) == 0
                          : c->sendings[i]->webhook_id == webhook_id;
    }

    return n;
}


static size_t
room(size_t limit, size_t used)
{
    return used < limit ? limit - used : 0;
}


static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}


/* What the URL says before its path. */
static const char *
host_of(pool_t *pool, const char *url)
{
    const char *slashes = strstr(url, "://");
    size_t len = slashes != NULL ? (size_t)(slashes - url) + 3 : 0;

    len += strcspn(url + len, "/?");

    return pool_strndup(pool, (str_t){ len, (unsigned char *)url });
}


/* Attempts that may begin now.  One that comes after a pause is alone. */
static size_t
room_of(const courier_t *c, uint64_t webhook_id,
        const webhook_target_row_t *target)
{
    bool is_failing = target->failures > 0;
    size_t limit = target->failures >= DELIVERY_BREAKER ? 1
                   : is_failing                         ? HOOK_MAX
                                                        : HEALTHY_MAX;
    size_t n = room(limit, count_of(c, webhook_id, NULL));

    n = smaller(n,
                room(HOST_MAX, count_of(c, 0, host_of(c->pool, target->url))));
    n = smaller(n, room(SENDING_MAX, c->n));

    return is_failing ? smaller(n, room(FAILING_MAX, count_failing(c))) : n;
}


/* --- an attempt ----------------------------------------------------------- */

static void
sending_done(void *data, const http_reply_t *reply)
{
    sending_t *s = data;

    s->reply = *reply;
    s->is_over = true;
}


/* It ends without having begun. */
static void
sending_fail(sending_t *s, const char *error)
{
    s->attempts = DELIVERY_ATTEMPTS - 1;
    s->reply = (http_reply_t){ .error = error };
    s->is_over = true;
}


/* NULL where there is none, or where the key is another one. */
static const char *
unseal(const courier_t *c, pool_t *pool, const char *sealed)
{
    str_t text;

    if (sealed == NULL) {
        return NULL;
    }

    if (seal_open(pool, c->conf->key, reg_cstr(sealed), &text) != OK) {
        log_warn("a webhook's secret was sealed with another secret file: "
                 "rotate it");
        return NULL;
    }

    return (const char *)text.data;
}


static void
lines_make(const courier_t *c, sending_t *s, const char *uuid,
           const webhook_target_row_t *target, const char *content_type)
{
    signature_t signature = { .secret = unseal(c, s->pool, target->secret),
                              .id = uuid,
                              .timestamp = s->at,
                              .body = s->request.body };
    const char *credentials = unseal(c, s->pool, target->credentials);
    size_t n = 0;

    if (target->old_until > s->at) {
        signature.old_secret = unseal(c, s->pool, target->old_secret);
    }

    s->lines[n++] = pool_printf(s->pool, "Content-Type: %s", content_type);
    n += signature_lines(s->pool, &signature, s->lines + n);

    if (credentials != NULL) {
        s->lines[n++] = pool_printf(s->pool, CREDENTIALS "%s", credentials);
    }

    s->lines[n] = NULL;
}


static const char *
callback_url(const courier_t *c, const sending_t *s)
{
    return s->callback != NULL ? pool_printf(s->pool, "%s" CALLBACK_PATH "%s",
                                             c->conf->origin, s->callback)
                               : NULL;
}


/* ERROR: the database failed; the lease brings it back. */
static int
sending_begin(courier_t *c, sending_t *s, uint64_t event_id,
              const webhook_target_row_t *target)
{
    payload_t payload = { .origin = c->conf->origin,
                          .form = (webhook_form_t)target->form,
                          .has_host = target->has_host,
                          .callback_url = callback_url(c, s) };
    delivery_event_row_t event;
    const char *content_type;
    int rc;

    db_use(c->db, s->pool);
    rc = db_delivery_event(c->db, event_id, &event);
    db_use(c->db, c->pool);

    if (rc == ERROR) {
        return ERROR;
    }

    if (rc == OK) {
        payload.uuid = event.uuid;
        payload.kind = (webhook_event_kind_t)event.event;
        payload.number = event.number;
        payload.at = event.at;
        payload.data = event.data;
        rc = payload_make(s->pool, &payload, &s->request.body, &content_type);
    }

    if (rc != OK) {
        sending_fail(s, "the form of the webhook has no words for this event");
        return OK;
    }

    lines_make(c, s, event.uuid, target, content_type);
    s->request.url = pool_strdup(s->pool, target->url);
    s->request.lines = s->lines;
    s->request.connect_timeout = CONNECT_MS;
    s->request.timeout = c->conf->timeout * 1000;
    s->request.done = sending_done;
    s->request.data = s;

    if (http_many_send(c->http, s->pool, &s->request) != OK) {
        sending_fail(s, "the URL cannot be understood");
    }

    return OK;
}


/* --- claiming ------------------------------------------------------------- */

typedef struct {
    courier_t *courier;
    uint64_t webhook_id;
    size_t limit;
    int64_t now, until;
    const char *lease;
    bool has_callback;
    delivery_claim_row_t *rows;
    const char **callbacks; /* of the rows */
    size_t n;
} claim_t;


static int
claim_row(claim_t *claim, size_t i)
{
    courier_t *c = claim->courier;
    uint64_t id = claim->rows[i].id;

    if (db_delivery_lease(c->db, id, claim->lease, claim->until) != OK) {
        return ERROR;
    }

    claim->callbacks[i] =
        claim->has_callback ? callback_make(
            c->db, c->pool, id, claim->now + DELIVERY_CALLBACK_SECONDS)
                            : NULL;

    return claim->has_callback && claim->callbacks[i] == NULL ? ERROR : OK;
}


static int
claim_in_transaction(void *data)
{
    claim_t *claim = data;
    db_t *db = claim->courier->db;
    int rc = db_delivery_claim(db, claim->webhook_id, claim->now, claim->limit,
                               &claim->rows, &claim->n);

    claim->callbacks =
        pool_alloc(db_pool(db), claim->limit * sizeof(claim->callbacks[0]));

    for (size_t i = 0; rc == OK && i < claim->n; i++) {
        rc = claim_row(claim, i);
    }

    return rc;
}


static int
claimed_begin(courier_t *c, const claim_t *claim, size_t i,
              const webhook_target_row_t *target)
{
    pool_t *pool = pool_create();
    sending_t *s = pool_new(pool, sending_t);

    s->pool = pool;
    s->webhook_id = claim->webhook_id;
    s->delivery_id = claim->rows[i].id;
    s->attempts = (unsigned)claim->rows[i].attempts;
    s->is_failing = target->failures > 0;
    s->host = host_of(pool, target->url);
    s->lease = pool_strdup(pool, claim->lease);
    s->callback = claim->callbacks[i] != NULL
                      ? pool_strdup(pool, claim->callbacks[i])
                      : NULL;
    s->until = claim->until;
    s->at = claim->now;

    if (sending_begin(c, s, claim->rows[i].event_id, target) != OK) {
        pool_destroy(pool);
        return ERROR;
    }

    c->sendings[c->n++] = s;

    return OK;
}


/* Of a webhook that is off, or gone. */
static int
give_up_in_transaction(void *data)
{
    const claim_t *claim = data;
    db_t *db = claim->courier->db;
    delivery_due_row_t *rows;
    size_t n;
    int rc = db_delivery_due(db, claim->webhook_id, GIVE_UP_ROWS, &rows, &n);

    for (size_t i = 0; rc == OK && i < n; i++) {
        rc = db_delivery_move(db, rows[i].id, DELIVERY_DEAD, 0, &claim->now);

        if (rc == OK) {
            rc = chain_break(db, rows[i].id, claim->now);
        }
    }

    return rc;
}


/* *is_drained_r: there is nothing more to claim until the next scan. */
static int
claim_hook(courier_t *c, uint64_t webhook_id, int64_t now, bool *is_drained_r)
{
    char uuid[UUID_LEN + 1];
    webhook_target_row_t target;
    claim_t claim = { .courier = c,
                      .webhook_id = webhook_id,
                      .now = now,
                      .until = now + c->conf->timeout + LEASE_SLACK,
                      .lease = uuid };
    int rc = db_webhook_target(c->db, webhook_id, &target);

    if (rc == ERROR || uuid_make(uuid) != OK) {
        return ERROR;
    }

    *is_drained_r = true;

    if (rc == DECLINED || !target.is_enabled || target.form >= WEBHOOK_FORM_N) {
        return db_transaction(c->db, give_up_in_transaction, &claim);
    }

    if (target.paused_until > now) {
        return OK;
    }

    claim.has_callback = target.form == WEBHOOK_FORM_DOCKER_HUB;
    claim.limit = room_of(c, webhook_id, &target);
    rc = claim.limit != 0 ? db_transaction(c->db, claim_in_transaction, &claim)
                          : OK;
    *is_drained_r = claim.n < claim.limit;

    for (size_t i = 0; rc == OK && i < claim.n; i++) {
        rc = claimed_begin(c, &claim, i, &target);
    }

    return rc;
}


/* As many attempts are under way as there may be, as far as these know: the
 * database need not be asked. */
static bool
is_full(const courier_t *c, uint64_t webhook_id)
{
    size_t n = 0, n_failing = 0;

    for (size_t i = 0; i < c->n; i++) {
        if (c->sendings[i]->webhook_id == webhook_id) {
            n++;
            n_failing += c->sendings[i]->is_failing;
        }
    }

    return n >= HEALTHY_MAX || (n >= HOOK_MAX && n == n_failing);
}


/* Of the webhooks of the last scan: those that are not drained stay. */
static int
claim_some(courier_t *c)
{
    int64_t now = clock_now();
    size_t kept = 0;
    int rc = OK;

    for (size_t i = 0; rc == OK && i < c->n_ready; i++) {
        bool is_drained = false;

        if (!is_full(c, c->ready[i])) {
            rc = claim_hook(c, c->ready[i], now, &is_drained);
        }

        if (!is_drained) {
            c->ready[kept++] = c->ready[i];
        }
    }

    c->n_ready = kept;

    return rc;
}


/* A page of the webhooks that something waits for, then the next one.  This may
 * read all that is due, where the server knows little of the table yet: it
 * happens so often only, whatever is sent. */
static int
scan(courier_t *c)
{
    int64_t now = clock_now();
    delivery_hooks_row_t *rows;
    size_t n;
    int rc =
        db_delivery_hooks(c->db, DELIVERY_DUE, c->after, HOOKS_PAGE, &rows, &n);

    c->n_ready = 0;

    for (size_t i = 0; rc == OK && i < n; i++) {
        if (rows[i].next_at <= now && rows[i].paused_until <= now) {
            c->ready[c->n_ready++] = rows[i].webhook_id;
        }
    }

    c->is_more = rc == OK && n == HOOKS_PAGE;
    c->after = c->is_more ? rows[n - 1].webhook_id : 0;

    return rc;
}


static void
claim_due(courier_t *c)
{
    int64_t now = clock_ms();
    int rc = OK;

    if (c->is_more || now >= c->next_scan) {
        c->next_scan = now + IDLE_MS;
        rc = scan(c);
    }

    if (rc == OK) {
        rc = claim_some(c);
    }

    c->is_busy = c->is_more;

    if (rc != OK) {
        c->n_ready = 0;
        c->next_scan = clock_ms() + AWAY_MS;
    }
}


/* --- chains --------------------------------------------------------------- */

typedef struct {
    db_t *db;
    uint64_t webhook_id;
    int64_t now;
} late_t;


static int
late_in_transaction(void *data)
{
    const late_t *late = data;

    return chain_late(late->db, late->webhook_id, late->now);
}


/* A page of the webhooks of which something waits for another one. */
static void
late_some(courier_t *c)
{
    late_t late = { .db = c->db, .now = clock_now() };
    delivery_hooks_row_t *rows;
    size_t n;
    int rc = db_delivery_hooks(c->db, DELIVERY_WAITING, c->late_after,
                               HOOKS_PAGE, &rows, &n);

    for (size_t i = 0; rc == OK && i < n; i++) {
        late.webhook_id = rows[i].webhook_id;

        if (rows[i].next_at <= late.now) {
            rc = db_transaction(c->db, late_in_transaction, &late);
        }
    }

    c->late_after = rc == OK && n == HOOKS_PAGE ? rows[n - 1].webhook_id : 0;
}


/* What came of a delivery, for those that wait for it.  Where another courier
 * has it, nothing came of it. */
static int
chain_mark(courier_t *c, const sending_t *s, delivery_state_t state,
           int64_t now)
{
    delivery_is_dead_row_t dead;
    int rc;

    if (state == DELIVERY_DONE && s->callback != NULL) {
        return chain_accepted(c->db, s->delivery_id,
                              s->at + DELIVERY_CALLBACK_SECONDS);
    }

    if (state != DELIVERY_DEAD) {
        return OK;
    }

    rc = db_delivery_is_dead(c->db, s->delivery_id, &dead);

    if (rc == OK) {
        rc = chain_break(c->db, s->delivery_id, now);
    }

    return rc == ERROR ? ERROR : OK;
}


/* --- the end of an attempt ------------------------------------------------ */

static unsigned
random_number(void)
{
    unsigned number = 0;

    return getrandom(&number, sizeof(number), 0) == sizeof(number) ? number : 0;
}


/* Secrets are not for the log. */
static const char *
lines_print(const sending_t *s, pool_t *pool)
{
    const char *text = "";

    for (size_t i = 0; s->lines[i] != NULL; i++) {
        bool is_secret =
            strncmp(s->lines[i], CREDENTIALS, strlen(CREDENTIALS)) == 0;

        text = pool_printf(pool, "%s%s\n", text,
                           is_secret ? CREDENTIALS "***" : s->lines[i]);
    }

    return text;
}


static const char *
body_print(const sending_t *s, pool_t *pool)
{
    str_t body = s->request.body;
    const char *text, *secret;

    body.len = smaller(body.len, LOGGED_MAX);
    text = delivery_text(pool, body);
    secret = s->callback != NULL ? strstr(text, s->callback) : NULL;

    return secret != NULL ? pool_printf(pool, "%.*s***%s", (int)(secret - text),
                                        text, secret + CALLBACK_TOKEN_LEN)
                          : text;
}


static int
attempt_add(courier_t *c, const sending_t *s)
{
    return db_delivery_attempt_add(
        c->db, s->delivery_id, s->at, s->reply.took, (uint64_t)s->reply.status,
        s->reply.error != NULL
            ? delivery_text(c->pool, (str_t){ strnlen(s->reply.error, 255),
                                              (unsigned char *)s->reply.error })
            : NULL,
        lines_print(s, c->pool), body_print(s, c->pool),
        delivery_text(c->pool, s->reply.headers),
        delivery_text(c->pool, s->reply.body));
}


static int
hook_mark(courier_t *c, const sending_t *s, const delivery_verdict_t *verdict,
          int64_t now)
{
    if (verdict->state == DELIVERY_DONE) {
        return s->is_failing ? db_webhook_succeeded(c->db, s->webhook_id) : OK;
    }

    if (verdict->off != NULL) {
        log_warn("webhook %llu is switched off: %s",
                 (unsigned long long)s->webhook_id, verdict->off);

        if (db_webhook_off(c->db, s->webhook_id, verdict->off) != OK) {
            return ERROR;
        }
    }

    return db_webhook_failed(c->db, s->webhook_id, now, verdict->paused_until);
}


static int
sending_end(courier_t *c, const sending_t *s)
{
    int64_t now = clock_now();
    webhook_target_row_t target = { .failures = 0 };
    delivery_verdict_t verdict;
    int rc = s->reply.status / 100 == 2
                 ? OK
                 : db_webhook_target(c->db, s->webhook_id, &target);

    if (rc == ERROR) {
        return ERROR;
    }

    verdict = delivery_judge(&(delivery_result_t){
        .status = s->reply.status,
        .retry_after = s->reply.retry_after,
        .attempts = s->attempts + 1,
        .failures = target.failures,
        .failing_since =
            target.failing_since != NULL ? *target.failing_since : now,
        .now = now,
        .random = random_number() });

    if (attempt_add(c, s) != OK
        || db_delivery_end(c->db, s->delivery_id, s->lease, verdict.state,
                           verdict.next_at,
                           verdict.state != DELIVERY_DUE ? &now : NULL)
               != OK
        || chain_mark(c, s, verdict.state, now) != OK) {
        return ERROR;
    }

    return hook_mark(c, s, &verdict, now);
}


static int
finish_in_transaction(void *data)
{
    courier_t *c = data;
    int rc = OK;

    for (size_t i = 0; rc == OK && i < c->n; i++) {
        if (c->sendings[i]->is_over) {
            rc = sending_end(c, c->sendings[i]);
        }
    }

    return rc;
}


/* Those that could be written, and those whose lease has ended. */
static void
forget(courier_t *c, bool is_written)
{
    int64_t now = clock_now();
    size_t kept = 0;

    for (size_t i = 0; i < c->n; i++) {
        sending_t *s = c->sendings[i];

        if (s->is_over && (is_written || s->until < now)) {
            pool_destroy(s->pool);
        } else {
            c->sendings[kept++] = s;
        }
    }

    c->n = kept;
}


static void
finish_some(courier_t *c)
{
    bool is_any = false;

    if (clock_ms() < c->next_finish) {
        return;
    }

    for (size_t i = 0; i < c->n; i++) {
        is_any |= c->sendings[i]->is_over;
    }

    if (is_any) {
        bool is_written = db_transaction(c->db, finish_in_transaction, c) == OK;

        c->is_busy |= is_written;
        c->next_finish = is_written ? 0 : clock_ms() + AWAY_MS;
        forget(c, is_written);
    }
}


/* --- the process ---------------------------------------------------------- */

/* Each of these purges a batch and returns OK where there is more, DECLINED
 * where there is not, ERROR where the database failed. */

static int
purge_attempts(courier_t *c, int64_t before)
{
    delivery_attempt_oldest_row_t oldest;
    int rc = db_delivery_attempt_purge(c->db, before, PURGE_ROWS) == OK
                 ? db_delivery_attempt_oldest(c->db, &oldest)
                 : ERROR;

    return rc == OK && oldest.at >= before ? DECLINED : rc;
}


/* Events go behind their deliveries: not by their own time, which the store
 * says.  A transaction that is writing an event with a lower number than one of
 * yesterday has ended since. */
static int
purge_events(courier_t *c, const delivery_oldest_row_t *delivery, int64_t now)
{
    webhook_event_oldest_row_t event;
    int rc;

    if (delivery->created_at >= now - DAY) {
        return DECLINED;
    }

    rc = db_webhook_event_purge(c->db, delivery->event_id, PURGE_ROWS) == OK
             ? db_webhook_event_oldest(c->db, &event)
             : ERROR;

    return rc == OK && event.id >= delivery->event_id ? DECLINED : rc;
}


static int
purge_deliveries(courier_t *c, int64_t before, int64_t now)
{
    delivery_oldest_row_t oldest;
    int rc = db_delivery_purge(c->db, before, PURGE_ROWS) == OK
                 ? db_delivery_oldest(c->db, &oldest)
                 : ERROR;

    if (rc != OK || oldest.created_at < before) {
        return rc;
    }

    return purge_events(c, &oldest, now);
}


/* Of the deliveries of a webhook in a state that are more than are kept. */
static int
trim(courier_t *c, uint64_t webhook_id, delivery_state_t state)
{
    delivery_surplus_row_t surplus;
    delivery_behind_row_t behind;
    uint64_t last;
    int rc = db_delivery_surplus(
        c->db, webhook_id, state,
        state == DELIVERY_DEAD ? DELIVERY_DEAD_KEPT : DELIVERY_KEPT, &surplus);

    if (rc == OK) {
        rc = db_delivery_behind(c->db, webhook_id, state, PURGE_ROWS, &behind);
    }

    if (rc != OK) {
        return rc;
    }

    last = surplus.id < behind.id ? surplus.id : behind.id;

    if (db_delivery_attempt_trim(c->db, webhook_id, state, last) != OK
        || db_delivery_trim(c->db, webhook_id, state, last) != OK) {
        return ERROR;
    }

    return last < surplus.id ? OK : DECLINED;
}


static int
trim_hook(courier_t *c, uint64_t webhook_id)
{
    static const delivery_state_t states[] = { DELIVERY_DONE, DELIVERY_DEAD,
                                               DELIVERY_BROKEN };
    int rc = DECLINED;

    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        int one = trim(c, webhook_id, states[i]);

        if (one == ERROR) {
            return ERROR;
        }

        rc = one == OK ? OK : rc;
    }

    return rc;
}


/* A page of the webhooks that have a log. */
static int
trim_some(courier_t *c)
{
    delivery_logs_row_t *rows;
    bool is_more;
    size_t n;
    int rc = db_delivery_logs(c->db, c->log_after, PURGE_HOOKS, &rows, &n);

    is_more = rc == OK && n == PURGE_HOOKS;
    c->log_after = is_more ? rows[n - 1].webhook_id : 0;

    for (size_t i = 0; rc != ERROR && i < n; i++) {
        rc = trim_hook(c, rows[i].webhook_id);
        is_more |= rc == OK;
    }

    return rc == ERROR ? ERROR : is_more ? OK : DECLINED;
}


static int
purge_callbacks(courier_t *c, int64_t now)
{
    callback_oldest_row_t oldest;
    int rc = db_callback_purge(c->db, now, PURGE_ROWS) == OK
                 ? db_callback_oldest(c->db, &oldest)
                 : ERROR;

    return rc == OK && oldest.valid_until > now ? DECLINED : rc;
}


static void
purge_some(courier_t *c)
{
    int64_t now = clock_now(), before = now - c->conf->keep;
    const int results[] = { purge_attempts(c, before),
                            purge_deliveries(c, before, now), trim_some(c),
                            purge_callbacks(c, now) };
    bool is_failed = false, is_more = false;

    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        is_failed |= results[i] == ERROR;
        is_more |= results[i] == OK;
    }

    if (is_failed) {
        log_info("old deliveries were not purged this time");
    }

    c->next_purge =
        clock_ms() + (is_more && !is_failed ? PURGE_BUSY_MS : PURGE_MS);
}


/* --- pushes that were never ended ----------------------------------------- */

static void
release_some(courier_t *c)
{
    size_t n;

    if (webhook_hold_release(c->db, clock_now(), &n) != OK) {
        log_info("held events were not released this time");
    }
}


static void
turn(courier_t *c, bool is_stopped)
{
    int64_t now = clock_ms();

    if (!is_stopped && (c->is_busy || now >= c->next_scan)) {
        claim_due(c);
    }

    if (!is_stopped && now >= c->next_late) {
        c->next_late = now + LATE_MS;
        late_some(c);
        release_some(c);
    }

    if (!is_stopped && now >= c->next_purge) {
        purge_some(c);
    }

    http_many_wait(c->http, c->is_busy ? BUSY_MS : IDLE_MS);
    finish_some(c);
    pool_reset(c->pool);
}


int
courier_run(pool_t *pool, const courier_conf_t *conf)
{
    courier_t *c = pool_new(pool, courier_t);

    c->conf = conf;
    c->db = conf->db;
    c->pool = pool_create();
    db_use(c->db, c->pool);

    if (http_many_open(pool, conf->allowed, conf->ca_file, &c->http) != OK) {
        return ERROR;
    }

    log_info("sending events to webhooks, as %s", conf->origin);

    while (!*conf->is_stopped) {
        turn(c, false);
    }

    while (c->n != 0) {
        turn(c, true);
    }

    pool_destroy(c->pool);

    return OK;
}
