/* record.c: an event as a line of the spool. */

#include "spool/record.h"
#include "manifest/manifest_schema1.h"
#include "spool/spool.h"

#include "common/manifest_scan.h"

#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#define TIME_MAX 32
#define NODE_MAX 256

/* Longest values that a client chooses; a header has up to 32 KiB. */
#define AGENT_MAX 512
#define ACCOUNT_MAX 255

#define PLATFORM_WORD_MAX 64

static char instance_id[UUID_LEN + 1];


static int
id_draw(char *id)
{
    if (uuid_make(id) != OK) {
        log_error("cannot draw a random number: %s", strerror(errno));
        return ERROR;
    }

    return OK;
}


int
record_open(void)
{
    return id_draw(instance_id);
}


/* --- members ------------------------------------------------------------- */


static void
text_add(json_t *object, const char *member, str_t value)
{
    if (value.len != 0) {
        json_object_set_new(object, member, json_str(value));
    }
}


static void
number_add(json_t *object, const char *member, uint64_t value)
{
    json_object_set_new(object, member, json_integer((json_int_t)value));
}


static void
digest_add(json_t *object, const char *member, const reg_digest_t *digest)
{
    char text[REG_DIGEST_MAX + 1];

    reg_digest_print(digest, text);
    text_add(object, member, reg_cstr(text));
}


/* A value cut to max bytes, between characters; what is not UTF-8 in it
 * becomes U+FFFD. */
static json_t *
bounded(pool_t *pool, str_t value, size_t max)
{
    size_t size = 6 * max + sizeof("\"\""); /* \u0000 for a byte */
    char *text = pool_alloc(pool, size);
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


/* --- what happened ------------------------------------------------------- */


/* The sizes of config and layers; false where it gives none.  A sum that no
 * store can hold stays the largest number. */
static bool
content_size(const manifest_t *manifest, uint64_t *size_r)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < manifest->n; i++) {
        uint64_t size = manifest->references[i].size;

        if (size == MANIFEST_SIZE_UNKNOWN) {
            return false;
        }

        sum = size > INT64_MAX - sum ? INT64_MAX : sum + size;
    }

    *size_r = sum;

    return !manifest->is_index && manifest->n != 0;
}


/* Only short values: an invalid platform is left out. */
static void
platform_add(json_t *object, const json_t *from)
{
    static const char *const keys[] = { reg_member_os, reg_member_architecture,
                                        reg_member_variant };
    json_t *platform = json_object();

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const json_t *value = json_object_get(from, keys[i]);

        if (json_is_string(value)
            && json_string_length(value) <= PLATFORM_WORD_MAX) {
            json_object_set_new(platform, keys[i], json_copy((json_t *)value));
        }
    }

    if (json_object_size(platform) != 0) {
        json_object_set(object, reg_member_platform, platform);
    }

    json_decref(platform);
}


static json_t *
reference_make(const descriptor_t *reference)
{
    json_t *object = json_object();

    if (reference->media_type.len <= REG_MEDIA_TYPE_MAX) {
        text_add(object, reg_member_media_type, reference->media_type);
    }

    if (reference->size != MANIFEST_SIZE_UNKNOWN) {
        number_add(object, reg_member_size, reference->size);
    }

    digest_add(object, reg_member_digest, &reference->digest);
    platform_add(object, reference->platform);

    return object;
}


/* All of them or none: a part would look like a smaller image. */
static void
references_add(json_t *object, const manifest_t *manifest)
{
    json_t *array = json_array();
    size_t size = 0;

    for (size_t i = 0; i < manifest->n && size <= RECORD_REFERENCES_MAX; i++) {
        const descriptor_t *reference = &manifest->references[i];

        if (reference->is_known) {
            json_t *made = reference_make(reference);

            size += json_dumpb(made, NULL, 0, JSON_COMPACT) + 1;
            json_array_append_new(array, made);
        }
    }

    if (size != 0 && size <= RECORD_REFERENCES_MAX) {
        json_object_set(object, reg_member_references, array);
    }

    json_decref(array);
}


void
record_manifest(json_t *object, const manifest_t *manifest,
                const json_t *config)
{
    str_t type = manifest->artifact_type;
    uint64_t size;

    if (content_size(manifest, &size)) {
        number_add(object, reg_member_content_size, size);
    }

    if (type.len <= REG_MEDIA_TYPE_MAX) {
        text_add(object, reg_member_artifact_type, type);
    }

    if (manifest->has_subject && manifest->subject.is_known) {
        digest_add(object, reg_member_subject, &manifest->subject.digest);
    }

    references_add(object, manifest);
    platform_add(object, config);
}


static void
url_add(pool_t *pool, const record_t *record, const record_request_t *request,
        json_t *target)
{
    char digest[REG_DIGEST_MAX + 1];

    if (request == NULL || request->base == NULL || record->kind == NULL) {
        return;
    }

    reg_digest_print(record->digest, digest);
    text_add(
        target, reg_member_url,
        reg_cstr(pool_printf(pool, "%s/v2/%.*s/%s/%s", request->base,
                             STR(record->repository), record->kind, digest)));
}


static json_t *
target_make(pool_t *pool, const record_t *record,
            const record_request_t *request)
{
    json_t *target = json_object();

    text_add(target, reg_member_media_type, record->media_type);

    if (record->kind != NULL) {
        number_add(target, reg_member_size, record->size);
        number_add(target, reg_member_length, record->size);
    }

    if (record->digest != NULL) {
        digest_add(target, reg_member_digest, record->digest);
    }

    text_add(target, reg_member_repository, record->repository);
    text_add(target, reg_member_from, record->from);
    text_add(target, reg_member_image, record->image);
    text_add(target, reg_member_checksum, record->checksum);
    url_add(pool, record, request, target);
    text_add(target, reg_member_tag, record->tag);

    if (record->manifest != NULL) {
        record_manifest(target, record->manifest, record->config);
    }

    return target;
}


