/* payload.c: events in the forms that receivers read. */

#include "webhook/payload.h"
#include "fcgi_core/clock.h"

#define JSON_TYPE "application/json"
#define EVENT_PREFIX "io.slipway."

/* The ping in a format that has none: no account has pushed it. */
#define PING_TAG "slipway-test"
#define PING_DIGEST                                                            \
    "sha256:0000000000000000000000000000000000000000000000000000000000000000"
#define PING_REPOSITORY "slipway/test"
#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"

/* An event, as the forms read it. */
typedef struct {
    pool_t *pool;
    const payload_t *payload;
    webhook_event_kind_t kind;
    json_t *data;
    const char *host;       /* of the registry, with its port */
    const char *namespace;  /* "" where there is none, as all of these */
    const char *repository; /* "ns/app" */
    const char *name;       /* "app" */
    const char *actor;
    const char *tag;
    const char *digest;
    const char *media_type;
    const char *description;
    json_int_t size, created_at, stars, comments;
    bool is_private;
    char at[CLOCK_TEXT_SIZE];
} view_t;


/* --- the event ------------------------------------------------------------ */

static const char *
text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}


/* Forms without a word for it get the push of a tag that is not there. */
static void
ping_fill(view_t *v)
{
    v->kind = WEBHOOK_PUSH;
    v->tag = PING_TAG;
    v->digest = PING_DIGEST;
    v->media_type = MANIFEST_TYPE;

    if (v->repository[0] == '\0') {
        v->repository = v->namespace[0] != '\0'
                            ? pool_printf(v->pool, "%s/test", v->namespace)
                            : PING_REPOSITORY;
    }
}


static void
names_fill(view_t *v)
{
    const char *slash = strchr(v->repository, '/');

    v->name = slash != NULL ? slash + 1 : v->repository;

    if (v->namespace[0] == '\0' && v->repository[0] != '\0') {
        str_t head = { strcspn(v->repository, "/"),
                       (unsigned char *)v->repository };

        v->namespace = pool_strndup(v->pool, head);
    }
}


static int
view_make(pool_t *pool, const payload_t *payload, view_t *v)
{
    const char *scheme_end = strstr(payload->origin, "://");
    const char *error;
    json_t *data;

    if (payload->kind >= WEBHOOK_EVENT_N || payload->form >= WEBHOOK_FORM_N
        || json_parse(pool, reg_cstr(payload->data), &data, &error) != OK) {
        return DECLINED;
    }

    *v = (view_t){
        .pool = pool,
        .payload = payload,
        .kind = payload->kind,
        .data = data,
        .host = scheme_end != NULL ? scheme_end + 3 : payload->origin,
        .namespace = text_of(data, "namespace"),
        .repository = text_of(data, "repository"),
        .actor = text_of(data, "actor"),
        .tag = text_of(data, "tag"),
        .digest = text_of(data, "digest"),
        .media_type = text_of(data, "media_type"),
        .description = text_of(data, "description"),
        .size = json_integer_value(json_object_get(data, "size")),
        .created_at = json_integer_value(json_object_get(data, "created_at")),
        .stars = json_integer_value(json_object_get(data, "star_count")),
        .comments = json_integer_value(json_object_get(data, "comment_count")),
        .is_private = json_is_true(json_object_get(data, "is_private")),
    };
    clock_print(payload->at, v->at);

    if (v->kind == WEBHOOK_PING && payload->form > WEBHOOK_FORM_CLOUDEVENTS) {
        ping_fill(v);
    }

    names_fill(v);

    return OK;
}


static json_t *
string_or_null(const char *text)
{
    return text[0] != '\0' ? json_str(reg_cstr(text)) : json_null();
}


/* "host/ns/app:1", or with "@sha256:..." where there is no tag. */
static json_t *
reference_of(const view_t *v)
{
    bool has_tag = v->tag[0] != '\0';

    return json_sprintf("%s/%s%s%s", v->host, v->repository,
                        has_tag ? ":" : "@", has_tag ? v->tag : v->digest);
}


