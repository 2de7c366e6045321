/* signature.c: header lines by which a receiver knows who sends. */

#include "webhook/signature.h"
#include "common/hash.h"
#include "fcgi_core/base64.h"

#define PREFIX "whsec_"
#define PREFIX_LEN (sizeof(PREFIX) - 1)


/* The bytes behind the prefix; a secret that is none of ours counts as it
 * stands. */
static str_t
key_of(pool_t *pool, const char *secret)
{
    str_t text = reg_cstr(secret);
    str_t key = { 0, pool_alloc(pool, text.len + 1) };

    if (strncmp(secret, PREFIX, PREFIX_LEN) == 0) {
        text.data += PREFIX_LEN;
        text.len -= PREFIX_LEN;

        if (base64_decode(BASE64_STANDARD, text, key.data, &key.len) == OK) {
            return key;
        }
    }

    return reg_cstr(secret);
}


/* "v1,<base64>" of "id.timestamp.body". */
static const char *
standard(pool_t *pool, const signature_t *s, const char *secret)
{
    char *head = pool_printf(pool, "%s.%lld.", s->id, (long long)s->timestamp);
    size_t len = strlen(head);
    str_t text = { len + s->body.len, pool_alloc(pool, len + s->body.len + 1) };
    unsigned char mac[REG_HMAC_SIZE];
    char encoded[BASE64_PADDED_LEN(REG_HMAC_SIZE) + 1];

    memcpy(text.data, head, len);
    memcpy(text.data + len, s->body.data, s->body.len);
    reg_hmac(key_of(pool, secret), text, mac);
    base64_encode((str_t){ sizeof(mac), mac }, encoded);

    return pool_printf(pool, "v1,%s", encoded);
}


static const char *
hex_of(pool_t *pool, const signature_t *s)
{
    unsigned char mac[REG_HMAC_SIZE];
    char *text = pool_alloc(pool, 2 * sizeof(mac) + 1);

    reg_hmac(reg_cstr(s->secret), s->body, mac);

    for (size_t i = 0; i < sizeof(mac); i++) {
        snprintf(text + 2 * i, 3, "%02x", mac[i]);
    }

    return text;
}


size_t
signature_lines(pool_t *pool, const signature_t *s, const char **lines)
{
    size_t n = 0;
    const char *signatures, *hex;

    lines[n++] = pool_printf(pool, "webhook-id: %s", s->id);
    lines[n++] =
        pool_printf(pool, "webhook-timestamp: %lld", (long long)s->timestamp);

    if (s->secret == NULL) {
        return n;
    }

    signatures = standard(pool, s, s->secret);

    if (s->old_secret != NULL) {
        signatures = pool_printf(pool, "%s %s", signatures,
                                 standard(pool, s, s->old_secret));
    }

    hex = hex_of(pool, s);
    lines[n++] = pool_printf(pool, "webhook-signature: %s", signatures);
    lines[n++] = pool_printf(pool, "X-Hub-Signature-256: sha256=%s", hex);
    lines[n++] = pool_printf(pool, "X-Signature: sha256=%s", hex);

    return n;
}
