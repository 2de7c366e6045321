/* policy.c: what the operator allows: the switches of a location. */

#include "request/policy.h"
#include "repository/tag.h"
#include "spool/spool.h"

#include "common/range.h"

#include "fcgi_core/log.h"
#include "fcgi_core/pattern.h"

#define MIB ((uint64_t)1024 * 1024)
#define EVENTS_SIZE "REGISTRY_EVENTS_SIZE"
#define IMMUTABLE_TAGS "REGISTRY_IMMUTABLE_TAGS"
#define WORDS 3

static const struct {
    const char *param;
    size_t at;
    policy_switch_t fallback; /* where it is missing */
    const char *words[WORDS]; /* by policy_switch_t */
    const char *wrong;        /* what any other word is */
} switches[] = {
    { "REGISTRY_EVENTS",
      offsetof(policy_t, events),
      POLICY_OFF,
      { "off", "on", NULL },
      "neither on nor off" },
    { "REGISTRY_MANIFEST_URLS",
      offsetof(policy_t, manifest_urls),
      POLICY_ON,
      { "off", "on", NULL },
      "neither on nor off" },
    { "REGISTRY_SPARSE",
      offsetof(policy_t, sparse),
      POLICY_OFF,
      { "off", "on", "index" },
      "neither off, index nor on" },
};


static int
misunderstood(req_t *rq, const char *param, const char *why)
{
    log_error("%s in nginx.conf: %s", param, why);

    return req_fail(rq, REG_ERR_UNKNOWN, NULL);
}


/* --- reading ------------------------------------------------------------- */


static int
value_wrong(req_t *rq, const char *param, const char *what)
{
    return misunderstood(
        rq, param,
        pool_printf(rq->pool, "\"%s\" is %s", req_param(rq, param), what));
}


static int
switch_read(req_t *rq, size_t row, policy_t *policy)
{
    const char *value = req_param(rq, switches[row].param);
    policy_switch_t *at = (void *)((char *)policy + switches[row].at);

    *at = switches[row].fallback;

    if (value[0] == '\0') {
        return OK;
    }

    for (int i = 0; i < WORDS && switches[row].words[i] != NULL; i++) {
        if (strcmp(value, switches[row].words[i]) == 0) {
            *at = (policy_switch_t)i;
            return OK;
        }
    }

    return value_wrong(rq, switches[row].param, switches[row].wrong);
}


static int
events_size_read(req_t *rq, policy_t *policy)
{
    str_t value = req_param_str(rq, EVENTS_SIZE);
    uint64_t mib = SPOOL_SIZE_DEFAULT;

    if (value.len != 0 && (reg_number_parse(value, &mib) != OK || mib == 0)) {
        return value_wrong(rq, EVENTS_SIZE, "no number from 1 on");
    }

    policy->events_size = mib > UINT64_MAX / MIB ? UINT64_MAX : mib * MIB;

    return OK;
}


int
policy_read(req_t *rq, policy_t *policy_r)
{
    for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
        if (switch_read(rq, i, policy_r) != OK) {
            return ERROR;
        }
    }

    policy_r->immutable_tags = req_param(rq, IMMUTABLE_TAGS);

    return events_size_read(rq, policy_r);
}


bool
policy_is_exclusive(const policy_t *policy)
{
    return policy->events == POLICY_ON || policy->immutable_tags[0] != '\0';
}


/* --- immutable tags ------------------------------------------------------ */


/* OK where the tag is immutable, DECLINED where it is not. */
static int
immutable_find(req_t *rq, str_t tag)
{
    const char *pattern = registry_of(rq)->policy->immutable_tags;
    str_t name = registry_of(rq)->name;
    const char *text, *error = NULL;
    int rc;

    if (pattern[0] == '\0') {
        return DECLINED;
    }

    text = pool_printf(rq->pool, "%.*s:%.*s", STR(name), STR(tag));
    rc = pattern_match(rq->pool, pattern, reg_cstr(text), &error);

    return rc == ERROR ? misunderstood(rq, IMMUTABLE_TAGS, error) : rc;
}


int
policy_tag(req_t *rq, str_t tag, const reg_digest_t *digest)
{
    registry_t *registry = registry_of(rq);
    reg_digest_t current;
    int rc = immutable_find(rq, tag);

    if (rc == OK) {
        rc = tag_get(registry->op, registry->name, tag, &current);
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


/* --- manifests ----------------------------------------------------------- */


bool
policy_allows_sparse(const policy_t *policy, const manifest_t *manifest)
{
    return policy->sparse == POLICY_ON
           || (policy->sparse == POLICY_INDEX && manifest->is_index);
}


int
policy_urls(req_t *rq, const manifest_t *manifest)
{
    return registry_of(rq)->policy->manifest_urls == POLICY_ON
                   || !manifest->has_urls
               ? OK
               : req_fail(rq, REG_ERR_DENIED,
                          "manifests with URLs from which content is to be "
                          "fetched are not accepted");
}
