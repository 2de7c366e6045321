/* keyring.c: the keys that a token server signs with. */

/* First: they use a word that banned.h takes away. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "fcgi_core/keyring.h"
#include "fcgi_core/file.h"

#include "fcgi_core/base64.h"
#include "fcgi_core/log.h"

#include <errno.h>
#include <limits.h>

#define FILE_SIZE_MAX (1024 * 1024)
#define RSA_BITS_MIN 2048
#define NUMBER_MAX 2048 /* bytes of one in a JWK: RSA of 16384 bits */
#define COORDINATE_MAX 66
#define SIGNATURE_MAX 2048
#define ED25519_LEN 32
#define LIBTRUST_BYTES 30 /* of the hash that an id is made of */
#define DIGEST_LEN 32

struct keyring_key_s {
    EVP_PKEY *pkey;
    str_t kid;       /* as the JWKS has it; empty where it has none, */
    str_t algorithm; /* and the one that the key is for */
};

struct keyring_s {
    pool_t *pool;
    X509_STORE *store; /* of the certificates */
    size_t n;
    keyring_key_t keys[KEYRING_KEYS_MAX];
};


/* --- what belongs to the pool -------------------------------------------- */


static void
pkey_release(void *pkey)
{
    EVP_PKEY_free(pkey);
}


static void
store_release(void *store)
{
    X509_STORE_free(store);
}


static void
chain_release(void *chain)
{
    sk_X509_pop_free(chain, X509_free);
}


/* OpenSSL without memory: the process ends, as it does for pools. */
static void *
openssl_or_abort(void *p)
{
    if (p == NULL) {
        log_error("OpenSSL: out of memory");
        abort();
    }

    return p;
}


static EVP_PKEY *
pkey_pooled(pool_t *pool, EVP_PKEY *pkey)
{
    if (pkey != NULL) {
        pool_cleanup(pool, pkey_release, pkey);
    }

    return pkey;
}


/* --- JSON web keys ------------------------------------------------------- */


/* A member in base64url, decoded; empty where there is none. */
static str_t
member_bytes(pool_t *pool, json_t *jwk, const char *name, size_t max)
{
    str_t text, bytes = { 0, NULL };

    if (json_member_string(jwk, name, &text) != OK
        || text.len > BASE64_LEN(max)) {
        return bytes;
    }

    bytes.data = pool_alloc(pool, text.len + 1);

    if (base64_decode(BASE64_URL, text, bytes.data, &bytes.len) != OK) {
        bytes.len = 0;
    }

    return bytes;
}


/* Takes the builder. */
static EVP_PKEY *
pkey_build(const char *type, OSSL_PARAM_BLD *builder)
{
    OSSL_PARAM *params = openssl_or_abort(OSSL_PARAM_BLD_to_param(builder));
    EVP_PKEY_CTX *ctx =
        openssl_or_abort(EVP_PKEY_CTX_new_from_name(NULL, type, NULL));
    EVP_PKEY *pkey = NULL;

    if (EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        pkey = NULL;
    }

    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);

    return pkey;
}


static EVP_PKEY *
rsa_read(pool_t *pool, json_t *jwk)
{
    str_t n = member_bytes(pool, jwk, "n", NUMBER_MAX);
    str_t e = member_bytes(pool, jwk, "e", NUMBER_MAX);
    OSSL_PARAM_BLD *builder = openssl_or_abort(OSSL_PARAM_BLD_new());
    BIGNUM *n_bn = openssl_or_abort(BN_bin2bn(n.data, (int)n.len, NULL));
    BIGNUM *e_bn = openssl_or_abort(BN_bin2bn(e.data, (int)e.len, NULL));
    EVP_PKEY *pkey;

    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n_bn);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e_bn);
    pkey = pkey_build("RSA", builder);
    BN_free(n_bn);
    BN_free(e_bn);

    return pkey;
}


