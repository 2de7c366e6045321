/* adopt_location.c: the registry's location: its store, who is let in, and
 * what they may do. */

#include "adopt/adopt_env.h"
#include "adopt/adopt_part.h"

#include "fcgi_core/log.h"

#include <sys/stat.h>


/* The one driver there is, or NULL, reported. */
static const char *
driver_find(adopt_t *adopt)
{
    const char *key, *driver = NULL;
    json_t *value;

    json_object_foreach(adopt_at(adopt->root, "storage"), key, value)
    {
        if (adopt_is_storage_option(key)) {
            continue;
        }

        if (driver != NULL) {
            log_error("two storage drivers, %s and %s", driver, key);
            return NULL;
        }

        driver = key;
    }

    if (driver == NULL) {
        log_error("the configuration has no storage driver");
    }

    return driver;
}


void
adopt_store(adopt_t *adopt)
{
    const char *driver = driver_find(adopt);
    const char *root;

    if (driver == NULL) {
        return;
    }

    if (strcmp(driver, "filesystem") != 0) {
        log_error("the store is of the driver %s; only that of filesystem "
                  "can be served",
                  driver);
        return;
    }

    root = adopt_text(adopt->root, "storage.filesystem.rootdirectory",
                      "/var/lib/registry");

    if (root[0] != '/' || value_nginx(adopt->pool, root) == NULL) {
        log_error("storage.filesystem.rootdirectory is not an absolute path "
                  "that nginx.conf can express");
        return;
    }

    adopt->store = root;
}


/* registry 3 may take image indexes before their parts. */
static void
indexes_print(adopt_t *adopt)
{
    static const char path[] = "validation.manifests.indexes.platforms";
    const char *platforms = adopt_text(adopt->root, path, "all");

    if (strcmp(platforms, "none") == 0) {
        adopt_add(adopt, &adopt->location, "        registry_sparse index;");

    } else if (strcmp(platforms, "all") != 0) {
        adopt_note(adopt, path,
                   "every part of an image index must be in its repository, "
                   "or none: registry_sparse");
    }
}


/* Only what stock allows: no deletes unless switched on, and no content that
 * is kept elsewhere. */
static void
switches_print(adopt_t *adopt)
{
    bool is_proxy = adopt_text(adopt->root, "proxy.remoteurl", "")[0] != '\0';
    bool is_readonly =
        adopt_switch(adopt, "storage.maintenance.readonly.enabled", false);
    bool is_lenient = adopt_switch(adopt, "validation.disabled", false);

    if (is_proxy) {
        adopt_note(adopt, "proxy",
                   "nothing is fetched from another registry; the contents of "
                   "the cache are served, read-only");
    }

    if (is_readonly || is_proxy) {
        adopt_add(adopt, &adopt->location, "        registry_readonly on;");
    }

    if (!adopt_switch(adopt, "storage.delete.enabled", false)) {
        adopt_add(adopt, &adopt->location, "        registry_delete off;");
    }

    if (!is_lenient) {
        adopt_add(adopt, &adopt->location,
                  "        registry_manifest_urls off;");
    }

    indexes_print(adopt);
    adopt_add(adopt, &adopt->location, "        include registry_params;");
}


void
adopt_location(adopt_t *adopt)
{
    adopt_auth(adopt);
    switches_print(adopt);
}
