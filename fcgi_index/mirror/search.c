/* search.c: finds repositories by words, for who asks.
 *
 * A query is driven by one term, whose postings are read in the order of their
 * places: a word as it is, and when these are at their end, the rarest three
 * characters of it.  The rest of the query is checked on what was read, which
 * is no more than LOOK postings a time; if that found too little, the page
 * continues after them.  The cursor says where: the phase, the term, the place
 * and the repository. */

#include "mirror/search.h"
#include "access/visibility.h"
#include "common/range.h"
#include "search/search_index.h"
#include "search/term.h"

#define LOOK 1000      /* postings that are read for one part of a page */
#define ROUNDS 4       /* parts of a page */
#define SAMPLES 3      /* parts of a word that are counted */
#define LISTS 3        /* public, internal, granted */
#define PATTERN_MAX 64 /* of LIKE; longer than any term */
#define ANYTHING "%"
#define NOTHING "" /* a pattern that no document is like */

typedef enum { PHASE_WORD, PHASE_PART, PHASE_END } phase_t;

/* The posting after which a list continues; place PLACE_END: it is at its
 * end. */
#define PLACE_END 256

typedef struct {
    uint64_t place;
    uint64_t id;
} position_t;

typedef struct {
    db_t *db;
    pool_t *pool;
    const search_t *search;
    const char *words[SEARCH_WORDS_MAX];
    size_t n_words;
    uint64_t namespace_id; /* 0: any */

    phase_t phase;
    size_t driver;    /* among words; n_words: none of them */
    const char *term; /* that is read */
    position_t from;

    /* for LIKE, of each word */
    const char *exact[SEARCH_WORDS_MAX];
    const char *part[SEARCH_WORDS_MAX];
    const char *topic;
    const char *unlike;
} query_t;

typedef struct {
    search_hit_row_t *rows;
    size_t n;
    position_t bound; /* up to where the list is complete */
} list_t;


/* --- the query ------------------------------------------------------------ */

static int
read_words(query_t *q)
{
    str_t text = q->search->text, word;
    size_t pos = 0, n_stops = 0;
    search_lower_row_t row;

    if (db_search_lower(q->db, pool_strndup(q->pool, text), &row) != OK) {
        return ERROR;
    }

    text = reg_cstr(row.text != NULL ? row.text : "");

    while (q->n_words < SEARCH_WORDS_MAX
           && term_next(text, &pos, &word) == OK) {
        if (term_is_stop(word)) {
            n_stops++;
        } else {
            q->words[q->n_words++] = pool_strndup(q->pool, word);
        }
    }

    pos = 0;

    if (q->n_words == 0 && n_stops != 0 && term_next(text, &pos, &word) == OK) {
        q->words[q->n_words++] = pool_strndup(q->pool, word);
    }

    return OK;
}


/* Names are ASCII. */
static bool
has_parts(const char *word)
{
    size_t len = 0;

    while (word[len] != '\0' && (unsigned char)word[len] < 0x80) {
        len++;
    }

    return word[len] == '\0' && len >= TERM_PART_LEN;
}


/* The pattern of documents that have a term.  No term has a "%" or a "_",
 * but topics may: they match too much then, which is no harm. */
static const char *
exact_pattern(pool_t *pool, const char *term)
{
    return pool_printf(pool, "%%[\"%.*s\",%%", PATTERN_MAX, term);
}


static void
make_patterns(query_t *q)
{
    for (size_t i = 0; i < SEARCH_WORDS_MAX; i++) {
        bool is_long = i < q->n_words && has_parts(q->words[i]);

        q->exact[i] =
            i < q->n_words ? exact_pattern(q->pool, q->words[i]) : ANYTHING;
        q->part[i] =
            is_long ? pool_printf(q->pool, "%%%s%%", q->words[i]) : NOTHING;
    }

    q->topic = ANYTHING;

    if (q->search->topic != NULL) {
        q->topic =
            exact_pattern(q->pool, term_marked(q->pool, TERM_TOPIC,
                                               reg_cstr(q->search->topic)));
    }
}


/* *n_r is 1001 for more. */
static int
count(query_t *q, const char *term, uint64_t *n_r)
{
    search_count_row_t row;
    int rc = db_search_count(q->db, term, &row);

    *n_r = row.n;

    return rc == OK ? OK : ERROR;
}


