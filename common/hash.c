/* hash.c: digests computed as bytes pass, with a state that can be saved and
 * restored. */

#define OPENSSL_SUPPRESS_DEPRECATED /* EVP does not show its state */

#include "hash.h"
#include "encode.h"

#define MAGIC_LEN 4
#define LENGTH_MAX (UINT64_MAX >> 3) /* bytes whose bits still count to 64 */

static const unsigned char magics[REG_ALGORITHM_N][MAGIC_LEN] = {
    [REG_SHA256] = { 's', 'h', 'a', 0x03 },
    [REG_SHA512] = { 's', 'h', 'a', 0x07 },
};


static unsigned char *
put_be(unsigned char *p, uint64_t value, int bytes)
{
    while (bytes-- != 0) {
        *p++ = (unsigned char)(value >> (8 * bytes));
    }

    return p;
}


static uint64_t
get_be(const unsigned char *p, int bytes)
{
    uint64_t value = 0;

    while (bytes-- != 0) {
        value = value << 8 | *p++;
    }

    return value;
}


void
reg_hash_init(reg_hash_t *hash, reg_algorithm_t algorithm)
{
    memset(hash, 0, sizeof(*hash));
    hash->algorithm = algorithm;

    if (algorithm == REG_SHA512) {
        SHA512_Init(&hash->u.sha512);

    } else {
        SHA256_Init(&hash->u.sha256);
    }
}


void
reg_hash_update(reg_hash_t *hash, const void *data, size_t len)
{
    if (len == 0) {
        return;
    }

    hash->length += len;

    if (hash->algorithm == REG_SHA512) {
        SHA512_Update(&hash->u.sha512, data, len);

    } else {
        SHA256_Update(&hash->u.sha256, data, len);
    }
}


void
reg_hash_raw(const reg_hash_t *hash, unsigned char *raw)
{
    reg_hash_t copy = *hash;

    if (hash->algorithm == REG_SHA512) {
        SHA512_Final(raw, &copy.u.sha512);

    } else {
        SHA256_Final(raw, &copy.u.sha256);
    }
}


void
reg_hash_hex(const reg_hash_t *hash, char *hex)
{
    unsigned char raw[REG_DIGEST_RAW_MAX];
    size_t hex_len = reg_algorithm_hex_len(hash->algorithm);

    reg_hash_raw(hash, raw);
    reg_hex_encode(raw, hex_len / 2, hex);
    hex[hex_len] = '\0';
}


bool
reg_hash_fits(reg_str_t content, const reg_digest_t *digest)
{
    char hex[REG_DIGEST_HEX_MAX + 1];
    reg_hash_t hash;

    reg_hash_init(&hash, digest->algorithm);
    reg_hash_update(&hash, content.data, content.len);
    reg_hash_hex(&hash, hex);

    return reg_str_eq(reg_cstr(hex), digest->hex);
}


/* The block begun and zeros to its end, as Go writes it. */
static unsigned char *
put_block(unsigned char *p, const void *block, size_t used, size_t size)
{
    memcpy(p, block, used);
    memset(p + used, 0, size - used);

    return p + size;
}


size_t
reg_hash_state_export(const reg_hash_t *hash, unsigned char *buf)
{
    const SHA256_CTX *c256 = &hash->u.sha256;
    const SHA512_CTX *c512 = &hash->u.sha512;
    unsigned char *p = buf;

    memcpy(p, magics[hash->algorithm], MAGIC_LEN);
    p += MAGIC_LEN;

    if (hash->algorithm == REG_SHA512) {
        for (int i = 0; i < 8; i++) {
            p = put_be(p, c512->h[i], 8);
        }

        p = put_block(p, c512->u.p, c512->num, SHA512_CBLOCK);

    } else {
        for (int i = 0; i < 8; i++) {
            p = put_be(p, c256->h[i], 4);
        }

        p = put_block(p, c256->data, c256->num, SHA256_CBLOCK);
    }

    p = put_be(p, hash->length, 8);

    return (size_t)(p - buf);
}


