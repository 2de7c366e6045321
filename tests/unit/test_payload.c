/* test_payload.c: events in the forms that receivers read, by the fields that
 * they read. */

#include "reg_unit.h"
#include "fcgi_index/webhook/payload.h"

#define DIGEST                                                                 \
    "sha256:"                                                                  \
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define TYPE "application/vnd.oci.image.manifest.v1+json"
#define UUID "5f1c7a52-3e0f-4d6c-9a3d-0d5f6a1b2c3d"
#define CALLBACK "https://registry.example:5000/api/v1/webhook-callbacks/0123"
#define PUSHED                                                                 \
    "{\"namespace\":\"alice\",\"repository\":\"alice/app/web\","               \
    "\"actor\":\"bob\",\"tag\":\"1.0\",\"digest\":\"" DIGEST "\","             \
    "\"media_type\":\"" TYPE "\",\"size\":477,\"is_private\":true,"            \
    "\"created_at\":1700000000,\"description\":\"An app\",\"star_count\":3,"   \
    "\"comment_count\":2}"
#define NO_TAG                                                                 \
    "{\"namespace\":\"alice\",\"repository\":\"alice/app\","                   \
    "\"digest\":\"" DIGEST "\",\"is_private\":false}"
#define OF_NAMESPACE                                                           \
    "{\"namespace\":\"acme\",\"actor\":\"bob\","                               \
    "\"data\":{\"login\":\"carol\",\"role\":\"owner\"}}"

/* What a body must have at a path ("a.0.b"): a text, or a number where text is
 * NULL. */
typedef struct {
    webhook_form_t form;
    webhook_event_kind_t kind;
    const char *data;
    const char *path;
    const char *text;
    json_int_t number;
} case_t;

