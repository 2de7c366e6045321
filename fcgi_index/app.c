/* app.c: settings and handles of the process. */

#include "app.h"
#include "fcgi_core/secret_file.h"
#include "token/token.h"
#include "fcgi_core/log.h"

#define PASSWORD_FILE_MAX 1024
#define SECRET_MIN 32
#define SECRET_MAX 4096
#define SEAL_PURPOSE "slipway-index verdicts 1"

app_t app;

#define STRING(flag, env, field, fallback, help)                               \
    {                                                                          \
        flag, env, SETTING_STRING, offsetof(settings_t, field), 0, 0,          \
            fallback, help                                                     \
    }
#define NUMBER(flag, env, field, min, max, fallback, help)                     \
    {                                                                          \
        flag, env, SETTING_NUMBER, offsetof(settings_t, field), min, max,      \
            fallback, help                                                     \
    }
#define SECONDS(flag, env, field, min, max, fallback, help)                    \
    {                                                                          \
        flag, env, SETTING_SECONDS, offsetof(settings_t, field), min, max,     \
            fallback, help                                                     \
    }

const setting_t app_settings[] = {
    STRING("socket", "SLIPWAY_INDEX_SOCKET", socket,
           "/run/slipway/index/index.sock",
           "Unix socket, as in nginx's fastcgi_pass; ignored if systemd passes "
           "a socket."),
    NUMBER("processes", "SLIPWAY_INDEX_PROCESSES", processes, 1, 256, "4",
           "Number of processes; each serves one request at a time and has one "
           "connection to the database.  At most half of them check passwords "
           "at the same time, which needs 19 MiB each."),
    STRING("database-socket", "SLIPWAY_DB_SOCKET", database_socket,
           "/run/mysqld/mysqld.sock",
           "Unix socket of MySQL or MariaDB; not used if a host is set."),
    STRING("database-host", "SLIPWAY_DB_HOST", database_host, NULL,
           "Host of MySQL or MariaDB, for TCP."),
    NUMBER("database-port", "SLIPWAY_DB_PORT", database_port, 1, 65535, "3306",
           "Port on that host."),
    STRING("database-user", "SLIPWAY_DB_USER", database_user, "slipway",
           "User of the database."),
    STRING("database-password-file", "SLIPWAY_DB_PASSWORD_FILE",
           database_password_file, NULL,
           "File with the password of that user in its first line. If not set, "
           "no password is used."),
    STRING("database-name", "SLIPWAY_DB_NAME", database_name, "slipway",
           "Name of the database."),
    STRING("database-tls-ca", "SLIPWAY_DB_TLS_CA", database_tls_ca, NULL,
           "CA certificates (PEM) used to verify the database server. If set, "
           "TLS is required."),
    STRING("memcached", "SLIPWAY_MEMCACHED", memcached, NULL,
           "Memcached servers, host:port or /path/of/a/socket, separated by "
           "commas, in the order of nginx's upstream. If not set, nginx asks "
           "this program for every verdict."),
    STRING("secret-file", "SLIPWAY_SECRET_FILE", secret_file, NULL,
           "File with the key that signs tokens, 32 bytes or more, mode 0600; "
           "the command secret creates it.  All servers of one registry need "
           "the same key."),
    NUMBER("token-seconds", "SLIPWAY_TOKEN_SECONDS", token_seconds, 60, 86400,
           "300", "Lifetime of a bearer token."),
    NUMBER("refresh-days", "SLIPWAY_REFRESH_DAYS", refresh_days, 1, 3650, "90",
           "Lifetime of a refresh token."),
    SECONDS("session-idle", "SLIPWAY_SESSION_IDLE", session_idle, 600,
            365 * 86400L, "12h",
            "How long a browser stays logged in that is not used."),
    SECONDS("session-max", "SLIPWAY_SESSION_MAX", session_max, 600,
            365 * 86400L, "30d", "How long a browser stays logged in at most."),
    NUMBER("api-rate", "SLIPWAY_API_RATE", api_rate, 1, 60000, "1200",
           "Requests to the API that an account may make in a minute, and a "
           "network of callers without one."),
    NUMBER("access-token-days", "SLIPWAY_ACCESS_TOKEN_DAYS", access_token_days,
           0, 3650, "0",
           "Longest lifetime of a personal access token; 0: it may be good for "
           "ever."),
    NUMBER("audit-days", "SLIPWAY_AUDIT_DAYS", audit_days, 1, 36500, "365",
           "How long the audit log is kept."),
    NUMBER("activity-days", "SLIPWAY_ACTIVITY_DAYS", activity_days, 1, 3650,
           "90", "How long feeds of activity go back."),
    SECONDS("upkeep-every", "SLIPWAY_UPKEEP_EVERY", upkeep_every, 1, 86400,
            "60s",
            "How often serve deletes what has ended: old events of the audit "
            "log and of feeds, counts of pulls by day, sessions, tokens."),
    STRING(
        "sign-up", "SLIPWAY_SIGN_UP", sign_up, "closed",
        "Who may make an account: open (everyone), invitation (people with an "
        "invitation), closed (administrators make them)."),
    STRING("registry", "SLIPWAY_REGISTRY_URL", registry_url, NULL,
           "Where the registry answers /v2/ to this program: http or https, a "
           "host, no slash at the end. Needed to delete repositories, and to "
           "show the build history of images."),
    STRING("service", "SLIPWAY_REGISTRY_SERVICE", registry_service, NULL,
           "The registry's name in tokens: the value of registry_service."),
    STRING("registry-ca", "SLIPWAY_REGISTRY_CA", registry_ca, NULL,
           "CA certificates (PEM) used to verify the registry. If not set, "
           "those of the system."),
    { .name = NULL },
};


