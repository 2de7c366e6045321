/* store_event.c: an event of the store, as it came. */

#include "mirror/store_event.h"
#include "mirror/image_list.h"
#include "common/digest.h"
#include "common/event_name.h"
#include "common/manifest_scan.h"
#include "common/name.h"
#include "common/pull.h"

#define RUN_MAX 64
#define TEXT_MAX 255
#define WORD_MAX 64
#define PLATFORMS_MAX 1024

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


/* --- what a manifest refers to ---------------------------------------------
 */

static bool
is_word(str_t text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = text.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || strchr("._+-", c) != NULL)) {
            return false;
        }
    }

    return text.len <= WORD_MAX;
}


/* "linux/arm64/v8"; NULL where it is not known: attestations say so, too. */
static const char *
platform(pool_t *pool, const json_t *object)
{
    const json_t *from = json_object_get(object, reg_member_platform);
    const char *os = member(pool, from, reg_member_os, is_word);
    const char *architecture =
        member(pool, from, reg_member_architecture, is_word);
    const char *variant = member(pool, from, reg_member_variant, is_word);

    if (os == NULL || architecture == NULL || strcmp(os, "unknown") == 0) {
        return NULL;
    }

    return pool_printf(pool, "%s/%s%s%s", os, architecture,
                       variant != NULL ? "/" : "",
                       variant != NULL ? variant : "");
}


/* Whether the platform is a line of the text. */
static bool
has_line(const char *text, const char *platform)
{
    size_t len = strlen(platform);

    while (*text != '\0') {
        size_t n = strcspn(text, "\n");

        if (n == len && memcmp(text, platform, len) == 0) {
            return true;
        }

        text += n;
        text += *text == '\n';
    }

    return false;
}


static event_child_t
child(pool_t *pool, const json_t *object)
{
    return (event_child_t){
        .digest = member(pool, object, reg_member_digest, is_digest),
        .media_type = member(pool, object, reg_member_media_type, is_type),
        .size = number(pool, object, reg_member_size),
        .platform = platform(pool, object),
    };
}


/* The platforms of an index are those of its children. */
static void
read_children(pool_t *pool, const json_t *references, event_item_t *item)
{
    size_t n = json_array_size(references);
    const char *platforms = "";

    item->children = pool_alloc(pool, n * sizeof(event_child_t));

    for (size_t i = 0; i < n; i++) {
        event_child_t *one = &item->children[item->n_children];

        *one = child(pool, json_array_get(references, i));
        item->n_children += one->digest != NULL;

        if (one->digest != NULL && one->platform != NULL
            && !has_line(platforms, one->platform)
            && strlen(platforms) + strlen(one->platform) < PLATFORMS_MAX) {
            platforms =
                pool_printf(pool, "%s%s%s", platforms,
                            platforms[0] != '\0' ? "\n" : "", one->platform);
        }
    }

    item->platforms = platforms;
}


static json_t *
part(const event_child_t *child)
{
    return json_pack("{s:s, s:s?, s:o}", "digest", child->digest, "media_type",
                     child->media_type, "size",
                     child->size != NULL
                         ? json_integer((json_int_t)*child->size)
                         : json_null());
}


static void
read_parts(pool_t *pool, const json_t *references, event_item_t *item)
{
    json_t *parts = json_pooled(pool, json_array());

    for (size_t i = 0; i < json_array_size(references); i++) {
        event_child_t one = child(pool, json_array_get(references, i));

        if (one.digest != NULL) {
            json_array_append_new(parts, part(&one));
        }
    }

    item->parts = json_text(pool, parts);
}


static bool
is_index(const char *media_type)
{
    return media_type != NULL
           && (strcmp(media_type, REG_MT_OCI_INDEX) == 0
               || strcmp(media_type, REG_MT_DOCKER_LIST) == 0);
}


static void
read_references(pool_t *pool, const json_t *object, event_item_t *item)
{
    const json_t *references = json_object_get(object, reg_member_references);
    size_t n = json_array_size(references);

    if (n == 0 || n > EVENT_REFERENCES_MAX) {
        return;
    }

    if (is_index(item->media_type)) {
        read_children(pool, references, item);
    } else {
        read_parts(pool, references, item);
    }
}


static event_item_t
manifest(pool_t *pool, const json_t *object)
{
    event_item_t item = {
        .digest = member(pool, object, reg_member_digest, is_digest),
        .media_type = member(pool, object, reg_member_media_type, is_type),
        .size = number(pool, object, reg_member_size),
        .content_size = number(pool, object, reg_member_content_size),
        .artifact_type =
            member(pool, object, reg_member_artifact_type, is_type),
        .subject = member(pool, object, reg_member_subject, is_digest),
    };

    item.name = item.digest;
    item.platforms = platform(pool, object);
    read_references(pool, object, &item);

    return item;
}


static event_item_t
tag(pool_t *pool, const json_t *object)
{
    return (event_item_t){
        .name = member(pool, object, reg_member_name, reg_tag_is_valid),
        .digest = member(pool, object, reg_member_digest, is_digest),
    };
}


