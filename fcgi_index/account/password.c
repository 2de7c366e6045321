/* password.c: passwords, hashed with Argon2id.  The only file that includes
 * libsodium. */

#include "account/password.h"
#include "fcgi_core/log.h"

#include <sodium.h>

/* OWASP's least: 19 MiB, two passes.  Each process checks one password at a
 * time and gives the memory back, so N processes take N times as much. */
#define MEMORY ((size_t)19 * 1024 * 1024)
#define PASSES 2

static char dummy[crypto_pwhash_STRBYTES];
static unsigned char print_key[crypto_generichash_KEYBYTES];


static int
hash_into(char *hash, str_t password)
{
    if (crypto_pwhash_str_alg(hash, (const char *)password.data, password.len,
                              PASSES, MEMORY, crypto_pwhash_ALG_ARGON2ID13)
        != 0) {
        log_error("no memory to hash a password");
        return ERROR;
    }

    return OK;
}


int
password_open(void)
{
    if (sodium_init() < 0) {
        log_error("libsodium does not start");
        return ERROR;
    }

    randombytes_buf(print_key, sizeof(print_key));

    return hash_into(dummy, reg_str("no account has this password"));
}


int
password_hash(pool_t *pool, str_t password, const char **hash_r)
{
    char *hash = pool_alloc(pool, crypto_pwhash_STRBYTES);

    *hash_r = hash;

    return hash_into(hash, password);
}


bool
password_verify(const char *hash, str_t password)
{
    const char *data = password.len == 0 ? "" : (const char *)password.data;
    bool is_equal = crypto_pwhash_str_verify(hash != NULL ? hash : dummy, data,
                                             password.len)
                    == 0;

    return is_equal && hash != NULL;
}


password_fingerprint_t
password_fingerprint(const str_t *texts, size_t n)
{
    password_fingerprint_t print;
    crypto_generichash_state state;

    crypto_generichash_init(&state, print_key, sizeof(print_key),
                            sizeof(print.words));

    for (size_t i = 0; i < n; i++) {
        uint64_t len = texts[i].len;

        crypto_generichash_update(&state, (unsigned char *)&len, sizeof(len));
        crypto_generichash_update(&state, texts[i].data, len);
    }

    crypto_generichash_final(&state, (unsigned char *)print.words,
                             sizeof(print.words));

    return print;
}


bool
password_is_outdated(const char *hash)
{
    return crypto_pwhash_str_needs_rehash(hash, PASSES, MEMORY) != 0;
}
