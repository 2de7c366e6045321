/* store_event.c: an event of the store, as it came. */

#include "mirror/store_event.h"
#include "common/digest.h"
#include "common/name.h"

#define RUN_MAX 64
#define TEXT_MAX 255
#define BLOB "application/octet-stream"

typedef struct {
    pool_t *pool;
    const json_t *json;
    event_t *event;
    const char *why;
} reader_t;

typedef bool (*valid_fn)(str_t text);


static int
decline(reader_t *r, const char *why)
{
    r->why = why;

    return DECLINED;
}


/* --- members -------------------------------------------------------------- */

/* "" where it is missing or no string. */
static str_t
text_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_string(value)) {
        return (str_t){ 0, NULL };
    }

    return (str_t){ json_string_length(value),
                    (unsigned char *)json_string_value(value) };
}


/* NULL where it is missing or not valid. */
static const char *
member(pool_t *pool, const json_t *object, const char *key, valid_fn is_valid)
{
    str_t text = text_of(object, key);

    return text.len != 0 && is_valid(text) ? pool_strndup(pool, text) : NULL;
}


static bool
is_digest(str_t text)
{
    reg_digest_t digest;

    return reg_digest_parse(text, &digest) == REG_OK;
}


static bool
is_printable(str_t text, size_t max)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] <= ' ' || text.data[i] > '~') {
            return false;
        }
    }

    return text.len <= max;
}


static bool
is_type(str_t text)
{
    return is_printable(text, TEXT_MAX);
}


static bool
is_run(str_t text)
{
    return is_printable(text, RUN_MAX);
}


static const uint64_t *
number(pool_t *pool, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    uint64_t *number;

    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        return NULL;
    }

    number = pool_new(pool, uint64_t);
    *number = (uint64_t)json_integer_value(value);

    return number;
}


static event_item_t
manifest(pool_t *pool, const json_t *object)
{
    event_item_t item = {
        .digest = member(pool, object, "digest", is_digest),
        .media_type = member(pool, object, "mediaType", is_type),
        .size = number(pool, object, "size"),
        .content_size = number(pool, object, "contentSize"),
        .artifact_type = member(pool, object, "artifactType", is_type),
        .subject = member(pool, object, "subject", is_digest),
    };

    item.name = item.digest;

    return item;
}


static event_item_t
tag(pool_t *pool, const json_t *object)
{
    return (event_item_t){
        .name = member(pool, object, "name", reg_tag_is_valid),
        .digest = member(pool, object, "digest", is_digest),
    };
}


/* "2026-08-01T12:00:00.123Z"; any other form counts as missing. */
static int64_t
timestamp(const json_t *json, int64_t fallback)
{
    struct tm tm = { 0 };
    str_t text = text_of(json, "timestamp");

    if (text.len == 0 || text.data[text.len - 1] != 'Z'
        || strptime((const char *)text.data, "%Y-%m-%dT%H:%M:%S", &tm)
               == NULL) {
        return fallback;
    }

    return (int64_t)timegm(&tm);
}


/* --- actions -------------------------------------------------------------- */

static int
read_target(reader_t *r)
{
    const json_t *target = json_object_get(r->json, "target");
    event_t *event = r->event;

    event->repository =
        member(r->pool, target, "repository", reg_name_is_valid);
    event->tag = member(r->pool, target, "tag", reg_tag_is_valid);
    event->manifest = manifest(r->pool, target);

    if (event->repository == NULL) {
        return decline(r, "its repository is no name");
    }

    if (event->tag == NULL && text_of(target, "tag").len != 0) {
        return decline(r, "its tag is none");
    }

    return OK;
}


static int
ignore(reader_t *r)
{
    r->event->kind = EVENT_IGNORED;

    return OK;
}


static bool
is_of_blob(const event_t *event)
{
    return event->tag == NULL && event->manifest.media_type != NULL
           && strcmp(event->manifest.media_type, BLOB) == 0;
}


static int
read_push(reader_t *r)
{
    const event_t *event = r->event;

    if (read_target(r) != OK) {
        return DECLINED;
    }

    if (event->manifest.digest == NULL) {
        return decline(r, "its digest is none");
    }

    if (is_of_blob(event)) {
        return ignore(r);
    }

    r->event->kind = EVENT_PUSH;

    return OK;
}


static int
read_delete(reader_t *r)
{
    const event_t *event = r->event;

    if (read_target(r) != OK) {
        return DECLINED;
    }

    if (event->tag == NULL && event->manifest.digest == NULL) {
        return decline(r, "it deletes neither a tag nor a digest");
    }

    /* what is stored as a manifest, too, is still one */
    if (is_of_blob(event)) {
        return ignore(r);
    }

    r->event->kind = EVENT_DELETE;

    return OK;
}


