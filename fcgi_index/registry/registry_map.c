/* registry_map.c: the Index's map of registries. */

#include "registry/registry_map.h"
#include "registry/endpoint.h"
#include "webhook/webhook.h"

#define STATE_OLD 300 /* seconds after which a check says nothing any more */

const char *const registry_kind_words[] = { "sponsor", "mirror", "vendor",
                                            "private", NULL };

const char *const registry_state_words[] = { "unknown", "up", "down", NULL };


int
registry_kind_parse(const char *word, registry_kind_t *kind_r)
{
    for (unsigned i = 0; registry_kind_words[i] != NULL; i++) {
        if (strcmp(registry_kind_words[i], word) == 0) {
            *kind_r = (registry_kind_t)i;
            return OK;
        }
    }

    return DECLINED;
}


registry_state_t
registry_state(const registry_row_t *row, int64_t now)
{
    return row->check_url != NULL && row->checked_at != NULL
                   && *row->checked_at > now - STATE_OLD
                   && row->state < REGISTRY_STATE_N
               ? (registry_state_t)row->state
               : REGISTRY_UNKNOWN;
}


/* --- checks --------------------------------------------------------------- */

bool
registry_name_is_valid(str_t name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = name.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
              || (c == '-' && i != 0))) {
            return false;
        }
    }

    return name.len != 0 && name.len <= REGISTRY_NAME_MAX
           && !endpoint_is_meant(name);
}


/* What a vendor's or a private registry has alone is of one namespace each. */
static bool
is_of_namespace(str_t pattern)
{
    const unsigned char *star = memchr(pattern.data, '*', pattern.len);
    const unsigned char *slash = memchr(pattern.data, '/', pattern.len);

    return star == NULL || (slash != NULL && slash < star);
}


static const char *
patterns_fault(const registry_wanted_t *wanted)
{
    bool is_exclusive =
        wanted->kind == REGISTRY_VENDOR || wanted->kind == REGISTRY_PRIVATE;
    const char *p = wanted->patterns;
    size_t n = 0;

    for (; *p != '\0'; n++) {
        str_t pattern = { strcspn(p, "\n"), (unsigned char *)p };

        if (!credential_is_pattern(pattern)) {
            return "a pattern is like the name of a repository, with * for any "
                   "characters";
        }

        if (is_exclusive && !is_of_namespace(pattern)) {
            return "a vendor's or a private registry serves patterns of one "
                   "namespace each, like acme/*";
        }

        p += pattern.len + (p[pattern.len] == '\n');
    }

    return n != 0 && n <= REGISTRY_PATTERNS_MAX ? NULL
                                                : "there are 1 to 16 patterns";
}


static int
wanted_check(change_t *change, registry_wanted_t *wanted)
{
    const char *fault;

    if (wanted->patterns == NULL) {
        wanted->patterns =
            wanted->kind == REGISTRY_SPONSOR || wanted->kind == REGISTRY_MIRROR
                ? "*"
                : "";
    }

    if (!endpoint_is_valid(reg_cstr(wanted->endpoint))) {
        return change_fail(change, FAULT_INVALID, "endpoint",
                           "an endpoint is a host in lower case, or host:port, "
                           "without a scheme");
    }

    if (wanted->weight > REGISTRY_WEIGHT_MAX) {
        return change_fail(change, FAULT_INVALID, "weight",
                           "a weight is 0 to %d", REGISTRY_WEIGHT_MAX);
    }

    fault = patterns_fault(wanted);

    if (fault != NULL) {
        return change_fail(change, FAULT_INVALID, "patterns", "%s", fault);
    }

    if (wanted->check_url != NULL) {
        fault = strlen(wanted->check_url) > REGISTRY_CHECK_URL_MAX
                    ? "it is too long"
                    : webhook_url_fault(reg_cstr(wanted->check_url));
    }

    return fault == NULL ? OK
                         : change_fail(change, FAULT_INVALID, "check_url",
                                       "the URL of checks: %s", fault);
}


registry_wanted_t
registry_wanted(const registry_row_t *row)
{
    return (registry_wanted_t){ .kind = (registry_kind_t)row->kind,
                                .endpoint = row->endpoint,
                                .weight = row->weight,
                                .patterns = row->patterns,
                                .check_url = row->check_url };
}


/* --- changes -------------------------------------------------------------- */

typedef struct {
    const char *name;
    const registry_row_t *row;
    registry_wanted_t wanted;
} work_t;


static json_t *
wanted_json(const registry_wanted_t *wanted)
{
    return json_pack("{s:s, s:s, s:I}", "kind",
                     registry_kind_words[wanted->kind], "endpoint",
                     wanted->endpoint, "weight", (json_int_t)wanted->weight);
}


