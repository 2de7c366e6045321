/* command_listing.c: "repository list": all repositories, or what an account
 * sees in lists. */

#include "app.h"
#include "command/commands.h"
#include "db/db_repository.h"
#include "repository/repository_list.h"
#include "repository/repository_view.h"

const setting_t listing_settings[] = {
    { "as", NULL, SETTING_STRING, offsetof(listing_conf_t, login), 0, 0, NULL,
      "List what this account sees in lists: name, visibility, stars, last "
      "push.  The other flags need it." },
    { "sort", NULL, SETTING_STRING, offsetof(listing_conf_t, sort), 0, 0,
      "name", "name, updated, stars or pulls." },
    { "namespace", NULL, SETTING_STRING, offsetof(listing_conf_t, namespace), 0,
      0, NULL, "Only in this namespace." },
    { "visibility", NULL, SETTING_STRING, offsetof(listing_conf_t, visibility),
      0, 0, NULL, "Only of this visibility." },
    { "mine", NULL, SETTING_FLAG, offsetof(listing_conf_t, is_mine), 0, 0, NULL,
      "Only those on which the account has the role write or more." },
    { .name = NULL },
};


/* --- all ------------------------------------------------------------------ */

static void
repository_print(const call_t *call, const repository_list_row_t *row)
{
    const char *visibility = visibility_name((visibility_t)row->visibility);

    if (call->is_json) {
        json_print(json_pack("{s:s, s:s, s:s?, s:b, s:o}", "name", row->name,
                             "visibility", visibility, "owner", row->owner,
                             "is_stored", row->is_stored, "created_at",
                             command_time(&row->created_at)));
    } else {
        printf("%s %s %s%s\n", row->name, visibility,
               row->owner != NULL ? row->owner : "-",
               row->is_stored ? " stored" : "");
    }
}


static int
print_page(const call_t *call, const char **after)
{
    repository_list_row_t *rows;
    size_t n;
    int rc = db_repository_list(app.db, *after, COMMAND_PAGE, &rows, &n);

    for (size_t i = 0; i < n; i++) {
        repository_print(call, &rows[i]);
        *after = rows[i].name;
    }

    return rc;
}


/* --- what an account sees ------------------------------------------------- */

static int
sort_parse(const char *word, listing_sort_t *sort_r)
{
    static const char *const sorts[] = { "name", "updated", "stars", "pulls" };

    for (size_t i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++) {
        if (strcmp(sorts[i], word) == 0) {
            *sort_r = (listing_sort_t)i;
            return OK;
        }
    }

    return ERROR;
}


static int
print_listing(const call_t *call, listing_t *listing)
{
    repository_item_row_t *rows;
    const listing_place_t *next;
    size_t n;

    do {
        if (listing_read(app.db, listing, &rows, &n, &next) != OK) {
            return EXIT_FAILURE;
        }

        for (size_t i = 0; i < n; i++) {
            command_print(call, repository_item_json(app.pool, &rows[i]),
                          "name visibility star_count pushed_at");
        }

        listing->after = next != NULL ? *next : listing->after;
    } while (next != NULL);

    return EXIT_SUCCESS;
}


static int
list_as(const call_t *call)
{
    const listing_conf_t *conf = call->conf;
    listing_t listing = { .namespace = conf->namespace,
                          .visibility = -1,
                          .is_mine = conf->is_mine,
                          .after = listing_first(),
                          .limit = COMMAND_PAGE };
    visibility_t visibility;
    account_t account;

    if (sort_parse(conf->sort, &listing.sort) != OK) {
        return call_misused(call, "%s is no order of a list", conf->sort);
    }

    if (conf->visibility != NULL) {
        if (command_visibility(conf->visibility, &visibility) != OK) {
            return EXIT_FAILURE;
        }

        listing.visibility = (int)visibility;
    }

    if (app_open() != OK || command_account(conf->login, &account) != OK) {
        return EXIT_FAILURE;
    }

    listing.account = &account;

    return print_listing(call, &listing);
}


int
command_repository_list(const call_t *call)
{
    const listing_conf_t *conf = call->conf;

    if (conf->login != NULL) {
        return list_as(call);
    }

    if (conf->namespace != NULL || conf->visibility != NULL || conf->is_mine
        || strcmp(conf->sort, "name") != 0) {
        return call_misused(call, "--as is missing");
    }

    return command_list(call, print_page);
}
