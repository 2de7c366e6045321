/* api_search.c: search for repositories. */

#include "api/api_search.h"
#include "access/role.h"
#include "api/cursor.h"
#include "fcgi_core/lines.h"
#include "api/param.h"
#include "api/problem.h"
#include "common/name.h"
#include "mirror/search.h"

#define TOPIC_MAX 40

const field_t api_search_query[] = {
    { .name = "q",
      .type = FIELD_STRING,
      .max = SEARCH_QUERY_MAX,
      .help = "Words, of which five count: each a whole word of the name, the "
              "namespace, the description or a topic, or three or more "
              "characters of a word of the name.  None: all repositories." },
    { .name = "namespace",
      .type = FIELD_STRING,
      .min = 1,
      .max = REG_NAME_MAX,
      .grammar = &grammar_namespace,
      .help = "Only in this namespace." },
    { .name = "topic",
      .type = FIELD_STRING,
      .min = 1,
      .max = TOPIC_MAX,
      .help = "Only with this topic." },
    { .name = "visibility",
      .type = FIELD_STRING,
      .values = visibility_words,
      .help = "Only of this visibility." },
    { .name = "stars",
      .type = FIELD_INTEGER,
      .min = 0,
      .max = INT32_MAX,
      .help = "Only with at least so many stars." },
    { .name = NULL },
};

static const field_t model_fields[] = {
    { .name = "name", .type = FIELD_STRING, .help = "Name of the repository." },
    { .name = "description",
      .type = FIELD_STRING,
      .help = "Its short description; may be empty." },
    { .name = "topics", .type = FIELD_STRINGS, .help = "Its topics." },
    { .name = "visibility",
      .type = FIELD_STRING,
      .values = visibility_words,
      .help = "Who may see it." },
    { .name = "star_count",
      .type = FIELD_INTEGER,
      .help = "How many accounts have starred it." },
    { .name = "pull_count",
      .type = FIELD_INTEGER,
      .help = "How often it was pulled." },
    { .name = "created_at",
      .type = FIELD_TIME,
      .help = "When the index first knew it." },
    { .name = "pushed_at",
      .type = FIELD_TIME,
      .flags = FIELD_NULLABLE,
      .help = "When it was last pushed to; null: not known." },
    { .name = NULL },
};

const model_t api_search_model = { "SearchResult", model_fields };


static json_t *
model_of(const search_hit_row_t *row)
{
    return json_pack(
        "{s:s, s:s, s:o, s:s, s:I, s:I, s:o, s:o}", "name", row->name,
        "description", row->description, "topics", lines_json(row->topics),
        "visibility", visibility_name((visibility_t)row->visibility),
        "star_count", (json_int_t)row->stars, "pull_count",
        (json_int_t)row->pulls, "created_at", api_time(row->created_at),
        "pushed_at", api_time_or_null(row->pushed_at));
}


/* -1: any. */
static int
visibility_of(const char *word)
{
    visibility_t visibility;

    return word != NULL && visibility_parse(reg_cstr(word), &visibility) == OK
               ? (int)visibility
               : -1;
}


static void
read_fields(api_t *api, search_t *search)
{
    const char *text = api_str(api, "q");

    *search = (search_t){
        .text = reg_cstr(text != NULL ? text : ""),
        .namespace = api_str(api, "namespace"),
        .topic = api_str(api, "topic"),
        .visibility = visibility_of(api_str(api, "visibility")),
        .stars = (uint64_t)api_integer(api, "stars", 0),
        .limit = cursor_limit(api),
    };

    if (api_has_account(api)) {
        search->account = &api->caller.account;
        search->credential = &api->caller.credential;
    }
}


int
api_search(api_t *api)
{
    json_t *items = json_pooled(api->pool, json_array());
    const char *cursor = cursor_text(api, "");
    search_hit_row_t *rows;
    const char *next;
    search_t search;
    size_t n;
    int rc;

    if (cursor == NULL) {
        return ERROR;
    }

    read_fields(api, &search);
    search.cursor = cursor[0] != '\0' ? cursor : NULL;
    rc = search_run(api->db, &search, &rows, &n, &next);

    if (rc != OK) {
        return rc == DECLINED ? problem_fail(api, PROBLEM_CURSOR, "after", NULL)
                              : problem_database(api);
    }

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(items, model_of(&rows[i]));
    }

    return cursor_reply(api, json_incref(items), next);
}
