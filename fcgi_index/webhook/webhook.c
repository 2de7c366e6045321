/* webhook.c: targets that want to know what happens, and what happened. */

#include "webhook/webhook.h"
#include "db/db_delivery.h"
#include "fcgi_core/base64.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"
#include "fcgi_core/uuid.h"
#include "webhook/delivery.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#define BIT(kind) (1u << (kind))
#define LISTENERS_MAX (3 * WEBHOOKS_MAX)
#define SECRET_BYTES 32
#define PRIVILEGED_MAX 1023
#define PORT_DIGITS 5

const char *const webhook_event_words[] = {
#define WEBHOOK_EVENT(name, word, help) word,
#include "webhook/webhook.def"
#undef WEBHOOK_EVENT
    NULL
};

const char *const webhook_choices[] = { "push",    "delete",     "star",
                                        "comment", "visibility", "member",
                                        "remove",  NULL };

const char *const webhook_form_words[] = { "slipway",    "cloudevents",
                                           "docker_hub", "distribution",
                                           "harbor",     "quay",
                                           NULL };

/* What each form can say. */
static const struct {
    unsigned events;
    bool needs_tag;
} forms[WEBHOOK_FORM_N] = {
    [WEBHOOK_FORM_SLIPWAY] = { ~0u, false },
    [WEBHOOK_FORM_CLOUDEVENTS] = { ~0u, false },
    [WEBHOOK_FORM_DOCKER_HUB] = { BIT(WEBHOOK_PUSH), true },
    [WEBHOOK_FORM_DISTRIBUTION] = { BIT(WEBHOOK_PUSH) | BIT(WEBHOOK_DELETE),
                                    false },
    [WEBHOOK_FORM_HARBOR] = { BIT(WEBHOOK_PUSH) | BIT(WEBHOOK_DELETE), false },
    [WEBHOOK_FORM_QUAY] = { BIT(WEBHOOK_PUSH), true },
};


/* --- checks --------------------------------------------------------------- */

static int
word_find(const char *const *words, const char *word)
{
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0) {
            return i;
        }
    }

    return -1;
}


int
webhook_form_parse(const char *word, webhook_form_t *form_r)
{
    int found = word_find(webhook_form_words, word);

    if (found < 0) {
        return DECLINED;
    }

    *form_r = (webhook_form_t)found;

    return OK;
}


unsigned
webhook_event_bit(const char *word)
{
    return word_find(webhook_choices, word) < 0
               ? 0
               : BIT(word_find(webhook_event_words, word));
}


unsigned
webhook_form_lacks(webhook_form_t form, unsigned events)
{
    return events & ~forms[form].events;
}


bool
webhook_form_needs_tag(webhook_form_t form)
{
    return forms[form].needs_tag;
}


/* Goes back to the last star only: no pattern takes long. */
bool
webhook_tag_matches(const char *pattern, const char *tag)
{
    const char *star = NULL, *from = NULL;

    if (pattern == NULL) {
        return true;
    }

    while (tag != NULL && *tag != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            from = tag;

        } else if (*pattern == *tag) {
            pattern++;
            tag++;

        } else if (star != NULL) {
            pattern = star + 1;
            tag = ++from;

        } else {
            return false;
        }
    }

    pattern += strspn(pattern, "*");

    return tag != NULL && *pattern == '\0';
}


static bool
is_authority(str_t text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!isalnum(text.data[i]) && strchr(".-:[]", text.data[i]) == NULL) {
            return false;
        }
    }

    return text.len != 0;
}


static bool
is_target(str_t text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = text.data[i];

        if (c <= ' ' || c > '~' || strchr("\"<>\\^`{|}#", c) != NULL) {
            return false;
        }
    }

    return true;
}


/* Of what stands behind "host:"; -1 for none that a courier may try. */
static bool
is_port(const char *text, size_t len)
{
    long port = 0;

    if (len == 0 || len > PORT_DIGITS || strspn(text, "0123456789") < len) {
        return false;
    }

    for (size_t i = 0; i < len; i++) {
        port = port * 10 + (text[i] - '0');
    }

    return port == 80 || port == 443
           || (port > PRIVILEGED_MAX && port <= 65535);
}


static const char *
authority_fault(str_t authority)
{
    const char *text = (const char *)authority.data;
    const char *end = text + authority.len;
    const char *bracket = memrchr(text, ']', authority.len);
    const char *from = bracket != NULL ? bracket : text;
    const char *colon = memchr(from, ':', (size_t)(end - from));

    if (memchr(text, '@', authority.len) != NULL) {
        return "a login belongs into authorization, not into the URL";
    }

    if (!is_authority(authority) || colon == text || *text == '.') {
        return "it has no host that can be understood";
    }

    return colon == NULL || is_port(colon + 1, (size_t)(end - colon - 1))
               ? NULL
               : "the port is 80, 443 or one above 1023";
}