/* --- our own -------------------------------------------------------------- */

static json_t *
slipway_body(const view_t *v)
{
    json_t *more = json_object_get(v->data, "data");

    return json_pack(
        "{s:s, s:s, s:I, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:O?}",
        "id", v->payload->uuid, "event", webhook_event_words[v->kind], "number",
        (json_int_t)v->payload->number, "occurred_at", v->at, "registry",
        v->host, "namespace", string_or_null(v->namespace), "repository",
        string_or_null(v->repository), "actor", string_or_null(v->actor), "tag",
        string_or_null(v->tag), "digest", string_or_null(v->digest),
        "media_type", string_or_null(v->media_type), "size",
        v->size != 0 ? json_integer(v->size) : json_null(), "data", more);
}


/* --- CloudEvents, structured ---------------------------------------------- */

static const char *const cloud_types[WEBHOOK_EVENT_N] = {
    [WEBHOOK_PUSH] = EVENT_PREFIX "image.pushed",
    [WEBHOOK_DELETE] = EVENT_PREFIX "image.deleted",
    [WEBHOOK_STAR] = EVENT_PREFIX "repository.starred",
    [WEBHOOK_COMMENT] = EVENT_PREFIX "repository.commented",
    [WEBHOOK_VISIBILITY] = EVENT_PREFIX "repository.visibility",
    [WEBHOOK_MEMBER] = EVENT_PREFIX "namespace.member",
    [WEBHOOK_PING] = EVENT_PREFIX "webhook.ping",
    [WEBHOOK_REMOVE] = EVENT_PREFIX "repository.deleted",
};


static json_t *
cloud_data(const view_t *v)
{
    json_t *data = json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "registry", v->host,
        "repository", string_or_null(v->repository), "tag",
        string_or_null(v->tag), "digest", string_or_null(v->digest),
        "mediaType", string_or_null(v->media_type), "size",
        v->size != 0 ? json_integer(v->size) : json_null(), "pusher",
        string_or_null(v->actor), "number", (json_int_t)v->payload->number);

    json_object_update_missing(data, json_object_get(v->data, "data"));

    return data;
}


static json_t *
cloudevents_body(const view_t *v)
{
    const char *path = v->repository[0] != '\0' ? v->repository : v->namespace;

    return json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:o}", "specversion", "1.0", "id",
        v->payload->uuid, "type", cloud_types[v->kind], "source",
        json_sprintf("%s/%s", v->payload->origin, path), "subject",
        json_sprintf("%s%s%s", path[0] != '\0' ? path : v->host,
                     v->tag[0] != '\0' ? ":" : "", v->tag),
        "time", v->at, "datacontenttype", JSON_TYPE, "data", cloud_data(v));
}


/* --- Docker Hub ----------------------------------------------------------- */

/* Receivers take a name without a host for one of docker.io. */
static json_t *
docker_hub_body(const view_t *v)
{
    bool has_host = v->payload->has_host;
    json_t *name = json_sprintf("%s%s%s", has_host ? v->host : "",
                                has_host ? "/" : "", v->repository);

    return json_pack(
        "{s:s, s:{s:I, s:s, s:s, s:[]}, s:{s:s, s:o, s:s, s:s, s:s, s:o, s:s,"
        " s:s, s:s, s:b, s:b, s:b, s:I, s:I, s:I}}",
        "callback_url", v->payload->callback_url, "push_data", "pushed_at",
        (json_int_t)v->payload->at, "pusher", v->actor, "tag", v->tag, "images",
        "repository", "status", "Active", "repo_name", name, "namespace",
        v->namespace, "name", v->name, "owner", v->namespace, "repo_url",
        json_sprintf("%s/r/%s", v->payload->origin, v->repository),
        "description", v->description, "full_description", "", "dockerfile", "",
        "is_private", v->is_private, "is_official", false, "is_trusted", false,
        "star_count", v->stars, "comment_count", v->comments, "date_created",
        v->created_at);
}


/* --- distribution --------------------------------------------------------- */