/* The rarest of some of the parts of a word; DECLINED where it has none. */
static int
find_part(query_t *q, const char *word, const char **term_r, uint64_t *n_r)
{
    size_t len = strlen(word), last;
    uint64_t n;

    if (!has_parts(word)) {
        *n_r = 0;
        return DECLINED;
    }

    last = len - TERM_PART_LEN;
    *n_r = UINT64_MAX;

    for (size_t i = 0; i < SAMPLES; i++) {
        size_t at = last * i / (SAMPLES - 1);
        const char *term =
            term_marked(q->pool, TERM_PART,
                        (str_t){ TERM_PART_LEN, (unsigned char *)word + at });

        if (count(q, term, &n) != OK) {
            return ERROR;
        }

        if (n < *n_r) {
            *n_r = n;
            *term_r = term;
        }
    }

    return OK;
}


/* Of some terms the one that fewest public repositories have. */
static int
choose_driver(query_t *q)
{
    uint64_t best = UINT64_MAX, whole, part;
    const char *unused;

    for (size_t i = 0; i < q->n_words && q->n_words > 1; i++) {
        if (count(q, q->words[i], &whole) != OK
            || find_part(q, q->words[i], &unused, &part) == ERROR) {
            return ERROR;
        }

        if (whole + part < best) {
            best = whole + part;
            q->driver = i;
        }
    }

    return OK;
}


/* Where no word drives, the narrowest of the filters does. */
static const char *
term_without_words(const query_t *q)
{
    const search_t *search = q->search;

    if (search->namespace != NULL) {
        return term_marked(q->pool, TERM_NAMESPACE,
                           reg_cstr(search->namespace));
    }

    return search->topic != NULL
               ? term_marked(q->pool, TERM_TOPIC, reg_cstr(search->topic))
               : TERM_ALL;
}


/* Where a namespace is asked for, its repositories are read: it is rarer than
 * most words. */
static int
begin_words(query_t *q)
{
    q->phase = PHASE_WORD;
    q->from = (position_t){ 0, 0 };
    q->unlike = NOTHING;
    q->driver = q->n_words;

    if (q->n_words == 0 || q->search->namespace != NULL) {
        q->term = term_without_words(q);
        return OK;
    }

    q->driver = 0;

    if (choose_driver(q) != OK) {
        return ERROR;
    }

    q->term = q->words[q->driver];

    return OK;
}


/* Whole words are checked where they are the driver; parts of them not twice.
 */
static void
enter_parts(query_t *q, const char *term)
{
    q->phase = PHASE_PART;
    q->term = term;
    q->from = (position_t){ 0, 0 };
    q->unlike = q->exact[q->driver];
}


static int
begin_parts(query_t *q)
{
    const char *term;
    uint64_t n;
    int rc = q->driver < q->n_words
                 ? find_part(q, q->words[q->driver], &term, &n)
                 : DECLINED;

    if (rc == OK) {
        enter_parts(q, term);
    } else {
        q->phase = PHASE_END;
    }

    return rc == ERROR ? ERROR : OK;
}


/* --- cursors -------------------------------------------------------------- */

/* phase.driver.place.id.offset of the part */
#define CURSOR_NUMBERS 5

static const char *
cursor_print(const query_t *q)
{
    const char *part = "";
    size_t offset = 0;

    if (q->phase == PHASE_PART) {
        part = strstr(q->words[q->driver], q->term + 1);
        offset = part != NULL ? (size_t)(part - q->words[q->driver]) : 0;
    }

    return pool_printf(q->pool, "%u.%zu.%llu.%llu.%zu", (unsigned)q->phase,
                       q->driver, (unsigned long long)q->from.place,
                       (unsigned long long)q->from.id, offset);
}


static int
cursor_numbers(const char *text, uint64_t *numbers)
{
    for (size_t i = 0; i < CURSOR_NUMBERS; i++) {
        size_t len = strcspn(text, ".");

        if (reg_number_parse((str_t){ len, (unsigned char *)text }, &numbers[i])
            != REG_OK) {
            return DECLINED;
        }

        text += len;

        if (*text != (i < CURSOR_NUMBERS - 1 ? '.' : '\0')) {
            return DECLINED;
        }

        text++;
    }

    return OK;
}


static int
cursor_parts(query_t *q, uint64_t offset)
{
    const char *word;

    if (q->driver >= q->n_words) {
        return DECLINED;
    }

    word = q->words[q->driver];

    if (!has_parts(word) || offset > strlen(word) - TERM_PART_LEN) {
        return DECLINED;
    }

    enter_parts(q, term_marked(q->pool, TERM_PART,
                               (str_t){ TERM_PART_LEN,
                                        (unsigned char *)word + offset }));

    return OK;
}


