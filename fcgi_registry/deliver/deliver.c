/* deliver.c: `slipway-registry deliver`: sends the events of a store to a URL.
 *
 * Events are sent in the order of the spool, each until it is taken, and the
 * cursor moves behind an event when it has been: killed at any moment, the
 * next process sends the one again that was under way, with the same id. */

#include "deliver/deliver.h"
#include "fcgi_core/file.h"
#include "spool/pull_batch.h"
#include "spool/record.h"
#include "spool/spool_reader.h"
#include "store/store_owner.h"

#include "fcgi_core/clock.h"
#include "fcgi_core/daemon.h"
#include "fcgi_core/http.h"
#include "fcgi_core/json.h"
#include "fcgi_core/log.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#define BATCH_MAX 1000
#define LOOK_MS 250       /* how often the spool is checked */
#define PULLS_MS 1000     /* how often batches of pulls are looked for */
#define DELAY_MIN_MS 500  /* after the first failure; doubled with each */
#define HEADERS_MAX 65536 /* bytes of the file of headers */
#define MEDIA_TYPE "application/vnd.docker.distribution.events.v1+json"

typedef struct {
    const char *spool;
    const char *url;
    const char *consumer;
    const char *headers;
    const char *ca_file;
    const char *media_type;
    const char *ignored_media_types;
    const char *ignored_actions;
    bool has_snapshots;
    long timeout, backoff, batch;
} deliver_conf_t;

typedef struct {
    const deliver_conf_t *conf;
    spool_reader_t reader;
    http_t *http;
    pool_t *pool;       /* reset for each batch */
    long delay;         /* milliseconds; 0 where the last delivery went well */
    unsigned failures;  /* since then */
    http_answer_t last; /* how the last one was */
    int64_t pulls_ms;   /* when batches of pulls were last looked for */
} deliverer_t;

static const setting_t deliver_settings[] = {
    { "spool", "SLIPWAY_DELIVER_SPOOL", SETTING_STRING,
      offsetof(deliver_conf_t, spool), 0, 0, NULL,
      "The store whose events are sent: the value of registry_root in "
      "nginx.conf." },
    { "url", "SLIPWAY_DELIVER_URL", SETTING_STRING,
      offsetof(deliver_conf_t, url), 0, 0, NULL,
      "URL of the receiver, http or https; events are sent by POST." },
    { "consumer", "SLIPWAY_DELIVER_CONSUMER", SETTING_STRING,
      offsetof(deliver_conf_t, consumer), 0, 0, "default",
      "Name under which the spool stores the position of this receiver; use "
      "another one for each URL." },
    { "headers", "SLIPWAY_DELIVER_HEADERS", SETTING_STRING,
      offsetof(deliver_conf_t, headers), 0, 0, NULL,
      "File with request headers, one \"Name: value\" per line; for secrets, "
      "which must not be visible in a list of processes." },
    { "ca", "SLIPWAY_DELIVER_CA", SETTING_STRING,
      offsetof(deliver_conf_t, ca_file), 0, 0, NULL,
      "CA certificates (PEM) used to verify the receiver. If not set, those of "
      "the system." },
    { "timeout", "SLIPWAY_DELIVER_TIMEOUT", SETTING_SECONDS,
      offsetof(deliver_conf_t, timeout), 1, 3600, "10s",
      "Timeout of one request." },
    { "backoff", "SLIPWAY_DELIVER_BACKOFF", SETTING_SECONDS,
      offsetof(deliver_conf_t, backoff), 1, 86400, "60s",
      "Maximum pause between two attempts." },
    { "batch", "SLIPWAY_DELIVER_BATCH", SETTING_NUMBER,
      offsetof(deliver_conf_t, batch), 1, BATCH_MAX, "1",
      "Maximum number of events in one request." },
    { "media-type", "SLIPWAY_DELIVER_MEDIA_TYPE", SETTING_STRING,
      offsetof(deliver_conf_t, media_type), 0, 0, MEDIA_TYPE,
      "Content-Type of the requests; the default is that of registry:2, "
      "registry:3 uses v2." },
    { "ignore-media-types", "SLIPWAY_DELIVER_IGNORE_MEDIA_TYPES",
      SETTING_STRING, offsetof(deliver_conf_t, ignored_media_types), 0, 0, NULL,
      "Media types whose events are not sent, separated by commas." },
    { "ignore-actions", "SLIPWAY_DELIVER_IGNORE_ACTIONS", SETTING_STRING,
      offsetof(deliver_conf_t, ignored_actions), 0, 0, NULL,
      "Actions that are not sent: push, mount, delete, pull, separated by "
      "commas." },
    { "snapshots", "SLIPWAY_DELIVER_SNAPSHOTS", SETTING_FLAG,
      offsetof(deliver_conf_t, has_snapshots), 0, 0, NULL,
      "Also send the snapshots that `slipway-registry reindex` writes, which "
      "only the index understands." },
    { .name = NULL },
};