typedef struct {
    const char *jwk;   /* as a JWK calls it */
    const char *group; /* and OpenSSL */
    size_t coordinate; /* bytes */
} curve_t;

static const curve_t curves[] = {
    { "P-256", "prime256v1", 32 },
    { "P-384", "secp384r1", 48 },
    { "P-521", "secp521r1", 66 },
};


static const curve_t *
curve_of_jwk(json_t *jwk)
{
    str_t name;

    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        if (json_member_string(jwk, "crv", &name) == OK
            && reg_str_eq(name, reg_cstr(curves[i].jwk))) {
            return &curves[i];
        }
    }

    return NULL;
}


/* NULL for a key that has none of the curves. */
static const curve_t *
curve_of_pkey(const EVP_PKEY *pkey)
{
    char group[64];

    if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1) {
        return NULL;
    }

    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        if (strcmp(group, curves[i].group) == 0) {
            return &curves[i];
        }
    }

    return NULL;
}


/* Writers differ about the zeros in front of a coordinate. */
static void
coordinate_put(unsigned char *dst, size_t size, str_t bytes)
{
    memcpy(dst + size - bytes.len, bytes.data, bytes.len);
}


static EVP_PKEY *
ec_read(pool_t *pool, json_t *jwk)
{
    const curve_t *curve = curve_of_jwk(jwk);
    size_t size = curve == NULL ? 0 : curve->coordinate;
    str_t x = member_bytes(pool, jwk, "x", size);
    str_t y = member_bytes(pool, jwk, "y", size);
    unsigned char point[1 + 2 * COORDINATE_MAX] = {
        POINT_CONVERSION_UNCOMPRESSED
    };
    OSSL_PARAM_BLD *builder;

    if (x.len == 0 || y.len == 0 || x.len > size || y.len > size) {
        return NULL;
    }

    coordinate_put(point + 1, size, x);
    coordinate_put(point + 1 + size, size, y);
    builder = openssl_or_abort(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME,
                                    curve->group, 0);
    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point,
                                     1 + 2 * size);

    return pkey_build("EC", builder);
}


static EVP_PKEY *
okp_read(pool_t *pool, json_t *jwk)
{
    str_t curve, x = member_bytes(pool, jwk, "x", ED25519_LEN);

    return json_member_string(jwk, "crv", &curve) == OK
                   && reg_str_eq(curve, reg_str("Ed25519"))
                   && x.len == ED25519_LEN
               ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x.data,
                                             x.len)
               : NULL;
}


/* NULL for a key of another kind, or one that makes no sense. */
static EVP_PKEY *
jwk_read(pool_t *pool, json_t *jwk)
{
    static const struct {
        const char *type;
        EVP_PKEY *(*read)(pool_t *pool, json_t *jwk);
    } types[] = { { "RSA", rsa_read }, { "EC", ec_read }, { "OKP", okp_read } };
    str_t type;

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (json_member_string(jwk, "kty", &type) == OK
            && reg_str_eq(type, reg_cstr(types[i].type))) {
            return pkey_pooled(pool, types[i].read(pool, jwk));
        }
    }

    return NULL;
}


/* --- the files ----------------------------------------------------------- */


static int
key_add(keyring_t *ring, keyring_key_t key, const char *path)
{
    if (key.pkey == NULL) {
        return OK;
    }

    if (ring->n == KEYRING_KEYS_MAX) {
        log_error("%s: more than %d keys", path, KEYRING_KEYS_MAX);
        return ERROR;
    }

    ring->keys[ring->n++] = key;

    return OK;
}


/* A symbolic link is followed: tools that renew certificates use them. */
static int
ring_file(pool_t *pool, const char *path, str_t *content_r)
{
    char real[PATH_MAX];
    int rc = realpath(path, real) == NULL
                 ? ERROR
                 : file_get(pool, real, FILE_SIZE_MAX, content_r);

    if (rc != OK) {
        log_error("cannot read %s: %s", path,
                  rc == DECLINED ? "it is no file" : strerror(errno));
        return ERROR;
    }

    return OK;
}