static int
cursor_parse(query_t *q, const char *text)
{
    uint64_t numbers[CURSOR_NUMBERS];
    bool has_driver = q->n_words != 0 && q->search->namespace == NULL;

    if (cursor_numbers(text, numbers) != OK || numbers[0] >= PHASE_END
        || numbers[1] > q->n_words || (numbers[1] < q->n_words) != has_driver
        || numbers[2] >= PLACE_END) {
        return DECLINED;
    }

    q->phase = PHASE_WORD;
    q->driver = (size_t)numbers[1];
    q->unlike = NOTHING;
    q->term = has_driver ? q->words[q->driver] : term_without_words(q);

    if (numbers[0] == PHASE_PART && cursor_parts(q, numbers[4]) != OK) {
        return DECLINED;
    }

    q->from = (position_t){ numbers[2], numbers[3] };

    return OK;
}


/* --- lists ---------------------------------------------------------------- */

static int
position_compare(position_t a, position_t b)
{
    if (a.place != b.place) {
        return a.place < b.place ? -1 : 1;
    }

    return a.id < b.id ? -1 : a.id > b.id;
}


static position_t
position_of(const search_hit_row_t *row)
{
    return (position_t){ row->place, row->id };
}


/* What the driver has found needs no other check. */
static const char *
exact_of(const query_t *q, size_t i)
{
    return i == q->driver ? (q->phase == PHASE_WORD ? ANYTHING : NOTHING)
                          : q->exact[i];
}


/* A list that is full is complete up to its last row. */
static position_t
bound_of(const list_t *list, size_t most)
{
    return list->n == most ? position_of(&list->rows[list->n - 1])
                           : (position_t){ PLACE_END, 0 };
}


/* Where nothing else is asked for, all that is read is found. */
static size_t
look_of(const query_t *q, size_t most)
{
    const search_t *search = q->search;
    bool is_plain = q->phase == PHASE_WORD && q->n_words <= 1
                    && search->namespace == NULL && search->topic == NULL
                    && search->stars == 0;

    return is_plain ? most : LOOK;
}


static int
read_scope(query_t *q, uint64_t scope_id, visibility_t visibility, size_t most,
           list_t *list)
{
    search_scope_last_row_t last;
    size_t look = look_of(q, most);
    int rc;

    if (db_search_scope(q->db, scope_id, visibility, q->term, q->from.place,
                        q->from.id, look, q->unlike, exact_of(q, 0), q->part[0],
                        exact_of(q, 1), q->part[1], exact_of(q, 2), q->part[2],
                        exact_of(q, 3), q->part[3], exact_of(q, 4), q->part[4],
                        q->topic, q->namespace_id, q->search->stars, most,
                        &list->rows, &list->n)
        != OK) {
        return ERROR;
    }

    list->bound = bound_of(list, most);

    if (list->n == most) {
        return OK;
    }

    rc = db_search_scope_last(q->db, scope_id, q->term, q->from.place,
                              q->from.id, look - 1, &last);

    if (rc == OK) {
        list->bound = (position_t){ last.place, last.id };
    }

    return rc == ERROR ? ERROR : OK;
}


static int
read_granted(query_t *q, size_t most, list_t *list)
{
    const account_t *me = q->search->account;
    int visibility = q->search->visibility;

    if (db_search_granted(
            q->db, me->id, me->is_admin,
            visibility < 0 ? VISIBILITY_PUBLIC : (uint64_t)visibility,
            visibility < 0 ? VISIBILITY_PRIVATE : (uint64_t)visibility, q->term,
            q->from.place, q->from.id, q->unlike, exact_of(q, 0), q->part[0],
            exact_of(q, 1), q->part[1], exact_of(q, 2), q->part[2],
            exact_of(q, 3), q->part[3], exact_of(q, 4), q->part[4], q->topic,
            q->namespace_id, q->search->stars, most, &list->rows, &list->n)
        != OK) {
        return ERROR;
    }

    list->bound = bound_of(list, most);

    return OK;
}


static bool
is_wanted(const query_t *q, visibility_t visibility)
{
    return q->search->visibility < 0
           || q->search->visibility == (int)visibility;
}


