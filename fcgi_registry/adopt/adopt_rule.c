/* adopt_rule.c: every setting of registry:2, and what becomes of it. */

#include "adopt/adopt_rule.h"

#define CARRIED NULL /* by adopt.c, which says so where it cannot */
#define UNKNOWN "unknown setting"

/* The first row that fits counts.  "*" stands for one part of a path, "**" at
 * the end for any that follow, or none. */
static const struct {
    const char *path;
    const char *reason;
} rules[] = {
    { "version", CARRIED },
    { "log.accesslog.disabled", CARRIED },
    { "log.**", "nginx has access_log and error_log" },
    { "loglevel", "nginx has error_log" },
    { "storage.filesystem.rootdirectory", CARRIED },
    { "storage.filesystem.maxthreads",
      "slipway-registry has --processes, nginx \"aio threads\"" },
    { "storage.filesystem", CARRIED },
    { "storage.filesystem.**", UNKNOWN },
    { "storage.delete.enabled", CARRIED },
    { "storage.delete", CARRIED },
    { "storage.delete.**", UNKNOWN },
    { "storage.maintenance.readonly.enabled", CARRIED },
    { "storage.maintenance.uploadpurging.enabled", CARRIED },
    { "storage.maintenance.uploadpurging.age", CARRIED },
    { "storage.maintenance.uploadpurging.interval", CARRIED },
    { "storage.maintenance.uploadpurging.dryrun", CARRIED },
    { "storage.maintenance", CARRIED },
    { "storage.maintenance.**", UNKNOWN },
    { "storage.redirect.**", "nginx sends the files itself" },
    { "storage.cache.**", "nothing is cached that could become outdated" },
    { "storage.tag.**", "tags are looked up one after the other" },
    { "storage.**", "only stores of the filesystem driver can be served" },
    { "auth.htpasswd.realm", CARRIED },
    { "auth.htpasswd.path", CARRIED },
    { "auth.htpasswd.**", UNKNOWN },
    { "auth.token.realm", CARRIED },
    { "auth.token.service", CARRIED },
    { "auth.token.issuer", CARRIED },
    { "auth.token.rootcertbundle", CARRIED },
    { "auth.token.jwks", CARRIED },
    { "auth.token.autoredirect", CARRIED },
    { "auth.token.autoredirectpath", CARRIED },
    { "auth.token.signingalgorithms.**",
      "all algorithms for keys of the trusted type are accepted" },
    { "auth.token.**", UNKNOWN },
    { "auth.**", "there is no equivalent, so all access is denied" },
    { "middleware.**", "there is no middleware; nginx has modules" },
    { "reporting.**", "nginx and slipway-registry write logs" },
    { "http.addr", CARRIED },
    { "http.net", CARRIED },
    { "http.host", CARRIED },
    { "http.prefix", CARRIED },
    { "http.relativeurls", CARRIED },
    { "http.secret", "uploads need no secret that all servers share" },
    { "http.draintimeout", "nginx -s quit finishes current requests" },
    { "http.tls.certificate", CARRIED },
    { "http.tls.key", CARRIED },
    { "http.tls.clientcas", CARRIED },
    { "http.tls.clientauth", CARRIED },
    { "http.tls.minimumtls", CARRIED },
    { "http.tls.ciphersuites", "nginx has ssl_ciphers, with OpenSSL's names" },
    { "http.tls.**", "nginx fetches no certificates, an ACME client does" },
    { "http.headers.**", CARRIED },
    { "http.debug.addr", CARRIED },
    { "http.debug.prometheus.enabled", CARRIED },
    { "http.debug.prometheus.path", CARRIED },
    { "http.http2.disabled", CARRIED },
    { "http.h2c.**", "nginx speaks HTTP/2 over TLS" },
    { "notifications.endpoints.*.name", CARRIED },
    { "notifications.endpoints.*.disabled", CARRIED },
    { "notifications.endpoints.*.url", CARRIED },
    { "notifications.endpoints.*.headers.**", CARRIED },
    { "notifications.endpoints.*.timeout", CARRIED },
    { "notifications.endpoints.*.threshold", CARRIED },
    { "notifications.endpoints.*.backoff", CARRIED },
    { "notifications.endpoints.*.ignoredmediatypes", CARRIED },
    { "notifications.endpoints.*.ignore.mediatypes", CARRIED },
    { "notifications.endpoints.*.ignore.actions", CARRIED },
    { "notifications.endpoints", CARRIED },
    { "notifications.events.**", "each event reports one manifest or blob" },
    { "redis.**", "redis is not used" },
    { "health.**",
      "the store is not checked automatically: let a monitor pull a manifest" },
    { "proxy.**", CARRIED },
    { "validation.disabled", CARRIED },
    { "validation.enabled", "registry:2 reads only validation.disabled" },
    { "validation.manifests.urls.**",
      "manifests with URLs are accepted or refused, whatever the URLs: "
      "registry_manifest_urls" },
    { "validation.manifests.indexes.platforms", CARRIED },
    { "validation.manifests.indexes.**",
      "all parts of an image index are treated alike, whatever their "
      "platform" },
    { "policy.**", "configs of every class are accepted" },
    { "catalog.maxentries", "a page has 100 names, or as many as n= says" },
    { "tags.maxtags", "a page has as many tags as n= says" },
    { "compatibility.**",
      "manifests of schema 1 are served unchanged, and are not accepted" },
};

