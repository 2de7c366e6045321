/* v1_image.c: the list of images of a repository, and what registries ask. */

#include "v1/v1_image.h"
#include "mirror/image_list.h"
#include "v1/v1_caller.h"
#include "v1/v1_token.h"
#include "webhook/webhook_hold.h"


/* --- pull ----------------------------------------------------------------- */

/* What may not be pulled looks like what is not there. */
static int
check_pull(v1_t *v1, uint64_t *repository_id_r)
{
    access_t access;

    if (access_repository(v1->db, v1_account(v1), v1->name, &access) != OK) {
        return v1_fail_database(v1);
    }

    *repository_id_r = access.facts.repository_id;

    return access.facts.repository_id != 0
                   && (access.actions & REG_ACTION_PULL) != 0
                   && v1_credential_allows(v1, CREDENTIAL_PULL)
               ? OK
               : v1_fail(v1, 404, "Repository not found");
}


/* A token buys no other token: it would never end. */
int
v1_image_list_get(v1_t *v1)
{
    bool is_token = v1->caller.kind == V1_CALLER_TOKEN;
    uint64_t id;
    json_t *list;
    int rc = is_token ? v1_token_check(v1, 401, &id) : check_pull(v1, &id);

    if (rc == OK && !is_token) {
        rc = v1_token_reply(v1, V1_ACCESS_READ);
    }

    if (rc != OK) {
        return ERROR;
    }

    return image_list_json(v1->db, id, &list) == OK
               ? reply_json(v1->rq, 200, json_incref(list))
               : v1_fail_database(v1);
}


/* --- push ----------------------------------------------------------------- */

/* Of a repository that is not the account's the answer is the same, whether it
 * is there or not. */
static int
finish_in_transaction(void *data)
{
    v1_t *v1 = data;
    access_t access;

    if (v1_caller_hold(v1) != OK
        || access_repository(v1->db, v1_account(v1), v1->name, &access) != OK) {
        return ERROR;
    }

    if ((access.actions & REG_ACTION_PUSH) == 0
        || !v1_credential_allows(v1, CREDENTIAL_PUSH)) {
        return v1_fail(v1, 403, "Permission denied");
    }

    if (access.facts.repository_id == 0) {
        return v1_fail(v1, 404, "Repository not found");
    }

    return image_list_put(v1->db, access.facts.repository_id, v1->prepared)
                       == OK
                   && webhook_hold_end(v1->db, access.facts.repository_id,
                                       v1->caller.account.login)
                          == OK
               ? OK
               : ERROR;
}


int
v1_image_list_read(v1_t *v1)
{
    json_t *value, *images;
    const char *error;

    if (v1_body(v1, &value) != OK) {
        return ERROR;
    }

    if (image_list_read(v1->pool, value, &images, &error) != OK) {
        return v1_fail(v1, 400, "Invalid data: %s", error);
    }

    v1->prepared = images;

    return OK;
}


int
v1_image_list_put(v1_t *v1)
{
    if (v1_image_list_read(v1) != OK) {
        return ERROR;
    }

    return db_transaction(v1->db, finish_in_transaction, v1) == OK
               ? reply_empty(v1->rq, 204)
               : v1_fail_database(v1);
}


/* --- delete --------------------------------------------------------------- */

int
v1_image_list_delete(v1_t *v1)
{
    access_t access;

    if (access_repository(v1->db, v1_account(v1), v1->name, &access) != OK) {
        return v1_fail_database(v1);
    }

    if (access.facts.repository_id == 0 || access.role < ROLE_READ) {
        return v1_fail(v1, 404, "Repository not found");
    }

    if ((access.actions & REG_ACTION_DELETE) == 0
        || !v1_credential_allows(v1, CREDENTIAL_DELETE)) {
        return v1_fail(v1, 403, "Permission denied");
    }

    return v1_token_reply(v1, V1_ACCESS_DELETE) == OK ? reply_empty(v1->rq, 204)
                                                      : ERROR;
}


/* --- what registries ask -------------------------------------------------- */

int
v1_auth_put(v1_t *v1)
{
    uint64_t id;

    return v1_token_check(v1, 403, &id) == OK ? v1_reply_string(v1, 200, "OK")
                                              : ERROR;
}


int
v1_layer_access_get(v1_t *v1)
{
    uint64_t id;
    int rc;

    if (v1_token_check(v1, 401, &id) != OK) {
        return ERROR;
    }

    rc = image_list_has(v1->db, id, pool_strndup(v1->pool, v1->route.image_id));

    return rc == ERROR ? v1_fail_database(v1)
                       : reply_json(v1->rq, 200,
                                    json_pack("{s:b}", "access", rc == OK));
}