static const case_t cases[] = {
    /* Keel, Argo CD Image Updater */
    { WEBHOOK_FORM_DOCKER_HUB, WEBHOOK_PUSH, PUSHED, "repository.repo_name",
      "alice/app/web", 0 },
    { WEBHOOK_FORM_DOCKER_HUB, WEBHOOK_PUSH, PUSHED, "repository.namespace",
      "alice", 0 },
    { WEBHOOK_FORM_DOCKER_HUB, WEBHOOK_PUSH, PUSHED, "repository.name",
      "app/web", 0 },
    { WEBHOOK_FORM_DOCKER_HUB, WEBHOOK_PUSH, PUSHED, "push_data.tag", "1.0",
      0 },
    { WEBHOOK_FORM_DOCKER_HUB, WEBHOOK_PUSH, PUSHED, "push_data.pusher", "bob",
      0 },
    { WEBHOOK_FORM_DOCKER_HUB, WEBHOOK_PUSH, PUSHED, "push_data.pushed_at",
      NULL, 1767225599 },
    { WEBHOOK_FORM_DOCKER_HUB, WEBHOOK_PUSH, PUSHED, "repository.date_created",
      NULL, 1700000000 },
    { WEBHOOK_FORM_DOCKER_HUB, WEBHOOK_PUSH, PUSHED, "repository.star_count",
      NULL, 3 },
    { WEBHOOK_FORM_DOCKER_HUB, WEBHOOK_PUSH, PUSHED, "repository.comment_count",
      NULL, 2 },
    { WEBHOOK_FORM_DOCKER_HUB, WEBHOOK_PUSH, PUSHED, "repository.status",
      "Active", 0 },
    { WEBHOOK_FORM_DOCKER_HUB, WEBHOOK_PUSH, PUSHED, "repository.repo_url",
      "https://registry.example:5000/r/alice/app/web", 0 },
    { WEBHOOK_FORM_DOCKER_HUB, WEBHOOK_PUSH, PUSHED, "callback_url", CALLBACK,
      0 },
    { WEBHOOK_FORM_DOCKER_HUB, WEBHOOK_PING, PUSHED, "push_data.tag",
      "slipway-test", 0 },
    { WEBHOOK_FORM_DOCKER_HUB, WEBHOOK_PING, OF_NAMESPACE,
      "repository.repo_name", "acme/test", 0 },
    { WEBHOOK_FORM_DOCKER_HUB, WEBHOOK_PING, "{}", "repository.repo_name",
      "slipway/test", 0 },
    /* Keel: action, tag, host, repository, digest; all of it decodes as
     * distribution's own events */
    { WEBHOOK_FORM_DISTRIBUTION, WEBHOOK_PUSH, PUSHED, "events.0.action",
      "push", 0 },
    { WEBHOOK_FORM_DISTRIBUTION, WEBHOOK_PUSH, PUSHED, "events.0.target.tag",
      "1.0", 0 },
    { WEBHOOK_FORM_DISTRIBUTION, WEBHOOK_PUSH, PUSHED,
      "events.0.target.repository", "alice/app/web", 0 },
    { WEBHOOK_FORM_DISTRIBUTION, WEBHOOK_PUSH, PUSHED, "events.0.target.digest",
      DIGEST, 0 },
    { WEBHOOK_FORM_DISTRIBUTION, WEBHOOK_PUSH, PUSHED, "events.0.target.size",
      NULL, 477 },
    { WEBHOOK_FORM_DISTRIBUTION, WEBHOOK_PUSH, PUSHED, "events.0.target.length",
      NULL, 477 },
    { WEBHOOK_FORM_DISTRIBUTION, WEBHOOK_PUSH, PUSHED,
      "events.0.target.mediaType", TYPE, 0 },
    { WEBHOOK_FORM_DISTRIBUTION, WEBHOOK_PUSH, PUSHED, "events.0.target.url",
      "https://registry.example:5000/v2/alice/app/web/manifests/" DIGEST, 0 },
    { WEBHOOK_FORM_DISTRIBUTION, WEBHOOK_PUSH, PUSHED, "events.0.request.host",
      "registry.example:5000", 0 },
    { WEBHOOK_FORM_DISTRIBUTION, WEBHOOK_PUSH, PUSHED, "events.0.actor.name",
      "bob", 0 },
    { WEBHOOK_FORM_DISTRIBUTION, WEBHOOK_PUSH, PUSHED, "events.0.timestamp",
      "2025-12-31T23:59:59Z", 0 },
    { WEBHOOK_FORM_DISTRIBUTION, WEBHOOK_DELETE, NO_TAG, "events.0.action",
      "delete", 0 },
    /* Keel: resource_url as a reference; Argo: the first resource, its tag */
    { WEBHOOK_FORM_HARBOR, WEBHOOK_PUSH, PUSHED, "type", "PUSH_ARTIFACT", 0 },
    { WEBHOOK_FORM_HARBOR, WEBHOOK_DELETE, PUSHED, "type", "DELETE_ARTIFACT",
      0 },
    { WEBHOOK_FORM_HARBOR, WEBHOOK_PUSH, PUSHED, "occur_at", NULL, 1767225599 },
    { WEBHOOK_FORM_HARBOR, WEBHOOK_PUSH, PUSHED, "operator", "bob", 0 },
    { WEBHOOK_FORM_HARBOR, WEBHOOK_PUSH, PUSHED,
      "event_data.resources.0.resource_url",
      "registry.example:5000/alice/app/web:1.0", 0 },
    { WEBHOOK_FORM_HARBOR, WEBHOOK_PUSH, PUSHED,
      "event_data.resources.0.digest", DIGEST, 0 },
    { WEBHOOK_FORM_HARBOR, WEBHOOK_PUSH, PUSHED, "event_data.resources.0.tag",
      "1.0", 0 },
    { WEBHOOK_FORM_HARBOR, WEBHOOK_PUSH, NO_TAG, "event_data.resources.0.tag",
      DIGEST, 0 },
    { WEBHOOK_FORM_HARBOR, WEBHOOK_PUSH, NO_TAG,
      "event_data.resources.0.resource_url",
      "registry.example:5000/alice/app@" DIGEST, 0 },
    { WEBHOOK_FORM_HARBOR, WEBHOOK_PUSH, PUSHED,
      "event_data.repository.repo_full_name", "alice/app/web", 0 },
    { WEBHOOK_FORM_HARBOR, WEBHOOK_PUSH, PUSHED, "event_data.repository.name",
      "app/web", 0 },
    { WEBHOOK_FORM_HARBOR, WEBHOOK_PUSH, PUSHED,
      "event_data.repository.namespace", "alice", 0 },
    { WEBHOOK_FORM_HARBOR, WEBHOOK_PUSH, PUSHED,
      "event_data.repository.repo_type", "private", 0 },
    { WEBHOOK_FORM_HARBOR, WEBHOOK_PUSH, NO_TAG,
      "event_data.repository.repo_type", "public", 0 },
    { WEBHOOK_FORM_HARBOR, WEBHOOK_PUSH, PUSHED,
      "event_data.repository.date_created", NULL, 1700000000 },
    /* Keel: docker_url, all tags; Argo: repository, the first tag */
    { WEBHOOK_FORM_QUAY, WEBHOOK_PUSH, PUSHED, "docker_url",
      "registry.example:5000/alice/app/web", 0 },
    { WEBHOOK_FORM_QUAY, WEBHOOK_PUSH, PUSHED, "updated_tags.0", "1.0", 0 },
    { WEBHOOK_FORM_QUAY, WEBHOOK_PUSH, PUSHED, "repository", "alice/app/web",
      0 },
    { WEBHOOK_FORM_QUAY, WEBHOOK_PUSH, PUSHED, "namespace", "alice", 0 },
    { WEBHOOK_FORM_QUAY, WEBHOOK_PUSH, PUSHED, "name", "app/web", 0 },
    { WEBHOOK_FORM_QUAY, WEBHOOK_PUSH, PUSHED, "homepage",
      "https://registry.example:5000/r/alice/app/web", 0 },
    /* Argo: "image" in type, the host of source, subject as repository:tag */
    { WEBHOOK_FORM_CLOUDEVENTS, WEBHOOK_PUSH, PUSHED, "specversion", "1.0", 0 },
    { WEBHOOK_FORM_CLOUDEVENTS, WEBHOOK_PUSH, PUSHED, "id", UUID, 0 },
    { WEBHOOK_FORM_CLOUDEVENTS, WEBHOOK_PUSH, PUSHED, "type",
      "io.slipway.image.pushed", 0 },
    { WEBHOOK_FORM_CLOUDEVENTS, WEBHOOK_PUSH, PUSHED, "source",
      "https://registry.example:5000/alice/app/web", 0 },
    { WEBHOOK_FORM_CLOUDEVENTS, WEBHOOK_PUSH, PUSHED, "subject",
      "alice/app/web:1.0", 0 },
    { WEBHOOK_FORM_CLOUDEVENTS, WEBHOOK_PUSH, PUSHED, "time",
      "2025-12-31T23:59:59Z", 0 },
    { WEBHOOK_FORM_CLOUDEVENTS, WEBHOOK_PUSH, PUSHED, "datacontenttype",
      "application/json", 0 },
    { WEBHOOK_FORM_CLOUDEVENTS, WEBHOOK_PUSH, PUSHED, "data.repository",
      "alice/app/web", 0 },
    { WEBHOOK_FORM_CLOUDEVENTS, WEBHOOK_PUSH, PUSHED, "data.tag", "1.0", 0 },
    { WEBHOOK_FORM_CLOUDEVENTS, WEBHOOK_PUSH, PUSHED, "data.digest", DIGEST,
      0 },
    { WEBHOOK_FORM_CLOUDEVENTS, WEBHOOK_PUSH, PUSHED, "data.registry",
      "registry.example:5000", 0 },
    { WEBHOOK_FORM_CLOUDEVENTS, WEBHOOK_MEMBER, OF_NAMESPACE, "type",
      "io.slipway.namespace.member", 0 },
    { WEBHOOK_FORM_CLOUDEVENTS, WEBHOOK_MEMBER, OF_NAMESPACE, "subject", "acme",
      0 },
    { WEBHOOK_FORM_CLOUDEVENTS, WEBHOOK_MEMBER, OF_NAMESPACE, "data.login",
      "carol", 0 },
    { WEBHOOK_FORM_CLOUDEVENTS, WEBHOOK_PING, "{}", "subject",
      "registry.example:5000", 0 },
    /* our own */
    { WEBHOOK_FORM_SLIPWAY, WEBHOOK_PUSH, PUSHED, "id", UUID, 0 },
    { WEBHOOK_FORM_SLIPWAY, WEBHOOK_PUSH, PUSHED, "event", "push", 0 },
    { WEBHOOK_FORM_SLIPWAY, WEBHOOK_PUSH, PUSHED, "number", NULL, 12 },
    { WEBHOOK_FORM_SLIPWAY, WEBHOOK_PUSH, PUSHED, "size", NULL, 477 },
    { WEBHOOK_FORM_SLIPWAY, WEBHOOK_MEMBER, OF_NAMESPACE, "namespace", "acme",
      0 },
    { WEBHOOK_FORM_SLIPWAY, WEBHOOK_MEMBER, OF_NAMESPACE, "data.role", "owner",
      0 },
};


