/* event.c: the events of a change to the store. */

#include "request/event.h"
#include "request/policy.h"
#include "spool/spool.h"

#include "fcgi_core/log.h"

#define RETRY_AFTER 60

#define URL_MAX 1024 /* of REGISTRY_URL */


/* The operator reads the log; a client need not know of the spool. */
static int
spool_full(req_t *rq, uint64_t size)
{
    log_error("%llu bytes of events wait in %s, which is all that "
              "registry_events_size allows: writes are refused until "
              "slipway-registry deliver has delivered some",
              (unsigned long long)size,
              spool_directory(rq->pool, registry_of(rq)->op->store->root));
    rq->retry_after = RETRY_AFTER;

    return req_fail(rq, REG_ERR_UNAVAILABLE,
                    "the registry cannot record events at present");
}


int
event_check(req_t *rq)
{
    const policy_t *policy = registry_of(rq)->policy;
    store_op_t *op = registry_of(rq)->op;
    uint64_t size;

    if (policy->events == POLICY_OFF) {
        return OK;
    }

    if (spool_size(rq->pool, op->store->root, &size) != OK) {
        return store_error(op, "check",
                           spool_directory(rq->pool, op->store->root));
    }

    return size < policy->events_size ? OK : spool_full(rq, size);
}


/* --- the request --------------------------------------------------------- */


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

    if (host[0] == '\0' || strlen(host) > RECORD_HOST_MAX) {
        return NULL;
    }

    return pool_printf(rq->pool, "%s://%s",
                       strcmp(scheme, "https") == 0 ? "https" : "http", host);
}


static record_request_t
request_read(req_t *rq)
{
    return (record_request_t){
        .id = rq->request_id,
        .addr = rq->remote_addr,
        .port = req_param(rq, "REMOTE_PORT"),
        .method = rq->method,
        .host = req_param_str(rq, "HTTP_HOST"),
        .agent = req_param_str(rq, "HTTP_USER_AGENT"),
        .account = req_param_str(rq, "REGISTRY_ACCOUNT"),
        .server_port = req_param(rq, "SERVER_PORT"),
        .base = base_url(rq),
    };
}


/* --- the spool ----------------------------------------------------------- */


/* What has no repository yet is reported with the tag that gives it one. */
static bool
is_unnamed(req_t *rq)
{
    return reg_str_eq(registry_of(rq)->name, reg_str(REGISTRY_UNNAMED));
}


int
event_spool(req_t *rq, const record_t *records, size_t n)
{
    const policy_t *policy = registry_of(rq)->policy;
    store_op_t *op = registry_of(rq)->op;
    record_request_t request;
    str_t lines;

    if (policy->events == POLICY_OFF || is_unnamed(rq)) {
        return OK;
    }

    request = request_read(rq);

    if (record_print(rq->pool, records, n, &request, &lines) != OK) {
        return req_fail(rq, REG_ERR_UNKNOWN, NULL);
    }

    return spool_append(rq->pool, op->store->root, lines,
                        spool_segment_size(policy->events_size), op->wait)
                   == OK
               ? OK
               : store_error(op, "write an event to",
                             spool_directory(rq->pool, op->store->root));
}


int
event_spool_blob(req_t *rq, reg_event_t action, const reg_digest_t *digest,
                 uint64_t size, str_t from)
{
    const record_t record = { .action = action,
                              .repository = registry_of(rq)->name,
                              .digest = digest,
                              .kind = "blobs",
                              .media_type = reg_str(REG_EVENT_BLOB),
                              .size = size,
                              .from = from };

    return event_spool(rq, &record, 1);
}


int
event_spool_image(req_t *rq, str_t id, str_t checksum)
{
    const record_t record = { .action = REG_EVENT_IMAGE,
                              .repository = registry_of(rq)->name,
                              .image = id,
                              .checksum = checksum };

    return reg_name_is_valid(record.repository) ? event_spool(rq, &record, 1)
                                                : OK;
}
