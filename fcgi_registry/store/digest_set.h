/* digest_set.h: which digests were seen, many of them in little memory.
 *
 * 32 bytes a digest in a table of open addressing that is at least three
 * eighths and at most three quarters full: 43 to 86 bytes a digest, and half as
 * much again at the moment it grows.  A million digests take 64 MiB, and 96 MiB
 * for a moment.
 *
 * A sha512 digest is folded to 32 bytes.  Two different digests can be taken
 * for one only by a client that makes up digests that nothing has: what depends
 * on a set may keep too much, never too little.  The places are drawn by a key
 * of the set's own, so no one can choose digests that are slow to find. */

#ifndef DIGEST_SET_H
#define DIGEST_SET_H

#include "fcgi_core/core.h"
#include "common/digest.h"

typedef struct digest_set_s digest_set_t;

/* An empty set.  As with a pool, out of memory ends the process. */
digest_set_t *digest_set_create(void);

/* Adds a digest; false where it was there already. */
bool digest_set_add(digest_set_t *set, const reg_digest_t *digest);

bool digest_set_has(const digest_set_t *set, const reg_digest_t *digest);

/* How many digests there are. */
size_t digest_set_count(const digest_set_t *set);

/* Takes all digests out and gives the memory of a large table back. */
void digest_set_clear(digest_set_t *set);

void digest_set_destroy(digest_set_t *set);

#endif
