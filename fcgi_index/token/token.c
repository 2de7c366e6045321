/* token.c: bearer tokens: a verdict in a signed envelope. */

/* First: they use a word that banned.h takes away. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "token/token.h"
#include "common/hash.h"
#include "fcgi_core/base64.h"
#include "fcgi_core/log.h"

#define MAC_SIZE 32
#define MAC_LEN BASE64_LEN(MAC_SIZE)
#define PREFIX_LEN (sizeof(TOKEN_PREFIX) - 1)
#define RANDOM_SIZE 32


/* A process without random bytes, or without memory, must not continue. */
static void
openssl_or_abort(bool is_done, const char *what)
{
    if (!is_done) {
        log_error("OpenSSL: no %s", what);
        abort();
    }
}


void
token_random_bytes(unsigned char *buf, size_t size)
{
    openssl_or_abort(RAND_bytes(buf, (int)size) == 1, "random bytes");
}


str_t
token_random(pool_t *pool, const char *prefix)
{
    size_t len = strlen(prefix);
    unsigned char bytes[RANDOM_SIZE];
    str_t text = { len + BASE64_LEN(RANDOM_SIZE), NULL };

    text.data = pool_alloc(pool, text.len + 1);
    memcpy(text.data, prefix, len);
    token_random_bytes(bytes, sizeof(bytes));
    base64_url_encode((str_t){ sizeof(bytes), bytes }, (char *)text.data + len);

    return text;
}


/* Writes MAC_LEN characters, the MAC of text in base64url. */
static void
mac_print(str_t secret, str_t text, char *dst)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    openssl_or_abort(HMAC(EVP_sha256(), secret.data, (int)secret.len, text.data,
                          text.len, mac, &len)
                             != NULL
                         && len == MAC_SIZE,
                     "HMAC");
    base64_url_encode((str_t){ MAC_SIZE, mac }, dst);
}


str_t
token_sign(pool_t *pool, str_t secret, str_t verdict)
{
    str_t payload = { TOKEN_NONCE + verdict.len,
                      pool_alloc(pool, TOKEN_NONCE + verdict.len) };
    size_t signed_len = PREFIX_LEN + BASE64_LEN(payload.len);
    char *text = pool_alloc(pool, signed_len + 1 + MAC_LEN + 1);

    token_random_bytes(payload.data, TOKEN_NONCE);
    memcpy(payload.data + TOKEN_NONCE, verdict.data, verdict.len);

    memcpy(text, TOKEN_PREFIX, PREFIX_LEN);
    base64_url_encode(payload, text + PREFIX_LEN);
    mac_print(secret, (str_t){ signed_len, (unsigned char *)text },
              text + signed_len + 1);
    text[signed_len] = '.';

    return reg_cstr(text);
}


int
token_verify(pool_t *pool, str_t secret, str_t token, str_t *verdict_r)
{
    size_t signed_len;
    char mac[MAC_LEN];
    unsigned char *payload;
    str_t part;
    size_t len;

    if (token.len > TOKEN_MAX || token.len < PREFIX_LEN + 1 + MAC_LEN
        || memcmp(token.data, TOKEN_PREFIX, PREFIX_LEN) != 0) {
        return DECLINED;
    }

    signed_len = token.len - MAC_LEN - 1;
    mac_print(secret, (str_t){ signed_len, token.data }, mac);

    /* As text: a second text for the same MAC would be a second token. */
    if (token.data[signed_len] != '.'
        || CRYPTO_memcmp(mac, token.data + signed_len + 1, MAC_LEN) != 0) {
        return DECLINED;
    }

    part = (str_t){ signed_len - PREFIX_LEN, token.data + PREFIX_LEN };
    payload = pool_alloc(pool, part.len);

    if (base64_decode(BASE64_URL, part, payload, &len) != OK
        || len < TOKEN_NONCE) {
        return DECLINED;
    }

    *verdict_r = (str_t){ len - TOKEN_NONCE, payload + TOKEN_NONCE };

    return OK;
}


/* No purpose begins as a token does, so no token's MAC is a key. */
str_t
token_derive(pool_t *pool, str_t secret, const char *purpose)
{
    str_t key = { MAC_LEN, pool_alloc(pool, MAC_LEN + 1) };

    mac_print(secret, reg_cstr(purpose), (char *)key.data);

    return key;
}


bool
token_equal(str_t a, str_t b)
{
    return a.len == b.len && CRYPTO_memcmp(a.data, b.data, a.len) == 0;
}


const char *
token_hash(pool_t *pool, str_t token)
{
    char *hex = pool_alloc(pool, TOKEN_HASH_LEN + 1);

    reg_token_hash(token, hex);

    return hex;
}