typedef struct {
    pool_t *pool;
    void (*fn)(void *data, const char *path, const char *reason);
    void *data;
} walk_t;


static bool
fits(const char *pattern, const char *path)
{
    for (;;) {
        size_t len = strcspn(path, "."), pattern_len = strcspn(pattern, ".");

        if (strcmp(pattern, "**") == 0) {
            return true;
        }

        if (strncmp(pattern, "*", pattern_len) != 0
            && (len != pattern_len || strncmp(pattern, path, len) != 0)) {
            return false;
        }

        path += len;
        pattern += pattern_len;

        if (*path == '\0' || *pattern == '\0') {
            return strcmp(pattern, path) == 0 || strcmp(pattern, ".**") == 0;
        }

        path++;
        pattern++;
    }
}


static void
leaf_report(const walk_t *walk, const char *path)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (fits(rules[i].path, path)) {
            if (rules[i].reason != CARRIED) {
                walk->fn(walk->data, path, rules[i].reason);
            }

            return;
        }
    }

    walk->fn(walk->data, path, UNKNOWN);
}


static void value_walk(const walk_t *walk, json_t *value, const char *path);


static const char *
path_join(const walk_t *walk, const char *path, const char *key)
{
    return pool_printf(walk->pool, "%s%s%s", path, path[0] == '\0' ? "" : ".",
                       key);
}


static void
object_walk(const walk_t *walk, json_t *object, const char *path)
{
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        value_walk(walk, value, path_join(walk, path, key));
    }
}


/* A list of words is one setting, one of mappings has several. */
static void
array_walk(const walk_t *walk, json_t *array, const char *path)
{
    json_t *value;
    size_t i;

    json_array_foreach(array, i, value)
    {
        if (!json_is_object(value)) {
            leaf_report(walk, path);
            return;
        }

        value_walk(walk, value,
                   path_join(walk, path, pool_printf(walk->pool, "%zu", i)));
    }
}


static void
value_walk(const walk_t *walk, json_t *value, const char *path)
{
    if (json_is_object(value) && json_object_size(value) != 0) {
        object_walk(walk, value, path);

    } else if (json_is_array(value)) {
        array_walk(walk, value, path);

    } else {
        leaf_report(walk, path);
    }
}


void
adopt_rule_each(pool_t *pool, json_t *root,
                void (*fn)(void *data, const char *path, const char *reason),
                void *data)
{
    const walk_t walk = { pool, fn, data };

    object_walk(&walk, root, "");
}
