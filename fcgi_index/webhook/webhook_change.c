/* webhook_change.c: webhooks are made, edited, tested and deleted, and
 * deliveries are sent again. */

#include "webhook/webhook_change.h"
#include "webhook/chain.h"
#include "webhook/delivery.h"
#include "fcgi_core/seal.h"

#include <strings.h>

/* Nothing of these concerns a repository whose webhooks are still there. */
#define EVENTS_OF_NAMESPACES (1u << WEBHOOK_MEMBER | 1u << WEBHOOK_REMOVE)


bool
webhook_is_tag_pattern(str_t text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = text.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'
              || c == '*')) {
            return false;
        }
    }

    return text.len != 0;
}


static int PRINTF_LIKE(4, 5) fail(webhook_work_t *work, webhook_fault_t fault,
                                  const char *field, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    work->message =
        format != NULL ? pool_vprintf(db_pool(work->db), format, args) : NULL;
    va_end(args);
    work->fault = fault;
    work->field = field;

    return DECLINED;
}


static int
found(webhook_work_t *work, int rc)
{
    return rc == DECLINED ? fail(work, WEBHOOK_FAULT_NOT_FOUND, NULL,
                                 "there is no such webhook or delivery")
                          : rc;
}


static int
record(webhook_work_t *work, audit_action_t action, uint64_t id)
{
    const audit_t audit = { .action = action,
                            .namespace_id = work->scope.namespace_id,
                            .repository_id = work->scope.repository_id,
                            .target = work->name,
                            .data =
                                json_pack("{s:I}", "webhook", (json_int_t)id) };

    return audit_add(work->db, work->actor, work->now, &audit);
}


const char *
webhook_seal(const webhook_work_t *work, const char *text)
{
    return text != NULL
               ? seal_make(db_pool(work->db), work->key, reg_cstr(text))
               : NULL;
}


/* --- checks --------------------------------------------------------------- */

static int
order_find(webhook_work_t *work, webhook_order_row_t **rows_r, size_t *n_r)
{
    return db_webhook_order(work->db, work->scope.namespace_id,
                            work->scope.repository_id, WEBHOOKS_MAX, rows_r,
                            n_r);
}


/* Of a webhook, id 0 of a new one, that comes after another one, or that
 * others come after. */
static int
order_check(webhook_work_t *work, uint64_t id, const webhook_wanted_t *wanted)
{
    webhook_order_row_t *rows;
    const char *fault = NULL;
    uint64_t next;
    size_t n;

    if (order_find(work, &rows, &n) != OK) {
        return ERROR;
    }

    if (wanted->after_id != 0) {
        fault = chain_fault(rows, n, id, wanted->after_id);
    }

    if (fault != NULL) {
        return fail(work, WEBHOOK_FAULT_FIELD, "after", "%s", fault);
    }

    if (wanted->after_id != 0 && wanted->events != webhook_event_bit("push")) {
        return fail(work, WEBHOOK_FAULT_FIELD, "events",
                    "a webhook after another one gets push alone");
    }

    next = id != 0 ? chain_next(rows, n, id) : 0;

    return next == 0 || wanted->form == WEBHOOK_FORM_DOCKER_HUB
               ? OK
               : fail(work, WEBHOOK_FAULT_FIELD, "form",
                      "webhook %llu comes after this one, and needs its "
                      "callback_url",
                      (unsigned long long)next);
}


/* The first of some events, as bits. */
static const char *
event_word(unsigned events)
{
    return webhook_event_words[ffs((int)events) - 1];
}


/* An event that a form cannot express, or that no repository has, would never
 * be sent. */
static int
events_check(webhook_work_t *work, const webhook_wanted_t *wanted)
{
    unsigned lacks = webhook_form_lacks(wanted->form, wanted->events);
    unsigned others = wanted->events & EVENTS_OF_NAMESPACES;

    if (lacks != 0) {
        return fail(work, WEBHOOK_FAULT_FIELD, "events",
                    "the form %s cannot express %s",
                    webhook_form_words[wanted->form], event_word(lacks));
    }

    if (work->scope.repository_id != 0 && others != 0) {
        return fail(work, WEBHOOK_FAULT_FIELD, "events",
                    "%s is sent to webhooks of the namespace only",
                    event_word(others));
    }

    return OK;
}


