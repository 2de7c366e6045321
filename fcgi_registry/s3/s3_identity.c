/* s3_identity.c: temporary credentials that a machine or a container gets from
 * where it runs. */

#include "s3/s3_identity.h"

#include "common/utc.h"
#include "fcgi_core/http.h"
#include "fcgi_core/json.h"
#include "fcgi_core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define TIMEOUT_MS 2000 /* the service is on the same machine or link */
#define CONNECT_MS 1000
#define BODY_MAX (16 * 1024)
#define TOKEN_MAX 8192
#define CONTAINER "http://169.254.170.2"
#define MACHINE "http://169.254.169.254"
#define ROLES "/latest/meta-data/iam/security-credentials/"

/* Answers of one service. */
typedef struct {
    pool_t *pool;
    http_client_t *client;
    const char *line; /* the header that it wants; NULL: none */
    str_t body;       /* of the last answer; ends in a NUL */
    bool is_too_long;
} service_t;


static const char *
variable(const char *name)
{
    const char *value = getenv(name);

    return value == NULL || value[0] == '\0' ? NULL : value;
}


static bool
body_keep(void *data, int status, const unsigned char *bytes, size_t n)
{
    service_t *service = data;

    (void)status;

    if (n > BODY_MAX - service->body.len) {
        service->is_too_long = true;
        return false;
    }

    memcpy(service->body.data + service->body.len, bytes, n);
    service->body.len += n;

    return true;
}


/* OK for an answer with status 200, DECLINED for any other, and where there is
 * none. */
static int
service_ask(service_t *service, const char *method, const char *url)
{
    const char *lines[] = { service->line, NULL };
    const http_call_t call = { .method = method,
                               .url = url,
                               .lines = lines,
                               .has_body = method[0] == 'P',
                               .body = (const unsigned char *)"",
                               .is_direct = true,
                               .connect_timeout = CONNECT_MS,
                               .timeout = TIMEOUT_MS,
                               .fn = body_keep,
                               .data = service };
    http_answer_t answer;
    int rc;

    service->body = (str_t){ 0, pool_alloc(service->pool, BODY_MAX + 1) };
    rc = http_client_send(service->client, service->pool, &call, &answer);

    return rc == OK && answer.status == 200 && !service->is_too_long ? OK
                                                                     : DECLINED;
}


/* Nothing of an answer is logged: it has secrets. */
static int
refuse(const char *url, const char *why)
{
    log_error("%s: %s", url, why);

    return ERROR;
}


/* What may be in a header line. */
static bool
is_word(str_t s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] <= ' ' || s.data[i] > '~') {
            return false;
        }
    }

    return true;
}


static int
key_read(const service_t *service, const char *url, reg_sigv4_key_t *key_r,
         int64_t *expires_r)
{
    const char *error;
    json_t *json;
    str_t expiration;

    if (json_parse(service->pool, service->body, &json, &error) != OK
        || json_member_string(json, "AccessKeyId", &key_r->access) != OK
        || json_member_string(json, "SecretAccessKey", &key_r->secret) != OK
        || json_member_string(json, "Token", &key_r->token) != OK
        || !is_word(key_r->access) || !is_word(key_r->token)
        || json_member_string(json, "Expiration", &expiration) != OK
        || reg_utc_parse(expiration, expires_r) != OK) {
        return refuse(url, "the answer has no credentials");
    }

    return OK;
}


/* --- containers ----------------------------------------------------------- */


/* Credentials come over TLS, or from the machine itself. */
static bool
is_near(const char *url)
{
    static const char *const prefixes[] = {
        "https://",
        CONTAINER "/",
        "http://169.254.170.23/",
        "http://[fd00:ec2::23]/",
        "http://127.0.0.1/",
        "http://127.0.0.1:",
        "http://localhost/",
        "http://localhost:",
    };

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (strncmp(url, prefixes[i], strlen(prefixes[i])) == 0) {
            return strchr(url, '@') == NULL;
        }
    }

    return false;
}


