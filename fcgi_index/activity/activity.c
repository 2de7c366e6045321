/* activity.c: what happens in repositories and namespaces. */

#include "activity/activity.h"
#include "db/db_activity.h"

#define HOUR 3600
#define DATA_MAX 2048 /* bytes; as wide as the column */

const char *const activity_words[] = {
#define ACTIVITY(name, word, help) word,
#include "activity/activity.def"
#undef ACTIVITY
    NULL
};


/* What is too long is left out: the rest of the row is worth more. */
static const char *
data_print(pool_t *pool, const json_t *data)
{
    char *text = pool_alloc(pool, DATA_MAX + 1);
    size_t len =
        data == NULL ? 0 : json_dumpb(data, text, DATA_MAX, JSON_COMPACT);

    return len != 0 && len <= DATA_MAX ? text : "{}";
}


static const char *
actor_or_null(const activity_t *activity)
{
    return activity->actor != NULL && activity->actor[0] != '\0'
               ? activity->actor
               : NULL;
}


static int
put(db_t *db, const activity_t *activity, const json_t *data)
{
    return db_activity_put(db, activity->namespace_id, activity->repository_id,
                           activity->kind, activity->at,
                           actor_or_null(activity), activity->subject_id,
                           data_print(db_pool(db), data));
}


/* --- tags ----------------------------------------------------------------- */

/* The tag, and behind it those of before, which it is not. */
static json_t *
tags_data(pool_t *pool, const char *tag, const char *before)
{
    json_t *tags = json_pack("[s]", tag), *old = NULL, *other;
    json_t *data = json_pooled(pool, json_pack("{s:o}", "tags", tags));
    const char *error;
    size_t i;

    if (before == NULL
        || json_parse(pool, reg_cstr(before), &old, &error) != OK) {
        return data;
    }

    json_array_foreach(json_object_get(old, "tags"), i, other)
    {
        if (json_array_size(tags) < ACTIVITY_TAGS_MAX
            && strcmp(json_string_value(other), tag) != 0) {
            json_array_append(tags, other);
        }
    }

    return data;
}


static bool
is_same_actor(const activity_last_row_t *last, const activity_t *activity)
{
    const char *actor = actor_or_null(activity);

    return actor == NULL || last->actor == NULL
               ? actor == last->actor
               : strcmp(actor, last->actor) == 0;
}


/* Events of the store come one after the other: no one else writes between. */
static int
add_tag(db_t *db, const activity_t *activity)
{
    pool_t *pool = db_pool(db);
    activity_last_row_t last;
    int rc = db_activity_last(db, activity->repository_id, &last);

    if (rc == ERROR) {
        return ERROR;
    }

    if (rc == OK && last.kind == (uint64_t)activity->kind
        && activity->at - last.began_at < ACTIVITY_FOLD
        && is_same_actor(&last, activity)) {
        return db_activity_fold(
            db, last.id, activity->at,
            data_print(pool, tags_data(pool, activity->tag, last.data)));
    }

    return put(db, activity, tags_data(pool, activity->tag, NULL));
}


/* --- stars and comments --------------------------------------------------- */

static int
add_bounded(db_t *db, const activity_t *activity)
{
    activity_recent_row_t recent;

    if (db_activity_recent(db, activity->repository_id, activity->kind,
                           activity->at - HOUR, ACTIVITY_BURST, &recent)
        != OK) {
        return ERROR;
    }

    return recent.n < ACTIVITY_BURST ? put(db, activity, activity->data) : OK;
}


int
activity_add(db_t *db, const activity_t *activity)
{
    switch (activity->kind) {
    case ACTIVITY_PUSH:
    case ACTIVITY_DELETE:
        return add_tag(db, activity);
    case ACTIVITY_STAR:
    case ACTIVITY_COMMENT:
        return add_bounded(db, activity);
    default:
        return put(db, activity, activity->data);
    }
}


int
activity_forget(db_t *db, const activity_t *activity)
{
    return db_activity_forget(db, activity->repository_id, activity->kind,
                              activity->at, actor_or_null(activity),
                              activity->subject_id);
}


int
activity_purge(db_t *db, int64_t before, uint64_t max)
{
    return db_activity_purge(db, before, max);
}