/* "2026-08-01T12:00:00.123Z"; any other form counts as missing. */
static int64_t
timestamp(const json_t *json, int64_t fallback)
{
    struct tm tm = { 0 };
    str_t text = text_of(json, reg_member_timestamp);

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
    const json_t *target = json_object_get(r->json, reg_member_target);
    event_t *event = r->event;

    event->repository =
        member(r->pool, target, reg_member_repository, reg_name_is_valid);
    event->tag = member(r->pool, target, reg_member_tag, reg_tag_is_valid);
    event->manifest = manifest(r->pool, target);

    if (event->repository == NULL) {
        return decline(r, "its repository has an invalid name");
    }

    if (event->tag == NULL && text_of(target, reg_member_tag).len != 0) {
        return decline(r, "its tag is invalid");
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
           && strcmp(event->manifest.media_type, REG_EVENT_BLOB) == 0;
}


static int
read_push(reader_t *r)
{
    const event_t *event = r->event;

    if (read_target(r) != OK) {
        return DECLINED;
    }

    if (event->manifest.digest == NULL) {
        return decline(r, "its digest is invalid");
    }

    r->event->kind = is_of_blob(event) ? EVENT_BLOB_PUSH : EVENT_PUSH;

    return OK;
}


static int
read_image(reader_t *r)
{
    const json_t *target = json_object_get(r->json, reg_member_target);
    event_t *event = r->event;

    if (read_target(r) != OK) {
        return DECLINED;
    }

    event->image =
        member(r->pool, target, reg_member_image, reg_image_id_is_valid);
    event->checksum =
        member(r->pool, target, reg_member_checksum, image_checksum_is_valid);

    if (event->image == NULL || event->checksum == NULL) {
        return decline(r, "its image has no valid id and checksum");
    }

    event->kind = EVENT_IMAGE;

    return OK;
}


/* A manifest is never mounted. */
static int
read_mount(reader_t *r)
{
    int rc = read_push(r);

    return rc == OK && r->event->kind != EVENT_BLOB_PUSH ? ignore(r) : rc;
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
    r->event->kind = is_of_blob(event) ? EVENT_BLOB_DELETE : EVENT_DELETE;

    return OK;
}


/* registry:2 sends one for each GET, without a count, and for each HEAD. */
static bool
is_of_head(const reader_t *r)
{
    const json_t *request = json_object_get(r->json, reg_member_request);

    return reg_str_eq(text_of(request, reg_member_method), reg_str("HEAD"));
}


static int
read_count(reader_t *r)
{
    const uint64_t *count = number(r->pool, r->json, reg_member_count);

    r->event->count = count != NULL ? *count : 1;

    if (count == NULL && json_object_get(r->json, reg_member_count) != NULL) {
        return decline(r, "its count is no number");
    }

    return r->event->count != 0 && r->event->count <= REG_PULL_COUNT_MAX
               ? OK
               : decline(r, "its count is out of range");
}


static int
read_pull(reader_t *r)
{
    event_t *event = r->event;

    if (read_target(r) != OK || read_count(r) != OK) {
        return DECLINED;
    }

    if (is_of_blob(event) || is_of_head(r)) {
        return ignore(r);
    }

    if (event->tag == NULL && event->manifest.digest == NULL) {
        return decline(r, "it pulls neither a tag nor a digest");
    }

    event->kind = EVENT_PULL;

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
            return decline(
                r, "its page has an item that is invalid or out of order");
        }

        before = item->name;
    }

    return strcmp(before, event->last) <= 0
               ? OK
               : decline(r, "its page has an item after its end");
}


static int
read_page(reader_t *r, const json_t *snapshot, event_of_t of)
{
    event_t *event = r->event;
    const json_t *items = json_object_get(snapshot, reg_member_items);

    if (read_target(r) != OK) {
        return DECLINED;
    }

    event->kind = EVENT_PAGE;
    event->of = of;
    event->after = edge(r, snapshot, reg_member_after, "");
    event->last = edge(r, snapshot, reg_member_to, EVENT_LAST);

    if (event->after == NULL || event->last == NULL || !json_is_array(items)) {
        return decline(r, "its page has no after, to or items");
    }

    return read_items(r, items);
}


static int
read_run(reader_t *r, const json_t *snapshot, event_kind_t kind)
{
    r->event->kind = kind;
    r->event->run = member(r->pool, snapshot, reg_member_run, is_run);

    return r->event->run != NULL ? OK : decline(r, "it names no run");
}


static int
read_snapshot(reader_t *r)
{
    const json_t *snapshot = json_object_get(r->json, reg_member_snapshot);

    switch (reg_snapshot_find(text_of(snapshot, reg_member_of))) {
    case REG_SNAPSHOT_BEGIN:
        return read_run(r, snapshot, EVENT_BEGIN);
    case REG_SNAPSHOT_MANIFESTS:
        return read_page(r, snapshot, EVENT_MANIFESTS);
    case REG_SNAPSHOT_TAGS:
        return read_page(r, snapshot, EVENT_TAGS);
    case REG_SNAPSHOT_END:
        return read_run(r, snapshot, EVENT_END);
    case REG_SNAPSHOT_N:
        break;
    }

    return decline(r, "it is a snapshot of an unknown kind");
}


/* --- an event ------------------------------------------------------------- */

static int
read_action(reader_t *r)
{
    r->event->id =
        member(r->pool, r->json, reg_member_id, reg_upload_id_is_valid);
    r->event->at = timestamp(r->json, r->event->at);
    r->event->by = member(r->pool, json_object_get(r->json, reg_member_actor),
                          reg_member_name, reg_actor_is_valid);

    if (r->event->id == NULL) {
        return decline(r, "its id is not a UUID");
    }

    switch (reg_event_find(text_of(r->json, reg_member_action))) {
    case REG_EVENT_PUSH:
        return read_push(r);
    case REG_EVENT_DELETE:
        return read_delete(r);
    case REG_EVENT_SNAPSHOT:
        return read_snapshot(r);
    case REG_EVENT_MOUNT:
        return read_mount(r);
    case REG_EVENT_PULL:
        return read_pull(r);
    case REG_EVENT_IMAGE:
        return read_image(r);
    case REG_EVENT_N:
        break;
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
