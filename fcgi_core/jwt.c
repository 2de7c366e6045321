/* jwt.c: tokens of other token servers. */

#include "fcgi_core/jwt.h"

#include "fcgi_core/base64.h"

#define SECONDS_MAX 1e15 /* far beyond any date, well within a double */

/* A token: BASE64URL(header) . BASE64URL(claims) . BASE64URL(signature) */
typedef struct {
    json_t *header;
    json_t *claims;
    str_t text; /* that is signed */
    str_t signature;
} parts_t;


/* --- the text ------------------------------------------------------------ */


/* Takes what stands before the next dot off the front of text. */
static bool
take_part(str_t *text, str_t *part_r)
{
    unsigned char *dot =
        text->len == 0 ? NULL : memchr(text->data, '.', text->len);

    if (dot == NULL) {
        return false;
    }

    *part_r = (str_t){ (size_t)(dot - text->data), text->data };
    text->len -= part_r->len + 1;
    text->data = dot + 1;

    return true;
}


static int
decode(pool_t *pool, str_t text, str_t *bytes_r)
{
    bytes_r->data = pool_alloc(pool, text.len + 1);

    return base64_decode(BASE64_URL, text, bytes_r->data, &bytes_r->len);
}


static int
decode_object(pool_t *pool, str_t text, json_t **object_r)
{
    const char *error;
    str_t bytes;

    return decode(pool, text, &bytes) == OK
                   && json_parse(pool, bytes, object_r, &error) == OK
                   && json_is_object(*object_r)
               ? OK
               : DECLINED;
}


static int
parts_read(pool_t *pool, str_t token, parts_t *parts_r)
{
    str_t rest = token, header, claims;

    /* a dot in the signature is no base64 */
    if (token.len > JWT_MAX || !take_part(&rest, &header)
        || !take_part(&rest, &claims)) {
        return DECLINED;
    }

    parts_r->text = (str_t){ token.len - rest.len - 1, token.data };

    return decode_object(pool, header, &parts_r->header) == OK
                   && decode_object(pool, claims, &parts_r->claims) == OK
                   && decode(pool, rest, &parts_r->signature) == OK
               ? OK
               : DECLINED;
}


/* --- who signed it ------------------------------------------------------- */


/* The first of the hints that is there is the one that counts, as in
 * registry:2 and 3. */
static int
key_find(const keyring_t *ring, json_t *header, const keyring_key_t **key_r)
{
    json_t *x5c = json_object_get(header, "x5c");
    json_t *jwk = json_object_get(header, "jwk");
    str_t kid;

    if (x5c != NULL && !(json_is_array(x5c) && json_array_size(x5c) == 0)) {
        return keyring_by_chain(ring, x5c, key_r);
    }

    if (jwk != NULL) {
        return keyring_by_jwk(ring, jwk, key_r);
    }

    return json_member_string(header, "kid", &kid) == OK
               ? keyring_by_id(ring, kid, key_r)
               : DECLINED;
}


static const char *
signature_check(const parts_t *parts, const jwt_terms_t *terms)
{
    const keyring_key_t *key;
    str_t algorithm;

    /* what must be understood, and is not; keys that are to be fetched */
    if (json_object_get(parts->header, "crit") != NULL
        || json_object_get(parts->header, "jku") != NULL
        || json_object_get(parts->header, "x5u") != NULL
        || json_member_string(parts->header, "alg", &algorithm) != OK) {
        return "its header requires what is not supported";
    }

    if (key_find(terms->ring, parts->header, &key) != OK) {
        return "it names no trusted key";
    }

    return keyring_verify(key, algorithm, parts->text, parts->signature) == OK
               ? NULL
               : "its signature is not valid";
}


/* --- what it claims ------------------------------------------------------ */


static bool
is_string(json_t *value, str_t wanted)
{
    return json_is_string(value)
           && reg_str_eq((str_t){ json_string_length(value),
                                  (unsigned char *)json_string_value(value) },
                         wanted);
}


/* One service, or a list of them. */
static bool
is_for(json_t *audience, str_t service)
{
    json_t *each;
    size_t i;

    json_array_foreach(audience, i, each)
    {
        if (is_string(each, service)) {
            return true;
        }
    }

    return is_string(audience, service);
}


/* Seconds since 1970; some servers write fractions.  DECLINED where the claim
 * is missing, ERROR where it is no time. */
static int
time_read(json_t *claims, const char *name, int64_t *seconds_r)
{
    json_t *value = json_object_get(claims, name);
    double seconds = json_number_value(value);

    if (value == NULL || json_is_null(value)) {
        return DECLINED;
    }

    if (!json_is_number(value) || seconds < 0 || seconds > SECONDS_MAX) {
        return ERROR;
    }

    *seconds_r = (int64_t)seconds;

    return OK;
}


static const char *
times_check(json_t *claims, int64_t now, int64_t *expires_r)
{
    int64_t from = 0;

    if (time_read(claims, "exp", expires_r) != OK) {
        return "it has no expiry time";
    }

    *expires_r += JWT_LEEWAY;

    if (*expires_r <= now) {
        return "it has expired";
    }

    return time_read(claims, "nbf", &from) == ERROR || from > now + JWT_LEEWAY
               ? "it is not valid yet"
               : NULL;
}


static const char *
claims_read(json_t *claims, const jwt_terms_t *terms, jwt_t *jwt_r)
{
    json_t *access = json_object_get(claims, "access");

    if (!is_string(json_object_get(claims, "iss"), terms->issuer)) {
        return "it has another issuer";
    }

    if (!is_for(json_object_get(claims, "aud"), terms->service)) {
        return "it is for another service";
    }

    jwt_r->subject = reg_str("");

    if (json_member_string(claims, "sub", &jwt_r->subject) == ERROR) {
        return "its subject is not a string";
    }

    jwt_r->access = json_is_array(access) ? access : NULL;

    return times_check(claims, terms->now, &jwt_r->expires);
}


int
jwt_verify(pool_t *pool, str_t token, const jwt_terms_t *terms, jwt_t *jwt_r,
           const char **reason_r)
{
    parts_t parts;

    if (parts_read(pool, token, &parts) != OK) {
        *reason_r = "it is not a JSON web token";
        return DECLINED;
    }

    *reason_r = signature_check(&parts, terms);

    if (*reason_r == NULL) {
        *reason_r = claims_read(parts.claims, terms, jwt_r);
    }

    return *reason_r == NULL ? OK : DECLINED;
}