static int
make(pool_t *pool, webhook_form_t form, webhook_event_kind_t kind,
     const char *data, bool has_host, str_t *body_r, const char **type_r)
{
    const payload_t payload = { .origin = "https://registry.example:5000",
                                .form = form,
                                .has_host = has_host,
                                .uuid = UUID,
                                .kind = kind,
                                .number = 12,
                                .at = 1767225599,
                                .data = data,
                                .callback_url = CALLBACK };

    return payload_make(pool, &payload, body_r, type_r);
}


static json_t *
made(pool_t *pool, webhook_form_t form, webhook_event_kind_t kind,
     const char *data)
{
    const char *type, *error;
    json_t *value;
    str_t body;

    assert_int_equal(make(pool, form, kind, data, false, &body, &type), OK);
    assert_int_equal(json_parse(pool, body, &value, &error), OK);

    return value;
}


static const json_t *
at_path(const json_t *value, const char *path)
{
    while (*path != '\0' && value != NULL) {
        char name[64];
        size_t len = strcspn(path, ".");

        snprintf(name, sizeof(name), "%.*s", (int)len, path);
        value = json_is_array(value)
                    ? json_array_get(value, (size_t)(name[0] - '0'))
                    : json_object_get(value, name);
        path += len + (path[len] == '.');
    }

    return value;
}


