/* s3.c: requests to a bucket: signed, and sent again where that helps. */

#include "s3/s3.h"
#include "s3/s3_credentials.h"
#include "s3/s3_xml.h"

#include "common/hash.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/http.h"
#include "fcgi_core/log.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

#define TRIES_MAX 5
#define BACKOFF_MS 100
#define BACKOFF_MAX_MS 5000
#define DEADLINE_MS 25000 /* no try begins later, but after a large body */
#define CONNECT_MS 3000
#define SMALL_MS 15000
#define SMALL_SIZE (1024 * 1024) /* a larger body only has a minimum speed */
#define BODY_MAX (8 * 1024 * 1024)
#define BODY_FIRST 4096
#define TARGET_SIZE (16 * 1024)
#define AUTHORIZATION_SIZE 2048
#define SKEW_MIN 5 /* seconds; an answer may have taken as long as that */
#define OWN_HEADERS 4
#define EXPIRES_SOON 600 /* seconds */
#define RENEW_MS 60000   /* between questions for credentials that end soon */

struct s3_s {
    s3_t *next;
    pool_t *pool;
    s3_conf_t conf;
    pool_t *key_pool; /* of the credentials */
    reg_sigv4_key_t key;
    int64_t expires; /* when they end, or 0 */
    int64_t asked;   /* when they were last asked for, by clock_ms() */
    http_client_t *client;
    int64_t skew; /* seconds that the store's clock is ahead of ours */
};

/* A request on its way. */
typedef struct {
    s3_t *s3;
    pool_t *pool;
    const s3_call_t *call;
    s3_answer_t *answer;
    size_t body_size; /* of what the answer's body has room for */
    bool is_too_long;
    http_answer_t http;
    int64_t began;
    int tries;
    bool has_new_key; /* was signed again with other credentials */
    bool has_skew;    /* or with another time */
} try_t;

typedef enum { DONE, AGAIN, AGAIN_AT_ONCE, FAILED } outcome_t;


const s3_conf_t *
s3_conf(const s3_t *s3)
{
    return &s3->conf;
}


static int
credentials_load(s3_t *s3)
{
    pool_t *pool = pool_create();
    reg_sigv4_key_t key;
    int64_t expires;

    s3->asked = clock_ms();

    if (s3_credentials_find(pool, &s3->conf, &key, &expires) != OK) {
        pool_destroy(pool);
        return ERROR;
    }

    if (s3->key_pool != NULL) {
        pool_destroy(s3->key_pool);
    }

    s3->key_pool = pool;
    s3->key = key;
    s3->expires = expires;
    s3->key.region = reg_cstr(s3->conf.region);

    return OK;
}


int
s3_open(const char *file, s3_t **s3_r)
{
    static s3_t *all;
    pool_t *pool;
    s3_t *s3;

    for (s3 = all; s3 != NULL; s3 = s3->next) {
        if (strcmp(s3->conf.file, file) == 0) {
            *s3_r = s3;
            return OK;
        }
    }

    pool = pool_create();
    s3 = pool_new(pool, s3_t);
    s3->pool = pool;

    if (s3_conf_read(pool, file, &s3->conf) != OK || credentials_load(s3) != OK
        || http_client_open(pool, &s3->client) != OK) {
        pool_destroy(pool);
        return ERROR;
    }

    s3->next = all;
    all = s3;
    *s3_r = s3;

    return OK;
}


/* --- one try -------------------------------------------------------------- */


static void
body_keep(try_t *try, const unsigned char *bytes, size_t n)
{
    str_t *body = &try->answer->body;

    if (n > BODY_MAX - body->len) {
        try->is_too_long = true;
        return;
    }

    if (body->len + n > try->body_size) {
        unsigned char *old = body->data;
        size_t size = try->body_size == 0 ? BODY_FIRST : try->body_size * 2;

        try->body_size = size > body->len + n ? size : body->len + n;
        body->data = pool_alloc(try->pool, try->body_size);

        if (body->len != 0) {
            memcpy(body->data, old, body->len);
        }
    }

    memcpy(body->data + body->len, bytes, n);
    body->len += n;
}


static bool
body_pass(void *data, int status, const unsigned char *bytes, size_t n)
{
    try_t *try = data;

    if (try->call->is_part && status == 200) {
        return false;
    }

    if (try->call->fn != NULL && (status == 200 || status == 206)) {
        try->answer->is_begun = true;
        return try->call->fn(try->call->data, bytes, n);
    }

    body_keep(try, bytes, n);

    return !try->is_too_long;
}


