/* hash.h: digests computed as bytes pass, with a state that can be saved and
 * restored.
 *
 * The state's form is the one that registry:2 keeps under _uploads/ (Go's
 * binary marshalling of crypto/sha256 and crypto/sha512), so an upload begun
 * by one server can be finished by the other.  The only file that includes
 * OpenSSL's low-level SHA functions, because EVP does not show its state. */

#ifndef REG_HASH_H
#define REG_HASH_H

#include "digest.h"

#include <openssl/md5.h>
#include <openssl/sha.h>

typedef struct {
    reg_algorithm_t algorithm;
    uint64_t length; /* bytes hashed so far */
    union {
        SHA256_CTX sha256;
        SHA512_CTX sha512;
    } u;
} reg_hash_t;

#define REG_HASH_STATE_SHA256 108 /* magic, 8 words, 64-byte block, length */
#define REG_HASH_STATE_SHA512 204
#define REG_HASH_STATE_MAX REG_HASH_STATE_SHA512

void reg_hash_init(reg_hash_t *hash, reg_algorithm_t algorithm);
void reg_hash_update(reg_hash_t *hash, const void *data, size_t len);

/* Writes lower-case hex of the algorithm's length and a NUL into
 * hex[REG_DIGEST_HEX_MAX + 1].  Works on a copy: hash can be continued. */
void reg_hash_hex(const reg_hash_t *hash, char *hex);

/* The same as bytes, half as many as the hex has characters. */
void reg_hash_raw(const reg_hash_t *hash, unsigned char *raw);

/* Whether content has a digest. */
bool reg_hash_fits(reg_str_t content, const reg_digest_t *digest);

/* Writes the state into buf[REG_HASH_STATE_MAX]; returns its length. */
size_t reg_hash_state_export(const reg_hash_t *hash, unsigned char *buf);

/* REG_OK, or REG_ERROR for anything but a whole state of a known algorithm
 * (named by the magic) after less than 2^61 bytes.  Whether the state matches
 * the bytes cannot be checked here: the caller checks that hash->length is the
 * size of the data. */
int reg_hash_state_import(reg_hash_t *hash, reg_str_t state);

/* HMAC-SHA256 (RFC 2104) of text into mac[REG_HMAC_SIZE]. */
#define REG_HMAC_SIZE 32
void reg_hmac(reg_str_t key, reg_str_t text, unsigned char *mac);

/* MD5 of text into md5[REG_MD5_SIZE]: no protection, but what a protocol asks
 * for. */
#define REG_MD5_SIZE 16
void reg_md5(reg_str_t text, unsigned char *md5);

/* SHA-256 of a token as 64 hex characters and a NUL: the only form in which
 * a token is a key or may be seen. */
void reg_token_hash(reg_str_t token, char *hex);

#endif