static int
certificates_read(keyring_t *ring, const char *path)
{
    str_t content;
    BIO *bio;
    X509 *certificate;
    int rc;

    if (ring_file(ring->pool, path, &content) != OK) {
        return ERROR;
    }

    rc = OK;
    ERR_clear_error();
    bio = openssl_or_abort(BIO_new_mem_buf(content.data, (int)content.len));

    while (rc == OK
           && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL))
                  != NULL) {
        const keyring_key_t key = {
            .pkey = pkey_pooled(ring->pool, X509_get_pubkey(certificate))
        };

        rc = key_add(ring, key, path);
        X509_STORE_add_cert(ring->store, certificate);
        X509_free(certificate);
    }

    /* the end is an error of its own, what is garbled another one */
    if (rc == OK
        && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        log_error("%s: a certificate cannot be read", path);
        rc = ERROR;
    }

    BIO_free(bio);
    ERR_clear_error();

    return rc;
}


/* Empty where it is missing, or no text. */
static str_t
member_text(json_t *jwk, const char *name)
{
    str_t text;

    return json_member_string(jwk, name, &text) == OK ? text : reg_str("");
}


static bool
is_for_signatures(json_t *jwk)
{
    str_t use = member_text(jwk, "use");

    return use.len == 0 || reg_str_eq(use, reg_str("sig"));
}


static int
jwks_read(keyring_t *ring, const char *path)
{
    const char *error = "it has no \"keys\"";
    str_t content;
    json_t *set = NULL, *keys, *jwk;
    size_t i;

    if (ring_file(ring->pool, path, &content) != OK) {
        return ERROR;
    }

    if (json_parse(ring->pool, content, &set, &error) != OK
        || !json_is_array(keys = json_object_get(set, "keys"))) {
        log_error("%s is no JWKS: %s", path, error);
        return ERROR;
    }

    json_array_foreach(keys, i, jwk)
    {
        const keyring_key_t key = { .pkey = jwk_read(ring->pool, jwk),
                                    .kid = member_text(jwk, "kid"),
                                    .algorithm = member_text(jwk, "alg") };

        if (is_for_signatures(jwk) && key_add(ring, key, path) != OK) {
            return ERROR;
        }
    }

    ERR_clear_error();

    return OK;
}


int
keyring_load(pool_t *pool, const char *certificates, const char *keys,
             const keyring_t **ring_r)
{
    keyring_t *ring = pool_new(pool, keyring_t);

    ring->pool = pool;
    ring->store = openssl_or_abort(X509_STORE_new());
    pool_cleanup(pool, store_release, ring->store);

    /* each certificate of the file is trusted, its issuer there or not */
    X509_STORE_set_flags(ring->store, X509_V_FLAG_PARTIAL_CHAIN);
    X509_STORE_set_depth(ring->store, KEYRING_CHAIN_MAX);

    if ((certificates[0] != '\0' && certificates_read(ring, certificates) != OK)
        || (keys[0] != '\0' && jwks_read(ring, keys) != OK)) {
        return ERROR;
    }

    if (ring->n == 0) {
        log_error("there is no key to verify tokens with in \"%s\" and \"%s\"",
                  certificates, keys);
        return ERROR;
    }

    *ring_r = ring;

    return OK;
}


/* --- the names of keys --------------------------------------------------- */


static void
sha256(const void *data, size_t len, unsigned char *digest)
{
    openssl_or_abort(
        EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL) == 1 ? digest
                                                                     : NULL);
}


