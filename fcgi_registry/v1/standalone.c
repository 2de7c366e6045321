/* standalone.c: what the Index answers, of a registry that has none. */

#include "v1/standalone.h"
#include "v1/v1_reply.h"
#include "repository/image_v1.h"

#include "common/token_v1.h"

#include <strings.h>

#define SIGNATURE "standalone" /* of every token */
#define LIST_BYTES (1024 * 1024)
#define IMAGES_MAX 4096 /* of a list */


/* --- headers ------------------------------------------------------------- */


/* As the Index: a token for a client that asks for one and has none. */
static void
token_print(req_t *rq, const char *access)
{
    str_t name = registry_of(rq)->name;
    const char *token;

    if (strcasecmp(req_param(rq, "HTTP_X_DOCKER_TOKEN"), "true") != 0
        || reg_token_v1_is_scheme(req_param_str(rq, "HTTP_AUTHORIZATION"))) {
        return;
    }

    token = pool_printf(rq->pool,
                        "signature=" SIGNATURE ",repository=\"%.*s\",access=%s",
                        STR(name), access);
    reply_header(rq, "X-Docker-Token", "%s", token);
    reply_header(rq, "WWW-Authenticate", "Token %s", token);
}


/* The images are where the client is already. */
static void
endpoints_print(req_t *rq)
{
    const char *host = req_param(rq, "HTTP_HOST");

    if (host[0] != '\0') {
        reply_header(rq, "X-Docker-Endpoints", "%s", host);
    }
}


static int
string_reply(req_t *rq, int status, str_t json)
{
    return reply_bytes(rq, status, "application/json", json);
}


/* --- repositories -------------------------------------------------------- */


static bool
is_image(json_t *item)
{
    str_t id = { 0, NULL };

    return json_is_object(item) && json_member_string(item, "id", &id) == OK
           && reg_image_id_is_valid(id);
}


/* A list of images, of which the store has its own. */
static int
list_receive(req_t *rq)
{
    const char *error;
    json_t *list, *item;
    str_t body;
    size_t i;

    if (req_body(rq, LIST_BYTES, &body) != OK) {
        return ERROR;
    }

    if (json_parse(rq->pool, body, &list, &error) != OK
        || !json_is_array(list)) {
        return req_fail(rq, REG_ERR_MANIFEST_INVALID, "Invalid JSON");
    }

    json_array_foreach(list, i, item)
    {
        if (!is_image(item)) {
            return req_fail(rq, REG_ERR_MANIFEST_INVALID, "Invalid image");
        }
    }

    return OK;
}


int
standalone_allocate(req_t *rq)
{
    if (list_receive(rq) != OK) {
        return ERROR;
    }

    token_print(rq, "write");
    endpoints_print(rq);

    return string_reply(rq, 200, reg_str("\"\""));
}


/* The ids of the repository's images; no tags, which old clients would take
 * for those that there are. */
int
standalone_images_get(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    store_key_t key = key_repository(registry->name, "_v1");
    json_t *list = json_pooled(rq->pool, json_array());
    store_names_t names = { .n = 0 };

    if (v1_repository_check(rq) != OK
        || store_list(registry->op, key.text, &names) == ERROR) {
        return ERROR;
    }

    for (size_t i = 0; i < names.n && json_array_size(list) < IMAGES_MAX; i++) {
        if (reg_image_id_is_valid(reg_cstr(names.items[i]))) {
            json_array_append_new(list,
                                  json_pack("{s:s}", "id", names.items[i]));
        }
    }

    token_print(rq, "read");
    endpoints_print(rq);

    return reply_json(rq, 200, json_incref(list));
}


int
standalone_images_put(req_t *rq)
{
    return list_receive(rq) == OK ? reply_empty(rq, 204) : ERROR;
}


/* Nothing is deleted by it: the token is all. */
int
standalone_images_delete(req_t *rq)
{
    token_print(rq, "delete");
    endpoints_print(rq);

    return reply_empty(rq, 204);
}


int
standalone_auth(req_t *rq)
{
    return string_reply(rq, 200, reg_str("\"OK\""));
}


int
standalone_access(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    store_key_t key = key_image_v1(registry->name, registry->image_id, "json");
    int rc = store_check(registry->op, key.text);

    return rc == ERROR
               ? ERROR
               : reply_json(rq, 200, json_pack("{s:b}", "access", rc == OK));
}


/* --- accounts ------------------------------------------------------------ */


/* Where a password is needed, nginx has asked for it. */
int
standalone_user_get(req_t *rq)
{
    return string_reply(rq, 200, reg_str("\"OK\""));
}


/* docker login goes on with GET, and keeps the password. */
int
standalone_user_post(req_t *rq)
{
    reply_header(rq, "WWW-Authenticate", "Basic realm=\"registry\"");

    return req_fail(rq, REG_ERR_UNAUTHORIZED, "the registry has no accounts");
}


int
standalone_user_put(req_t *rq)
{
    return req_fail(rq, REG_ERR_NAME_UNKNOWN, "the registry has no accounts");
}
