/* s3_credentials.c: the keys that requests are signed with. */

#include "s3/s3_credentials.h"
#include "s3/ini.h"
#include "s3/s3_identity.h"

#include "fcgi_core/log.h"
#include "fcgi_core/secret_file.h"

#define SHARED_MAX (256 * 1024)


static void
key_take(reg_sigv4_key_t *key, str_t name, str_t value)
{
    if (reg_str_eq(name, reg_str("aws_access_key_id"))) {
        key->access = value;

    } else if (reg_str_eq(name, reg_str("aws_secret_access_key"))) {
        key->secret = value;

    } else if (reg_str_eq(name, reg_str("aws_session_token"))) {
        key->token = value;
    }
}


/* Lines of other profiles and names are those of other programs. */
static int
shared_read(pool_t *pool, const char *file, const char *profile,
            reg_sigv4_key_t *key)
{
    ini_t ini = { .line = 0 };
    int rc;

    if (secret_file_read(pool, file, SHARED_MAX, &ini.rest) != OK) {
        return ERROR;
    }

    while ((rc = ini_next(&ini)) == OK) {
        if (reg_str_eq(ini.section, reg_cstr(profile))) {
            key_take(key, ini.name, ini.value);
        }
    }

    if (rc == ERROR) {
        log_error("%s:%d: neither a profile nor a name and its value", file,
                  ini.line);
        return ERROR;
    }

    if (key->access.len == 0 || key->secret.len == 0) {
        log_error("%s: the profile \"%s\" has no aws_access_key_id and "
                  "aws_secret_access_key",
                  file, profile);
        return ERROR;
    }

    return OK;
}


static const char *
variable(const char *name)
{
    const char *value = getenv(name);

    return value == NULL || value[0] == '\0' ? NULL : value;
}


static bool
environment_read(reg_sigv4_key_t *key)
{
    const char *access = variable("AWS_ACCESS_KEY_ID");
    const char *secret = variable("AWS_SECRET_ACCESS_KEY");
    const char *token = variable("AWS_SESSION_TOKEN");

    if (access == NULL || secret == NULL) {
        return false;
    }

    key->access = reg_cstr(access);
    key->secret = reg_cstr(secret);
    key->token = reg_cstr(token == NULL ? "" : token);

    return true;
}


static int
identity_find(pool_t *pool, const s3_conf_t *conf, reg_sigv4_key_t *key_r,
              int64_t *expires_r)
{
    int rc = s3_identity_find(pool, key_r, expires_r);

    if (rc == DECLINED) {
        log_error("%s: no credentials: neither access_key and secret_key, nor "
                  "credentials_file, nor any in the environment, of the "
                  "container or of the machine",
                  conf->file);
        return ERROR;
    }

    return rc;
}


int
s3_credentials_find(pool_t *pool, const s3_conf_t *conf, reg_sigv4_key_t *key_r,
                    int64_t *expires_r)
{
    const char *profile = conf->profile;
    const char *file = conf->credentials;

    *key_r = conf->key;
    *expires_r = 0;

    if (key_r->access.len != 0) {
        return OK;
    }

    if (file == NULL && environment_read(key_r)) {
        return OK;
    }

    if (file == NULL) {
        file = variable("AWS_SHARED_CREDENTIALS_FILE");
    }

    if (file == NULL) {
        return identity_find(pool, conf, key_r, expires_r);
    }

    profile = profile != NULL ? profile : variable("AWS_PROFILE");

    return shared_read(pool, file, profile != NULL ? profile : "default",
                       key_r);
}
