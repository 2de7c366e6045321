/* payload.h: events in the forms that receivers read (docs/webhooks.md).  Pure
 * but for the pool. */

#ifndef PAYLOAD_H
#define PAYLOAD_H

#include "webhook/webhook.h"

/* An event as it was written, and whom it is for. */
typedef struct {
    const char *origin; /* where docker and people find the registry:
                           "https://registry.example" */
    webhook_form_t form;
    bool has_host; /* Docker Hub's form: the host stands before the name */
    const char *uuid;
    webhook_event_kind_t kind;
    uint64_t number;
    int64_t at;
    const char *data;         /* of the event */
    const char *callback_url; /* Docker Hub's form: of this attempt */
} payload_t;

/* The body, and what it is.  DECLINED for an event that is none of ours, or
 * that the form has no words for. */
int payload_make(pool_t *pool, const payload_t *payload, str_t *body_r,
                 const char **content_type_r);

#endif