/* --- what is sent -------------------------------------------------------- */


/* Whether a list with commas, or NULL, has the word. */
static bool
list_has(const char *list, str_t word)
{
    while (list != NULL && *list != '\0') {
        size_t len = strcspn(list, ",");

        if (len == word.len && memcmp(list, word.data, len) == 0) {
            return len != 0;
        }

        list += len + (list[len] == ',');
    }

    return false;
}


static bool
is_ignored(const deliverer_t *deliverer, str_t line)
{
    const deliver_conf_t *conf = deliverer->conf;
    str_t action = { 0, NULL }, media_type = { 0, NULL };
    const char *error;
    json_t *event;

    if (json_parse(deliverer->pool, line, &event, &error) != OK) {
        return true; /* spool_reader lets none through */
    }

    json_member_string(event, reg_member_action, &action);
    json_member_string(json_object_get(event, reg_member_target),
                       reg_member_media_type, &media_type);

    if (reg_event_find(action) == REG_EVENT_SNAPSHOT) {
        return !conf->has_snapshots;
    }

    return list_has(conf->ignored_actions, action)
           || list_has(conf->ignored_media_types, media_type);
}


static void
text_append(str_t *text, const char *s, size_t len)
{
    memcpy(text->data + text->len, s, len);
    text->len += len;
}


/* {"events":[...]} from those of the batch that are not ignored; their number
 * in *n_r. */
static str_t
envelope_make(const deliverer_t *deliverer, const spool_batch_t *batch,
              size_t *n_r)
{
    static const char head[] = "{\"events\":[", tail[] = "]}";
    size_t size = sizeof(head) + sizeof(tail);
    str_t text = { 0, NULL };

    *n_r = 0;

    for (size_t i = 0; i < batch->n; i++) {
        size += batch->lines[i].len + 1;
    }

    text.data = pool_alloc(deliverer->pool, size);
    text_append(&text, head, sizeof(head) - 1);

    for (size_t i = 0; i < batch->n; i++) {
        str_t line = batch->lines[i];

        if (is_ignored(deliverer, line)) {
            continue;
        }

        text_append(&text, ",", (*n_r)++ == 0 ? 0 : 1);
        text_append(&text, (const char *)line.data, line.len);
    }

    text_append(&text, tail, sizeof(tail) - 1);

    return text;
}


/* --- one delivery -------------------------------------------------------- */


/* Logs the first failure, and each of another kind. */
static void
failure_report(deliverer_t *deliverer, const http_answer_t *answer)
{
    const char *reason = answer->error;

    if (reason == NULL) {
        reason = pool_printf(
            deliverer->pool, "it answered %d%s", answer->status,
            answer->status / 100 == 3 ? "; redirects are not followed" : "");
    }

    if (deliverer->failures++ == 0 || deliverer->last.status != answer->status
        || deliverer->last.failure != answer->failure) {
        log_warn("consumer %s does not accept events: %s; they wait, and will "
                 "be sent again",
                 deliverer->conf->consumer, reason);
    }

    deliverer->last =
        (http_answer_t){ .status = answer->status, .failure = answer->failure };
}


