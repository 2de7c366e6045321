/* app.h: what lives as long as the process: settings and handles.  Filled at
 * the start, only read afterwards. */

#ifndef APP_H
#define APP_H

#include "cache.h"
#include "db/db.h"
#include "fcgi_core/req.h"
#include "fcgi_core/setting.h"

typedef struct {
    const char *socket;
    long processes;
    const char *database_socket;
    const char *database_host;
    long database_port;
    const char *database_user;
    const char *database_password_file;
    const char *database_name;
    const char *database_tls_ca;
    const char *memcached;
    const char *secret_file;
    long token_seconds;
    long refresh_days;
    long session_idle;
    long session_max;
    long api_rate;
    const char *sign_up;
    long access_token_days;
    long audit_days;
    long activity_days;
    long upkeep_every; /* seconds */
    const char *registry_url;
    const char *registry_service;
    const char *registry_ca;
} settings_t;

typedef struct {
    settings_t settings;
    bool is_serving; /* clients wait: what is away is not waited for long */
    pool_t *pool;    /* lives as long as the process */
    db_conf_t db_conf;
    db_t *db;
    cache_t *cache;
    str_t secret;   /* key of the tokens' signatures; app_load_secret() */
    str_t seal_key; /* of what lies in memcached; made from the secret */
} app_t;

extern app_t app;

/* The settings of every command; they fill app.settings. */
extern const setting_t app_settings[];

/* Takes the settings over.  ERROR has been printed. */
int app_load(void);

/* Makes the handles of the database and of memcached, in this process. */
int app_open(void);

/* Reads the file of the secret into app.secret, and makes app.seal_key of it.
 * ERROR has been printed. */
int app_load_secret(void);

#endif
