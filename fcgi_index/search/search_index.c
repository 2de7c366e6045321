/* search_index.c: what search and lists find, kept up to date.
 *
 * The row of search_document is locked first, and made where it is missing: so
 * two changes of one repository come one after the other.  Then the repository
 * is read as it is now, and held: its visibility cannot change under the
 * postings. */

#include "search/search_index.h"
#include "search/term.h"
#include "db/db_repository_list.h"
#include "db/db_search.h"
#include "fcgi_core/json.h"
#include "fcgi_core/log.h"

#define VISIBILITY_PUBLIC 0
#define VISIBILITY_INTERNAL 2
#define VISIBILITY_REMOVED 4 /* in repository_listing */

/* Postings of the repositories of a batch, as JSON for one statement each:
 * [[scope, term, place, repository], ...] */
typedef struct {
    db_t *db;
    json_t *gone;
    json_t *new;
} batch_t;


static uint64_t
scope_of(const search_source_row_t *row)
{
    switch (row->visibility) {
    case VISIBILITY_PUBLIC:
        return SEARCH_SCOPE_PUBLIC;
    case VISIBILITY_INTERNAL:
        return SEARCH_SCOPE_INTERNAL;
    default:
        return row->namespace_id;
    }
}


static json_t *
terms_json(const terms_t *terms)
{
    json_t *pairs = json_array();

    for (size_t i = 0; i < terms->n; i++) {
        json_t *text = json_str(reg_cstr(terms->items[i].text));

        json_array_append_new(
            pairs, json_pack("[o, i]", text, (int)terms->items[i].place));
    }

    return pairs;
}


static json_t *
terms_of(pool_t *pool, const search_source_row_t *row)
{
    const term_source_t source = {
        .name = row->name,
        .description = row->description != NULL ? row->description : "",
        .topics = row->topics != NULL ? row->topics : "",
        .stars = row->stars
    };
    terms_t *terms = pool_new(pool, terms_t);

    if (row->is_shown) {
        term_list(pool, &source, terms);
    }

    return json_pooled(pool, terms_json(terms));
}


static bool
has_pair(json_t *pairs, json_t *pair)
{
    json_t *other;
    size_t i;

    json_array_foreach(pairs, i, other)
    {
        if (json_equal(other, pair)) {
            return true;
        }
    }

    return false;
}


/* What stands in pairs and not in others; others NULL: all of it.  Scopes are
 * texts: an integer of JSON is signed here. */
static void
put_postings(db_t *db, json_t *list, json_t *pairs, json_t *others,
             uint64_t scope_id, uint64_t repository_id)
{
    const char *scope =
        pool_printf(db_pool(db), "%llu", (unsigned long long)scope_id);
    json_t *pair;
    size_t i;

    json_array_foreach(pairs, i, pair)
    {
        if (others == NULL || !has_pair(others, pair)) {
            json_array_append_new(list, json_pack("[s, O, O, I]", scope,
                                                  json_array_get(pair, 0),
                                                  json_array_get(pair, 1),
                                                  (json_int_t)repository_id));
        }
    }
}


static int
batch_add(batch_t *batch, const search_source_row_t *row)
{
    pool_t *pool = db_pool(batch->db);
    uint64_t scope_id = scope_of(row);
    bool is_same_scope = scope_id == row->scope_id;
    json_t *new = terms_of(pool, row), *old;
    const char *error;

    if (db_listing_put(batch->db, row->id, row->namespace_id, row->name,
                       row->is_removed ? VISIBILITY_REMOVED : row->visibility,
                       row->stars)
        != OK) {
        return ERROR;
    }

    if (json_parse(pool, reg_cstr(row->terms), &old, &error) != OK) {
        log_error("terms of repository %llu are no JSON: %s",
                  (unsigned long long)row->id, error);
        return ERROR;
    }

    if (is_same_scope && json_equal(old, new)) {
        return OK;
    }

    put_postings(batch->db, batch->gone, old, is_same_scope ? new : NULL,
                 row->scope_id, row->id);
    put_postings(batch->db, batch->new, new, is_same_scope ? old : NULL,
                 scope_id, row->id);

    return db_search_document_set(batch->db, row->id, scope_id,
                                  json_text(pool, new));
}


static int
batch_finish(const batch_t *batch)
{
    pool_t *pool = db_pool(batch->db);

    if (json_array_size(batch->gone) != 0
        && db_search_posting_delete(batch->db, json_text(pool, batch->gone))
               != OK) {
        return ERROR;
    }

    if (json_array_size(batch->new) == 0) {
        return OK;
    }

    return db_search_posting_add(batch->db, json_text(pool, batch->new));
}


static int
update(db_t *db, const search_source_row_t *rows, size_t n)
{
    pool_t *pool = db_pool(db);
    batch_t batch = { db, json_pooled(pool, json_array()),
                      json_pooled(pool, json_array()) };

    for (size_t i = 0; i < n; i++) {
        if (batch_add(&batch, &rows[i]) != OK) {
            return ERROR;
        }
    }

    return batch_finish(&batch);
}


int
search_update(db_t *db, uint64_t repository_id)
{
    search_source_row_t *rows;
    size_t n;

    if (db_search_document_add(db, repository_id) != OK
        || db_search_source(db, repository_id, repository_id, 1, &rows, &n)
               != OK) {
        return ERROR;
    }

    return update(db, rows, n);
}


typedef struct {
    db_t *db;
    uint64_t after;
    uint64_t last;
    size_t n;
} rebuild_t;


static int
rebuild_in_transaction(void *data)
{
    rebuild_t *rebuild = data;
    search_source_row_t *rows;
    db_t *db = rebuild->db;

    if (db_search_document_add_behind(db, rebuild->after, SEARCH_BATCH) != OK
        || db_search_source(db, rebuild->after + 1, UINT64_MAX, SEARCH_BATCH,
                            &rows, &rebuild->n)
               != OK) {
        return ERROR;
    }

    rebuild->last = rebuild->n != 0 ? rows[rebuild->n - 1].id : 0;

    return update(db, rows, rebuild->n);
}


int
search_rebuild(db_t *db, uint64_t *after, size_t *n_r)
{
    rebuild_t rebuild = { .db = db, .after = *after };

    if (db_transaction(db, rebuild_in_transaction, &rebuild) != OK) {
        return ERROR;
    }

    *after = rebuild.last;
    *n_r = rebuild.n;

    return OK;
}