static void
success_report(deliverer_t *deliverer)
{
    if (deliverer->failures != 0) {
        log_info("consumer %s accepts events again, after %u attempts",
                 deliverer->conf->consumer, deliverer->failures);
    }

    deliverer->failures = 0;
    deliverer->delay = 0;
}


/* What the far side asks for, else twice the last pause; up to the limit. */
static void
delay_set(deliverer_t *deliverer, const http_answer_t *answer)
{
    long limit = deliverer->conf->backoff;
    long delay = deliverer->delay == 0 ? DELAY_MIN_MS : deliverer->delay * 2;

    if (answer->retry_after > 0) {
        delay =
            1000 * (answer->retry_after < limit ? answer->retry_after : limit);
    }

    deliverer->delay = delay < limit * 1000 ? delay : limit * 1000;
}


/* OK where the events were taken. */
static int
send_batch(deliverer_t *deliverer, const spool_batch_t *batch)
{
    http_answer_t answer;
    size_t n;
    str_t body = envelope_make(deliverer, batch, &n);

    if (n == 0) {
        return OK;
    }

    if (http_post(deliverer->http, deliverer->pool, body, &answer) == OK
        && answer.status / 100 == 2) {
        success_report(deliverer);
        return OK;
    }

    if (daemon_is_stopped) {
        return ERROR; /* it was cut off by that */
    }

    failure_report(deliverer, &answer);
    delay_set(deliverer, &answer);

    return ERROR;
}


/* Whether or not the far side takes events: nginx has little room. */
static void
pulls_move(deliverer_t *deliverer)
{
    int64_t now = clock_ms();

    if (now - deliverer->pulls_ms >= PULLS_MS) {
        pull_batches_move(deliverer->pool, deliverer->conf->spool);
        deliverer->pulls_ms = now;
    }
}


/* How long to wait before the next, in milliseconds. */
static long
deliver_next(deliverer_t *deliverer)
{
    spool_batch_t batch;
    int rc = spool_reader_next(&deliverer->reader, deliverer->pool,
                               (size_t)deliverer->conf->batch, &batch);

    if (rc != OK) {
        return rc == DECLINED ? LOOK_MS : deliverer->conf->backoff * 1000;
    }

    if (send_batch(deliverer, &batch) != OK) {
        return deliverer->delay;
    }

    return spool_reader_done(&deliverer->reader, deliverer->pool) == OK
               ? 0
               : deliverer->conf->backoff * 1000;
}


/* --- the command --------------------------------------------------------- */


/* The text of the file of headers; empty where none is named. */
static int
headers_get(const deliver_conf_t *conf, pool_t *pool, str_t *text_r)
{
    char path[PATH_MAX];
    int rc;

    *text_r = (str_t){ 0, (unsigned char *)"" };

    if (conf->headers == NULL) {
        return OK;
    }

    /* file_get() follows no link, but secrets often are behind one */
    rc = realpath(conf->headers, path) != NULL
             ? file_get(pool, path, HEADERS_MAX, text_r)
             : ERROR;

    if (rc != OK) {
        log_error("cannot read %s: %s", conf->headers,
                  rc == DECLINED ? "it is no file" : strerror(errno));
    }

    return rc;
}


/* All request headers; lines of the file that begin with # are not for the far
 * side. */
static int
headers_read(const deliver_conf_t *conf, pool_t *pool,
             const char *const **lines_r)
{
    const char **lines;
    size_t n = 0;
    str_t text;
    char *save = NULL;

    if (headers_get(conf, pool, &text) != OK) {
        return ERROR;
    }

    lines = pool_alloc(pool, (text.len + 3) * sizeof(char *));
    lines[n++] = pool_printf(pool, "Content-Type: %s", conf->media_type);

    for (char *line = strtok_r(pool_strndup(pool, text), "\r\n", &save);
         line != NULL; line = strtok_r(NULL, "\r\n", &save)) {
        if (line[0] == '#') {
            continue;
        }

        if (strchr(line, ':') == NULL) {
            log_error("%s has a line that is not a header", conf->headers);
            return ERROR;
        }

        lines[n++] = line;
    }

    *lines_r = lines;

    return OK;
}


