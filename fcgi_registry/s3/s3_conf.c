/* s3_conf.c: where a bucket is, and who we are there. */

#include "s3/s3_conf.h"
#include "s3/ini.h"

#include "fcgi_core/log.h"
#include "fcgi_core/secret_file.h"

#define FILE_MAX_SIZE (64 * 1024)
#define ROOT_MAX 300 /* a key has 1024 bytes at most, and ours up to 600 */

/* As the file has it. */
typedef struct {
    const char *driver;
    const char *bucket;
    const char *region;
    const char *endpoint;
    const char *path_style;
    const char *root;
    const char *ca_file;
    const char *storage_class;
    const char *encryption;
    const char *kms_key;
    const char *access_key;
    const char *secret_key;
    const char *session_token;
    const char *credentials;
    const char *profile;
} texts_t;

static const struct {
    const char *name;
    size_t offset;
} names[] = {
    { "driver", offsetof(texts_t, driver) },
    { "bucket", offsetof(texts_t, bucket) },
    { "region", offsetof(texts_t, region) },
    { "endpoint", offsetof(texts_t, endpoint) },
    { "path_style", offsetof(texts_t, path_style) },
    { "root_directory", offsetof(texts_t, root) },
    { "ca_file", offsetof(texts_t, ca_file) },
    { "storage_class", offsetof(texts_t, storage_class) },
    { "encryption", offsetof(texts_t, encryption) },
    { "kms_key", offsetof(texts_t, kms_key) },
    { "access_key", offsetof(texts_t, access_key) },
    { "secret_key", offsetof(texts_t, secret_key) },
    { "session_token", offsetof(texts_t, session_token) },
    { "credentials_file", offsetof(texts_t, credentials) },
    { "profile", offsetof(texts_t, profile) },
};


static const char **
text_find(texts_t *texts, str_t name)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (reg_str_eq(reg_cstr(names[i].name), name)) {
            return (const char **)((char *)texts + names[i].offset);
        }
    }

    return NULL;
}


/* Values are not logged: one may be a secret on the wrong line. */
static int
texts_read(pool_t *pool, const char *file, texts_t *texts)
{
    ini_t ini = { .line = 0 };
    int rc;

    if (secret_file_read(pool, file, FILE_MAX_SIZE, &ini.rest) != OK) {
        return ERROR;
    }

    while ((rc = ini_next(&ini)) == OK) {
        const char **text =
            ini.section.len == 0 ? text_find(texts, ini.name) : NULL;

        if (text == NULL || ini.value.len == 0) {
            break;
        }

        *text = pool_strndup(pool, ini.value);
    }

    if (rc != DECLINED) {
        log_error("%s:%d: not a setting of a store and its value", file,
                  ini.line);
        return ERROR;
    }

    return OK;
}


static int
refuse(const char *file, const char *why)
{
    log_error("%s: %s", file, why);

    return ERROR;
}


static bool
is_name(const char *s)
{
    return s[0] != '\0'
           && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789.-_")
                  == strlen(s);
}


/* Splits "https://host:port" and allows a slash at the end. */
static int
endpoint_set(pool_t *pool, const char *text, s3_conf_t *conf)
{
    static const char *const schemes[] = { "https://", "http://" };
    size_t scheme = 0;
    char *host;

    for (size_t i = 0; i < 2; i++) {
        if (strncmp(text, schemes[i], strlen(schemes[i])) == 0) {
            scheme = strlen(schemes[i]);
        }
    }

    host = pool_strdup(pool, text + scheme);
    host[strcspn(host, "/")] = '\0';

    if (scheme == 0 || host[0] == '\0' || strpbrk(host, "@?# ") != NULL
        || (text[scheme + strlen(host)] != '\0'
            && text[scheme + strlen(host) + 1] != '\0')) {
        return refuse(conf->file,
                      "endpoint: not http:// or https:// and a host");
    }

    conf->host = host;
    conf->endpoint = pool_printf(pool, "%.*s%s", (int)scheme, text, host);

    return OK;
}


/* The bucket in the path or in the name of the host. */
static int
address_set(pool_t *pool, const texts_t *texts, s3_conf_t *conf)
{
    bool is_path_style = texts->endpoint != NULL;
    size_t scheme;

    if (texts->path_style != NULL) {
        is_path_style = strcmp(texts->path_style, "on") == 0;

        if (!is_path_style && strcmp(texts->path_style, "off") != 0) {
            return refuse(conf->file, "path_style: neither on nor off");
        }
    }

    if (endpoint_set(pool,
                     texts->endpoint != NULL
                         ? texts->endpoint
                         : pool_printf(pool, "https://s3.%s.amazonaws.com",
                                       conf->region),
                     conf)
        != OK) {
        return ERROR;
    }

    conf->base = "/";

    if (is_path_style) {
        conf->base = pool_printf(pool, "/%s/", conf->bucket);
        return OK;
    }

    scheme = strlen(conf->endpoint) - strlen(conf->host);
    conf->host = pool_printf(pool, "%s.%s", conf->bucket, conf->host);
    conf->endpoint =
        pool_printf(pool, "%.*s%s", (int)scheme, conf->endpoint, conf->host);

    return OK;
}


/* As registry:2 and 3 do: slashes at the end do not count, nor those before. */
static int
root_set(pool_t *pool, const char *text, s3_conf_t *conf)
{
    char *root = pool_strdup(pool, text == NULL ? "" : text);
    size_t len;

    root += strspn(root, "/");
    len = strlen(root);

    while (len != 0 && root[len - 1] == '/') {
        root[--len] = '\0';
    }

    conf->root = root;

    return len > ROOT_MAX ? refuse(conf->file, "root_directory: too long") : OK;
}


static int
key_set(const texts_t *texts, s3_conf_t *conf)
{
    if ((texts->access_key == NULL) != (texts->secret_key == NULL)) {
        return refuse(conf->file, "access_key and secret_key come together");
    }

    conf->key.region = reg_cstr(conf->region);

    if (texts->access_key != NULL) {
        conf->key.access = reg_cstr(texts->access_key);
        conf->key.secret = reg_cstr(texts->secret_key);

        if (texts->session_token != NULL) {
            conf->key.token = reg_cstr(texts->session_token);
        }
    }

    return OK;
}


int
s3_conf_read(pool_t *pool, const char *file, s3_conf_t *conf_r)
{
    texts_t texts = { .region = "us-east-1", .profile = NULL };
    s3_conf_t conf = { .file = pool_strdup(pool, file) };

    if (texts_read(pool, file, &texts) != OK) {
        return ERROR;
    }

    if (texts.driver == NULL || strcmp(texts.driver, "s3") != 0) {
        return refuse(file, "driver: the only one is s3");
    }

    if (texts.bucket == NULL || !is_name(texts.bucket)) {
        return refuse(file, "bucket: missing, or not the name of one");
    }

    if (!is_name(texts.region)) {
        return refuse(file, "region: not the name of one");
    }

    conf.bucket = texts.bucket;
    conf.region = texts.region;
    conf.ca_file = texts.ca_file;
    conf.storage_class = texts.storage_class;
    conf.encryption = texts.encryption;
    conf.kms_key = texts.kms_key;
    conf.credentials = texts.credentials;
    conf.profile = texts.profile;

    if (address_set(pool, &texts, &conf) != OK
        || root_set(pool, texts.root, &conf) != OK
        || key_set(&texts, &conf) != OK) {
        return ERROR;
    }

    *conf_r = conf;

    return OK;
}
