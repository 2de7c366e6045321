/* event.c: what is told of a change to the store. */

#include "request/event.h"
#include "request/policy.h"
#include "spool/spool.h"

#include "fcgi_core/log.h"

#define MIB ((uint64_t)1024 * 1024)
#define RETRY_AFTER 60

/* Longest values that a client chooses; a header has up to 32 KiB. */
#define HOST_MAX 255
#define AGENT_MAX 512
#define ACTOR_MAX 255
#define URL_MAX 1024 /* of REGISTRY_URL */


/* --- room ---------------------------------------------------------------- */


static int
limit_read(req_t *rq, uint64_t *bytes_r)
{
    uint64_t mib;

    if (policy_number(rq, "REGISTRY_EVENTS_SIZE", 1, SPOOL_SIZE_DEFAULT, &mib)
        != OK) {
        return ERROR;
    }

    *bytes_r = mib > UINT64_MAX / MIB ? UINT64_MAX : mib * MIB;

    return OK;
}


static int
room_check(req_t *rq)
{
    store_t *store = registry_of(rq)->store;
    uint64_t limit, size;

    if (limit_read(rq, &limit) != OK) {
        return ERROR;
    }

    if (spool_size(rq->pool, store->root, &size) != OK) {
        return store_error(store, "look at",
                           spool_directory(rq->pool, store->root));
    }

    if (size < limit) {
        return OK;
    }

    log_error("%llu bytes of events wait in %s, which is all that "
              "registry_events_size allows: writes are refused until "
              "slipway-registry deliver has delivered some",
              (unsigned long long)size, spool_directory(rq->pool, store->root));
    rq->retry_after = RETRY_AFTER;

    return req_fail(rq, REG_ERR_UNAVAILABLE,
                    "the registry cannot tell of changes at present");
}


int
event_check(req_t *rq)
{
    bool is_on;

    if (policy_switch(rq, "REGISTRY_EVENTS", false, &is_on) != OK) {
        return ERROR;
    }

    return is_on ? room_check(rq) : DECLINED;
}


/* --- the parts of an event ----------------------------------------------- */


/* A parameter cut to max bytes, between characters; what is not UTF-8 in it
 * becomes U+FFFD. */
static json_t *
bounded(req_t *rq, const char *param, size_t max)
{
    str_t value = req_param_str(rq, param);
    size_t size = 6 * max + sizeof("\"\""); /* \u0000 for a byte */
    char *text = pool_alloc(rq->pool, size);
    json_t *string;
    int len;

    if (value.len > max) {
        value.len = max;

        while (value.len != 0 && (value.data[value.len] & 0xc0) == 0x80) {
            value.len--;
        }
    }

    len = reg_json_string(text, size, value);
    string =
        len < 0 ? NULL : json_loadb(text, (size_t)len, JSON_DECODE_ANY, NULL);

    return string != NULL ? string : json_str(value);
}


/* REGISTRY_URL, else what the client called us; NULL where it did not. */
static const char *
base_url(req_t *rq)
{
    const char *url = req_param(rq, "REGISTRY_URL");
    const char *host = req_param(rq, "HTTP_HOST");
    const char *scheme = req_param(rq, "REQUEST_SCHEME");

    if (url[0] != '\0') {
        return strlen(url) <= URL_MAX ? url : NULL;
    }

    if (host[0] == '\0' || strlen(host) > HOST_MAX) {
        return NULL;
    }

    return pool_printf(rq->pool, "%s://%s",
                       strcmp(scheme, "https") == 0 ? "https" : "http", host);
}


static void
url_add(req_t *rq, const event_t *event, const char *digest, json_t *target)
{
    str_t name = registry_of(rq)->name;
    const char *base = base_url(rq);

    if (base != NULL && event->kind != NULL) {
        const char *url =
            pool_printf(rq->pool, "%s/v2/%.*s/%s/%s", base, (int)name.len,
                        name.data, event->kind, digest);

        json_object_set_new(target, "url", json_str(reg_cstr(url)));
    }
}


static void
text_add(json_t *object, const char *key, str_t value)
{
    if (value.len != 0) {
        json_object_set_new(object, key, json_str(value));
    }
}


