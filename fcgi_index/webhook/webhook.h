/* webhook.h: targets that want to know what happens, and what happened.
 *
 * An event is written in the transaction of the change that it reports,
 * together with a delivery for each webhook that waits for it: both are there,
 * or neither. The courier (courier.h) sends them. */

#ifndef WEBHOOK_H
#define WEBHOOK_H

#include "db/db.h"
#include "db/db_webhook.h"
#include "fcgi_core/json.h"

#define WEBHOOKS_MAX 20 /* of a repository, a namespace or the installation */
#define WEBHOOK_URL_MAX 2048
#define WEBHOOK_PATTERN_MAX 128
#define WEBHOOK_CREDENTIALS_MAX 512
/* What the key is derived for that seals secrets and credentials. */
#define WEBHOOK_KEY_PURPOSE "slipway-index webhooks 1"
#define WEBHOOK_DATA_MAX 16384 /* bytes of an event */

typedef enum {
#define WEBHOOK_EVENT(name, word, help) WEBHOOK_##name,
#include "webhook/webhook.def"
#undef WEBHOOK_EVENT
    WEBHOOK_EVENT_N
} webhook_event_kind_t;

/* Words of the kinds, in their order; and those that a webhook can be made for.
 * Both end in NULL. */
extern const char *const webhook_event_words[];
extern const char *const webhook_choices[];

/* In which form a body is made: payload.h. */
typedef enum {
    WEBHOOK_FORM_SLIPWAY,
    WEBHOOK_FORM_CLOUDEVENTS,
    WEBHOOK_FORM_DOCKER_HUB,
    WEBHOOK_FORM_DISTRIBUTION,
    WEBHOOK_FORM_HARBOR,
    WEBHOOK_FORM_QUAY,
    WEBHOOK_FORM_N
} webhook_form_t;

extern const char *const webhook_form_words[]; /* ends in NULL */

/* Where webhooks belong: zeros for the installation, a namespace alone, or a
 * repository with its namespace. */
typedef struct {
    uint64_t namespace_id;
    uint64_t repository_id;
} webhook_scope_t;

/* --- events --------------------------------------------------------------- */

/* What happened.  repository_id 0: to a namespace. */
typedef struct {
    webhook_event_kind_t kind;
    uint64_t repository_id;
    uint64_t namespace_id; /* of an event of a namespace */
    const char *actor;     /* a login; NULL for no one */
    const char *tag;       /* NULL for none, as all of these */
    const char *digest;
    const char *media_type;
    const uint64_t *size;
    int64_t at;   /* seconds since 1970 */
    json_t *data; /* what else there is to say, or NULL; borrowed */
} webhook_event_t;

/* Writes the event and its deliveries, in the caller's transaction; where no
 * webhook waits for it, nothing but two look-ups happens.  A webhook behind
 * another one (chain.h) gets what that one gets, later.  OK or ERROR: the
 * database failed. */
int webhook_emit(db_t *db, const webhook_event_t *event);

/* An event for one webhook, whatever it waits for: WEBHOOK_PING, in whose place
 * forms that know none get a push of a tag that is not there.  *delivery_id_r
 * is its delivery. */
int webhook_ping(db_t *db, webhook_scope_t scope, uint64_t webhook_id,
                 const char *actor, int64_t now, uint64_t *delivery_id_r);

/* --- checks: pure --------------------------------------------------------- */

/* The number of a word; DECLINED for none of ours. */
int webhook_form_parse(const char *word, webhook_form_t *form_r);

/* A word of webhook_choices as a bit; 0 for none of ours. */
unsigned webhook_event_bit(const char *word);

/* The events, as bits, that a form has no words for. */
unsigned webhook_form_lacks(webhook_form_t form, unsigned events);

/* Whether a form needs a tag to say anything. */
bool webhook_form_needs_tag(webhook_form_t form);

/* Whether a tag is like a pattern with "*" for any characters; NULL: yes. */
bool webhook_tag_matches(const char *pattern, const char *tag);

/* NULL where a courier may try this URL: http or https, a host, no login in it,
 * a port that is 80, 443 or above 1023; else what is wrong with it.  Addresses
 * are checked when the courier connects. */
const char *webhook_url_fault(str_t url);

/* Whether the text may stand in a header line. */
bool webhook_is_header_value(str_t text);

/* Random bytes; ends the process where there are none. */
void webhook_random(void *bytes, size_t size);

/* A new secret, "whsec_" and base64 of 32 random bytes; in the pool. */
const char *webhook_secret_make(pool_t *pool);

#endif
