/* pusher.c: when a tag was set, and by what program.
 *
 * The note is next to the tag and goes with it.  It holds the digest that the
 * tag had then: where the tag was moved since, by the other protocol, it says
 * nothing. */

#include "v1/pusher.h"
#include "v1/v1_reply.h"
#include "repository/image_v1.h"
#include "repository/tag.h"

#include "common/agent.h"

#define NOTE_MAX 2048
#define LATEST "latest"

static const struct {
    const char *product; /* of the User-Agent */
    const char *member;
    const char *fallback; /* NULL: null */
} parts[] = {
    { "docker", "docker_version", NULL }, { "go", "docker_go_version", NULL },
    { "arch", "arch", "amd64" },          { "os", "os", "linux" },
    { "kernel", "kernel", NULL },
};

#define N_PARTS (sizeof(parts) / sizeof(parts[0]))


static store_key_t
note_key(str_t name, str_t tag)
{
    store_key_t key = key_tag(name, tag);

    return key_below(key.text, "pusher");
}


int
pusher_note(req_t *rq, str_t id)
{
    registry_t *registry = registry_of(rq);
    str_t agent = req_param_str(rq, "HTTP_USER_AGENT"), version;
    json_t *note = json_pooled(rq->pool, json_object());
    char text[REG_DIGEST_MAX + 1];
    reg_digest_t digest;
    store_key_t key;
    int rc = image_v1_manifest(registry->op, registry->name, id, &digest);

    if (rc != OK) {
        return rc == DECLINED ? OK : ERROR;
    }

    reg_digest_print(&digest, text);
    json_object_set_new(note, "digest", json_string(text));

    for (size_t i = 0; i < N_PARTS; i++) {
        if (reg_agent_version(agent, parts[i].product, &version) == REG_OK) {
            json_object_set_new(note, parts[i].member, json_str(version));
        }
    }

    key = note_key(registry->name, registry->reference);
    store_put_hint(registry->op, key.text, reg_cstr(json_text(rq->pool, note)));

    return OK;
}


/* What was noted of a tag; an empty object where that was not of what it points
 * to now. */
static int
note_get(req_t *rq, str_t tag, const reg_digest_t *digest, json_t **note_r)
{
    registry_t *registry = registry_of(rq);
    store_key_t key = note_key(registry->name, tag);
    char text[REG_DIGEST_MAX + 1];
    str_t content, of = { 0, NULL };
    const char *error;
    int rc = store_get(registry->op, key.text, NOTE_MAX, &content);

    reg_digest_print(digest, text);

    if (rc == OK
        && (json_parse(rq->pool, content, note_r, &error) != OK
            || !json_is_object(*note_r)
            || json_member_string(*note_r, "digest", &of) != OK
            || !reg_str_eq(of, reg_cstr(text)))) {
        rc = DECLINED;
    }

    if (rc == DECLINED) {
        *note_r = json_pooled(rq->pool, json_object());
    }

    return rc == ERROR ? ERROR : OK;
}


static json_t *
model_make(json_t *note, json_t *last_update)
{
    json_t *model = json_pack("{s:o}", "last_update", last_update);

    for (size_t i = 0; i < N_PARTS; i++) {
        json_t *value = json_object_get(note, parts[i].member);
        const char *fallback = parts[i].fallback;

        if (json_is_string(value)) {
            json_object_set(model, parts[i].member, value);
        } else {
            json_object_set_new(model, parts[i].member,
                                fallback == NULL ? json_null()
                                                 : json_string(fallback));
        }
    }

    return model;
}


/* DECLINED where there is no such tag. */
static int
tag_reply(req_t *rq, str_t tag)
{
    registry_t *registry = registry_of(rq);
    store_key_t key = key_tag_current(registry->name, tag);
    reg_digest_t digest;
    store_stat_t stat;
    json_t *note;
    int rc = tag_get(registry->op, registry->name, tag, &digest);

    if (rc == OK) {
        rc = store_stat(registry->op, key.text, &stat);
    }

    if (rc == OK) {
        rc = note_get(rq, tag, &digest, &note);
    }

    if (rc != OK) {
        return rc;
    }

    return reply_json(
        rq, 200, model_make(note, json_integer((json_int_t)stat.time.tv_sec)));
}


int
pusher_get(req_t *rq)
{
    str_t tag = registry_of(rq)->reference;
    int rc = reg_tag_is_valid(tag) ? tag_reply(rq, tag) : DECLINED;

    return rc == DECLINED
               ? req_fail(rq, REG_ERR_MANIFEST_UNKNOWN, "Tag not found")
               : rc;
}


int
pusher_latest_get(req_t *rq)
{
    int rc = tag_reply(rq, reg_str(LATEST));

    if (rc != DECLINED) {
        return rc;
    }

    if (v1_repository_check(rq) != OK) {
        return ERROR;
    }

    return reply_json(
        rq, 200, model_make(json_pooled(rq->pool, json_object()), json_null()));
}
