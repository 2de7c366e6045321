/* api_listing.c: lists of repositories: of a namespace, and of all of them. */

#include "api/api_listing.h"
#include "api/cursor.h"
#include "api/param.h"
#include "api/problem.h"
#include "common/name.h"
#include "common/range.h"
#include "repository/repository_list.h"
#include "repository/repository_view.h"

/* In the order of listing_sort_t. */
static const char *const sorts[] = { "name", "updated", "stars", "pulls",
                                     NULL };

#define SORT                                                                   \
    {                                                                          \
        .name = "sort", .type = FIELD_STRING, .values = sorts,                 \
        .help = "name, which is what it is without; updated: the last push "   \
                "first; stars or pulls: the most of them first."               \
    }

const field_t api_listing_namespace_query[] = {
    SORT,
    { .name = NULL },
};

const field_t api_listing_query[] = {
    SORT,
    { .name = "namespace",
      .type = FIELD_STRING,
      .min = 1,
      .max = REG_NAME_MAX,
      .grammar = &grammar_namespace,
      .help = "Only in this namespace." },
    { .name = "visibility",
      .type = FIELD_STRING,
      .values = visibility_words,
      .help = "Only of this visibility." },
    { .name = "mine",
      .type = FIELD_BOOLEAN,
      .help = "Only those on which the caller has the role write or more." },
    { .name = NULL },
};


static int
visibility_of(const api_t *api)
{
    visibility_t visibility;

    return visibility_parse(api_text(api, "visibility"), &visibility) == OK
               ? (int)visibility
               : -1;
}


/* Where the page begins: a name, or a number and an id. */
static int
read_place(api_t *api, listing_t *listing)
{
    listing_place_t *after = &listing->after;
    const char *id;

    *after = listing_first();

    if (listing->sort == LISTING_NAME) {
        after->name = cursor_text(api, after->name);
        return after->name != NULL ? OK : ERROR;
    }

    if (cursor_moment(api, &after->number, &id) != OK) {
        return ERROR;
    }

    return id == NULL || reg_number_parse(reg_cstr(id), &after->id) == REG_OK
               ? OK
               : problem_fail(api, PROBLEM_CURSOR, "after", NULL);
}


static const char *
print_place(const api_t *api, listing_sort_t sort, const listing_place_t *place)
{
    if (place == NULL) {
        return NULL;
    }

    return sort == LISTING_NAME
               ? place->name
               : cursor_key_moment(api, place->number,
                                   cursor_key_number(api, place->id));
}


/* A token narrows the rights of its account, except to public repositories. */
static bool
is_shown(const api_t *api, const repository_item_row_t *row)
{
    const caller_t *caller = &api->caller;

    return caller->kind != CALLER_TOKEN || row->visibility == VISIBILITY_PUBLIC
           || (credential_actions(&caller->credential, row->name)
               & CREDENTIAL_PULL)
                  != 0;
}


static int
reply_list(api_t *api, listing_t *listing)
{
    json_t *items = json_pooled(api->pool, json_array());
    repository_item_row_t *rows;
    const listing_place_t *next;
    size_t n;

    listing->account = api_account(api);
    listing->sort = (listing_sort_t)api_choice(api, "sort", sorts);
    listing->limit = cursor_limit(api);

    if (read_place(api, listing) != OK) {
        return ERROR;
    }

    if (listing_read(api->db, listing, &rows, &n, &next) != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n; i++) {
        if (is_shown(api, &rows[i])) {
            json_array_append_new(items,
                                  repository_item_json(api->pool, &rows[i]));
        }
    }

    return cursor_reply(api, json_incref(items),
                        print_place(api, listing->sort, next));
}


int
api_listing(api_t *api)
{
    listing_t listing = { .namespace = api_str(api, "namespace"),
                          .visibility = visibility_of(api),
                          .is_mine = api_boolean(api, "mine", false) };

    /* an anonymous caller has no role */
    return listing.is_mine && !api_has_account(api)
               ? problem_fail(api, PROBLEM_UNAUTHENTICATED, NULL, NULL)
               : reply_list(api, &listing);
}


/* A namespace that is not there looks like one in which the caller may read
 * nothing. */
int
api_listing_namespace(api_t *api)
{
    listing_t listing = { .namespace = api_param(api, "namespace"),
                          .visibility = -1 };

    return reply_list(api, &listing);
}
