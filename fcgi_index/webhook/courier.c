/* courier.c: sends events to webhooks. */

#include "webhook/courier.h"
#include "webhook/delivery.h"
#include "webhook/payload.h"
#include "webhook/signature.h"
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
#define GIVE_UP_ROWS 500
#define PURGE_ROWS 500
#define PURGE_MS 60000
#define DAY 86400
#define IDLE_MS 250 /* how often the database is asked */
#define BUSY_MS 5
#define CONNECT_MS 5000
#define LEASE_SLACK 10 /* seconds that an attempt's end may take */
#define LINES_MAX (SIGNATURE_LINES + 4)
#define LOGGED_MAX 16384 /* bytes of a request's body in the log */
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
    int64_t until; /* of the lease */
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
    int64_t next_claim, next_purge;
    uint64_t after; /* the last webhook of the page before */
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


/* ERROR: the database failed; the lease brings it back. */
static int
sending_begin(courier_t *c, sending_t *s, uint64_t event_id,
              const webhook_target_row_t *target)
{
    payload_t payload = { .origin = c->conf->origin,
                          .form = (webhook_form_t)target->form,
                          .has_host = target->has_host };
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
    delivery_claim_row_t *rows;
    size_t n;
} claim_t;


static int
claim_in_transaction(void *data)
{
    claim_t *claim = data;
    db_t *db = claim->courier->db;
    int rc = db_delivery_claim(db, claim->webhook_id, claim->now, claim->limit,
                               &claim->rows, &claim->n);

    for (size_t i = 0; rc == OK && i < claim->n; i++) {
        rc = db_delivery_lease(db, claim->rows[i].id, claim->lease,
                               claim->until);
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
    s->until = claim->until;
    s->at = claim->now;

    if (sending_begin(c, s, claim->rows[i].event_id, target) != OK) {
        pool_destroy(pool);
        return ERROR;
    }

    c->sendings[c->n++] = s;

    return OK;
}


static int
claim_hook(courier_t *c, uint64_t webhook_id, int64_t now)
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

    if (rc == DECLINED || !target.is_enabled || target.form >= WEBHOOK_FORM_N) {
        return db_delivery_give_up(c->db, webhook_id, now, GIVE_UP_ROWS);
    }

    claim.limit =
        target.paused_until > now ? 0 : room_of(c, webhook_id, &target);

    if (claim.limit == 0) {
        return OK;
    }

    rc = db_transaction(c->db, claim_in_transaction, &claim);

    for (size_t i = 0; rc == OK && i < claim.n; i++) {
        rc = claimed_begin(c, &claim, i, &target);
    }

    return rc;
}


/* A page of the webhooks that something waits for, then the next one. */
static void
claim_some(courier_t *c)
{
    int64_t now = clock_now();
    delivery_hooks_row_t *rows;
    size_t n;
    int rc = db_delivery_hooks(c->db, c->after, HOOKS_PAGE, &rows, &n);

    for (size_t i = 0; rc == OK && i < n; i++) {
        if (rows[i].next_at <= now) {
            rc = claim_hook(c, rows[i].webhook_id, now);
        }
    }

    c->is_busy = rc == OK && n == HOOKS_PAGE;
    c->after = c->is_busy ? rows[n - 1].webhook_id : 0;
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


static int
attempt_add(courier_t *c, const sending_t *s)
{
    str_t body = s->request.body;

    body.len = smaller(body.len, LOGGED_MAX);

    return db_delivery_attempt_add(
        c->db, s->delivery_id, s->at, s->reply.took, (uint64_t)s->reply.status,
        s->reply.error != NULL
            ? delivery_text(c->pool, (str_t){ strnlen(s->reply.error, 255),
                                              (unsigned char *)s->reply.error })
            : NULL,
        lines_print(s, c->pool), delivery_text(c->pool, body),
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
               != OK) {
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

    for (size_t i = 0; i < c->n; i++) {
        is_any |= c->sendings[i]->is_over;
    }

    if (is_any) {
        bool is_written = db_transaction(c->db, finish_in_transaction, c) == OK;

        c->is_busy |= is_written;
        forget(c, is_written);
    }
}


/* --- the process ---------------------------------------------------------- */

/* Events go behind their deliveries: not by their own time, which the store
 * says.  A transaction that is writing an event with a lower number than one of
 * yesterday has ended since. */
static int
purge_events(courier_t *c, int64_t now)
{
    delivery_oldest_row_t oldest;
    int rc = db_delivery_oldest(c->db, &oldest);

    return rc == OK && oldest.created_at < now - DAY
               ? db_webhook_event_purge(c->db, oldest.event_id, PURGE_ROWS)
               : rc;
}


static void
purge_some(courier_t *c)
{
    int64_t now = clock_now(), before = now - c->conf->keep;

    if (db_delivery_attempt_purge(c->db, before, PURGE_ROWS) != OK
        || db_delivery_purge(c->db, before, PURGE_ROWS) != OK
        || purge_events(c, now) == ERROR) {
        log_info("old deliveries were not purged this time");
    }
}


static void
turn(courier_t *c, bool is_stopped)
{
    int64_t now = clock_ms();

    if (!is_stopped && (c->is_busy || now >= c->next_claim)) {
        c->next_claim = now + IDLE_MS;
        claim_some(c);
    }

    if (!is_stopped && now >= c->next_purge) {
        c->next_purge = now + PURGE_MS;
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

    if (http_many_open(pool, conf->allowed, &c->http) != OK) {
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
