/* sigv4.c: signature version 4 of the S3 protocol: headers and URLs. */

#include "sigv4.h"
#include "encode.h"
#include "hash.h"
#include "writer.h"

#include <stdio.h>
#include <time.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define DAY_LEN 8
#define TIME_MAX 253402300799 /* the end of the year 9999 */
#define SCOPE_MAX 128         /* "20260801/us-east-1/s3/aws4_request" */
#define CREDENTIAL_MAX 512    /* an access key's id and the scope */
#define SECRET_MAX 512
#define PRESIGN_PAIRS 6
#define HEX_LEN 64
#define ENCODE_STEP 64

/* Where a canonical text goes: into a hash, or into what is sent. */
typedef struct {
    reg_hash_t *hash;
    reg_writer_t *writer;
} sink_t;

typedef int (*pair_compare_fn)(const reg_sigv4_pair_t *a,
                               const reg_sigv4_pair_t *b);

/* Pairs in the order in which they are signed. */
typedef struct {
    size_t n;
    reg_sigv4_pair_t items[REG_SIGV4_PAIRS_MAX];
} pairs_t;


static void
sink_put(const sink_t *sink, reg_str_t s)
{
    if (sink->hash != NULL) {
        reg_hash_update(sink->hash, s.data, s.len);
    }

    if (sink->writer != NULL) {
        reg_put(sink->writer, s);
    }
}


static void
sink_put_cstr(const sink_t *sink, const char *s)
{
    sink_put(sink, reg_cstr(s));
}


/* keep: a character that is not escaped, or '\0'. */
static void
sink_encode(const sink_t *sink, reg_str_t s, char keep)
{
    char escaped[3 * ENCODE_STEP];

    while (s.len != 0) {
        const unsigned char *kept =
            keep == '\0' ? NULL : memchr(s.data, keep, s.len);
        size_t n = kept == NULL ? s.len : (size_t)(kept - s.data);
        reg_str_t part = { n < ENCODE_STEP ? n : ENCODE_STEP, s.data };

        if (n == 0) {
            part.len = 1;
            sink_put(sink, part);

        } else {
            sink_put(sink, (reg_str_t){ reg_percent_encode(part, escaped),
                                        (unsigned char *)escaped });
        }

        s.data += part.len;
        s.len -= part.len;
    }
}


/* --- order --------------------------------------------------------------- */


/* Where a byte is in the order of escaped texts: all that are escaped begin
 * with '%', which comes before all others. */
static int
escaped_rank(unsigned char c)
{
    char escaped[3];

    return reg_percent_encode((reg_str_t){ 1, &c }, escaped) == 1 ? 256 + c : c;
}


static int
escaped_compare(reg_str_t a, reg_str_t b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        if (a.data[i] != b.data[i]) {
            return escaped_rank(a.data[i]) - escaped_rank(b.data[i]);
        }
    }

    return (a.len > b.len) - (a.len < b.len);
}


static int
parameter_compare(const reg_sigv4_pair_t *a, const reg_sigv4_pair_t *b)
{
    int order = escaped_compare(a->name, b->name);

    return order != 0 ? order : escaped_compare(a->value, b->value);
}


static int
header_compare(const reg_sigv4_pair_t *a, const reg_sigv4_pair_t *b)
{
    size_t len = a->name.len < b->name.len ? a->name.len : b->name.len;
    int order = len == 0 ? 0 : memcmp(a->name.data, b->name.data, len);

    return order != 0
               ? order
               : (a->name.len > b->name.len) - (a->name.len < b->name.len);
}


static int
pairs_add(pairs_t *pairs, const reg_sigv4_pair_t *items, size_t n,
          pair_compare_fn compare)
{
    if (n > REG_SIGV4_PAIRS_MAX - pairs->n) {
        return REG_ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        size_t at = pairs->n++;

        for (; at > 0 && compare(&pairs->items[at - 1], &items[i]) > 0; at--) {
            pairs->items[at] = pairs->items[at - 1];
        }

        pairs->items[at] = items[i];
    }

    return REG_OK;
}


/* --- canonical texts ------------------------------------------------------ */


static void
query_put(const sink_t *sink, const pairs_t *query)
{
    for (size_t i = 0; i < query->n; i++) {
        if (i != 0) {
            sink_put_cstr(sink, "&");
        }

        sink_encode(sink, query->items[i].name, '\0');
        sink_put_cstr(sink, "=");
        sink_encode(sink, query->items[i].value, '\0');
    }
}


static void
target_put(const sink_t *sink, reg_str_t path, const pairs_t *query)
{
    sink_encode(sink, path, '/');

    if (query->n != 0) {
        sink_put_cstr(sink, "?");
        query_put(sink, query);
    }
}