static void
receivers_find_what_they_read(void **state)
{
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        const case_t *c = &cases[i];
        const json_t *value =
            at_path(made(pool, c->form, c->kind, c->data), c->path);

        if (c->text != NULL) {
            check(json_is_string(value), i, c->path);
            assert_string_equal(json_string_value(value), c->text);
        } else {
            check(json_is_integer(value), i, c->path);
            check(json_integer_value(value) == c->number, i, c->path);
        }
    }

    pool_destroy(pool);
}


static bool
has_real(const json_t *value)
{
    json_t *item;
    const char *key;
    size_t i;

    if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, key, item)
        {
            if (has_real(item)) {
                return true;
            }
        }
    }

    json_array_foreach(value, i, item)
    {
        if (has_real(item)) {
            return true;
        }
    }

    return json_is_real(value);
}


/* Those of Go refuse 1.0 where they want an integer. */
static void
no_number_is_a_float(void **state)
{
    pool_t *pool = pool_create();

    (void)state;

    for (int form = 0; form < WEBHOOK_FORM_N; form++) {
        assert_false(
            has_real(made(pool, (webhook_form_t)form, WEBHOOK_PUSH, PUSHED)));
    }

    pool_destroy(pool);
}


static void
each_form_has_its_type(void **state)
{
    static const struct {
        webhook_form_t form;
        const char *type;
    } types[] = {
        { WEBHOOK_FORM_SLIPWAY, "application/json" },
        { WEBHOOK_FORM_CLOUDEVENTS,
          "application/cloudevents+json; charset=utf-8" },
        { WEBHOOK_FORM_DOCKER_HUB, "application/json" },
        { WEBHOOK_FORM_DISTRIBUTION,
          "application/vnd.docker.distribution.events.v1+json" },
        { WEBHOOK_FORM_HARBOR, "application/json" },
        { WEBHOOK_FORM_QUAY, "application/json" },
    };
    pool_t *pool = pool_create();
    const char *type;
    str_t body;

    (void)state;

    for (size_t i = 0; i < N(types); i++) {
        assert_int_equal(make(pool, types[i].form, WEBHOOK_PUSH, PUSHED, false,
                              &body, &type),
                         OK);
        assert_string_equal(type, types[i].type);
    }

    pool_destroy(pool);
}


