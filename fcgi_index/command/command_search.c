/* command_search.c: the subcommands of search. */

#include "access/visibility.h"
#include "app.h"
#include "command/commands.h"
#include "mirror/search.h"
#include "search/search_index.h"

#define RESULTS_MAX 100


static int
search_rebuild_all(const call_t *call)
{
    uint64_t after = 0, n_all = 0;
    size_t n;

    (void)call;

    if (app_open() != OK) {
        return EXIT_FAILURE;
    }

    do {
        pool_t *pool = pool_create();
        int rc;

        db_use(app.db, pool);
        rc = search_rebuild(app.db, &after, &n);
        db_use(app.db, app.pool);
        pool_destroy(pool);

        if (rc != OK) {
            return EXIT_FAILURE;
        }

        n_all += n;
    } while (n == SEARCH_BATCH);

    printf("%llu repositories\n", (unsigned long long)n_all);

    return EXIT_SUCCESS;
}


static void
hit_print(const call_t *call, const search_hit_row_t *row)
{
    if (call->is_json) {
        json_print(json_pack("{s:s, s:s, s:s, s:I, s:o}", "name", row->name,
                             "description", row->description, "visibility",
                             visibility_name((visibility_t)row->visibility),
                             "star_count", (json_int_t)row->stars, "pushed_at",
                             command_time(row->pushed_at)));
    } else {
        printf("%s %llu %s\n", row->name, (unsigned long long)row->stars,
               row->description);
    }
}


/* As no one sees it, or as the account of a login does. */
static int
search_query(const call_t *call)
{
    search_t search = { .text = reg_cstr(call->words[0]),
                        .visibility = -1,
                        .limit = RESULTS_MAX };
    search_hit_row_t *rows;
    account_t account;
    size_t n;

    if (app_open() != OK) {
        return EXIT_FAILURE;
    }

    if (call->words[1] != NULL) {
        int rc = account_find(app.db, reg_cstr(call->words[1]), &account);

        if (rc != OK) {
            if (rc == DECLINED) {
                fprintf(stderr, "there is no account %s\n", call->words[1]);
            }
            return EXIT_FAILURE;
        }

        search.account = &account;
    }

    if (search_run(app.db, &search, &rows, &n, &search.cursor) != OK) {
        return EXIT_FAILURE;
    }

    for (size_t i = 0; i < n; i++) {
        hit_print(call, &rows[i]);
    }

    return EXIT_SUCCESS;
}


const command_t search_commands[] = {
    { .noun = "search",
      .verb = "query",
      .words = "WORDS [LOGIN]",
      .summary = "Search for repositories, as no one or as an account.",
      .detail = "Name, stars, description: one repository per line, the first "
                "100.",
      .has_json = true,
      .run = search_query },
    { .noun = "search",
      .verb = "rebuild",
      .summary = "Rebuild the search index of all repositories.",
      .detail = "May run during slipway-index serve, and be repeated.  Needed "
                "once where repositories were there before search was.",
      .run = search_rebuild_all },
    { .noun = NULL },
};