static int
add(change_t *change, void *data)
{
    work_t *work = data;
    const registry_wanted_t *wanted = &work->wanted;
    registry_count_row_t count;
    int rc;

    if (!registry_name_is_valid(reg_cstr(work->name))) {
        return change_fail(change, FAULT_INVALID, "name",
                           "%s is no name of a registry: lower-case letters, "
                           "digits and dashes",
                           work->name);
    }

    rc = wanted_check(change, &work->wanted);

    if (rc != OK || db_registry_count(change->db, &count) != OK) {
        return rc != OK ? rc : ERROR;
    }

    if (count.n >= REGISTRIES_MAX) {
        return change_fail(change, FAULT_LIMIT, NULL,
                           "there are %d registries already", REGISTRIES_MAX);
    }

    rc = db_registry_add(change->db, work->name, wanted->kind, wanted->endpoint,
                         wanted->weight, wanted->patterns, wanted->check_url,
                         change->now);

    if (rc == DECLINED) {
        return change_fail(change, FAULT_TAKEN, "name",
                           "registry %s exists already", work->name);
    }

    return rc == OK ? change_audit(change, AUDIT_REGISTRY_ADD, 0, work->name,
                                   wanted_json(wanted))
                    : ERROR;
}


int
registry_add(change_t *change, const char *name,
             const registry_wanted_t *wanted)
{
    work_t work = { .name = name, .wanted = *wanted };

    return change_run_new(change, add, &work);
}


static bool
is_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}


static int
edit(change_t *change, void *data)
{
    work_t *work = data;
    const registry_row_t *row = work->row;
    const registry_wanted_t *wanted = &work->wanted;
    int rc = wanted_check(change, &work->wanted);

    if (rc != OK) {
        return rc;
    }

    if (db_registry_edit(change->db, row->id, wanted->kind, wanted->endpoint,
                         wanted->weight, wanted->patterns, wanted->check_url)
        != OK) {
        return ERROR;
    }

    if ((!is_same(row->endpoint, wanted->endpoint)
         || !is_same(row->check_url, wanted->check_url))
        && db_registry_forget(change->db, row->id) != OK) {
        return ERROR;
    }

    return change_audit(change, AUDIT_REGISTRY_EDIT, 0, row->name,
                        wanted_json(wanted));
}


int
registry_edit(change_t *change, const registry_row_t *row,
              const registry_wanted_t *wanted)
{
    work_t work = { .row = row, .wanted = *wanted };

    return change_run_new(change, edit, &work);
}


static int
remove_row(change_t *change, void *data)
{
    const work_t *work = data;

    return db_registry_remove(change->db, work->row->id) == OK ? change_audit(
               change, AUDIT_REGISTRY_REMOVE, 0, work->row->name, NULL)
                                                               : ERROR;
}


int
registry_remove(change_t *change, const registry_row_t *row)
{
    work_t work = { .row = row };

    return change_run_new(change, remove_row, &work);
}


int
registry_take(change_t *change, const char *name, registry_row_t *row_r)
{
    int rc = db_registry_take(change->db, name, row_r);

    return rc == DECLINED ? change_fail(change, FAULT_NOT_FOUND, NULL,
                                        "there is no registry %s", name)
                          : rc;
}


/* --- as others see it ----------------------------------------------------- */

static json_t *
patterns_json(const char *patterns)
{
    json_t *array = json_array();

    while (*patterns != '\0') {
        size_t len = strcspn(patterns, "\n");

        json_array_append_new(
            array, json_str((str_t){ len, (unsigned char *)patterns }));
        patterns += len + (patterns[len] == '\n');
    }

    return array;
}


static json_t *
time_json(const int64_t *seconds)
{
    return seconds != NULL ? json_time(*seconds) : json_null();
}


json_t *
registry_json(const registry_row_t *row, int64_t now)
{
    registry_state_t state = registry_state(row, now);

    return json_pack(
        "{s:s, s:s, s:s, s:I, s:o, s:s?, s:s, s:o, s:o, s:s?, s:o}", "name",
        row->name, "kind",
        row->kind < REGISTRY_KIND_N ? registry_kind_words[row->kind]
                                    : "unknown",
        "endpoint", row->endpoint, "weight", (json_int_t)row->weight,
        "patterns", patterns_json(row->patterns), "check_url", row->check_url,
        "state", registry_state_words[state], "changed_at",
        time_json(row->changed_at), "checked_at", time_json(row->checked_at),
        "message", row->message, "created_at", json_time(row->created_at));
}
