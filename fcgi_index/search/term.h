/* term.h: the terms under which search finds a repository, and those of a
 * query.  Pure but for the pool.
 *
 * Terms are words, and behind a mark that no word begins with: three
 * characters of a word of the name, so that a part of a word is found; the
 * namespace; a topic; and a term that every repository has. */

#ifndef TERM_H
#define TERM_H

#include "fcgi_core/pool.h"

#define TERM_MAX 24        /* bytes; longer words are cut */
#define TERM_MARKED_MAX 48 /* with a mark */
#define TERM_WORDS_MAX 24  /* of a description */
#define TERMS_MAX 256      /* of a repository */

#define TERM_PART '~'
#define TERM_PART_LEN 3
#define TERM_NAMESPACE '@'
#define TERM_TOPIC '#'
#define TERM_ALL "*"

/* A term, and where the repository stands among all that have it: 0 is the
 * best place. */
typedef struct {
    const char *text;
    unsigned place;
} term_t;

typedef struct {
    term_t items[TERMS_MAX];
    size_t n;
} terms_t;

/* What is known of a repository; texts are in lower case. */
typedef struct {
    const char *name;
    const char *description;
    const char *topics; /* one a line */
    uint64_t stars;
    uint64_t pulls;
} term_source_t;

/* The next word at or after *pos (start with 0), cut to TERM_MAX bytes; words
 * are letters and digits of ASCII, and all that is not ASCII.  OK or
 * DECLINED. */
int term_next(str_t text, size_t *pos, str_t *word_r);

/* Whether a word says nothing: "the", "of". */
bool term_is_stop(str_t word);

/* The term of a part of a word, of a namespace or a topic; in the pool. */
const char *term_marked(pool_t *pool, char mark, str_t text);

/* By how much stars and pulls raise a repository, in steps: 0 to 124. */
unsigned term_quality(uint64_t stars, uint64_t pulls);

/* All terms of a repository, each once, at its best place. */
void term_list(pool_t *pool, const term_source_t *source, terms_t *terms_r);

#endif
