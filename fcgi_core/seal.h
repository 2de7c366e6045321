/* seal.h: short secrets that must be readable again, kept where others might
 * read them: AES-256-GCM. */

#ifndef SEAL_H
#define SEAL_H

#include "fcgi_core/pool.h"

/* The characters that text of len bytes becomes. */
#define SEAL_LEN(len) (((len) + 12 + 16) * 4 / 3 + 2)

/* base64url of a random nonce, the text that only the key shows, and a tag; in
 * the pool.  key is a secret of any form.  Ends the process where there is no
 * randomness. */
const char *seal_make(pool_t *pool, str_t key, str_t text);

/* The text, in the pool; DECLINED for what seal_make() has not made with this
 * key. */
int seal_open(pool_t *pool, str_t key, str_t sealed, str_t *text_r);

#endif
