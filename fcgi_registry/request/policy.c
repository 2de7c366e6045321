/* policy.c: what the operator allows: the switches of a location. */

#include "request/policy.h"
#include "repository/tag.h"

#include "common/range.h"

#include "fcgi_core/log.h"
#include "fcgi_core/pattern.h"


static int
misunderstood(req_t *rq, const char *param, const char *why)
{
    log_error("%s in nginx.conf: %s", param, why);

    return req_fail(rq, REG_ERR_UNKNOWN, NULL);
}


int
policy_switch(req_t *rq, const char *param, bool fallback, bool *is_on_r)
{
    const char *value = req_param(rq, param);

    *is_on_r = value[0] == '\0' ? fallback : strcmp(value, "on") == 0;

    return value[0] == '\0' || *is_on_r || strcmp(value, "off") == 0
               ? OK
               : misunderstood(rq, param,
                               pool_printf(rq->pool,
                                           "\"%s\" is neither on nor off",
                                           value));
}


int
policy_number(req_t *rq, const char *param, uint64_t min, uint64_t fallback,
              uint64_t *number_r)
{
    str_t value = req_param_str(rq, param);

    if (value.len == 0) {
        *number_r = fallback;
        return OK;
    }

    return reg_number_parse(value, number_r) == OK && *number_r >= min
               ? OK
               : misunderstood(
                   rq, param,
                   pool_printf(rq->pool, "\"%s\" is no number from %llu on",
                               (char *)value.data, (unsigned long long)min));
}


/* --- immutable tags ------------------------------------------------------ */


bool
policy_has_immutable(req_t *rq)
{
    return req_param(rq, "REGISTRY_IMMUTABLE_TAGS")[0] != '\0';
}


/* OK where the tag is immutable, DECLINED where it is not. */
static int
immutable_find(req_t *rq, str_t tag)
{
    str_t name = registry_of(rq)->name;
    const char *error = NULL;
    const char *text = pool_printf(rq->pool, "%.*s:%.*s", (int)name.len,
                                   name.data, (int)tag.len, tag.data);
    int rc = pattern_match(rq->pool, req_param(rq, "REGISTRY_IMMUTABLE_TAGS"),
                           reg_cstr(text), &error);

    return rc == ERROR ? misunderstood(rq, "REGISTRY_IMMUTABLE_TAGS", error)
                       : rc;
}


int
policy_tag(req_t *rq, str_t tag, const reg_digest_t *digest)
{
    registry_t *registry = registry_of(rq);
    reg_digest_t current;
    int rc = policy_has_immutable(rq) ? immutable_find(rq, tag) : DECLINED;

    if (rc == OK) {
        rc = tag_get(registry->store, registry->name, tag, &current);
    }

    if (rc != OK) {
        return rc == DECLINED ? OK : ERROR;
    }

    if (digest != NULL && reg_digest_eq(&current, digest)) {
        return OK;
    }

    return req_fail_detail(rq, REG_ERR_DENIED, tag,
                           "the tag is immutable: it can be neither moved nor "
                           "deleted");
}


int
policy_sparse(req_t *rq, const manifest_t *manifest, bool *is_allowed_r)
{
    if (strcmp(req_param(rq, "REGISTRY_SPARSE"), "index") == 0) {
        *is_allowed_r = manifest->is_index;
        return OK;
    }

    return policy_switch(rq, "REGISTRY_SPARSE", false, is_allowed_r);
}


int
policy_urls(req_t *rq, const manifest_t *manifest)
{
    bool is_on;

    if (policy_switch(rq, "REGISTRY_MANIFEST_URLS", true, &is_on) != OK) {
        return ERROR;
    }

    return is_on || !manifest->has_urls
               ? OK
               : req_fail(rq, REG_ERR_DENIED,
                          "manifests with the URLs of content that is kept "
                          "elsewhere are not taken");
}
