/* api_audit.c: the audit log: all of it for administrators, what they did
 * themselves for others.  The newest stands first. */

#include "api/api_audit.h"
#include "api/cursor.h"
#include "api/param.h"
#include "api/problem.h"
#include "common/name.h"
#include "common/utc.h"
#include "db/db_account.h"

#define EXAMINED_MAX 20000 /* events of one page */
#define SKEW 600           /* seconds that times are out of order at most */
#define ADDRESS_MAX 64
#define TARGET_MAX 255

#define TIME(field, sentence)                                                  \
    {                                                                          \
        .name = field, .type = FIELD_STRING, .min = PARAM_TIME_LEN,            \
        .max = PARAM_TIME_LEN, .grammar = &grammar_time, .help = sentence      \
    }

const field_t api_audit_query[] = {
    { .name = "actor",
      .type = FIELD_STRING,
      .min = 2,
      .max = REG_LOGIN_MAX,
      .grammar = &grammar_account,
      .help = "Login of who acted; for administrators, whose list has all "
              "actors otherwise." },
    { .name = "action",
      .type = FIELD_STRING,
      .values = audit_words,
      .help = "What was done." },
    { .name = "target",
      .type = FIELD_STRING,
      .min = 1,
      .max = TARGET_MAX,
      .help = "A part of the name of what it was done to." },
    { .name = "address",
      .type = FIELD_STRING,
      .min = 1,
      .max = ADDRESS_MAX,
      .grammar = &grammar_address,
      .help = "Where it came from." },
    TIME("since", "Not before this time, in UTC."),
    TIME("until", "Before this time, in UTC."),
    { .name = NULL },
};

static const field_t model_fields[] = {
    { .name = "id", .type = FIELD_INTEGER, .help = "Its number." },
    { .name = "at", .type = FIELD_TIME, .help = "When it was done." },
    { .name = "actor",
      .type = FIELD_STRING,
      .help = "Login of who did it; empty for no one." },
    { .name = "actor_kind",
      .type = FIELD_STRING,
      .values = audit_kinds,
      .help = "How the actor was known." },
    { .name = "access_token",
      .type = FIELD_INTEGER,
      .flags = FIELD_NULLABLE,
      .help = "Number of the access token that was used." },
    { .name = "address",
      .type = FIELD_STRING,
      .help = "Where it came from; empty for an operator." },
    { .name = "action",
      .type = FIELD_STRING,
      .values = audit_words,
      .help = "What was done." },
    { .name = "target",
      .type = FIELD_STRING,
      .help = "What it was done to, by its name at that time." },
    { .name = "count",
      .type = FIELD_INTEGER,
      .help = "How often: wrong passwords for one login from one address in "
              "ten minutes are one event." },
    { .name = "last_at", .type = FIELD_TIME, .help = "When it was done last." },
    { .name = "data", .type = FIELD_OBJECT, .help = "More about it." },
    { .name = NULL },
};

const model_t api_audit_model = { "AuditEvent", model_fields };


/* 0: all actors. */
static int
find_actor(api_t *api, uint64_t *actor_id_r)
{
    const char *login = api_str(api, "actor");
    account_id_row_t row;
    int rc;

    if (!api_is_admin(api)) {
        *actor_id_r = api->caller.account.id;
        return login == NULL || strcmp(login, api->caller.account.login) == 0
                   ? OK
                   : problem_fail(api, PROBLEM_FORBIDDEN, "actor", NULL);
    }

    *actor_id_r = 0;

    if (login == NULL) {
        return OK;
    }

    rc = db_account_id(api->db, login, &row);

    if (rc != OK) {
        return rc == DECLINED ? problem_fail(api, PROBLEM_QUERY, "actor",
                                             "there is no such account")
                              : problem_database(api);
    }

    *actor_id_r = row.id;

    return OK;
}


/* What is asked for. */
typedef struct {
    uint64_t actor_id; /* 0: all */
    uint64_t first;    /* numbers */
    uint64_t before;
    int64_t since; /* times */
    int64_t until;
    const char *action;
    const char *address;
    const char *target;
} wanted_t;


static void
read_time(api_t *api, const char *name, int64_t *at_r)
{
    if (api_has(api, name)) {
        reg_utc_parse(api_text(api, name), at_r); /* the grammar is checked */
    }
}


static int
wanted_read(api_t *api, wanted_t *wanted)
{
    *wanted = (wanted_t){ .since = INT64_MIN,
                          .until = INT64_MAX,
                          .action = api_str(api, "action"),
                          .address = api_str(api, "address"),
                          .target = api_str(api, "target") };

    read_time(api, "since", &wanted->since);
    read_time(api, "until", &wanted->until);

    return cursor_number(api, INT64_MAX, &wanted->before) == OK
               ? find_actor(api, &wanted->actor_id)
               : ERROR;
}


/* Numbers grow with time, but for transactions that ended in another order:
 * their times differ by less than SKEW. */
static int
bound_times(api_t *api, wanted_t *wanted)
{
    audit_id_row_t row;
    int rc = OK;

    if (wanted->since != INT64_MIN) {
        rc = db_audit_last_before(api->db, wanted->since - SKEW, &row);
        wanted->first = rc == OK ? row.id + 1 : 0;
    }

    if (rc != ERROR && wanted->until != INT64_MAX) {
        rc = db_audit_first_from(api->db, wanted->until + SKEW, &row);

        if (rc == OK && row.id < wanted->before) {
            wanted->before = row.id;
        }
    }

    return rc != ERROR ? OK : problem_database(api);
}


/* A page examines EXAMINED_MAX events: *is_cut_r says whether there are older
 * ones. */
static int
bound_work(api_t *api, wanted_t *wanted, bool *is_cut_r)
{
    audit_id_row_t row;
    int rc;

    rc = wanted->actor_id == 0
             ? db_audit_behind(api->db, wanted->before, EXAMINED_MAX, &row)
             : db_audit_behind_of_actor(api->db, wanted->actor_id,
                                        wanted->before, EXAMINED_MAX, &row);
    *is_cut_r = rc == OK && row.id >= wanted->first;

    if (*is_cut_r) {
        wanted->first = row.id + 1;
    }

    return rc != ERROR ? OK : problem_database(api);
}


static int
rows_find(api_t *api, const wanted_t *is, size_t limit,
          audit_item_row_t **rows_r, size_t *n_r)
{
    int rc;

    rc = is->actor_id == 0
             ? db_audit_list(api->db, is->first, is->before, is->since,
                             is->until, is->action, is->address, is->target,
                             limit, rows_r, n_r)
             : db_audit_list_of_actor(api->db, is->actor_id, is->first,
                                      is->before, is->since, is->until,
                                      is->action, is->address, is->target,
                                      limit, rows_r, n_r);

    return rc == OK ? OK : problem_database(api);
}


int
api_audit_list(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    json_t *items = json_pooled(api->pool, json_array());
    audit_item_row_t *rows;
    wanted_t wanted;
    uint64_t last = 0;
    bool is_cut;

    if (wanted_read(api, &wanted) != OK || bound_times(api, &wanted) != OK
        || bound_work(api, &wanted, &is_cut) != OK
        || rows_find(api, &wanted, limit + 1, &rows, &n) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, audit_json(&rows[i]));
    }

    if (n > limit) {
        last = rows[limit - 1].id;

    } else if (is_cut) {
        last = wanted.first;
    }

    return cursor_reply(api, json_incref(items),
                        last != 0 ? cursor_key_number(api, last) : NULL);
}