static int
wanted_check(webhook_work_t *work, const webhook_wanted_t *wanted)
{
    const char *fault = webhook_url_fault(reg_cstr(wanted->url));

    if (fault != NULL) {
        return fail(work, WEBHOOK_FAULT_FIELD, "url", "%s", fault);
    }

    if (events_check(work, wanted) != OK) {
        return DECLINED;
    }

    return !wanted->has_host || wanted->form == WEBHOOK_FORM_DOCKER_HUB
               ? OK
               : fail(work, WEBHOOK_FAULT_FIELD, "host_in_name",
                      "only the form docker_hub has it");
}


static int
check(webhook_work_t *work, uint64_t id, const webhook_wanted_t *wanted)
{
    int rc = wanted_check(work, wanted);

    return rc == OK ? order_check(work, id, wanted) : rc;
}


static int
check_room(webhook_work_t *work)
{
    webhook_count_row_t count;

    if (db_webhook_count(work->db, work->scope.namespace_id,
                         work->scope.repository_id, &count)
        != OK) {
        return ERROR;
    }

    return count.n < WEBHOOKS_MAX
               ? OK
               : fail(work, WEBHOOK_FAULT_CONFLICT, NULL,
                      "there are at most %d webhooks here", WEBHOOKS_MAX);
}


static int
check_enabled(webhook_work_t *work, const webhook_row_t *row)
{
    return row->is_enabled ? OK
                           : fail(work, WEBHOOK_FAULT_CONFLICT, NULL,
                                  "the webhook is switched off");
}


/* --- webhooks ------------------------------------------------------------- */

int
webhook_add(webhook_work_t *work, const webhook_wanted_t *wanted,
            const char **secret_r, uint64_t *id_r)
{
    const uint64_t *creator = work->actor->id != 0 ? &work->actor->id : NULL;
    const webhook_scope_t *scope = &work->scope;
    webhook_last_id_row_t last;
    int rc = check(work, 0, wanted);

    if (rc == OK) {
        rc = check_room(work);
    }

    if (rc != OK) {
        return rc;
    }

    *secret_r = webhook_secret_make(db_pool(work->db));

    if (db_webhook_add(work->db, scope->namespace_id, scope->repository_id,
                       wanted->url, wanted->form, wanted->events,
                       wanted->tag_pattern, wanted->has_host,
                       webhook_seal(work, *secret_r), wanted->credentials,
                       wanted->after_id, creator, work->now)
            != OK
        || db_webhook_last_id(work->db, &last) != OK) {
        return ERROR;
    }

    *id_r = last.id;

    return record(work, AUDIT_WEBHOOK_CREATE, last.id);
}


int
webhook_find(webhook_work_t *work, uint64_t id, webhook_row_t *row_r)
{
    return found(work, db_webhook_get(work->db, work->scope.namespace_id,
                                      work->scope.repository_id, id, row_r));
}


int
webhook_take(webhook_work_t *work, uint64_t id, webhook_row_t *row_r)
{
    webhook_lock_row_t locked;
    int rc =
        found(work, db_webhook_lock(work->db, work->scope.namespace_id,
                                    work->scope.repository_id, id, &locked));

    return rc == OK ? webhook_find(work, id, row_r) : rc;
}


webhook_wanted_t
webhook_wanted(const webhook_row_t *row)
{
    return (webhook_wanted_t){ .url = row->url,
                               .form = (webhook_form_t)row->form,
                               .events = (unsigned)row->events,
                               .tag_pattern = row->tag_pattern,
                               .has_host = row->has_host,
                               .credentials = row->credentials,
                               .after_id = row->after_id,
                               .is_enabled = row->is_enabled };
}


int
webhook_edit(webhook_work_t *work, uint64_t id, const webhook_wanted_t *wanted)
{
    int rc = check(work, id, wanted);

    if (rc != OK) {
        return rc;
    }

    return db_webhook_edit(work->db, id, wanted->url, wanted->form,
                           wanted->events, wanted->tag_pattern,
                           wanted->has_host, wanted->credentials,
                           wanted->after_id, wanted->is_enabled)
                   == OK
               ? record(work, AUDIT_WEBHOOK_EDIT, id)
               : ERROR;
}