/* RFC 4648, section 6, in groups of four as libtrust prints it. */
static void
libtrust_print(const unsigned char *bytes, char *dst)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned bits = 0, n = 0, printed = 0;

    for (size_t i = 0; i < LIBTRUST_BYTES; i++) {
        bits = (bits & 0xff) << 8 | bytes[i];

        for (n += 8; n >= 5; n -= 5) {
            if (printed != 0 && printed % 4 == 0) {
                *dst++ = ':';
            }

            *dst++ = alphabet[bits >> (n - 5) & 31];
            printed++;
        }
    }

    *dst = '\0';
}


/* libtrust's id: of the key as certificates have it (SubjectPublicKeyInfo). */
static bool
is_libtrust_id(const EVP_PKEY *pkey, str_t kid)
{
    unsigned char *der = NULL, digest[DIGEST_LEN];
    char id[LIBTRUST_BYTES * 2 + 1];
    int len = i2d_PUBKEY(pkey, &der);

    if (len <= 0) {
        return false;
    }

    sha256(der, (size_t)len, digest);
    OPENSSL_free(der);
    libtrust_print(digest, id);

    return reg_str_eq(kid, reg_cstr(id));
}


/* A number of a key in base64url, with zeros in front where it has a size. */
static const char *
number_print(pool_t *pool, const EVP_PKEY *pkey, const char *name, size_t size)
{
    BIGNUM *number = NULL;
    unsigned char *bytes;
    char *text;

    if (EVP_PKEY_get_bn_param(pkey, name, &number) != 1) {
        return "";
    }

    size = size == 0 ? (size_t)BN_num_bytes(number) : size;
    bytes = pool_alloc(pool, size + 1);
    text = pool_alloc(pool, BASE64_LEN(size) + 1);
    BN_bn2binpad(number, bytes, (int)size);
    BN_free(number);
    base64_url_encode((str_t){ size, bytes }, text);

    return text;
}


/* What the thumbprint is made of (RFC 7638, section 3.2; RFC 8037); "" for
 * a key of another kind. */
static const char *
canonical(pool_t *pool, const EVP_PKEY *pkey)
{
    const curve_t *curve = curve_of_pkey(pkey);
    unsigned char raw[ED25519_LEN];
    char text[BASE64_LEN(ED25519_LEN) + 1] = "";
    size_t len = sizeof(raw);

    if (EVP_PKEY_is_a(pkey, "RSA")) {
        return pool_printf(pool, "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}",
                           number_print(pool, pkey, OSSL_PKEY_PARAM_RSA_E, 0),
                           number_print(pool, pkey, OSSL_PKEY_PARAM_RSA_N, 0));
    }

    if (EVP_PKEY_is_a(pkey, "EC") && curve != NULL) {
        return pool_printf(
            pool, "{\"crv\":\"%s\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
            curve->jwk,
            number_print(pool, pkey, OSSL_PKEY_PARAM_EC_PUB_X,
                         curve->coordinate),
            number_print(pool, pkey, OSSL_PKEY_PARAM_EC_PUB_Y,
                         curve->coordinate));
    }

    if (EVP_PKEY_is_a(pkey, "ED25519")
        && EVP_PKEY_get_raw_public_key(pkey, raw, &len) == 1) {
        base64_url_encode((str_t){ len, raw }, text);
        return pool_printf(
            pool, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"}", text);
    }

    return "";
}


static bool
is_thumbprint(pool_t *pool, const EVP_PKEY *pkey, str_t kid)
{
    const char *text = canonical(pool, pkey);
    unsigned char digest[DIGEST_LEN];
    char print[BASE64_LEN(DIGEST_LEN) + 1] = "";

    sha256(text, strlen(text), digest);
    base64_url_encode((str_t){ sizeof(digest), digest }, print);

    return text[0] != '\0' && reg_str_eq(kid, reg_cstr(print));
}


/* --- which key ----------------------------------------------------------- */