static size_t
pairs_count(const reg_sigv4_pair_t *pairs, size_t max)
{
    size_t n = 0;

    while (n < max && pairs[n].name.len != 0) {
        n++;
    }

    return n;
}


/* SHA-256 of the body in hex, or what says that it is not signed. */
static const char *
payload_of(const try_t *try)
{
    const s3_call_t *call = try->call;
    char hex[REG_DIGEST_HEX_MAX + 1];
    reg_hash_t hash;

    if (call->is_file) {
        return call->sha256 != NULL ? call->sha256 : REG_SIGV4_UNSIGNED;
    }

    reg_hash_init(&hash, REG_SHA256);
    reg_hash_update(&hash, call->text.data, call->text.len);
    reg_hash_hex(&hash, hex);

    return pool_strdup(try->pool, hex);
}


/* The headers that are signed: the call's and those of every request.  Returns
 * how many there are. */
static size_t
headers_make(const try_t *try, str_t payload, const char *date,
             reg_sigv4_pair_t *headers)
{
    const s3_t *s3 = try->s3;
    size_t n = pairs_count(try->call->headers, S3_HEADERS_MAX);

    memcpy(headers, try->call->headers, n * sizeof(headers[0]));
    headers[n++] =
        (reg_sigv4_pair_t){ reg_str("host"), reg_cstr(s3->conf.host) };
    headers[n++] =
        (reg_sigv4_pair_t){ reg_str("x-amz-content-sha256"), payload };
    headers[n++] = (reg_sigv4_pair_t){ reg_str("x-amz-date"), reg_cstr(date) };

    if (s3->key.token.len != 0) {
        headers[n++] = (reg_sigv4_pair_t){ reg_str("x-amz-security-token"),
                                           s3->key.token };
    }

    return n;
}


/* Signs a request: its URL and its header lines. */
static int
call_sign(const try_t *try, char **url_r, const char ***lines_r)
{
    const s3_t *s3 = try->s3;
    const s3_call_t *call = try->call;
    reg_sigv4_pair_t headers[S3_HEADERS_MAX + OWN_HEADERS];
    size_t n;
    char date[REG_SIGV4_DATE_SIZE];
    char *target = pool_alloc(try->pool, TARGET_SIZE);
    char *authorization = pool_alloc(try->pool, AUTHORIZATION_SIZE);
    reg_sigv4_request_t request = {
        .method = reg_cstr(call->method),
        .path =
            reg_cstr(pool_printf(try->pool, "%s%s", s3->conf.base, call->key)),
        .query = call->query,
        .n_query = pairs_count(call->query, S3_QUERY_MAX),
        .headers = headers,
        .payload = reg_cstr(payload_of(try)),
        .time = clock_now() + s3->skew,
    };
    const char **lines;

    if (reg_sigv4_date(request.time, date) != REG_OK) {
        return ERROR;
    }

    n = headers_make(try, request.payload, date, headers);
    request.n_headers = n;

    if (reg_sigv4_target(&request, target, TARGET_SIZE) < 0
        || reg_sigv4_authorization(&request, &s3->key, authorization,
                                   AUTHORIZATION_SIZE)
               < 0) {
        return ERROR;
    }

    lines = pool_alloc(try->pool, (n + 2) * sizeof(char *));

    for (size_t i = 0; i < n; i++) {
        lines[i] = pool_printf(try->pool, "%.*s: %.*s", STR(headers[i].name),
                               STR(headers[i].value));
    }

    lines[n] = pool_printf(try->pool, "Authorization: %s", authorization);
    *url_r = pool_printf(try->pool, "%s%s", s3->conf.endpoint, target);
    *lines_r = lines;

    return OK;
}


static int64_t
header_time(const s3_t *s3, const char *name)
{
    const char *text = http_client_header(s3->client, name);
    struct tm tm = { .tm_isdst = 0 };

    if (text == NULL
        || strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm) == NULL) {
        return -1;
    }

    return timegm(&tm);
}


/* The store's clock sets the times of objects, so ours is compared with it. */
static void
skew_note(s3_t *s3)
{
    int64_t date = header_time(s3, "Date");
    int64_t ahead = date - clock_now();

    if (date >= 0) {
        s3->skew = ahead > -SKEW_MIN && ahead < SKEW_MIN ? 0 : ahead;
    }
}