const char *
webhook_url_fault(str_t url)
{
    const char *text = (const char *)url.data;
    size_t skip = strncasecmp(text, "http://", 7) == 0    ? 7
                  : strncasecmp(text, "https://", 8) == 0 ? 8
                                                          : 0;
    size_t host = strcspn(text + skip, "/?#\\");
    str_t rest = { url.len - skip - host, url.data + skip + host };

    if (url.len > WEBHOOK_URL_MAX) {
        return "it is too long";
    }

    if (skip == 0) {
        return "it must begin with https:// or http://";
    }

    if (!is_target(rest)) {
        return "it has characters that must be percent-encoded, or a #";
    }

    return authority_fault((str_t){ host, url.data + skip });
}


bool
webhook_is_header_value(str_t text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < ' ' || text.data[i] > '~') {
            return false;
        }
    }

    return text.len != 0 && text.data[0] != ' '
           && text.data[text.len - 1] != ' ';
}


/* --- randomness ----------------------------------------------------------- */

void
webhook_random(void *bytes, size_t size)
{
    if (getrandom(bytes, size, 0) != (ssize_t)size) {
        log_error("there is no randomness: %s", strerror(errno));
        exit(EXIT_FAILURE);
    }
}


const char *
webhook_secret_make(pool_t *pool)
{
    unsigned char bytes[SECRET_BYTES];
    char text[BASE64_PADDED_LEN(SECRET_BYTES) + 1];

    webhook_random(bytes, sizeof(bytes));
    base64_encode((str_t){ sizeof(bytes), bytes }, text);

    return pool_printf(pool, "whsec_%s", text);
}


/* --- events --------------------------------------------------------------- */

typedef struct {
    uint64_t namespace_id;
    const char *namespace;
    const char *repository; /* NULL: of a namespace */
    bool is_private;
    int64_t created_at;
    const char *description; /* NULL: none */
    uint64_t stars, comments;
} subject_t;


/* DECLINED where what it happened to is gone, or where it is the whole
 * installation. */
static int
subject_find(db_t *db, uint64_t namespace_id, uint64_t repository_id,
             subject_t *subject_r)
{
    webhook_repository_row_t repository;
    webhook_namespace_row_t namespace;
    int rc;

    *subject_r = (subject_t){ .namespace_id = namespace_id };

    if (repository_id == 0) {
        rc = db_webhook_namespace(db, namespace_id, &namespace);
        subject_r->namespace = rc == OK ? namespace.name : NULL;
        return rc;
    }

    rc = db_webhook_repository(db, repository_id, &repository);

    if (rc == OK) {
        *subject_r = (subject_t){
            repository.namespace_id, repository.namespace,
            repository.name,         repository.is_private,
            repository.created_at,   repository.description,
            repository.stars,        repository.comments,
        };
    }

    return rc;
}


/* Members that are null say nothing. */
static void
set_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL) {
        json_object_set_new(object, key, json_str(reg_cstr(text)));
    }
}


static const char *
data_print(pool_t *pool, const webhook_event_t *event, const subject_t *subject)
{
    json_t *data = json_pooled(pool, json_object());
    char *text = pool_alloc(pool, WEBHOOK_DATA_MAX + 1);
    size_t len;

    set_text(data, "namespace", subject->namespace);
    set_text(data, "repository", subject->repository);
    set_text(data, "actor", event->actor);
    set_text(data, "tag", event->tag);
    set_text(data, "digest", event->digest);
    set_text(data, "media_type", event->media_type);
    json_object_set_new(data, "is_private", json_boolean(subject->is_private));
    json_object_set_new(data, "created_at", json_integer(subject->created_at));
    set_text(data, "description", subject->description);
    json_object_set_new(data, "star_count",
                        json_integer((json_int_t)subject->stars));
    json_object_set_new(data, "comment_count",
                        json_integer((json_int_t)subject->comments));

    if (event->size != NULL) {
        json_object_set_new(data, "size",
                            json_integer((json_int_t)*event->size));
    }

    if (event->data != NULL) {
        json_object_set(data, "data", event->data);
    }

    len = json_dumpb(data, text, WEBHOOK_DATA_MAX, JSON_COMPACT);

    if (len > WEBHOOK_DATA_MAX) {
        json_object_del(data, "data");
        json_dumpb(data, text, WEBHOOK_DATA_MAX, JSON_COMPACT);
    }

    return text;
}


/* Numbers are assigned in the order in which transactions end: the row is held
 * until then. */
