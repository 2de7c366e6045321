/* profile.h: what people say of a repository: a description, a page, topics,
 * links. */

#ifndef PROFILE_H
#define PROFILE_H

#include "access/role.h"
#include "db/db.h"

#define PROFILE_DESCRIPTION_MAX 255
#define PROFILE_PAGE_MAX 65536 /* bytes of Markdown */
#define PROFILE_TOPICS_MAX 20
#define PROFILE_LINKS_MAX 10

/* NULL: as it is. */
typedef struct {
    const char *description;
    const char *page;   /* Markdown */
    const char *topics; /* one a line, as are the links */
    const char *links;
} profile_t;

/* Lower-case letters, digits and hyphens, 40 at most.  Pure. */
bool profile_topic_is_valid(str_t topic);

/* An http or https address of printable ASCII.  Pure. */
bool profile_link_is_valid(str_t link);

/* Holds the profile against other edits until the transaction ends. */
int profile_hold(db_t *db, uint64_t repository_id);

/* Changes a profile that is held, and counts its edition.  DECLINED where the
 * page is longer than PROFILE_PAGE_MAX, or than markdown.h allows. */
int profile_put(db_t *db, uint64_t repository_id, const profile_t *profile);

/* Makes a repository of which nothing was pushed yet, and holds its profile.
 * DECLINED where the name is taken. */
int profile_create(db_t *db, uint64_t namespace_id, const char *name,
                   visibility_t visibility, int64_t now, uint64_t *id_r);

#endif
