/* fuzz_jwt.c: a token of another token server.  The input is its header, its
 * claims and its signature, with NULs between them.  No input can be signed,
 * so none may be good; with an odd first byte every signature counts as good,
 * and the claims are read. */

#include "reg_fuzz.h"
#include "fcgi_core/base64.h"
#include "fcgi_core/jwt.h"

#include <unistd.h>

#define NOW 1764000000

/* the public key of RFC 8037, A.2 */
#define KEYS                                                                   \
    "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\",\"x\":"     \
    "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}"

int __real_keyring_verify(const keyring_key_t *key, str_t algorithm, str_t text,
                          str_t signature);
int __wrap_keyring_verify(const keyring_key_t *key, str_t algorithm, str_t text,
                          str_t signature);

static bool is_signed;


int
__wrap_keyring_verify(const keyring_key_t *key, str_t algorithm, str_t text,
                      str_t signature)
{
    int rc = __real_keyring_verify(key, algorithm, text, signature);

    must(rc == DECLINED);

    return is_signed ? OK : rc;
}


static const keyring_t *
ring_get(void)
{
    static pool_t *process_pool;
    static const keyring_t *ring;

    if (ring == NULL) {
        char path[] = "/tmp/fuzz-jwt-XXXXXX";
        int fd = mkstemp(path);

        must(fd >= 0 && write(fd, KEYS, strlen(KEYS)) == (ssize_t)strlen(KEYS));
        process_pool = pool_create();
        must(keyring_load(process_pool, "", path, &ring) == OK);
        close(fd);
        unlink(path);
    }

    return ring;
}


/* Appends a part of the input, encoded, and what stands behind it. */
static void
part_add(str_t *token, const uint8_t **data, size_t *size, const char *end)
{
    const uint8_t *nul = *size == 0 ? NULL : memchr(*data, 0, *size);
    size_t len = nul == NULL ? *size : (size_t)(nul - *data);

    base64_url_encode(fuzz_str(*data, len), (char *)token->data + token->len);
    token->len += BASE64_LEN(len);
    memcpy(token->data + token->len, end, strlen(end));
    token->len += strlen(end);
    *data += len;
    *size -= len;
    (void)fuzz_byte(data, size);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    jwt_terms_t terms = { .ring = ring_get(),
                          .issuer = reg_str("i"),
                          .service = reg_str("s"),
                          .now = NOW };
    pool_t *pool = pool_create();
    const char *reason = NULL;
    str_t token;
    jwt_t jwt;

    is_signed = fuzz_byte(&data, &size) % 2;
    token = (str_t){ 0, pool_alloc(pool, size * 2 + 16) };
    part_add(&token, &data, &size, ".");
    part_add(&token, &data, &size, ".");
    part_add(&token, &data, &size, "");

    if (jwt_verify(pool, token, &terms, &jwt, &reason) == OK) {
        must(is_signed && jwt.expires > NOW);
        must(jwt.access == NULL || json_is_array(jwt.access));
    } else {
        must(reason != NULL);
    }

    pool_destroy(pool);

    return 0;
}
