/* seal.c: short secrets that must be readable again. */

/* First: they use a word that banned.h takes away. */
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "fcgi_core/seal.h"
#include "fcgi_core/base64.h"
#include "fcgi_core/log.h"

#include <limits.h>
#include <stdlib.h>

#define NONCE 12
#define TAG 16


static void
cipher_free(void *cipher)
{
    EVP_CIPHER_CTX_free(cipher);
}


static EVP_CIPHER_CTX *
cipher_create(pool_t *pool, str_t key, const unsigned char *nonce,
              bool is_sealing)
{
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    unsigned char raw[EVP_MAX_MD_SIZE];

    if (cipher == NULL
        || EVP_Digest(key.data, key.len, raw, NULL, EVP_sha256(), NULL) != 1
        || EVP_CipherInit_ex(cipher, EVP_aes_256_gcm(), NULL, raw, nonce,
                             is_sealing)
               != 1) {
        log_error("OpenSSL has no AES-256-GCM");
        exit(EXIT_FAILURE);
    }

    pool_cleanup(pool, cipher_free, cipher);

    return cipher;
}


const char *
seal_make(pool_t *pool, str_t key, str_t text)
{
    size_t size = NONCE + text.len + TAG;
    unsigned char *sealed = pool_alloc(pool, size);
    unsigned char *inner = sealed + NONCE;
    char *out = pool_alloc(pool, BASE64_LEN(size) + 1);
    EVP_CIPHER_CTX *cipher;
    int len, rest;

    if (text.len > INT_MAX || RAND_bytes(sealed, NONCE) != 1) {
        log_error("there is no randomness");
        exit(EXIT_FAILURE);
    }

    cipher = cipher_create(pool, key, sealed, true);

    if (EVP_CipherUpdate(cipher, inner, &len, text.data, (int)text.len) != 1
        || EVP_CipherFinal_ex(cipher, inner + len, &rest) != 1
        || EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG,
                               inner + text.len)
               != 1) {
        log_error("OpenSSL cannot encrypt");
        exit(EXIT_FAILURE);
    }

    base64_url_encode((str_t){ size, sealed }, out);

    return out;
}


int
seal_open(pool_t *pool, str_t key, str_t sealed, str_t *text_r)
{
    unsigned char *bytes = pool_alloc(pool, sealed.len + 1);
    unsigned char *text = pool_alloc(pool, sealed.len + 1);
    EVP_CIPHER_CTX *cipher;
    int len, rest;
    size_t size;

    if (base64_decode(BASE64_URL, sealed, bytes, &size) != OK
        || size < NONCE + TAG || size > INT_MAX) {
        return DECLINED;
    }

    cipher = cipher_create(pool, key, bytes, false);
    size -= NONCE + TAG;

    if (EVP_CipherUpdate(cipher, text, &len, bytes + NONCE, (int)size) != 1
        || EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, TAG,
                               bytes + NONCE + size)
               != 1
        || EVP_CipherFinal_ex(cipher, text + len, &rest) != 1) {
        return DECLINED;
    }

    text[size] = '\0';
    *text_r = (str_t){ size, text };

    return OK;
}