int
keyring_by_id(const keyring_t *ring, str_t kid, const keyring_key_t **key_r)
{
    for (size_t i = 0; kid.len != 0 && i < ring->n; i++) {
        const keyring_key_t *key = &ring->keys[i];

        if (reg_str_eq(kid, key->kid) || is_libtrust_id(key->pkey, kid)
            || is_thumbprint(ring->pool, key->pkey, kid)) {
            *key_r = key;
            return OK;
        }
    }

    return DECLINED;
}


int
keyring_by_jwk(const keyring_t *ring, json_t *jwk, const keyring_key_t **key_r)
{
    EVP_PKEY *pkey = jwk_read(ring->pool, jwk);

    for (size_t i = 0; pkey != NULL && i < ring->n; i++) {
        if (EVP_PKEY_eq(pkey, ring->keys[i].pkey) == 1) {
            *key_r = &ring->keys[i];
            return OK;
        }
    }

    return DECLINED;
}


/* NULL where it is not one certificate and nothing else. */
static X509 *
certificate_read(pool_t *pool, json_t *text)
{
    str_t base64 = { json_string_length(text),
                     (unsigned char *)json_string_value(text) };
    unsigned char *der;
    const unsigned char *p;
    X509 *certificate;
    size_t len;

    if (base64.data == NULL) {
        return NULL;
    }

    p = der = pool_alloc(pool, base64.len + 1);

    if (base64_decode(BASE64_STANDARD, base64, der, &len) != OK) {
        return NULL;
    }

    certificate = d2i_X509(NULL, &p, (long)len);

    if (certificate != NULL && p != der + len) {
        X509_free(certificate);
        return NULL;
    }

    return certificate;
}


/* The certificates of a token, the leaf first. */
static int
chain_read(pool_t *pool, json_t *x5c, STACK_OF(X509) * *chain_r)
{
    STACK_OF(X509) *chain = openssl_or_abort(sk_X509_new_null());
    json_t *text;
    size_t i;

    pool_cleanup(pool, chain_release, chain);

    if (json_array_size(x5c) == 0 || json_array_size(x5c) > KEYRING_CHAIN_MAX) {
        return DECLINED;
    }

    json_array_foreach(x5c, i, text)
    {
        X509 *certificate = certificate_read(pool, text);

        if (certificate == NULL) {
            return DECLINED;
        }

        sk_X509_push(chain, certificate);
    }

    *chain_r = chain;

    return OK;
}


int
keyring_by_chain(const keyring_t *ring, json_t *x5c,
                 const keyring_key_t **key_r)
{
    STACK_OF(X509) * chain;
    X509_STORE_CTX *ctx;
    keyring_key_t *key;
    bool is_good = false;

    if (chain_read(ring->pool, x5c, &chain) == OK) {
        ctx = openssl_or_abort(X509_STORE_CTX_new());
        is_good = X509_STORE_CTX_init(ctx, ring->store, sk_X509_value(chain, 0),
                                      chain)
                      == 1
                  && X509_verify_cert(ctx) == 1;
        X509_STORE_CTX_free(ctx);
    }

    ERR_clear_error();

    if (!is_good) {
        return DECLINED;
    }

    key = pool_new(ring->pool, keyring_key_t);
    key->pkey =
        pkey_pooled(ring->pool, X509_get_pubkey(sk_X509_value(chain, 0)));
    *key_r = key;

    return key->pkey != NULL ? OK : DECLINED;
}


/* --- signatures ---------------------------------------------------------- */

typedef struct {
    const char *name;
    const char *type;  /* of the key */
    const char *curve; /* of the key, or NULL */
    const EVP_MD *(*digest)(void);
    bool is_pss;
} algorithm_t;

