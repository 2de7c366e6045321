/* adopt_events.c: what runs with an adopted registry: deliveries to the
 * receivers of its events, and the end of old uploads. */

#include "adopt/adopt_part.h"
#include "spool/spool_reader.h"

#include <strings.h>

#define HOUR 3600L
#define DAY (24 * HOUR)


/* The name of an endpoint as that of a consumer. */
static const char *
consumer_name(adopt_t *adopt, json_t *endpoint, size_t number)
{
    char *name = pool_strdup(adopt->pool, adopt_text(endpoint, "name", ""));

    for (char *p = name; *p != '\0'; p++) {
        char letter[] = { *p, '\0' };

        *p = spool_consumer_is_valid(letter) ? *p : '-';
    }

    return spool_consumer_is_valid(name)
               ? name
               : pool_printf(adopt->pool, "endpoint%zu", number);
}


/* Words of a list, and of another one, with commas between them. */
static const char *
list_join(pool_t *pool, json_t *one, json_t *two)
{
    const char *all = "";
    json_t *value;
    size_t i;

    json_array_foreach(one, i, value)
    {
        all =
            pool_printf(pool, "%s%s%s", all, all[0] == '\0' ? "" : ",",
                        json_is_string(value) ? json_string_value(value) : "");
    }

    return two == NULL ? all
           : all[0] == '\0'
               ? list_join(pool, two, NULL)
               : pool_printf(pool, "%s,%s", all, list_join(pool, two, NULL));
}


static void
flag_add(adopt_t *adopt, const char **line, const char *flag, const char *value)
{
    if (value[0] != '\0') {
        *line = pool_printf(adopt->pool, "%s --%s %s", *line, flag,
                            value_shell(adopt->pool, value));
    }
}


static const char *
endpoint_path(adopt_t *adopt, size_t number, const char *key)
{
    return pool_printf(adopt->pool, "notifications.endpoints.%zu.%s", number,
                       key);
}


static const char *
timeout_of(adopt_t *adopt, json_t *endpoint, size_t number)
{
    const char *text = adopt_text(endpoint, "timeout", "");
    long seconds;

    if (text[0] == '\0') {
        return "";
    }

    if (value_seconds(text, 3600, &seconds) != OK || seconds == 0) {
        adopt_note(adopt, endpoint_path(adopt, number, "timeout"),
                   "nginx.conf cannot express it as a time");
        return "";
    }

    return pool_printf(adopt->pool, "%lds", seconds);
}


/* A URL without its user, whose password is a secret like a header's value. */
static const char *
url_bare(adopt_t *adopt, const char *url, bool *has_user_r)
{
    const char *scheme = strstr(url, "://");
    const char *host = scheme == NULL ? url : scheme + 3;
    const char *user = memrchr(host, '@', strcspn(host, "/?#"));

    *has_user_r = user != NULL;

    return user == NULL ? url
                        : pool_printf(adopt->pool, "%.*s%s", (int)(host - url),
                                      url, user + 1);
}


/* Their values may be secrets, which are printed nowhere. */
static void
endpoint_headers_print(adopt_t *adopt, json_t *endpoint, const char *file,
                       bool has_user)
{
    const char *name, *names = "";
    json_t *value;

    json_object_foreach(adopt_at(endpoint, "headers"), name, value)
    {
        names = pool_printf(adopt->pool, "%s%s%s", names,
                            names[0] == '\0' ? "" : ", ", name);
        has_user = has_user && strcasecmp(name, "Authorization") != 0;
    }

    if (has_user) {
        names = pool_printf(adopt->pool,
                            "%s%sAuthorization (Basic, of the URL's user)",
                            names, names[0] == '\0' ? "" : ", ");
    }

    adopt_add(adopt, &adopt->after, "#       with these headers in %s: %s",
              file, value_comment(adopt->pool, names));
}


/* What a receiver had is not lost in silence. */
static void
pulls_note(adopt_t *adopt, json_t *endpoint, size_t number)
{
    json_t *action;
    size_t i;

    json_array_foreach(adopt_at(endpoint, "ignore.actions"), i, action)
    {
        if (json_is_string(action)
            && strcmp(json_string_value(action), "pull") == 0) {
            return;
        }
    }

    adopt_note(adopt,
               pool_printf(adopt->pool, "notifications.endpoints.%zu", number),
               "pulls make no events; the access log has them, "
               "registry_metrics counts them");
}


