/* webhook_change.h: webhooks are made, edited, tested and deleted, and
 * deliveries are sent again.
 *
 * Each function runs in a transaction of the caller, who has checked the right,
 * and writes its row of the audit log.  OK; DECLINED with fault, field and
 * message, and nothing has changed; ERROR where the database failed. */

#ifndef WEBHOOK_CHANGE_H
#define WEBHOOK_CHANGE_H

#include "audit/audit.h"
#include "db/db_delivery.h"
#include "webhook/webhook.h"

#define WEBHOOK_GRACE 24 /* hours that an old secret signs, too */
#define WEBHOOK_GRACE_MAX 168

typedef enum {
    WEBHOOK_FAULT_NOT_FOUND,
    WEBHOOK_FAULT_FIELD,   /* a value that cannot be */
    WEBHOOK_FAULT_CONFLICT /* not as things are */
} webhook_fault_t;

/* Who changes what of whose, and why it was not done. */
typedef struct {
    db_t *db;
    const audit_actor_t *actor; /* id 0: the operator */
    webhook_scope_t scope;
    const char *name; /* of the namespace or the repository; NULL: neither */
    str_t key;        /* seals secrets: token_derive(), WEBHOOK_KEY_PURPOSE */
    int64_t now;

    webhook_fault_t fault;
    const char *field;
    const char *message; /* in the pool of db; NULL: there is no more to say */
} webhook_work_t;

/* A webhook as it is wanted. */
typedef struct {
    const char *url;
    webhook_form_t form;
    unsigned events; /* webhook_event_bit() */
    const char *tag_pattern;
    bool has_host;
    const char *credentials; /* sealed: webhook_seal() */
    uint64_t after_id;       /* 0: none */
    bool is_enabled;         /* of one that is edited */
} webhook_wanted_t;

/* Stars for any characters among those of tags.  Pure. */
bool webhook_is_tag_pattern(str_t text);

/* A secret, or what Authorization is to say, sealed; NULL for NULL. */
const char *webhook_seal(const webhook_work_t *work, const char *text);

int webhook_add(webhook_work_t *work, const webhook_wanted_t *wanted,
                const char **secret_r, uint64_t *id_r);

/* Finds one of the scope; take holds it against other changes, too.  What is
 * below is for one that was taken. */
int webhook_find(webhook_work_t *work, uint64_t id, webhook_row_t *row_r);
int webhook_take(webhook_work_t *work, uint64_t id, webhook_row_t *row_r);

/* As it is now, to be edited. */
webhook_wanted_t webhook_wanted(const webhook_row_t *row);

/* Its failures are forgotten. */
int webhook_edit(webhook_work_t *work, uint64_t id,
                 const webhook_wanted_t *wanted);

/* Its deliveries go when they are old. */
int webhook_delete(webhook_work_t *work, uint64_t id);

/* Another secret; the old one signs, too, for grace seconds. */
int webhook_rotate(webhook_work_t *work, uint64_t id, int64_t grace,
                   const char **secret_r);

/* The courier sends an event that means nothing as soon as it can. */
int webhook_test(webhook_work_t *work, const webhook_row_t *row,
                 uint64_t *delivery_id_r);

/* A delivery is sent again, with what waits behind it, and one that has failed
 * does not wait for its next attempt; or all dead ones,
 * DELIVERY_AGAIN_MAX at most. */
int webhook_redeliver(webhook_work_t *work, const webhook_row_t *row,
                      uint64_t delivery_id);
int webhook_redeliver_dead(webhook_work_t *work, const webhook_row_t *row);

/* A delivery of a webhook. */
int webhook_find_delivery(webhook_work_t *work, uint64_t webhook_id,
                          uint64_t id, delivery_row_t *row_r);

#endif