static json_t *
distribution_body(const view_t *v)
{
    json_t *target = json_pack(
        "{s:s, s:s, s:I, s:I, s:s, s:o}", "mediaType", v->media_type, "digest",
        v->digest, "size", v->size, "length", v->size, "repository",
        v->repository, "url",
        json_sprintf("%s/v2/%s/manifests/%s", v->payload->origin, v->repository,
                     v->digest[0] != '\0' ? v->digest : v->tag));

    if (v->tag[0] != '\0') {
        json_object_set_new(target, "tag", json_string(v->tag));
    }

    return json_pack(
        "{s:[{s:s, s:s, s:s, s:o, s:{s:s, s:s, s:s, s:s, s:s}, s:{s:s},"
        " s:{s:s, s:s}}]}",
        "events", "id", v->payload->uuid, "timestamp", v->at, "action",
        webhook_event_words[v->kind], "target", target, "request", "id", "",
        "addr", "", "host", v->host, "method",
        v->kind == WEBHOOK_PUSH ? "PUT" : "DELETE", "useragent", "", "actor",
        "name", v->actor, "source", "addr", v->host, "instanceID", "");
}


/* --- Harbor --------------------------------------------------------------- */

static json_t *
harbor_body(const view_t *v)
{
    return json_pack(
        "{s:s, s:I, s:s, s:{s:[{s:s, s:s, s:o}], s:{s:I, s:s, s:s, s:s, s:s}}}",
        "type", v->kind == WEBHOOK_PUSH ? "PUSH_ARTIFACT" : "DELETE_ARTIFACT",
        "occur_at", (json_int_t)v->payload->at, "operator", v->actor,
        "event_data", "resources", "digest", v->digest, "tag",
        v->tag[0] != '\0' ? v->tag : v->digest, "resource_url", reference_of(v),
        "repository", "date_created", v->created_at, "name", v->name,
        "namespace", v->namespace, "repo_full_name", v->repository, "repo_type",
        v->is_private ? "private" : "public");
}


/* --- Quay ----------------------------------------------------------------- */

static json_t *
quay_body(const view_t *v)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:[s]}", "repository",
                     v->repository, "namespace", v->namespace, "name", v->name,
                     "docker_url",
                     json_sprintf("%s/%s", v->host, v->repository), "homepage",
                     json_sprintf("%s/r/%s", v->payload->origin, v->repository),
                     "updated_tags", v->tag);
}


static const struct {
    json_t *(*make)(const view_t *v);
    const char *content_type;
} makers[WEBHOOK_FORM_N] = {
    [WEBHOOK_FORM_SLIPWAY] = { slipway_body, JSON_TYPE },
    [WEBHOOK_FORM_CLOUDEVENTS] = { cloudevents_body,
                                   "application/cloudevents+json; "
                                   "charset=utf-8" },
    [WEBHOOK_FORM_DOCKER_HUB] = { docker_hub_body, JSON_TYPE },
    [WEBHOOK_FORM_DISTRIBUTION] = { distribution_body,
                                    "application/"
                                    "vnd.docker.distribution.events.v1+json" },
    [WEBHOOK_FORM_HARBOR] = { harbor_body, JSON_TYPE },
    [WEBHOOK_FORM_QUAY] = { quay_body, JSON_TYPE },
};


int
payload_make(pool_t *pool, const payload_t *payload, str_t *body_r,
             const char **content_type_r)
{
    view_t view;
    json_t *body;
    str_t text;

    if (view_make(pool, payload, &view) != OK
        || webhook_form_lacks(payload->form, 1u << view.kind) != 0) {
        return DECLINED;
    }

    body = makers[payload->form].make(&view);

    if (body == NULL) {
        return DECLINED;
    }

    json_pooled(pool, body);
    text.len = json_dumpb(body, NULL, 0, JSON_COMPACT);
    text.data = pool_alloc(pool, text.len + 1);
    json_dumpb(body, (char *)text.data, text.len, JSON_COMPACT);
    *body_r = text;
    *content_type_r = makers[payload->form].content_type;

    return OK;
}
