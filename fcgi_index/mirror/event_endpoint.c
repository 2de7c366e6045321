/* event_endpoint.c: where the store's events come. */

#include "mirror/event_endpoint.h"
#include "app.h"
#include "mirror/store_event.h"
#include "mirror/mirror.h"
#include "token/token.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"
#include "fcgi_core/reply.h"

#define BODY_MAX ((size_t)16 * 1024 * 1024)
#define EVENTS_MAX 1000
#define PURPOSE "slipway-index events 1"
#define MORE_SECONDS 1

/* Ids are forgotten somewhat faster than they come. */
#define DAY 86400
#define PURGED(n) (2 * (n) + 16)


str_t
event_key(pool_t *pool)
{
    return token_derive(pool, app.secret, PURPOSE);
}


static int
method_unknown(req_t *rq)
{
    reply_header(rq, "Allow", "POST");

    return req_fail(rq, REG_ERR_UNSUPPORTED, NULL);
}


static int
check_key(req_t *rq)
{
    str_t key = req_bearer(req_param_str(rq, "HTTP_AUTHORIZATION"));

    if (token_equal(key, event_key(rq->pool))) {
        return OK;
    }

    log_warn("events of %s refused: not the key that slipway-index "
             "event-header prints",
             rq->remote_addr);
    reply_header(rq, "WWW-Authenticate", "Bearer");

    return req_fail(rq, REG_ERR_UNAUTHORIZED, NULL);
}


static int
refuse(req_t *rq, const char *why)
{
    log_warn("events refused: %s", why);
    req_fail(rq, REG_ERR_UNSUPPORTED, "%s", why);
    rq->err_status = 400;

    return ERROR;
}


/* The array of the envelope. */
static int
read_envelope(req_t *rq, const json_t **array_r)
{
    str_t body;
    json_t *envelope;
    const char *error;

    if (req_body(rq, BODY_MAX, &body) != OK) {
        return ERROR;
    }

    if (json_parse(rq->pool, body, &envelope, &error) != OK) {
        return refuse(rq, error);
    }

    *array_r = json_object_get(envelope, "events");

    if (!json_is_array(*array_r)) {
        return refuse(rq, "not an envelope of events");
    }

    return json_array_size(*array_r) <= EVENTS_MAX
               ? OK
               : refuse(rq, "more events than a request may have");
}


/* Those that can be understood; an event that is refused for good would hold
 * up all behind it. */
static size_t
read_events(req_t *rq, const json_t *array, event_t *events)
{
    int64_t now = clock_now();
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(array); i++) {
        event_t *event = &events[n];
        const char *why;

        if (event_read(rq->pool, json_array_get(array, i), now, event, &why)
            != OK) {
            log_warn("an event is skipped: %s: id=%s repository=%s", why,
                     event->id != NULL ? event->id : "-",
                     event->repository != NULL ? event->repository : "-");

        } else if (event->kind != EVENT_IGNORED) {
            n++;
        }
    }

    return n;
}


static int
answer(req_t *rq, const json_t *array)
{
    event_t *events =
        pool_alloc(rq->pool, (json_array_size(array) + 1) * sizeof(event_t));
    size_t n = read_events(rq, array, events);
    int rc = n == 0 ? OK : mirror_apply(app.db, events, n, clock_now());

    if (rc == ERROR) {
        return req_unavailable(rq, DB_RETRY_SECONDS);
    }

    if (rc == DECLINED) {
        rq->retry_after = MORE_SECONDS;
        return req_fail(rq, REG_ERR_UNAVAILABLE,
                        "a part of it is done: send the same request again");
    }

    if (n != 0) {
        mirror_purge(app.db, clock_now(),
                     clock_now() - app.settings.activity_days * DAY, PURGED(n));
    }

    return reply_empty(rq, 200);
}


int
event_endpoint(req_t *rq)
{
    const json_t *array;

    if (strcmp(rq->method, "POST") != 0) {
        return method_unknown(rq);
    }

    if (check_key(rq) != OK || read_envelope(rq, &array) != OK) {
        return ERROR;
    }

    return answer(rq, array);
}
