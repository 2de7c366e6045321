/* password.h: passwords, hashed with Argon2id. */

#ifndef PASSWORD_H
#define PASSWORD_H

#include "fcgi_core/pool.h"

#define PASSWORD_MAX 1024 /* bytes; longer ones are wrong */

/* Characters of a new one, of four bytes each at the most. */
#define PASSWORD_CHARACTERS_MIN 8
#define PASSWORD_CHARACTERS_MAX (PASSWORD_MAX / 4)

/* Once a process or before its fork.  ERROR has been logged. */
int password_open(void);

/* The hash of a password, with its salt and costs, in the pool. */
int password_hash(pool_t *pool, str_t password, const char **hash_r);

/* hash NULL: no one has such a login; false, after the same time. */
bool password_verify(const char *hash, str_t password);

/* Stands for a list of texts as long as this program runs: no one else can
 * make it, and it reveals nothing about them. */
#define PASSWORD_PRINT_WORDS 4

typedef struct {
    uint64_t words[PASSWORD_PRINT_WORDS];
} password_fingerprint_t;

password_fingerprint_t password_fingerprint(const str_t *texts, size_t n);

/* True where the hash was made with other costs than today's. */
bool password_is_outdated(const char *hash);

#endif
