/* secret_text.h: the text of secrets that people and robots keep.
 *
 *     slp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17
 *
 * A prefix that says what it is, 30 random characters of base62, and the CRC-32
 * of those in 6 more: a double click selects all of it, scanners of leaked
 * secrets recognise it, and one that is mistyped or made up is refused without
 * asking the database.  Pure but for the pool and the randomness. */

#ifndef SECRET_TEXT_H
#define SECRET_TEXT_H

#include "fcgi_core/pool.h"

#define SECRET_TEXT_PERSON "slp_"     /* personal access token */
#define SECRET_TEXT_ROBOT "slr_"      /* of a robot */
#define SECRET_TEXT_INVITATION "sli_" /* to sign up */

#define SECRET_TEXT_PREFIX 4
#define SECRET_TEXT_RANDOM 30
#define SECRET_TEXT_CHECK 6
#define SECRET_TEXT_LEN                                                        \
    (SECRET_TEXT_PREFIX + SECRET_TEXT_RANDOM + SECRET_TEXT_CHECK)
#define SECRET_TEXT_HINT (SECRET_TEXT_PREFIX + 4)

/* A new one, in the pool. */
const char *secret_text_make(pool_t *pool, const char *prefix);

/* Whether a text may be one with that prefix. */
bool secret_text_is_valid(str_t text, const char *prefix);

/* What names it to people: its prefix, three dots and its last four
 * characters. */
const char *secret_text_hint(pool_t *pool, const char *text);

/* Writes SECRET_TEXT_CHECK characters, the checksum of the random ones. */
void secret_text_check(str_t random, char *dst);

#endif