static int
event_add(db_t *db, const webhook_event_t *event, const subject_t *subject,
          uint64_t *id_r)
{
    webhook_sequence_get_row_t sequence;
    webhook_last_id_row_t last;
    char uuid[UUID_LEN + 1];

    if (uuid_make(uuid) != OK
        || db_webhook_sequence_next(db, subject->namespace_id,
                                    event->repository_id)
               != OK
        || db_webhook_sequence_get(db, subject->namespace_id,
                                   event->repository_id, &sequence)
               != OK
        || db_webhook_event_add(db, uuid, event->kind, sequence.number,
                                event->at,
                                data_print(db_pool(db), event, subject))
               != OK
        || db_webhook_last_id(db, &last) != OK) {
        return ERROR;
    }

    *id_r = last.id;

    return OK;
}


static bool
wants(const webhook_listeners_row_t *row, const webhook_event_t *event)
{
    return (event->tag != NULL || !forms[row->form].needs_tag)
           && webhook_tag_matches(row->tag_pattern, event->tag);
}


/* Patterns of tags count for events of tags only. */
static size_t
listeners_select(webhook_listeners_row_t *rows, size_t n,
                 const webhook_event_t *event)
{
    bool is_of_tag =
        event->kind == WEBHOOK_PUSH || event->kind == WEBHOOK_DELETE;
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (rows[i].form < WEBHOOK_FORM_N
            && (!is_of_tag || wants(&rows[i], event))) {
            rows[kept++] = rows[i];
        }
    }

    return kept;
}


/* The deliveries of an event, each behind the one that it waits for. */
typedef struct {
    db_t *db;
    const webhook_listeners_row_t *rows;
    uint64_t *delivery_ids; /* of the rows; 0: not written yet */
    size_t n;
    uint64_t event_id;
    int64_t now;
} fanout_t;


/* OK, DECLINED where it must wait for another row, or for one that gets
 * nothing. */
static int
delivery_write(const fanout_t *f, size_t i)
{
    uint64_t after = f->rows[i].after_id;
    const uint64_t *after_delivery = NULL;
    webhook_last_id_row_t last;

    for (size_t k = 0; after != 0 && k < f->n; k++) {
        if (f->rows[k].id == after && f->delivery_ids[k] != 0) {
            after_delivery = &f->delivery_ids[k];
        }
    }

    if (after != 0 && after_delivery == NULL) {
        return DECLINED;
    }

    if (db_delivery_add(f->db, f->rows[i].id, f->event_id,
                        after != 0 ? DELIVERY_WAITING : DELIVERY_DUE,
                        after != 0 ? f->now + DELIVERY_CHAIN_SECONDS : f->now,
                        after_delivery, f->now)
            != OK
        || db_webhook_last_id(f->db, &last) != OK) {
        return ERROR;
    }

    f->delivery_ids[i] = last.id;

    return OK;
}


/* As long as a row finds the one that it comes after. */
static int
deliveries_write(const fanout_t *f)
{
    bool is_any = true;

    while (is_any) {
        is_any = false;

        for (size_t i = 0; i < f->n; i++) {
            int rc = f->delivery_ids[i] == 0 ? delivery_write(f, i) : DECLINED;

            if (rc == ERROR) {
                return ERROR;
            }

            is_any |= rc == OK;
        }
    }

    return OK;
}


int
webhook_emit(db_t *db, const webhook_event_t *event)
{
    uint64_t delivery_ids[LISTENERS_MAX] = { 0 };
    fanout_t fanout = { .db = db,
                        .delivery_ids = delivery_ids,
                        .now = clock_now() };
    webhook_listeners_row_t *rows;
    subject_t subject;
    size_t n;
    int rc =
        subject_find(db, event->namespace_id, event->repository_id, &subject);

    if (rc != OK) {
        return rc == DECLINED ? OK : ERROR;
    }

    if (db_webhook_listeners(db, subject.namespace_id, event->repository_id,
                             BIT(event->kind), LISTENERS_MAX, &rows, &n)
        != OK) {
        return ERROR;
    }

    n = listeners_select(rows, n, event);
    fanout.rows = rows;
    fanout.n = n;

    if (n == 0) {
        return OK;
    }

    return event_add(db, event, &subject, &fanout.event_id) == OK
               ? deliveries_write(&fanout)
               : ERROR;
}


int
webhook_ping(db_t *db, webhook_scope_t scope, uint64_t webhook_id,
             const char *actor, int64_t now, uint64_t *delivery_id_r)
{
    const webhook_event_t event = { .kind = WEBHOOK_PING,
                                    .repository_id = scope.repository_id,
                                    .namespace_id = scope.namespace_id,
                                    .actor = actor,
                                    .at = now };
    webhook_last_id_row_t last;
    subject_t subject;
    uint64_t id;

    if (subject_find(db, scope.namespace_id, scope.repository_id, &subject)
            == ERROR
        || event_add(db, &event, &subject, &id) != OK
        || db_delivery_add(db, webhook_id, id, DELIVERY_DUE, now, NULL, now)
               != OK
        || db_webhook_last_id(db, &last) != OK) {
        return ERROR;
    }

    *delivery_id_r = last.id;

    return OK;
}