/* --- who made it, and who reports it ------------------------------------- */


/* Address and port, an IPv6 address in brackets. */
static json_t *
address_make(pool_t *pool, const record_request_t *request)
{
    const char *addr = request->addr;

    if (request->port[0] != '\0') {
        addr =
            pool_printf(pool, strchr(addr, ':') != NULL ? "[%s]:%s" : "%s:%s",
                        addr, request->port);
    }

    return json_str(reg_cstr(addr));
}


static json_t *
request_make(pool_t *pool, const record_request_t *request)
{
    return request == NULL
               ? json_object()
               : json_pack("{s:o, s:o, s:o, s:o, s:o}", reg_member_id,
                           json_str(reg_cstr(request->id)), reg_member_addr,
                           address_make(pool, request), reg_member_host,
                           bounded(pool, request->host, RECORD_HOST_MAX),
                           reg_member_method,
                           json_str(reg_cstr(request->method)),
                           reg_member_useragent,
                           bounded(pool, request->agent, AGENT_MAX));
}


static json_t *
actor_make(pool_t *pool, const record_request_t *request)
{
    json_t *actor = json_object();

    if (request != NULL && request->account.len != 0) {
        json_object_set_new(actor, reg_member_name,
                            bounded(pool, request->account, ACCOUNT_MAX));
    }

    return actor;
}


/* This machine, with the port that the request came to. */
static json_t *
source_make(pool_t *pool, const record_request_t *request)
{
    const char *port = request == NULL ? "" : request->server_port;
    char node[NODE_MAX] = "";
    const char *addr;

    gethostname(node, sizeof(node) - 1);
    addr = pool_printf(pool, "%s%s%s", node, port[0] == '\0' ? "" : ":", port);

    return json_pack("{s:o, s:s}", reg_member_addr, json_str(reg_cstr(addr)),
                     reg_member_instance_id, instance_id);
}


/* RFC 3339 with nanoseconds. */
static json_t *
time_now(pool_t *pool)
{
    char text[TIME_MAX];
    struct timespec ts;
    struct tm tm;

    clock_gettime(CLOCK_REALTIME, &ts);
    gmtime_r(&ts.tv_sec, &tm);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);

    return json_string(pool_printf(pool, "%s.%09ldZ", text, ts.tv_nsec));
}


static json_t *
time_of(const record_pull_t *pull)
{
    char text[CLOCK_TEXT_SIZE];

    return json_string(clock_print(pull->last, text));
}


/* --- lines --------------------------------------------------------------- */


/* A snapshot is of no request. */
static json_t *
event_make(pool_t *pool, const char *id, const record_t *record,
           const record_request_t *request)
{
    json_t *event =
        json_pack("{s:s, s:o, s:s}", reg_member_id, id, reg_member_timestamp,
                  record->pull != NULL ? time_of(record->pull) : time_now(pool),
                  reg_member_action, reg_event_name(record->action));

    if (record->repository.len != 0) {
        json_object_set_new(event, reg_member_target,
                            target_make(pool, record, request));
    }

    if (record->pull != NULL) {
        number_add(event, reg_member_count, record->pull->count);
    }

    if (record->snapshot != NULL) {
        json_object_set_new(event, reg_member_snapshot, record->snapshot);

    } else {
        json_object_set_new(event, reg_member_request,
                            request_make(pool, request));
        json_object_set_new(event, reg_member_actor, actor_make(pool, request));
    }

    json_object_set_new(event, reg_member_source, source_make(pool, request));

    return event;
}


/* The model goes at once: there may be many. */
static int
line_print(pool_t *pool, const record_t *record,
           const record_request_t *request, str_t *line_r)
{
    char id[UUID_LEN + 1];
    json_t *event;
    size_t len;

    if (record->pull != NULL) {
        memcpy(id, record->pull->id, sizeof(id));

    } else if (id_draw(id) != OK) {
        json_decref(record->snapshot);
        return ERROR;
    }

    event = event_make(pool, id, record, request);
    len = json_dumpb(event, NULL, 0, JSON_COMPACT);
    *line_r = (str_t){ len + 1, pool_alloc(pool, len + 1) };
    json_dumpb(event, (char *)line_r->data, len, JSON_COMPACT);
    line_r->data[len] = '\n';
    json_decref(event);

    if (len != 0 && len < SPOOL_LINE_MAX) {
        return OK;
    }

    log_error("an event of %zu bytes cannot be written", len);

    return ERROR;
}


static str_t
lines_join(pool_t *pool, const str_t *lines, size_t n)
{
    str_t all = { 0, NULL };

    for (size_t i = 0; i < n; i++) {
        all.len += lines[i].len;
    }

    all.data = pool_alloc(pool, all.len);
    all.len = 0;

    for (size_t i = 0; i < n; i++) {
        memcpy(all.data + all.len, lines[i].data, lines[i].len);
        all.len += lines[i].len;
    }

    return all;
}


int
record_print(pool_t *pool, const record_t *records, size_t n,
             const record_request_t *request, str_t *lines_r)
{
    str_t *lines = pool_alloc(pool, n * sizeof(str_t));

    for (size_t i = 0; i < n; i++) {
        if (line_print(pool, &records[i], request, &lines[i]) != OK) {
            return ERROR;
        }
    }

    *lines_r = lines_join(pool, lines, n);

    return OK;
}