static void
endpoint_print(adopt_t *adopt, json_t *endpoint, size_t number)
{
    static const char *waits[] = { "threshold", "backoff" };
    const char *name = consumer_name(adopt, endpoint, number);
    const char *file =
        pool_printf(adopt->pool, "/etc/slipway/%s.headers", name);
    const char *line = "slipway-registry deliver";
    bool has_user;
    const char *url =
        url_bare(adopt, adopt_text(endpoint, "url", ""), &has_user);
    bool has_headers =
        has_user || json_object_size(adopt_at(endpoint, "headers")) != 0;

    flag_add(adopt, &line, "spool", adopt->store);
    flag_add(adopt, &line, "consumer", name);
    flag_add(adopt, &line, "url", url);
    flag_add(adopt, &line, "timeout", timeout_of(adopt, endpoint, number));
    flag_add(adopt, &line, "ignore-media-types",
             list_join(adopt->pool, adopt_at(endpoint, "ignoredmediatypes"),
                       adopt_at(endpoint, "ignore.mediatypes")));
    flag_add(
        adopt, &line, "ignore-actions",
        list_join(adopt->pool, adopt_at(endpoint, "ignore.actions"), NULL));
    flag_add(adopt, &line, "headers", has_headers ? file : "");
    adopt_add(adopt, &adopt->after, "#   %s", line);

    if (has_headers) {
        endpoint_headers_print(adopt, endpoint, file, has_user);
    }

    pulls_note(adopt, endpoint, number);

    for (size_t i = 0; i < 2; i++) {
        if (adopt_at(endpoint, waits[i]) != NULL) {
            adopt_note(
                adopt, endpoint_path(adopt, number, waits[i]),
                "deliver waits longer after each failure, up to --backoff");
        }
    }
}


static void
endpoints_print(adopt_t *adopt)
{
    const char *host = adopt_text(adopt->root, "http.host", "");
    json_t *endpoint;
    size_t i;

    json_array_foreach(adopt_at(adopt->root, "notifications.endpoints"), i,
                       endpoint)
    {
        bool is_off = false;

        value_switch(adopt_text(endpoint, "disabled", "false"), &is_off);

        if (is_off || adopt_text(endpoint, "url", "")[0] == '\0') {
            adopt_note(adopt, endpoint_path(adopt, i, "url"),
                       "the endpoint is disabled");
            continue;
        }

        if (!adopt->has_events) {
            adopt_add(adopt, &adopt->after,
                      "\n# Receivers of events, a process for each "
                      "(docs/events.md):");
            adopt->has_events = true;
        }

        endpoint_print(adopt, endpoint, i);
    }

    if (adopt->has_events) {
        adopt_add(adopt, &adopt->location, "        registry_events on;");
    }

    if (host[0] != '\0' && adopt->has_events) {
        const char *word = adopt_word(adopt, "http.host", host);

        if (word != NULL) {
            adopt_add(adopt, &adopt->location, "        registry_url %s;",
                      word);
        }

    } else if (host[0] != '\0'
               && !adopt_switch(adopt, "auth.token.autoredirect", false)) {
        adopt_note(adopt, "http.host",
                   "every Location is a path without a host");
    }
}


static void
purge_print(adopt_t *adopt)
{
    static const char purging[] = "storage.maintenance.uploadpurging";
    json_t *found = adopt_at(adopt->root, purging);
    const char *age = adopt_text(found, "age", "168h");
    long seconds = 7 * DAY;
    bool is_on = true;

    value_switch(adopt_text(found, "enabled", "true"), &is_on);

    if (!is_on) {
        adopt_add(adopt, &adopt->location, "        registry_upload_expiry 0;");
        return;
    }

    if (value_seconds(age, 3650 * DAY, &seconds) != OK) {
        adopt_note(adopt, pool_printf(adopt->pool, "%s.age", purging),
                   "nginx.conf cannot express it as a time");
    }

    if (adopt_text(found, "interval", NULL) != NULL) {
        adopt_note(adopt, pool_printf(adopt->pool, "%s.interval", purging),
                   "a timer runs the command below");
    }

    if (seconds != 7 * DAY) {
        adopt_add(adopt, &adopt->location,
                  "        registry_upload_expiry %lds;", seconds);
    }

    adopt_add(adopt, &adopt->after,
              "\n# Uploads that were never finished, once a day (docs/gc.md):\n"
              "#   slipway-registry purge %s --age %ld%s%s",
              value_shell(adopt->pool, adopt->store),
              seconds % HOUR == 0 ? seconds / HOUR : seconds,
              seconds % HOUR == 0 ? "h" : "s",
              strcmp(adopt_text(found, "dryrun", "false"), "true") == 0
                  ? " --dry-run"
                  : "");
}


void
adopt_events(adopt_t *adopt)
{
    endpoints_print(adopt);
    purge_print(adopt);
}