/* An empty value in the environment is no value. */
static const char *
nonempty(const char *value)
{
    return value != NULL && value[0] != '\0' ? value : NULL;
}


static int
load_password(void)
{
    const char *path = nonempty(app.settings.database_password_file);
    str_t text;

    if (path == NULL) {
        return OK;
    }

    if (secret_file_read(app.pool, path, PASSWORD_FILE_MAX, &text) != OK) {
        return ERROR;
    }

    text.len = strcspn((const char *)text.data, "\r\n");
    app.db_conf.password = pool_strndup(app.pool, text);

    return OK;
}


static bool
is_sign_up(const char *word)
{
    return strcmp(word, "open") == 0 || strcmp(word, "invitation") == 0
           || strcmp(word, "closed") == 0;
}


int
app_load(void)
{
    const settings_t *s = &app.settings;

    app.pool = pool_create();

    if (load_password() != OK) {
        return ERROR;
    }

    if (!is_sign_up(s->sign_up)) {
        log_error("--sign-up is open, invitation or closed, not %s",
                  s->sign_up);
        return ERROR;
    }

    app.settings.registry_url = nonempty(s->registry_url);
    app.settings.registry_service = nonempty(s->registry_service);
    app.settings.registry_ca = nonempty(s->registry_ca);
    app.db_conf.socket = s->database_socket;
    app.db_conf.host = nonempty(s->database_host);
    app.db_conf.port = s->database_port;
    app.db_conf.user = s->database_user;
    app.db_conf.name = s->database_name;
    app.db_conf.tls_ca = nonempty(s->database_tls_ca);

    return OK;
}


typedef struct {
    unsigned database;  /* seconds */
    unsigned memcached; /* milliseconds */
} timeouts_t;

/* A client waits for the one, an operator for the other. */
static const timeouts_t serving = { 3, 200 }, command = { 10, 2000 };


int
app_open(void)
{
    const timeouts_t *timeouts = app.is_serving ? &serving : &command;

    app.db_conf.connect_timeout = timeouts->database;
    app.db = db_create(app.pool, &app.db_conf);
    app.cache = cache_create(app.pool, nonempty(app.settings.memcached),
                             timeouts->memcached);

    return app.cache != NULL ? OK : ERROR;
}


int
app_load_secret(void)
{
    const char *path = app.settings.secret_file;

    if (path == NULL || path[0] == '\0') {
        log_error("no secret file is set: create one with slipway-index secret "
                  "FILE, and set --secret-file FILE");
        return ERROR;
    }

    if (secret_file_read(app.pool, path, SECRET_MAX, &app.secret) != OK) {
        return ERROR;
    }

    if (app.secret.len < SECRET_MIN) {
        log_error("%s: shorter than %d bytes", path, SECRET_MIN);
        return ERROR;
    }

    app.seal_key = token_derive(app.pool, app.secret, SEAL_PURPOSE);

    return OK;
}