static void
header_names_put(const sink_t *sink, const pairs_t *headers)
{
    for (size_t i = 0; i < headers->n; i++) {
        if (i != 0) {
            sink_put_cstr(sink, ";");
        }

        sink_put(sink, headers->items[i].name);
    }
}


/* Writes the hash of the canonical request into hex[REG_DIGEST_HEX_MAX + 1]. */
static void
request_hash(const reg_sigv4_request_t *request, const pairs_t *query,
             const pairs_t *headers, char *hex)
{
    reg_hash_t hash;
    sink_t sink = { &hash, NULL };

    reg_hash_init(&hash, REG_SHA256);
    sink_put(&sink, request->method);
    sink_put_cstr(&sink, "\n");
    sink_encode(&sink, request->path, '/');
    sink_put_cstr(&sink, "\n");
    query_put(&sink, query);
    sink_put_cstr(&sink, "\n");

    for (size_t i = 0; i < headers->n; i++) {
        sink_put(&sink, headers->items[i].name);
        sink_put_cstr(&sink, ":");
        sink_put(&sink, headers->items[i].value);
        sink_put_cstr(&sink, "\n");
    }

    sink_put_cstr(&sink, "\n");
    header_names_put(&sink, headers);
    sink_put_cstr(&sink, "\n");
    sink_put(&sink, request->payload);
    reg_hash_hex(&hash, hex);
}


/* --- signature ------------------------------------------------------------ */


int
reg_sigv4_date(int64_t time, char *date)
{
    time_t seconds = (time_t)time;
    struct tm tm;

    if (time < 0 || time > TIME_MAX || gmtime_r(&seconds, &tm) == NULL) {
        return REG_ERROR;
    }

    strftime(date, REG_SIGV4_DATE_SIZE, "%Y%m%dT%H%M%SZ", &tm);

    return REG_OK;
}


static int
scope_print(const char *date, reg_str_t region, char *scope)
{
    reg_writer_t writer = reg_writer(scope, SCOPE_MAX);

    reg_put(&writer, (reg_str_t){ DAY_LEN, (unsigned char *)date });
    reg_put_char(&writer, '/');
    reg_put(&writer, region);
    reg_put_cstr(&writer, "/s3/aws4_request");

    return reg_writer_finish(&writer);
}


/* Writes the key of a day into mac[REG_HMAC_SIZE]. */
static int
key_make(const reg_sigv4_key_t *key, const char *date, unsigned char *mac)
{
    const reg_str_t steps[] = { { DAY_LEN, (unsigned char *)date },
                                key->region,
                                reg_str("s3"),
                                reg_str("aws4_request") };
    char first[SECRET_MAX];
    reg_writer_t writer = reg_writer(first, sizeof(first));
    reg_str_t from;

    reg_put_cstr(&writer, "AWS4");
    reg_put(&writer, key->secret);

    if (reg_writer_len(&writer) < 0) {
        return REG_ERROR;
    }

    from = (reg_str_t){ writer.len, (unsigned char *)first };

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        unsigned char next[REG_HMAC_SIZE];

        reg_hmac(from, steps[i], next);
        memcpy(mac, next, REG_HMAC_SIZE);
        from = (reg_str_t){ REG_HMAC_SIZE, mac };
    }

    return REG_OK;
}


/* Writes HEX_LEN characters and a NUL into signature. */
static int
sign(const reg_sigv4_request_t *request, const reg_sigv4_key_t *key,
     const pairs_t *query, const pairs_t *headers, char *signature)
{
    char date[REG_SIGV4_DATE_SIZE], scope[SCOPE_MAX];
    char hex[REG_DIGEST_HEX_MAX + 1];
    char text[sizeof(ALGORITHM) + sizeof(date) + sizeof(scope) + sizeof(hex)];
    unsigned char day_key[REG_HMAC_SIZE], mac[REG_HMAC_SIZE];
    int len;

    if (reg_sigv4_date(request->time, date) != REG_OK
        || scope_print(date, key->region, scope) < 0
        || key_make(key, date, day_key) != REG_OK) {
        return REG_ERROR;
    }

    request_hash(request, query, headers, hex);
    len = snprintf(text, sizeof(text), ALGORITHM "\n%s\n%s\n%s", date, scope,
                   hex);
    reg_hmac((reg_str_t){ sizeof(day_key), day_key },
             (reg_str_t){ (size_t)len, (unsigned char *)text }, mac);
    reg_hex_encode(mac, sizeof(mac), signature);
    signature[HEX_LEN] = '\0';

    return REG_OK;
}