int
webhook_delete(webhook_work_t *work, uint64_t id)
{
    webhook_order_row_t *rows;
    uint64_t next;
    size_t n;

    if (order_find(work, &rows, &n) != OK) {
        return ERROR;
    }

    next = chain_next(rows, n, id);

    if (next != 0) {
        return fail(work, WEBHOOK_FAULT_CONFLICT, NULL,
                    "webhook %llu comes after it", (unsigned long long)next);
    }

    return db_webhook_delete(work->db, id) == OK
               ? record(work, AUDIT_WEBHOOK_DELETE, id)
               : ERROR;
}


int
webhook_rotate(webhook_work_t *work, uint64_t id, int64_t grace,
               const char **secret_r)
{
    *secret_r = webhook_secret_make(db_pool(work->db));

    return db_webhook_rotate(work->db, id, webhook_seal(work, *secret_r),
                             work->now + grace)
                   == OK
               ? record(work, AUDIT_WEBHOOK_ROTATE, id)
               : ERROR;
}


int
webhook_test(webhook_work_t *work, const webhook_row_t *row,
             uint64_t *delivery_id_r)
{
    int rc = check_enabled(work, row);

    if (rc == OK) {
        rc = webhook_ping(work->db, work->scope, row->id, work->actor->login,
                          work->now, delivery_id_r);
    }

    return rc == OK ? record(work, AUDIT_WEBHOOK_TEST, row->id) : rc;
}


/* --- deliveries ----------------------------------------------------------- */

int
webhook_find_delivery(webhook_work_t *work, uint64_t webhook_id, uint64_t id,
                      delivery_row_t *row_r)
{
    return found(work, db_delivery_get(work->db, webhook_id, id, row_r));
}


int
webhook_redeliver(webhook_work_t *work, const webhook_row_t *row,
                  uint64_t delivery_id)
{
    delivery_row_t delivery;
    int rc = webhook_find_delivery(work, row->id, delivery_id, &delivery);

    if (rc == OK) {
        rc = check_enabled(work, row);
    }

    if (rc != OK) {
        return rc;
    }

    if (delivery.state == DELIVERY_DUE && delivery.attempts > 0) {
        return db_delivery_hurry(work->db, delivery.id, work->now) == OK
                   ? record(work, AUDIT_WEBHOOK_REDELIVER, row->id)
                   : ERROR;
    }

    if (delivery.state == DELIVERY_DUE || delivery.state == DELIVERY_WAITING) {
        return fail(work, WEBHOOK_FAULT_CONFLICT, NULL,
                    "it is due or waiting already: see next_at");
    }

    return db_delivery_again(work->db, delivery.id, work->now) == OK
                   && chain_restart(work->db, delivery.id, work->now) == OK
               ? record(work, AUDIT_WEBHOOK_REDELIVER, row->id)
               : ERROR;
}


/* What is broken behind dead deliveries waits again. */
static int
chains_restart(webhook_work_t *work, uint64_t webhook_id)
{
    delivery_dead_row_t *rows;
    size_t n;
    int rc =
        db_delivery_dead(work->db, webhook_id, DELIVERY_AGAIN_MAX, &rows, &n);

    for (size_t i = 0; rc == OK && i < n; i++) {
        rc = chain_restart(work->db, rows[i].id, work->now);
    }

    return rc;
}


int
webhook_redeliver_dead(webhook_work_t *work, const webhook_row_t *row)
{
    webhook_order_row_t *rows;
    size_t n;
    int rc = check_enabled(work, row);

    if (rc != OK) {
        return rc;
    }

    if (order_find(work, &rows, &n) != OK) {
        return ERROR;
    }

    if (chain_next(rows, n, row->id) != 0
        && chains_restart(work, row->id) != OK) {
        return ERROR;
    }

    return db_delivery_again_dead(work->db, row->id, work->now,
                                  DELIVERY_AGAIN_MAX)
                   == OK
               ? record(work, AUDIT_WEBHOOK_REDELIVER, row->id)
               : ERROR;
}