static void
a_form_says_what_it_can(void **state)
{
    static const struct {
        webhook_form_t form;
        unsigned kinds;
    } forms[] = {
        { WEBHOOK_FORM_SLIPWAY, ~0u },
        { WEBHOOK_FORM_CLOUDEVENTS, ~0u },
        { WEBHOOK_FORM_DOCKER_HUB, 1u << WEBHOOK_PUSH | 1u << WEBHOOK_PING },
        { WEBHOOK_FORM_DISTRIBUTION,
          1u << WEBHOOK_PUSH | 1u << WEBHOOK_DELETE | 1u << WEBHOOK_PING },
        { WEBHOOK_FORM_HARBOR,
          1u << WEBHOOK_PUSH | 1u << WEBHOOK_DELETE | 1u << WEBHOOK_PING },
        { WEBHOOK_FORM_QUAY, 1u << WEBHOOK_PUSH | 1u << WEBHOOK_PING },
    };
    pool_t *pool = pool_create();
    const char *type;
    str_t body;

    (void)state;

    for (size_t i = 0; i < N(forms); i++) {
        for (unsigned kind = 0; kind < WEBHOOK_EVENT_N; kind++) {
            int rc = make(pool, forms[i].form, (webhook_event_kind_t)kind,
                          PUSHED, false, &body, &type);

            check((rc == OK) == ((forms[i].kinds & 1u << kind) != 0), i,
                  webhook_event_words[kind]);
        }
    }

    assert_int_equal(make(pool, WEBHOOK_FORM_SLIPWAY, WEBHOOK_EVENT_N, PUSHED,
                          false, &body, &type),
                     DECLINED);
    assert_int_equal(
        make(pool, WEBHOOK_FORM_N, WEBHOOK_PUSH, PUSHED, false, &body, &type),
        DECLINED);
    assert_int_equal(make(pool, WEBHOOK_FORM_SLIPWAY, WEBHOOK_PUSH, "{", false,
                          &body, &type),
                     DECLINED);

    pool_destroy(pool);
}


static void
the_host_stands_before_the_name_where_it_is_wanted(void **state)
{
    pool_t *pool = pool_create();
    const char *type, *error;
    json_t *value;
    str_t body;

    (void)state;
    assert_int_equal(make(pool, WEBHOOK_FORM_DOCKER_HUB, WEBHOOK_PUSH, PUSHED,
                          true, &body, &type),
                     OK);
    assert_int_equal(json_parse(pool, body, &value, &error), OK);
    assert_string_equal(
        json_string_value(at_path(value, "repository.repo_name")),
        "registry.example:5000/alice/app/web");
    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(receivers_find_what_they_read),
        cmocka_unit_test(no_number_is_a_float),
        cmocka_unit_test(each_form_has_its_type),
        cmocka_unit_test(a_form_says_what_it_can),
        cmocka_unit_test(the_host_stands_before_the_name_where_it_is_wanted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
