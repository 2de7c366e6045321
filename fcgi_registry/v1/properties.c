/* properties.c: who may read a repository, in the original protocol. */

#include "v1/properties.h"
#include "v1/v1_reply.h"

#define BODY_MAX 4096


/* The registry knows no more than how it was reached. */
static const char *
access_of(req_t *rq)
{
    return req_param(rq, "REGISTRY_ACCOUNT")[0] == '\0' ? "public" : "private";
}


int
properties_get(req_t *rq)
{
    if (v1_repository_check(rq) != OK) {
        return ERROR;
    }

    return reply_json(rq, 200, json_pack("{s:s}", "access", access_of(rq)));
}


static int
access_receive(req_t *rq, str_t *access_r)
{
    const char *error;
    json_t *model;
    str_t body;

    if (req_body(rq, BODY_MAX, &body) != OK) {
        return ERROR;
    }

    return json_parse(rq->pool, body, &model, &error) == OK
                   && json_is_object(model)
                   && json_member_string(model, "access", access_r) == OK
                   && (reg_str_eq(*access_r, reg_str("public"))
                       || reg_str_eq(*access_r, reg_str("private")))
               ? OK
               : req_fail(rq, REG_ERR_MANIFEST_INVALID, "Invalid data");
}


int
properties_put(req_t *rq)
{
    str_t access;

    if (access_receive(rq, &access) != OK || v1_repository_check(rq) != OK) {
        return ERROR;
    }

    return reg_str_eq(access, reg_cstr(access_of(rq)))
               ? v1_true(rq)
               : req_fail(rq, REG_ERR_DENIED,
                          "who may read a repository is decided by its index");
}
