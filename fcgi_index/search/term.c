/* term.c: the terms under which search finds a repository. */

#include "search/term.h"

/* What a word adds to the rank of its repository, by where it stands. */
#define BONUS_NAME 127
#define BONUS_WORD 64
#define BONUS_NAMESPACE 48

#define PLACE_LAST 255
#define QUALITY_STEP 4 /* a repository moves when it has risen so much */

typedef struct {
    pool_t *pool;
    terms_t *terms;
    unsigned quality; /* 0 to 124 */
} list_t;


static bool
is_word_byte(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
           || (c >= 'A' && c <= 'Z') || c >= 0x80;
}


/* Cuts no character of UTF-8 in two. */
static size_t
cut(str_t text, size_t max)
{
    size_t len = text.len;

    if (len > max) {
        len = max;

        while (len > 0 && (text.data[len] & 0xc0) == 0x80) {
            len--;
        }
    }

    return len;
}


int
term_next(str_t text, size_t *pos, str_t *word_r)
{
    size_t end, i = *pos;

    while (i < text.len && !is_word_byte(text.data[i])) {
        i++;
    }

    for (end = i; end < text.len && is_word_byte(text.data[end]); end++) {
        /* to the end of the word */
    }

    *word_r = (str_t){ end - i, text.data + i };
    word_r->len = cut(*word_r, TERM_MAX);
    *pos = end;

    return word_r->len != 0 ? OK : DECLINED;
}


bool
term_is_stop(str_t word)
{
    static const char *const stops[] = { "a",    "an",  "and", "are", "as",
                                         "at",   "be",  "by",  "for", "from",
                                         "in",   "is",  "it",  "of",  "on",
                                         "or",   "so",  "the", "to",  "with",
                                         "that", "this" };

    for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
        if (reg_str_eq(word, reg_cstr(stops[i]))) {
            return true;
        }
    }

    return false;
}


const char *
term_marked(pool_t *pool, char mark, str_t text)
{
    return pool_printf(pool, "%c%.*s", mark,
                       (int)cut(text, TERM_MARKED_MAX - 1),
                       (const char *)text.data);
}


/* Eight times the logarithm to the base of 2, as a line between the powers. */
static unsigned
logarithm(uint64_t x)
{
    unsigned bits = 0;

    while (x >> bits > 1) {
        bits++;
    }

    return 8 * bits
           + (unsigned)(bits >= 3 ? (x >> (bits - 3)) & 7
                                  : (x << (3 - bits)) & 7);
}


unsigned
term_quality(uint64_t stars, uint64_t pulls)
{
    uint64_t some_stars = stars < UINT32_MAX ? stars : UINT32_MAX;
    uint64_t some_pulls = pulls < UINT32_MAX ? pulls : UINT32_MAX;
    unsigned log = logarithm(1 + 100 * some_stars + some_pulls);

    return (log < 255 ? log : 255) / 2 / QUALITY_STEP * QUALITY_STEP;
}


static void
add(list_t *list, const char *text, unsigned bonus)
{
    terms_t *terms = list->terms;
    unsigned place = PLACE_LAST - list->quality - bonus;

    for (size_t i = 0; i < terms->n; i++) {
        if (strcmp(terms->items[i].text, text) == 0) {
            if (place < terms->items[i].place) {
                terms->items[i].place = place;
            }
            return;
        }
    }

    if (terms->n < TERMS_MAX) {
        terms->items[terms->n++] = (term_t){ text, place };
    }
}


static void
add_parts(list_t *list, str_t word)
{
    for (size_t i = 0; i + TERM_PART_LEN <= word.len; i++) {
        add(list,
            term_marked(list->pool, TERM_PART,
                        (str_t){ TERM_PART_LEN, word.data + i }),
            0);
    }
}


static void
add_name(list_t *list, str_t name)
{
    size_t pos = 0;
    str_t word;

    while (term_next(name, &pos, &word) == OK) {
        add(list, pool_strndup(list->pool, word),
            word.len == name.len ? BONUS_NAME : BONUS_WORD);
        add_parts(list, word);
    }
}


static void
add_namespace(list_t *list, str_t namespace)
{
    size_t pos = 0;
    str_t word;

    while (term_next(namespace, &pos, &word) == OK) {
        add(list, pool_strndup(list->pool, word), BONUS_NAMESPACE);
    }

    add(list, term_marked(list->pool, TERM_NAMESPACE, namespace), 0);
}


static void
add_description(list_t *list, str_t description)
{
    size_t pos = 0, n = 0;
    str_t word;

    while (n < TERM_WORDS_MAX && term_next(description, &pos, &word) == OK) {
        if (!term_is_stop(word)) {
            add(list, pool_strndup(list->pool, word), 0);
            n++;
        }
    }
}


static void
add_topics(list_t *list, const char *topics)
{
    while (*topics != '\0') {
        str_t topic = { strcspn(topics, "\n"), (unsigned char *)topics };

        if (topic.len != 0) {
            add(list, term_marked(list->pool, TERM_TOPIC, topic), 0);
            add_description(list, topic);
        }

        topics += topic.len;
        topics += *topics == '\n';
    }
}


void
term_list(pool_t *pool, const term_source_t *source, terms_t *terms_r)
{
    list_t list = { pool, terms_r, term_quality(source->stars, source->pulls) };
    str_t name = reg_cstr(source->name);
    size_t slash = strcspn(source->name, "/");
    size_t rest = slash < name.len ? slash + 1 : 0;

    terms_r->n = 0;
    add(&list, TERM_ALL, 0);
    add_namespace(&list, (str_t){ slash, name.data });
    add_name(&list, (str_t){ name.len - rest, name.data + rest });
    add_topics(&list, source->topics);
    add_description(&list, reg_cstr(source->description));
}