static void
object_note(const try_t *try)
{
    const s3_t *s3 = try->s3;
    s3_answer_t *answer = try->answer;
    const char *etag = http_client_header(s3->client, "ETag");
    const char *size = http_client_header(s3->client, "Content-Length");
    int64_t time = header_time(s3, "Last-Modified");

    answer->time = time < 0 ? -1 : time - s3->skew;
    answer->size = size == NULL ? 0 : strtoull(size, NULL, 10);

    if (etag != NULL) {
        etag += etag[0] == '"';
        snprintf(answer->etag, sizeof(answer->etag), "%.*s",
                 (int)strcspn(etag, "\""), etag);
    }
}


typedef struct {
    pool_t *pool;
    const char *code;
} failure_t;


static void
failure_element(void *data, const char *parent, const char *name, str_t text)
{
    failure_t *failure = data;

    if (strcmp(parent, "Error") == 0 && strcmp(name, "Code") == 0) {
        failure->code = pool_strndup(failure->pool, text);
    }
}


/* What an error is called; "" where the body says nothing of it. */
static const char *
code_read(const try_t *try)
{
    failure_t failure = { try->pool, "" };

    return try->answer->body.len != 0
                   && s3_xml_read(try->answer->body, failure_element, &failure)
                          == OK
               ? failure.code
               : "";
}


static int
once(try_t *try)
{
    s3_t *s3 = try->s3;
    const s3_call_t *call = try->call;
    uint64_t size = call->is_file ? call->size : call->text.len;
    http_call_t http = {
        .method = call->method,
        .has_body = call->has_body,
        .body = call->is_file         ? NULL
                : call->text.len != 0 ? call->text.data
                                      : (const unsigned char *)"",
        .fd = call->fd,
        .offset = call->offset,
        .size = size,
        .ca_file = s3->conf.ca_file,
        .connect_timeout = CONNECT_MS,
        .timeout = size > SMALL_SIZE || call->fn != NULL ? 0 : SMALL_MS,
        .fn = body_pass,
        .data = try
    };
    const char **lines;
    char *url;
    int rc;

    *try->answer = (s3_answer_t){ .code = "", .body = { 0, NULL } };
    try->body_size = 0;
    try->is_too_long = false;
    try->tries++;

    if (call_sign(try, &url, &lines) != OK) {
        try->http = (http_answer_t){ .error = "its name is too long" };
        return DECLINED;
    }

    http.url = url;
    http.lines = lines;
    rc = http_client_send(s3->client, try->pool, &http, &try->http);

    if (try->http.status != 0) {
        skew_note(s3);
        object_note(try);
    }

    try->answer->status = try->http.status;

    return try->is_too_long ? ERROR : rc;
}


/* --- what an answer means ------------------------------------------------- */


static bool
is_one_of(const char *code, const char *const *codes)
{
    for (; *codes != NULL; codes++) {
        if (strcmp(code, *codes) == 0) {
            return true;
        }
    }

    return false;
}


static bool
is_busy(int status, const char *code)
{
    static const char *const codes[] = { "InternalError",
                                         "SlowDown",
                                         "ServiceUnavailable",
                                         "RequestTimeout",
                                         "OperationAborted",
                                         "ConditionalRequestConflict",
                                         NULL };

    return status >= 500 || status == 429 || is_one_of(code, codes);
}


/* A request that was refused may be accepted with another signature, once. */
static bool
is_signed_again(try_t *try)
{
    static const char *const expired[] = { "ExpiredToken", "InvalidToken",
                                           "TokenRefreshRequired", NULL };
    const char *code = try->answer->code;

    if (strcmp(code, "RequestTimeTooSkewed") == 0 && !try->has_skew) {
        try->has_skew = true; /* skew_note() has the new time */
        return true;
    }

    if (is_one_of(code, expired) && !try->has_new_key) {
        try->has_new_key = true;
        return credentials_load(try->s3) == OK;
    }

    return false;
}


static outcome_t
outcome_of(try_t *try, int rc)
{
    s3_answer_t *answer = try->answer;
    int status = answer->status;
    bool is_good = status / 100 == 2;

    if (rc == DECLINED || (rc == ERROR && answer->is_begun)) {
        return FAILED;
    }

    if (rc != OK) {
        return AGAIN;
    }

    if (!is_good || try->call->is_checked) {
        answer->code = code_read(try);
    }

    if (is_busy(status, answer->code)) {
        return AGAIN;
    }

    if (is_good && answer->code[0] == '\0') {
        return DONE;
    }

    if (status == 412 || status == 416
        || (status == 404 && strcmp(answer->code, "NoSuchBucket") != 0)) {
        return DONE;
    }

    return is_signed_again(try) ? AGAIN_AT_ONCE : FAILED;
}


