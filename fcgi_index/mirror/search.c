/* search.c: finds repositories by words, for who asks.
 *
 * A query is driven by one term, whose postings are read in the order of their
 * places: a word as it is, and when these are at their end, the rarest three
 * characters of it.  The rest of the query, and the rights, are checked on what
 * was read: few postings first, then more, at most LOOK_ALL for a page.  The
 * cursor says where the next page continues: the phase, the term, the place and
 * the repository. */

#include "mirror/search.h"
#include "access/visibility.h"
#include "common/range.h"
#include "mirror/search_candidate.h"
#include "search/term.h"

#define LOOK_FIRST 128 /* postings that are read for a part of a page */
#define LOOK_GROWTH 5  /* for the next part so many times as many */
#define LOOK_ALL 640   /* for all parts of a page */
#define COUNTED 4      /* terms that are counted at once */
#define SAMPLES 3      /* parts of a word that are counted */
#define FREQUENT 1001  /* what is there so often is counted no further */
#define SAMPLED 257    /* the same, where it is about a choice among words */
#define DRIVERS_MAX 8  /* words and a topic; a multiple of COUNTED */
#define PATTERN_MAX 64 /* of LIKE; longer than any term */
#define CANDIDATE_SIZE sizeof("[255,18446744073709551615],")
#define ANYTHING "" /* where nothing is asked for */
#define NOTHING ""  /* a pattern that no document is like */

typedef enum { PHASE_WORD, PHASE_PART, PHASE_END } phase_t;

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
    search_position_t from;
    size_t look; /* postings of the next part of the page */
    size_t left; /* of all that follow */

    /* for LIKE, of each word */
    const char *exact[SEARCH_WORDS_MAX];
    const char *near[SEARCH_WORDS_MAX];
    const char *part[SEARCH_WORDS_MAX];
    const char *topic;
    const char *unlike;
} query_t;

/* --- the query ------------------------------------------------------------ */

/* The database knows the letters of Unicode. */
static int
lower(const query_t *q, str_t *text)
{
    char *copy = pool_strndup(q->pool, *text);
    search_lower_row_t row;
    bool is_ascii = true;

    for (size_t i = 0; copy[i] != '\0'; i++) {
        is_ascii = is_ascii && (unsigned char)copy[i] < 0x80;
        copy[i] = (char)(copy[i] >= 'A' && copy[i] <= 'Z' ? copy[i] + 'a' - 'A'
                                                          : copy[i]);
    }

    if (is_ascii) {
        *text = reg_cstr(copy);
        return OK;
    }

    if (db_search_lower(q->db, copy, &row) != OK) {
        return ERROR;
    }

    *text = reg_cstr(row.text != NULL ? row.text : "");

    return OK;
}