/* A container's platform makes the file, with a mode and a symbolic link of its
 * own, and replaces it: it is read again each time. */
static int
token_read(pool_t *pool, const char *path, str_t *text_r)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text = pool_alloc(pool, TOKEN_MAX + 1);
    ssize_t n = fd < 0 ? -1 : read(fd, text, TOKEN_MAX);

    if (n < 0) {
        log_error("%s: %s", path, strerror(errno));
    }

    if (fd >= 0) {
        close(fd);
    }

    *text_r = (str_t){ n < 0 ? 0 : (size_t)n, (unsigned char *)text };

    return n < 0 ? ERROR : OK;
}


static int
token_line(service_t *service)
{
    const char *token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    const char *file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    str_t text = reg_cstr(token != NULL ? token : "");

    if (token == NULL && file == NULL) {
        return OK;
    }

    if (token == NULL && token_read(service->pool, file, &text) != OK) {
        return ERROR;
    }

    text.len = strcspn((char *)text.data, "\r\n");
    service->line =
        pool_printf(service->pool, "Authorization: %.*s", STR(text));

    return OK;
}


static int
container_find(service_t *service, reg_sigv4_key_t *key_r, int64_t *expires_r)
{
    const char *path = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *url = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");

    if (path != NULL) {
        url = pool_printf(service->pool, CONTAINER "%s%s",
                          path[0] == '/' ? "" : "/", path);
    }

    if (url == NULL) {
        return DECLINED;
    }

    if (!is_near(url)) {
        return refuse("AWS_CONTAINER_CREDENTIALS_FULL_URI",
                      "neither https:// nor an address of this machine");
    }

    if (token_line(service) != OK) {
        return ERROR;
    }

    return service_ask(service, "GET", url) == OK
               ? key_read(service, url, key_r, expires_r)
               : refuse(url, "no credentials of the container");
}


/* --- machines ------------------------------------------------------------- */


/* The first line of an answer, as a path or a header may have it. */
static const char *
word_take(const service_t *service)
{
    char *word = (char *)service->body.data;

    word[strcspn(word, "\r\n")] = '\0';

    return word[0] == '\0' || strpbrk(word, " /?#") != NULL ? NULL : word;
}


static int
machine_find(service_t *service, reg_sigv4_key_t *key_r, int64_t *expires_r)
{
    const char *base = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    const char *disabled = variable("AWS_EC2_METADATA_DISABLED");
    const char *url, *word;

    if (disabled != NULL && strcmp(disabled, "true") == 0) {
        return DECLINED;
    }

    base = base != NULL ? base : MACHINE;
    service->line = "X-aws-ec2-metadata-token-ttl-seconds: 21600";
    url = pool_printf(service->pool, "%s/latest/api/token", base);

    if (service_ask(service, "PUT", url) != OK) {
        return DECLINED; /* not such a machine */
    }

    /* base64, which may have what a path has not */
    service->body.data[strcspn((char *)service->body.data, "\r\n")] = '\0';
    service->line = pool_printf(service->pool, "X-aws-ec2-metadata-token: %s",
                                (char *)service->body.data);
    url = pool_printf(service->pool, "%s" ROLES, base);

    if (service_ask(service, "GET", url) != OK
        || (word = word_take(service)) == NULL) {
        return refuse(url, "the machine has no role");
    }

    url = pool_printf(service->pool, "%s%s", url, word);

    return service_ask(service, "GET", url) == OK
               ? key_read(service, url, key_r, expires_r)
               : refuse(url, "no credentials of the machine's role");
}


int
s3_identity_find(pool_t *pool, reg_sigv4_key_t *key_r, int64_t *expires_r)
{
    service_t service = { .pool = pool };
    int rc;

    if (http_client_open(pool, &service.client) != OK) {
        return ERROR;
    }

    rc = container_find(&service, key_r, expires_r);

    return rc == DECLINED ? machine_find(&service, key_r, expires_r) : rc;
}