static const algorithm_t algorithms[] = {
    { "RS256", "RSA", NULL, EVP_sha256, false },
    { "RS384", "RSA", NULL, EVP_sha384, false },
    { "RS512", "RSA", NULL, EVP_sha512, false },
    { "PS256", "RSA", NULL, EVP_sha256, true },
    { "PS384", "RSA", NULL, EVP_sha384, true },
    { "PS512", "RSA", NULL, EVP_sha512, true },
    { "ES256", "EC", "P-256", EVP_sha256, false },
    { "ES384", "EC", "P-384", EVP_sha384, false },
    { "ES512", "EC", "P-521", EVP_sha512, false },
    { "EdDSA", "ED25519", NULL, NULL, false },
};


/* NULL where the key is not of the kind that the algorithm is for. */
static const algorithm_t *
algorithm_find(const EVP_PKEY *pkey, str_t name)
{
    const curve_t *curve = curve_of_pkey(pkey);

    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
        const algorithm_t *algorithm = &algorithms[i];

        if (!reg_str_eq(name, reg_cstr(algorithm->name))) {
            continue;
        }

        return EVP_PKEY_is_a(pkey, algorithm->type)
                       && (algorithm->curve == NULL
                           || (curve != NULL
                               && strcmp(curve->jwk, algorithm->curve) == 0))
                       && (strcmp(algorithm->type, "RSA") != 0
                           || EVP_PKEY_get_bits(pkey) >= RSA_BITS_MIN)
                   ? algorithm
                   : NULL;
    }

    return NULL;
}


/* A signature is two numbers of a fixed size (RFC 7518, section 3.4); OpenSSL
 * wants DER.  DECLINED for one of another size. */
static int
ecdsa_read(const EVP_PKEY *pkey, str_t signature, unsigned char *der,
           size_t *len_r)
{
    size_t size = curve_of_pkey(pkey)->coordinate;
    ECDSA_SIG *pair;
    BIGNUM *r, *s;
    int len;

    if (signature.len != 2 * size) {
        return DECLINED;
    }

    pair = openssl_or_abort(ECDSA_SIG_new());
    r = openssl_or_abort(BN_bin2bn(signature.data, (int)size, NULL));
    s = openssl_or_abort(BN_bin2bn(signature.data + size, (int)size, NULL));
    ECDSA_SIG_set0(pair, r, s);
    len = i2d_ECDSA_SIG(pair, &der);
    ECDSA_SIG_free(pair);
    *len_r = len > 0 ? (size_t)len : 0;

    return len > 0 ? OK : DECLINED;
}


static bool
signature_fits(const algorithm_t *algorithm, EVP_PKEY *pkey, str_t text,
               str_t signature)
{
    const EVP_MD *digest =
        algorithm->digest == NULL ? NULL : algorithm->digest();
    EVP_MD_CTX *ctx = openssl_or_abort(EVP_MD_CTX_new());
    EVP_PKEY_CTX *pctx = NULL;
    bool is_good =
        EVP_DigestVerifyInit(ctx, &pctx, digest, NULL, pkey) == 1
        && (!algorithm->is_pss
            || (EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1
                && EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx,
                                                    RSA_PSS_SALTLEN_DIGEST)
                       == 1))
        && EVP_DigestVerify(ctx, signature.data, signature.len, text.data,
                            text.len)
               == 1;

    EVP_MD_CTX_free(ctx);
    ERR_clear_error();

    return is_good;
}


int
keyring_verify(const keyring_key_t *key, str_t name, str_t text,
               str_t signature)
{
    const algorithm_t *algorithm = algorithm_find(key->pkey, name);
    unsigned char der[2 * COORDINATE_MAX + 16];

    if (algorithm == NULL || signature.len > SIGNATURE_MAX
        || (key->algorithm.len != 0 && !reg_str_eq(key->algorithm, name))) {
        return DECLINED;
    }

    if (algorithm->curve != NULL) {
        size_t len;

        if (ecdsa_read(key->pkey, signature, der, &len) != OK) {
            return DECLINED;
        }

        signature = (str_t){ len, der };
    }

    return signature_fits(algorithm, key->pkey, text, signature) ? OK
                                                                 : DECLINED;
}