static void
import_sha256(reg_hash_t *hash, const unsigned char *p)
{
    SHA256_CTX *c = &hash->u.sha256;

    for (int i = 0; i < 8; i++, p += 4) {
        c->h[i] = (SHA_LONG)get_be(p, 4);
    }

    c->num = (unsigned)(hash->length % SHA256_CBLOCK);
    memcpy(c->data, p, c->num);
    c->Nl = (SHA_LONG)(hash->length << 3);
    c->Nh = (SHA_LONG)(hash->length >> 29);
}


static void
import_sha512(reg_hash_t *hash, const unsigned char *p)
{
    SHA512_CTX *c = &hash->u.sha512;

    for (int i = 0; i < 8; i++, p += 8) {
        c->h[i] = get_be(p, 8);
    }

    c->num = (unsigned)(hash->length % SHA512_CBLOCK);
    memcpy(c->u.p, p, c->num);
    c->Nl = hash->length << 3;
    c->Nh = 0;
}


static bool
state_is(reg_str_t state, reg_algorithm_t algorithm, size_t len)
{
    return state.len == len
           && memcmp(state.data, magics[algorithm], MAGIC_LEN) == 0;
}


int
reg_hash_state_import(reg_hash_t *hash, reg_str_t state)
{
    reg_algorithm_t algorithm = REG_SHA256;
    uint64_t length;

    if (state_is(state, REG_SHA512, REG_HASH_STATE_SHA512)) {
        algorithm = REG_SHA512;

    } else if (!state_is(state, REG_SHA256, REG_HASH_STATE_SHA256)) {
        return REG_ERROR;
    }

    length = get_be(state.data + state.len - 8, 8);

    if (length > LENGTH_MAX) {
        return REG_ERROR;
    }

    reg_hash_init(hash, algorithm);
    hash->length = length;

    if (algorithm == REG_SHA512) {
        import_sha512(hash, state.data + MAGIC_LEN);

    } else {
        import_sha256(hash, state.data + MAGIC_LEN);
    }

    return REG_OK;
}


static void
sha256(reg_str_t text, unsigned char *raw)
{
    SHA256_CTX c;

    SHA256_Init(&c);
    SHA256_Update(&c, text.data, text.len);
    SHA256_Final(raw, &c);
}


/* One of the two hashes of which an HMAC is made: of key xor pad, and text. */
static void
hmac_half(const unsigned char *block, unsigned char pad, reg_str_t text,
          unsigned char *raw)
{
    unsigned char padded[SHA256_CBLOCK];
    SHA256_CTX c;

    for (size_t i = 0; i < sizeof(padded); i++) {
        padded[i] = block[i] ^ pad;
    }

    SHA256_Init(&c);
    SHA256_Update(&c, padded, sizeof(padded));
    SHA256_Update(&c, text.data, text.len);
    SHA256_Final(raw, &c);
}


void
reg_hmac(reg_str_t key, reg_str_t text, unsigned char *mac)
{
    unsigned char block[SHA256_CBLOCK] = { 0 };
    unsigned char inner[REG_HMAC_SIZE];

    if (key.len > sizeof(block)) {
        sha256(key, block);

    } else if (key.len != 0) {
        memcpy(block, key.data, key.len);
    }

    hmac_half(block, 0x36, text, inner);
    hmac_half(block, 0x5c, (reg_str_t){ sizeof(inner), inner }, mac);
}


void
reg_md5(reg_str_t text, unsigned char *md5)
{
    MD5(text.data, text.len, md5);
}


void
reg_token_hash(reg_str_t token, char *hex)
{
    reg_hash_t hash;

    reg_hash_init(&hash, REG_SHA256);
    reg_hash_update(&hash, token.data, token.len);
    reg_hash_hex(&hash, hex);
}