static void
back_off(const try_t *try)
{
    long most = BACKOFF_MS << try->tries;
    struct timespec wait;
    unsigned draw = 0;
    long ms;

    if (getrandom(&draw, sizeof(draw), GRND_NONBLOCK) < 0) {
        draw = (unsigned)clock_ms();
    }

    most = most < BACKOFF_MAX_MS ? most : BACKOFF_MAX_MS;
    ms = (long)(draw % (unsigned)most);

    /* Retry-After is used instead, if the store sends it */
    if (try->http.retry_after > 0) {
        ms = try->http.retry_after * 1000;
        ms = ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
    }

    wait = (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
    nanosleep(&wait, NULL);
}


static int
errno_of(const try_t *try, outcome_t outcome)
{
    static const struct {
        const char *code;
        int err;
    } codes[] = {
        { "QuotaExceeded", EDQUOT },         { "EntityTooLarge", EFBIG },
        { "AccessDenied", EACCES },          { "InvalidAccessKeyId", EACCES },
        { "SignatureDoesNotMatch", EACCES }, { "NoSuchBucket", ENXIO },
    };

    if (outcome == AGAIN) {
        return EAGAIN;
    }

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (strcmp(try->answer->code, codes[i].code) == 0) {
            return codes[i].err;
        }
    }

    return try->answer->status == 403 ? EACCES : EIO;
}


static int
failure_report(const try_t *try, outcome_t outcome)
{
    const s3_t *s3 = try->s3;
    const char *id = http_client_header(s3->client, "x-amz-request-id");
    const char *why = try->is_too_long          ? "the answer is too long"
                      : try->http.error != NULL ? try->http.error
                                                : try->answer->code;

    /* the caller goes on where a part of it has come */
    log_line(try->answer->is_begun ? LOG_WARN : LOG_ERROR,
             "store %s: %s %s: status %d%s%s, request %s, %d tries, %lld ms",
             s3->conf.file, try->call->method,
             try->call->key[0] != '\0' ? try->call->key : s3->conf.bucket,
             try->answer->status, why[0] != '\0' ? ", " : "", why,
             id != NULL ? id : "-", try->tries,
             (long long)(clock_ms() - try->began));
    errno = errno_of(try, outcome);

    return ERROR;
}


/* Those that are valid for a while serve until others can be got. */
static void
credentials_renew(s3_t *s3)
{
    if (s3->expires != 0 && s3->expires - clock_now() < EXPIRES_SOON
        && clock_ms() - s3->asked >= RENEW_MS) {
        credentials_load(s3);
    }
}


int
s3_send(s3_t *s3, pool_t *pool, const s3_call_t *call, s3_answer_t *answer_r)
{
    try_t try = { .s3 = s3,
                  .pool = pool,
                  .call = call,
                  .answer = answer_r,
                  .began = clock_ms() };
    outcome_t outcome;

    credentials_renew(s3);

    for (;;) {
        outcome = outcome_of(&try, once(&try));

        if (outcome == DONE) {
            return OK;
        }

        if (outcome == FAILED || try.tries >= TRIES_MAX
            || clock_ms() - try.began > DEADLINE_MS) {
            return failure_report(&try, outcome);
        }

        if (outcome == AGAIN) {
            back_off(&try);
        }
    }
}


/* --- URLs ----------------------------------------------------------------- */


const char *
s3_presign(s3_t *s3, pool_t *pool, const char *key, unsigned seconds)
{
    char *target = pool_alloc(pool, TARGET_SIZE);
    const reg_sigv4_pair_t host = { reg_str("host"), reg_cstr(s3->conf.host) };
    reg_sigv4_request_t request = {
        .method = reg_str("GET"),
        .path = reg_cstr(pool_printf(pool, "%s%s", s3->conf.base, key)),
        .headers = &host,
        .n_headers = 1,
        .payload = reg_str(REG_SIGV4_UNSIGNED),
    };
    int64_t left;

    credentials_renew(s3);
    request.time = clock_now() + s3->skew;
    left = s3->expires != 0 ? s3->expires - clock_now() : seconds;

    if (left < 1
        || reg_sigv4_presign(&request, &s3->key,
                             left < seconds ? (unsigned)left : seconds, target,
                             TARGET_SIZE)
               < 0) {
        log_error("store %s: cannot sign a URL for %s: %s", s3->conf.file, key,
                  left < 1 ? "the credentials have ended"
                           : "its name is too long");
        return NULL;
    }

    return pool_printf(pool, "%s%s", s3->conf.endpoint, target);
}