static int
conf_check(const deliver_conf_t *conf)
{
    if (conf->spool == NULL || conf->spool[0] != '/') {
        log_error(
            "--spool must name the directory of a store, as registry_root "
            "does, by a path that begins with /");
        return ERROR;
    }

    if (conf->url == NULL || conf->url[0] == '\0') {
        log_error("--url must name the receiver of the events");
        return ERROR;
    }

    /* one that can never be reached would hold up the spool for ever */
    if (strncasecmp(conf->url, "http://", 7) != 0
        && strncasecmp(conf->url, "https://", 8) != 0) {
        log_error("--url must begin with http:// or https://");
        return ERROR;
    }

    if (!spool_consumer_is_valid(conf->consumer)) {
        log_error("--consumer must be up to %d letters, digits, - and _",
                  SPOOL_CONSUMER_MAX);
        return ERROR;
    }

    return OK;
}


/* The first push makes the root of a store; until then there is nothing to
 * deliver.  DECLINED where it is not worth waiting any more. */
static int
store_wait(const deliver_conf_t *conf)
{
    bool is_logged = false;
    struct stat st;

    while (stat(conf->spool, &st) != 0) {
        if (errno != ENOENT) {
            log_error("--spool %s: %s", conf->spool, strerror(errno));
            return ERROR;
        }

        if (!is_logged) {
            log_info("%s does not exist yet: waiting for the first push",
                     conf->spool);
            is_logged = true;
        }

        daemon_pause(LOOK_MS);

        if (daemon_is_stopped) {
            return DECLINED;
        }
    }

    if (!S_ISDIR(st.st_mode)) {
        log_error("--spool %s is not a directory", conf->spool);
        return ERROR;
    }

    return OK;
}


/* DECLINED where it was stopped before there was a store. */
static int
deliverer_open(deliverer_t *deliverer, pool_t *pool)
{
    const deliver_conf_t *conf = deliverer->conf;
    http_conf_t *http = pool_new(pool, http_conf_t);
    int rc;

    *http = (http_conf_t){ .url = conf->url,
                           .ca_file = conf->ca_file,
                           .timeout = conf->timeout * 1000,
                           .is_stopped = &daemon_is_stopped };

    /* the headers may be for root to read */
    if (headers_read(conf, pool, &http->lines) != OK
        || http_open(pool, http, &deliverer->http) != OK) {
        return ERROR;
    }

    rc = store_wait(conf);

    if (rc != OK) {
        return rc;
    }

    return store_owner_become(conf->spool) == OK
                   && spool_reader_open(&deliverer->reader, pool, conf->spool,
                                        conf->consumer)
                          == OK
               ? OK
               : ERROR;
}


static void
deliver_all(deliverer_t *deliverer)
{
    const deliver_conf_t *conf = deliverer->conf;

    log_info("delivering the events of %s for the consumer %s", conf->spool,
             conf->consumer);

    while (!daemon_is_stopped) {
        pulls_move(deliverer);
        daemon_pause(deliver_next(deliverer));
        pool_reset(deliverer->pool);
    }
}


static int
deliver_run(const call_t *call)
{
    deliverer_t deliverer = { .conf = call->conf, .pool = pool_create() };
    pool_t *pool = pool_create();
    int rc = conf_check(call->conf);

    json_open();

    if (rc == OK) {
        daemon_open();
        rc = deliverer_open(&deliverer, pool);
    }

    if (rc == OK) {
        deliver_all(&deliverer);
    }

    pool_destroy(deliverer.pool);
    pool_destroy(pool);

    return rc == ERROR ? EXIT_FAILURE : EXIT_SUCCESS;
}


const command_t deliver_commands[] = {
    { .noun = "deliver",
      .summary = "Send the events of a store to a receiver.",
      .detail = "Sends the events that \"registry_events on\" records, until "
                "it is stopped; docs/events.md.",
      .settings = deliver_settings,
      .conf_size = sizeof(deliver_conf_t),
      .usage_status = EXIT_FAILURE,
      .run = deliver_run },
    { .noun = NULL },
};
