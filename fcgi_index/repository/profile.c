/* profile.c: what people say of a repository. */

#include "repository/profile.h"
#include "db/db_mirror.h"
#include "db/db_profile.h"
#include "markdown/markdown.h"
#include "search/search_index.h"

#define TOPIC_MAX 40


bool
profile_topic_is_valid(str_t topic)
{
    for (size_t i = 0; i < topic.len; i++) {
        unsigned char c = topic.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
              || (c == '-' && i != 0))) {
            return false;
        }
    }

    return topic.len != 0 && topic.len <= TOPIC_MAX;
}


static bool
begins_with(str_t text, str_t start)
{
    return text.len > start.len
           && memcmp(text.data, start.data, start.len) == 0;
}


bool
profile_link_is_valid(str_t link)
{
    for (size_t i = 0; i < link.len; i++) {
        if (link.data[i] <= ' ' || link.data[i] > '~') {
            return false;
        }
    }

    return begins_with(link, reg_str("https://"))
           || begins_with(link, reg_str("http://"));
}


int
profile_hold(db_t *db, uint64_t repository_id)
{
    return db_profile_hold(db, repository_id);
}


int
profile_put(db_t *db, uint64_t repository_id, const profile_t *profile)
{
    const char *html = NULL;

    if (profile->page != NULL
        && (strlen(profile->page) > PROFILE_PAGE_MAX
            || markdown_html(db_pool(db), MARKDOWN_PAGE, profile->page, &html)
                   != OK)) {
        return DECLINED;
    }

    if (db_profile_set(db, repository_id, profile->description, profile->page,
                       html, profile->topics, profile->links)
        != OK) {
        return ERROR;
    }

    return profile->description != NULL || profile->topics != NULL
               ? search_update(db, repository_id)
               : OK;
}


int
profile_create(db_t *db, uint64_t namespace_id, const char *name,
               visibility_t visibility, int64_t now, uint64_t *id_r)
{
    bool is_private = visibility != VISIBILITY_PUBLIC;
    mirror_repository_find_row_t row;
    int rc =
        db_repository_create(db, namespace_id, name, is_private,
                             is_private ? visibility : VISIBILITY_PRIVATE, now);

    if (rc != OK) {
        return rc;
    }

    if (db_mirror_repository_find(db, name, &row) != OK
        || db_mirror_repository_name(db, row.id, namespace_id, 0) != OK
        || search_update(db, row.id) != OK) {
        return ERROR;
    }

    *id_r = row.id;

    return db_profile_hold(db, row.id);
}