static int
read_words(query_t *q)
{
    str_t text = q->search->text, word;
    size_t pos = 0, n_stops = 0;

    if (lower(q, &text) != OK) {
        return ERROR;
    }

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


/* Three characters of a word, as a term of its own. */
static const char *
part_at(const query_t *q, const char *word, size_t at)
{
    return term_marked(q->pool, TERM_PART,
                       (str_t){ TERM_PART_LEN, (unsigned char *)word + at });
}


static void
make_patterns(query_t *q)
{
    for (size_t i = 0; i < SEARCH_WORDS_MAX; i++) {
        q->exact[i] = q->part[i] = NOTHING;
        q->near[i] = ANYTHING;
    }

    for (size_t i = 0; i < q->n_words; i++) {
        const char *word = q->words[i];

        q->exact[i] = q->near[i] = exact_pattern(q->pool, word);

        if (has_parts(word)) {
            q->near[i] = exact_pattern(q->pool, part_at(q, word, 0));
            q->part[i] = pool_printf(q->pool, "%%%s%%", word);
        }
    }

    q->topic = ANYTHING;

    if (q->search->topic != NULL) {
        q->topic =
            exact_pattern(q->pool, term_marked(q->pool, TERM_TOPIC,
                                               reg_cstr(q->search->topic)));
    }
}


/* How often terms are there, at most so often.  No term: 0. */
static int
count_terms(query_t *q, const char *const terms[COUNTED], uint64_t most,
            uint64_t counts[COUNTED])
{
    search_counts_row_t row;

    if (db_search_counts(q->db, terms[0], terms[1], terms[2], terms[3], most,
                         &row)
        != OK) {
        return ERROR;
    }

    counts[0] = row.a;
    counts[1] = row.b;
    counts[2] = row.c;
    counts[3] = row.d;

    return OK;
}


/* Which of some parts of a word is the rarest, and how often that is there, at
 * most so often.  NULL: it has none. */
static int
rarest_part(query_t *q, const char *word, uint64_t most, const char **part_r,
            uint64_t *n_r)
{
    const char *parts[COUNTED] = { NOTHING, NOTHING, NOTHING, NOTHING };
    uint64_t counts[COUNTED];
    size_t last;

    *part_r = NULL;
    *n_r = 0;

    if (!has_parts(word)) {
        return OK;
    }

    last = strlen(word) - TERM_PART_LEN;

    for (size_t i = 0; i < SAMPLES; i++) {
        parts[i] = part_at(q, word, last * i / (SAMPLES - 1));
    }

    if (count_terms(q, parts, most, counts) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < SAMPLES; i++) {
        if (*part_r == NULL || counts[i] < *n_r) {
            *part_r = parts[i];
            *n_r = counts[i];
        }
    }

    return OK;
}


/* How often each word is a whole one, and the topic, which stands behind them.
 */
static int
count_wholes(query_t *q, uint64_t counts[DRIVERS_MAX])
{
    const char *terms[DRIVERS_MAX];

    for (size_t i = 0; i < DRIVERS_MAX; i++) {
        terms[i] = i < q->n_words ? q->words[i] : NOTHING;
    }

    if (q->search->topic != NULL) {
        terms[q->n_words] =
            term_marked(q->pool, TERM_TOPIC, reg_cstr(q->search->topic));
    }

    for (size_t i = 0; i < DRIVERS_MAX; i += COUNTED) {
        if (i <= q->n_words
            && count_terms(q, terms + i, FREQUENT, counts + i) != OK) {
            return ERROR;
        }
    }

    return OK;
}


/* Of the words, and the topic, the one that fewest public repositories have:
 * as whole words, and then as parts of words, which are many where the whole
 * word is. */
static int
choose_driver(query_t *q)
{
    uint64_t wholes[DRIVERS_MAX], best = UINT64_MAX, n;
    const char *part;

    q->driver = 0;

    if (q->n_words == 1 && q->search->topic == NULL) {
        return OK;
    }

    if (count_wholes(q, wholes) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < q->n_words; i++) {
        n = FREQUENT;

        if (wholes[i] < FREQUENT
            && rarest_part(q, q->words[i], SAMPLED, &part, &n) != OK) {
            return ERROR;
        }

        if (wholes[i] + n < best) {
            best = wholes[i] + n;
            q->driver = i;
        }
    }

    if (q->search->topic != NULL && wholes[q->n_words] < best) {
        q->driver = q->n_words;
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
    q->from = (search_position_t){ 0, 0 };
    q->unlike = NOTHING;
    q->driver = q->n_words;

    if (q->n_words == 0 || q->search->namespace != NULL) {
        q->term = term_without_words(q);
        return OK;
    }

    if (choose_driver(q) != OK) {
        return ERROR;
    }

    q->term =
        q->driver < q->n_words ? q->words[q->driver] : term_without_words(q);

    return OK;
}


/* Whole words are checked where they are the driver; parts of them not twice.
 */
static void
enter_parts(query_t *q, const char *term)
{
    q->phase = PHASE_PART;
    q->look = LOOK_FIRST;
    q->term = term;
    q->from = (search_position_t){ 0, 0 };
    q->unlike = q->exact[q->driver];
}


static int
begin_parts(query_t *q)
{
    const char *part = NULL;
    uint64_t n;

    if (q->driver < q->n_words
        && rarest_part(q, q->words[q->driver], FREQUENT, &part, &n) != OK) {
        return ERROR;
    }

    if (part != NULL) {
        enter_parts(q, part);
    } else {
        q->phase = PHASE_END;
    }

    return OK;
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

    enter_parts(q, part_at(q, word, offset));

    return OK;
}


static int
cursor_parse(query_t *q, const char *text)
{
    uint64_t numbers[CURSOR_NUMBERS];
    bool has_driver;

    if (cursor_numbers(text, numbers) != OK || numbers[0] >= PHASE_END
        || numbers[1] > q->n_words || numbers[2] >= SEARCH_PLACE_END) {
        return DECLINED;
    }

    has_driver = numbers[1] < q->n_words;

    if (has_driver ? q->search->namespace != NULL
                   : q->n_words != 0 && q->search->namespace == NULL
                         && q->search->topic == NULL) {
        return DECLINED;
    }

    q->phase = PHASE_WORD;
    q->driver = (size_t)numbers[1];
    q->unlike = NOTHING;
    q->term = has_driver ? q->words[q->driver] : term_without_words(q);

    if (numbers[0] == PHASE_PART && cursor_parts(q, numbers[4]) != OK) {
        return DECLINED;
    }

    q->from = (search_position_t){ numbers[2], numbers[3] };

    return OK;
}


/* --- what fits ------------------------------------------------------------ */

/* What the driver has found as a whole word needs no other check. */
static const char *
near_of(const query_t *q, size_t i)
{
    return i == q->driver ? ANYTHING : q->near[i];
}


static const char *
part_of_driver(const query_t *q)
{
    return q->phase == PHASE_PART ? q->part[q->driver] : ANYTHING;
}


/* Of the other end of the word than what is read. */
static const char *
near_driver(const query_t *q)
{
    const char *word, *first;

    if (q->phase != PHASE_PART) {
        return ANYTHING;
    }

    word = q->words[q->driver];
    first = part_at(q, word, 0);

    return exact_pattern(q->pool,
                         strcmp(q->term, first) != 0
                             ? first
                             : part_at(q, word, strlen(word) - TERM_PART_LEN));
}


static bool
is_wanted(const query_t *q, visibility_t visibility)
{
    return q->search->visibility < 0
           || q->search->visibility == (int)visibility;
}


static search_source_t
source_of(const query_t *q)
{
    const account_t *account = q->search->account;

    return (search_source_t){
        .account = account,
        .has_public = is_wanted(q, VISIBILITY_PUBLIC),
        .has_internal = account != NULL && is_wanted(q, VISIBILITY_INTERNAL),
        .has_granted = account != NULL
                       && (is_wanted(q, VISIBILITY_UNLISTED)
                           || is_wanted(q, VISIBILITY_PRIVATE)),
        .namespace_id = q->namespace_id,
        .term = q->term,
    };
}


/* [[place,repository],...] */
static const char *
candidates_json(const query_t *q, const search_candidates_t *list)
{
    size_t size = 3 + list->n * CANDIDATE_SIZE, len = 0;
    char *text = pool_alloc(q->pool, size);

    text[len++] = '[';

    for (size_t i = 0; i < list->n; i++) {
        len += (size_t)snprintf(text + len, size - len, "%s[%llu,%llu]",
                                i != 0 ? "," : "",
                                (unsigned long long)list->rows[i].place,
                                (unsigned long long)list->rows[i].id);
    }

    text[len] = ']';

    return text;
}


static int
check(query_t *q, const search_candidates_t *list, size_t most,
      search_hit_row_t **rows_r, size_t *n_r)
{
    const search_t *search = q->search;
    const account_t *me = search->account;
    uint64_t low = VISIBILITY_PUBLIC;
    uint64_t high = me != NULL ? VISIBILITY_PRIVATE : VISIBILITY_PUBLIC;

    if (search->visibility >= 0) {
        low = high = (uint64_t)search->visibility;
    }

    return db_search_check(
        q->db, candidates_json(q, list), me != NULL ? me->id : 0,
        me != NULL && me->is_admin, low, high, part_of_driver(q),
        near_driver(q), q->unlike, q->topic, q->exact[0], near_of(q, 0),
        q->part[0], q->exact[1], near_of(q, 1), q->part[1], q->exact[2],
        near_of(q, 2), q->part[2], q->exact[3], near_of(q, 3), q->part[3],
        q->exact[4], near_of(q, 4), q->part[4], q->namespace_id, search->stars,
        most, rows_r, n_r);
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


/* Moves q->from to what was dealt with last: no further than the page goes. */
static void
take(query_t *q, const search_hit_row_t *rows, size_t n, found_t *found)
{
    for (size_t i = 0; i < n && found->n < found->limit; i++) {
        q->from = (search_position_t){ rows[i].place, rows[i].id };

        if (may_show(q, &rows[i])) {
            found->rows[found->n++] = rows[i];
        }
    }
}


/* Where nothing else is asked for, all that is read is found. */
static bool
is_plain(const query_t *q)
{
    const search_t *search = q->search;
    bool is_whole =
        q->phase == PHASE_WORD || strlen(q->words[q->driver]) == TERM_PART_LEN;

    return is_whole && q->n_words <= 1 && search->namespace == NULL
           && search->topic == NULL && search->stars == 0;
}


/* How many postings to read for the next part of a page; takes them from what
 * is left. */
static size_t
look_next(query_t *q, size_t most)
{
    size_t look = q->look == LOOK_FIRST && is_plain(q) ? most : q->look;

    look = look < q->left ? look : q->left;
    q->left -= look;
    q->look *= LOOK_GROWTH;

    return look;
}


/* Phases of a query that has no more postings for this one. */
static int
next_phase(query_t *q)
{
    if (q->phase == PHASE_WORD) {
        return begin_parts(q);
    }

    q->phase = PHASE_END;

    return OK;
}


/* One more than the page has shows whether there is another page. */
static int
read_part(query_t *q, found_t *found)
{
    size_t most = found->limit - found->n + 1, n = 0;
    const search_source_t source = source_of(q);
    search_candidates_t list;
    search_hit_row_t *rows = NULL;

    if (search_candidates(q->db, &source, q->from, look_next(q, most), &list)
            != OK
        || (list.n != 0 && check(q, &list, most, &rows, &n) != OK)) {
        return ERROR;
    }

    take(q, rows, n, found);

    /* else there may be more before the end of the list */
    if (n < most) {
        q->from = list.until;
    }

    return q->from.place < SEARCH_PLACE_END ? OK : next_phase(q);
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
    query_t q = { .db = db,
                  .pool = db_pool(db),
                  .search = search,
                  .look = LOOK_FIRST,
                  .left = LOOK_ALL };
    found_t found = { .limit = search->limit };
    int rc = begin(&q);

    found.rows = pool_alloc(q.pool, found.limit * sizeof(found.rows[0]));

    while (rc == OK && q.left != 0 && q.phase != PHASE_END
           && found.n < found.limit) {
        rc = read_part(&q, &found);
    }

    *hits_r = found.rows;
    *n_r = found.n;
    *next_r = rc == OK && q.phase != PHASE_END ? cursor_print(&q) : NULL;

    return rc;
}