/* --- snapshots ------------------------------------------------------------ */

/* "" stands for where a repository begins, and for where it ends. */
static const char *
edge(reader_t *r, const json_t *snapshot, const char *key, const char *fallback)
{
    valid_fn is_valid =
        r->event->of == EVENT_TAGS ? reg_tag_is_valid : is_digest;

    return text_of(snapshot, key).len == 0
               ? fallback
               : member(r->pool, snapshot, key, is_valid);
}


/* A page says of its items that there are no others, so it counts only as a
 * whole. */
static int
read_items(reader_t *r, const json_t *items)
{
    event_t *event = r->event;
    const char *before = event->after;

    event->n = json_array_size(items);

    if (event->n > EVENT_ITEMS_MAX) {
        return decline(r, "its page is too long");
    }

    event->items = pool_alloc(r->pool, (event->n + 1) * sizeof(event_item_t));

    for (size_t i = 0; i < event->n; i++) {
        const json_t *json = json_array_get(items, i);
        event_item_t *item = &event->items[i];

        *item = event->of == EVENT_TAGS ? tag(r->pool, json)
                                        : manifest(r->pool, json);

        if (item->name == NULL || item->digest == NULL
            || strcmp(item->name, before) <= 0) {
            return decline(r, "its page has an item that is none, or is not "
                              "in its place");
        }

        before = item->name;
    }

    return strcmp(before, event->last) <= 0
               ? OK
               : decline(r, "its page has an item behind its end");
}


static int
read_page(reader_t *r, const json_t *snapshot, event_of_t of)
{
    event_t *event = r->event;
    const json_t *items = json_object_get(snapshot, "items");

    if (read_target(r) != OK) {
        return DECLINED;
    }

    event->kind = EVENT_PAGE;
    event->of = of;
    event->after = edge(r, snapshot, "after", "");
    event->last = edge(r, snapshot, "to", EVENT_LAST);

    if (event->after == NULL || event->last == NULL || !json_is_array(items)) {
        return decline(r, "its page has no beginning, end or items");
    }

    return read_items(r, items);
}


static int
read_snapshot(reader_t *r)
{
    static const struct {
        const char *of;
        event_kind_t kind;
        event_of_t what;
    } kinds[] = { { "begin", EVENT_BEGIN, EVENT_MANIFESTS },
                  { "manifests", EVENT_PAGE, EVENT_MANIFESTS },
                  { "tags", EVENT_PAGE, EVENT_TAGS },
                  { "end", EVENT_END, EVENT_MANIFESTS } };
    const json_t *snapshot = json_object_get(r->json, "snapshot");
    str_t of = text_of(snapshot, "of");

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!reg_str_eq(of, reg_cstr(kinds[i].of))) {
            continue;
        }

        if (kinds[i].kind == EVENT_PAGE) {
            return read_page(r, snapshot, kinds[i].what);
        }

        r->event->kind = kinds[i].kind;
        r->event->run = member(r->pool, snapshot, "run", is_run);

        return r->event->run != NULL ? OK : decline(r, "it names no run");
    }

    return decline(r, "it is a snapshot of nothing known");
}


/* --- an event ------------------------------------------------------------- */

static const struct {
    const char *name;
    int (*read)(reader_t *r);
} actions[] = {
    { "push", read_push },
    { "delete", read_delete },
    { "snapshot", read_snapshot },
    { "mount", ignore },
    { "pull", ignore },
};


static int
read_action(reader_t *r)
{
    str_t action = text_of(r->json, "action");

    r->event->id = member(r->pool, r->json, "id", reg_upload_id_is_valid);
    r->event->at = timestamp(r->json, r->event->at);
    r->event->by = member(r->pool, json_object_get(r->json, "actor"), "name",
                          reg_login_is_valid);

    if (r->event->id == NULL) {
        return decline(r, "its id is no UUID");
    }

    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (reg_str_eq(action, reg_cstr(actions[i].name))) {
            return actions[i].read(r);
        }
    }

    return decline(r, "its action is unknown");
}


int
event_read(pool_t *pool, const json_t *json, int64_t now, event_t *event_r,
           const char **why_r)
{
    reader_t r = { .pool = pool, .json = json, .event = event_r };
    int rc;

    *event_r = (event_t){ .at = now };
    rc = read_action(&r);
    *why_r = r.why;

    return rc;
}