static int
read_lists(query_t *q, size_t most, list_t *lists)
{
    bool has_account = q->search->account != NULL;

    for (size_t i = 0; i < LISTS; i++) {
        lists[i] = (list_t){ .bound = { PLACE_END, 0 } };
    }

    if (is_wanted(q, VISIBILITY_PUBLIC)
        && read_scope(q, SEARCH_SCOPE_PUBLIC, VISIBILITY_PUBLIC, most,
                      &lists[0])
               != OK) {
        return ERROR;
    }

    if (has_account && is_wanted(q, VISIBILITY_INTERNAL)
        && read_scope(q, SEARCH_SCOPE_INTERNAL, VISIBILITY_INTERNAL, most,
                      &lists[1])
               != OK) {
        return ERROR;
    }

    return has_account
                   && (is_wanted(q, VISIBILITY_UNLISTED)
                       || is_wanted(q, VISIBILITY_PRIVATE))
               ? read_granted(q, most, &lists[2])
               : OK;
}


/* --- a page --------------------------------------------------------------- */

typedef struct {
    search_hit_row_t *rows;
    size_t n, limit;
} found_t;


/* A credential may have less than its account. */
static bool
may_show(const query_t *q, const search_hit_row_t *row)
{
    const credential_t *credential = q->search->credential;

    return row->visibility == VISIBILITY_PUBLIC || credential == NULL
           || (credential_actions(credential, row->name) & CREDENTIAL_PULL)
                  != 0;
}


/* The list whose next row comes first; LISTS where none has one. */
static size_t
next_list(const list_t *lists, const size_t *at)
{
    size_t best = LISTS;

    for (size_t i = 0; i < LISTS; i++) {
        if (at[i] < lists[i].n
            && (best == LISTS
                || position_compare(position_of(&lists[i].rows[at[i]]),
                                    position_of(&lists[best].rows[at[best]]))
                       < 0)) {
            best = i;
        }
    }

    return best;
}


/* Moves q->from to what was dealt with last. */
static void
merge(query_t *q, const list_t *lists, found_t *found)
{
    size_t at[LISTS] = { 0 }, i;
    position_t bound = lists[0].bound;

    for (i = 1; i < LISTS; i++) {
        if (position_compare(lists[i].bound, bound) < 0) {
            bound = lists[i].bound;
        }
    }

    while ((i = next_list(lists, at)) < LISTS) {
        const search_hit_row_t *row = &lists[i].rows[at[i]++];

        if (position_compare(position_of(row), bound) > 0) {
            break;
        }

        if (found->n == found->limit) {
            return;
        }

        q->from = position_of(row);

        if (may_show(q, row)) {
            found->rows[found->n++] = *row;
        }
    }

    q->from = bound;
}


/* One more than the page has shows whether there is another page. */
static int
read_part(query_t *q, found_t *found)
{
    list_t lists[LISTS];

    if (read_lists(q, found->limit - found->n + 1, lists) != OK) {
        return ERROR;
    }

    merge(q, lists, found);

    if (q->from.place < PLACE_END) {
        return OK;
    }

    if (q->phase == PHASE_WORD) {
        return begin_parts(q);
    }

    q->phase = PHASE_END;

    return OK;
}


static int
begin(query_t *q)
{
    const search_t *search = q->search;
    search_namespace_row_t row;
    int rc;

    if (read_words(q) != OK) {
        return ERROR;
    }

    make_patterns(q);

    if (search->namespace != NULL) {
        rc = db_search_namespace(q->db, search->namespace, &row);

        if (rc != OK) {
            q->phase = PHASE_END;
            return rc == DECLINED ? OK : ERROR;
        }

        q->namespace_id = row.id;
    }

    return search->cursor != NULL ? cursor_parse(q, search->cursor)
                                  : begin_words(q);
}


int
search_run(db_t *db, const search_t *search, search_hit_row_t **hits_r,
           size_t *n_r, const char **next_r)
{
    query_t q = { .db = db, .pool = db_pool(db), .search = search };
    found_t found = { .limit = search->limit };
    int rc = begin(&q);

    found.rows = pool_alloc(q.pool, found.limit * sizeof(found.rows[0]));

    for (size_t i = 0; rc == OK && i < ROUNDS && q.phase != PHASE_END
                       && found.n < found.limit;
         i++) {
        rc = read_part(&q, &found);
    }

    *hits_r = found.rows;
    *n_r = found.n;
    *next_r = rc == OK && q.phase != PHASE_END ? cursor_print(&q) : NULL;

    return rc;
}