/* The access key's id and the scope of a request. */
static int
credential_print(const reg_sigv4_request_t *request, const reg_sigv4_key_t *key,
                 char *credential)
{
    char date[REG_SIGV4_DATE_SIZE], scope[SCOPE_MAX];
    reg_writer_t writer = reg_writer(credential, CREDENTIAL_MAX);

    if (reg_sigv4_date(request->time, date) != REG_OK
        || scope_print(date, key->region, scope) < 0) {
        return REG_ERROR;
    }

    reg_put(&writer, key->access);
    reg_put_char(&writer, '/');
    reg_put_cstr(&writer, scope);

    return reg_writer_finish(&writer);
}


int
reg_sigv4_target(const reg_sigv4_request_t *request, char *buf, size_t size)
{
    reg_writer_t writer = reg_writer(buf, size);
    sink_t sink = { NULL, &writer };
    pairs_t query = { .n = 0 };

    if (pairs_add(&query, request->query, request->n_query, parameter_compare)
        != REG_OK) {
        return REG_ERROR;
    }

    target_put(&sink, request->path, &query);

    return reg_writer_finish(&writer);
}


int
reg_sigv4_authorization(const reg_sigv4_request_t *request,
                        const reg_sigv4_key_t *key, char *buf, size_t size)
{
    char signature[HEX_LEN + 1], credential[CREDENTIAL_MAX];
    reg_writer_t writer = reg_writer(buf, size);
    sink_t sink = { NULL, &writer };
    pairs_t query = { .n = 0 }, headers = { .n = 0 };

    if (pairs_add(&query, request->query, request->n_query, parameter_compare)
            != REG_OK
        || pairs_add(&headers, request->headers, request->n_headers,
                     header_compare)
               != REG_OK
        || credential_print(request, key, credential) < 0
        || sign(request, key, &query, &headers, signature) != REG_OK) {
        return REG_ERROR;
    }

    reg_put_cstr(&writer, ALGORITHM " Credential=");
    reg_put_cstr(&writer, credential);
    reg_put_cstr(&writer, ",SignedHeaders=");
    header_names_put(&sink, &headers);
    reg_put_cstr(&writer, ",Signature=");
    reg_put_cstr(&writer, signature);

    return reg_writer_finish(&writer);
}


/* What a URL says of its signature. */
typedef struct {
    char date[REG_SIGV4_DATE_SIZE];
    char credential[CREDENTIAL_MAX];
    char expires[sizeof("4294967295")];
    char names[CREDENTIAL_MAX]; /* of the headers */
} url_texts_t;


static int
url_texts_print(const reg_sigv4_request_t *request, const reg_sigv4_key_t *key,
                const pairs_t *headers, unsigned expires, url_texts_t *texts)
{
    reg_writer_t writer = reg_writer(texts->names, sizeof(texts->names));
    sink_t sink = { NULL, &writer };

    header_names_put(&sink, headers);
    snprintf(texts->expires, sizeof(texts->expires), "%u", expires);

    return reg_writer_finish(&writer) < 0
                   || credential_print(request, key, texts->credential) < 0
               ? REG_ERROR
               : reg_sigv4_date(request->time, texts->date);
}


static int
url_query_add(pairs_t *query, const reg_sigv4_key_t *key,
              const url_texts_t *texts)
{
    const reg_sigv4_pair_t pairs[PRESIGN_PAIRS] = {
        { reg_str("X-Amz-Algorithm"), reg_str(ALGORITHM) },
        { reg_str("X-Amz-Credential"), reg_cstr(texts->credential) },
        { reg_str("X-Amz-Date"), reg_cstr(texts->date) },
        { reg_str("X-Amz-Expires"), reg_cstr(texts->expires) },
        { reg_str("X-Amz-SignedHeaders"), reg_cstr(texts->names) },
        { reg_str("X-Amz-Security-Token"), key->token },
    };

    return pairs_add(query, pairs, PRESIGN_PAIRS - (key->token.len == 0),
                     parameter_compare);
}


int
reg_sigv4_presign(const reg_sigv4_request_t *request,
                  const reg_sigv4_key_t *key, unsigned expires, char *buf,
                  size_t size)
{
    char signature[HEX_LEN + 1];
    url_texts_t texts;
    reg_writer_t writer = reg_writer(buf, size);
    sink_t sink = { NULL, &writer };
    pairs_t query = { .n = 0 }, headers = { .n = 0 };

    if (pairs_add(&query, request->query, request->n_query, parameter_compare)
            != REG_OK
        || pairs_add(&headers, request->headers, request->n_headers,
                     header_compare)
               != REG_OK
        || url_texts_print(request, key, &headers, expires, &texts) != REG_OK
        || url_query_add(&query, key, &texts) != REG_OK
        || sign(request, key, &query, &headers, signature) != REG_OK) {
        return REG_ERROR;
    }

    target_put(&sink, request->path, &query);
    reg_put_cstr(&writer, "&X-Amz-Signature=");
    reg_put_cstr(&writer, signature);

    return reg_writer_finish(&writer);
}
