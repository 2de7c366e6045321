/* search_candidate.c: repositories that have a term, from all scopes.
 *
 * Each scope is read in its own order, and no further than the list can need.
 * An account may have a role in many namespaces: one statement finds the first
 * posting of each, and the namespaces are read from the best of these on, until
 * the next one begins behind the end of the list. */

#include "mirror/search_candidate.h"
#include "search/search_index.h"

#define PLACE_LAST 255
#define SCOPES_MAX 64 /* namespaces that are read for one list */
#define HEAD_SHIFT 48 /* search_heads: place and repository in one number */

typedef struct {
    db_t *db;
    const search_source_t *source;
    search_position_t from;
    size_t most;
    search_candidates_t *list;
} reading_t;


int
search_position_compare(search_position_t a, search_position_t b)
{
    if (a.place != b.place) {
        return a.place < b.place ? -1 : 1;
    }

    return a.id < b.id ? -1 : a.id > b.id;
}


static search_position_t
position_of(const search_candidate_row_t *row)
{
    return (search_position_t){ row->place, row->id };
}


static bool
comes_first(const search_candidate_row_t *a, const search_candidate_row_t *b)
{
    return search_position_compare(position_of(a), position_of(b)) < 0;
}


/* Nothing behind the position is needed or known to be complete. */
static void
cut(search_candidates_t *list, search_position_t until)
{
    if (search_position_compare(until, list->until) < 0) {
        list->until = until;
    }

    while (list->n > 0
           && search_position_compare(position_of(&list->rows[list->n - 1]),
                                      list->until)
                  > 0) {
        list->n--;
    }
}


/* Two lists in order, as one. */
static void
merge(const reading_t *reading, const search_candidate_row_t *rows, size_t n)
{
    search_candidates_t *list = reading->list;
    size_t n_all = list->n + n, a = 0, b = 0;
    search_candidate_row_t *all =
        pool_alloc(db_pool(reading->db), (n_all + 1) * sizeof(all[0]));

    for (size_t i = 0; i < n_all; i++) {
        bool is_old =
            b == n || (a < list->n && comes_first(&list->rows[a], &rows[b]));

        all[i] = is_old ? list->rows[a++] : rows[b++];
    }

    list->rows = all;
    list->n = n_all;

    cut(list, n_all >= reading->most ? position_of(&all[reading->most - 1])
                                     : list->until);
}


static int
read_scope(const reading_t *reading, uint64_t scope_id)
{
    search_position_t last = reading->list->until;
    search_candidate_row_t *rows;
    size_t n;

    if (last.place > PLACE_LAST) {
        last = (search_position_t){ PLACE_LAST, INT64_MAX };
    }

    if (db_search_candidates(reading->db, scope_id, reading->source->term,
                             reading->from.place, reading->from.id, last.place,
                             last.id, reading->most, &rows, &n)
        != OK) {
        return ERROR;
    }

    merge(reading, rows, n);

    return OK;
}


static search_position_t
position_of_head(const search_heads_row_t *row)
{
    return (search_position_t){ *row->head >> HEAD_SHIFT,
                                *row->head & ((1ull << HEAD_SHIFT) - 1) };
}


/* Heads are postings of the list themselves: when they and what was read so far
 * are as many as the list needs, nothing behind the last of them is read. */
static void
cut_by_heads(const reading_t *reading, const search_heads_row_t *heads,
             size_t n)
{
    search_candidates_t *list = reading->list;
    search_position_t last = { 0, 0 };
    size_t a = 0, b = 0;

    while (a + b < reading->most && (a < list->n || b < n)) {
        search_position_t row = list->until, head = list->until;

        if (a < list->n) {
            row = position_of(&list->rows[a]);
        }

        if (b < n) {
            head = position_of_head(&heads[b]);
        }

        if (b == n || (a < list->n && search_position_compare(row, head) < 0)) {
            last = row;
            a++;
        } else {
            last = head;
            b++;
        }
    }

    if (a + b == reading->most) {
        cut(list, last);
    }
}


static int
read_granted(const reading_t *reading)
{
    const search_source_t *source = reading->source;
    search_heads_row_t *heads;
    size_t n;

    if (db_search_heads(reading->db, source->account->id,
                        source->account->is_admin, source->namespace_id,
                        source->term, reading->from.place, reading->from.id,
                        SCOPES_MAX + 1, &heads, &n)
        != OK) {
        return ERROR;
    }

    cut_by_heads(reading, heads, n);

    for (size_t i = 0; i < n; i++) {
        search_position_t first = position_of_head(&heads[i]);

        if (search_position_compare(first, reading->list->until) > 0) {
            break;
        }

        if (i == SCOPES_MAX) {
            first.id--;
            cut(reading->list, first);
            break;
        }

        if (read_scope(reading, heads[i].scope_id) != OK) {
            return ERROR;
        }
    }

    return OK;
}


int
search_candidates(db_t *db, const search_source_t *source,
                  search_position_t from, size_t most,
                  search_candidates_t *list_r)
{
    reading_t reading = { db, source, from, most, list_r };

    *list_r = (search_candidates_t){ .until = { SEARCH_PLACE_END, 0 } };

    if ((source->has_public && read_scope(&reading, SEARCH_SCOPE_PUBLIC) != OK)
        || (source->has_internal
            && read_scope(&reading, SEARCH_SCOPE_INTERNAL) != OK)) {
        return ERROR;
    }

    return source->has_granted ? read_granted(&reading) : OK;
}