static json_t *
target_make(req_t *rq, const event_t *event)
{
    json_t *target = json_object();
    char digest[REG_DIGEST_MAX + 1] = "";

    text_add(target, "mediaType", event->media_type);

    if (event->kind != NULL) {
        json_object_set_new(target, "size",
                            json_integer((json_int_t)event->size));
        json_object_set_new(target, "length",
                            json_integer((json_int_t)event->size));
    }

    if (event->digest != NULL) {
        reg_digest_print(event->digest, digest);
        text_add(target, "digest", reg_cstr(digest));
    }

    text_add(target, "repository", registry_of(rq)->name);
    text_add(target, "fromRepository", event->from);
    url_add(rq, event, digest, target);
    text_add(target, "tag", event->tag);

    if (event->manifest != NULL) {
        record_manifest(target, event->manifest);
    }

    return target;
}


/* Address and port, an IPv6 address in brackets. */
static json_t *
address_make(req_t *rq)
{
    const char *addr = rq->remote_addr;
    const char *port = req_param(rq, "REMOTE_PORT");

    if (port[0] != '\0') {
        addr = pool_printf(rq->pool,
                           strchr(addr, ':') != NULL ? "[%s]:%s" : "%s:%s",
                           addr, port);
    }

    return json_str(reg_cstr(addr));
}


static json_t *
request_make(req_t *rq)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o}", "id", json_str(reg_cstr(rq->request_id)),
        "addr", address_make(rq), "host", bounded(rq, "HTTP_HOST", HOST_MAX),
        "method", json_str(reg_cstr(rq->method)), "useragent",
        bounded(rq, "HTTP_USER_AGENT", AGENT_MAX));
}


static json_t *
actor_make(req_t *rq)
{
    json_t *actor = json_object();

    if (req_param(rq, "REGISTRY_ACCOUNT")[0] != '\0') {
        json_object_set_new(actor, "name",
                            bounded(rq, "REGISTRY_ACCOUNT", ACTOR_MAX));
    }

    return actor;
}


static int
line_print(req_t *rq, const event_t *event, str_t *line_r)
{
    json_t *model = record_make(rq->pool, event->action);

    if (model == NULL) {
        return store_error(registry_of(rq)->store, "draw", "a random number");
    }

    json_object_set_new(model, "target", target_make(rq, event));
    json_object_set_new(model, "request", request_make(rq));
    json_object_set_new(model, "actor", actor_make(rq));
    json_object_set_new(model, "source",
                        record_source(rq->pool, req_param(rq, "SERVER_PORT")));

    return record_print(rq->pool, model, line_r) == OK
               ? OK
               : req_fail(rq, REG_ERR_UNKNOWN, NULL);
}


/* --- the spool ----------------------------------------------------------- */


static int
lines_put(req_t *rq, str_t lines)
{
    store_t *store = registry_of(rq)->store;
    uint64_t limit;

    if (limit_read(rq, &limit) != OK) {
        return ERROR;
    }

    return spool_append(rq->pool, store->root, lines, spool_segment_size(limit),
                        &store->wait)
                   == OK
               ? OK
               : store_error(store, "write an event to",
                             spool_directory(rq->pool, store->root));
}


int
event_spool(req_t *rq, const event_t *events, size_t n)
{
    str_t *lines;
    bool is_on;

    if (policy_switch(rq, "REGISTRY_EVENTS", false, &is_on) != OK) {
        return ERROR;
    }

    if (!is_on || n == 0) {
        return OK;
    }

    lines = pool_alloc(rq->pool, n * sizeof(str_t));

    for (size_t i = 0; i < n; i++) {
        if (line_print(rq, &events[i], &lines[i]) != OK) {
            return ERROR;
        }
    }

    return lines_put(rq, record_join(rq->pool, lines, n));
}


int
event_spool_blob(req_t *rq, reg_event_t action, const reg_digest_t *digest,
                 uint64_t size, str_t from)
{
    const event_t event = { .action = action,
                            .kind = "blobs",
                            .media_type = reg_str(REG_EVENT_BLOB),
                            .digest = digest,
                            .size = size,
                            .from = from };

    return event_spool(rq, &event, 1);
}
