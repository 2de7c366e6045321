/* upkeep.c: what the commands that care for a store share. */

#include "upkeep/upkeep.h"
#include "store/store_owner.h"
#include "store/store_root.h"

#include "fcgi_core/log.h"

#include <errno.h>
#include <limits.h>


typedef int (*check_fn)(store_op_t *op, const char *key);


/* store_check() or store_check_below(); what has local files only is there,
 * too. */
static int
key_check(const store_t *store, const char *key, check_fn fn)
{
    pool_t *pool = pool_create();
    store_t local = store_local(store);
    store_op_t op = store_op_begin(store, pool);
    int rc = fn(&op, key);

    if (rc == DECLINED) {
        op = store_op_begin(&local, pool);
        rc = fn(&op, key);
    }

    pool_destroy(pool);

    return rc;
}


/* OK where there is a store, ERROR, logged, where a file is in its place. */
static int
store_find(const store_t *store)
{
    static const char *const above[] = { "/docker", "/docker/registry",
                                         REG_PATH_PREFIX };
    int rc = key_check(store, REG_PATH_PREFIX, store_check_below);

    for (size_t i = 0; rc == DECLINED && i < sizeof(above) / sizeof(above[0]);
         i++) {
        if (key_check(store, above[i], store_check) == OK) {
            log_error("%s" REG_PATH_PREFIX ": %s", store->root,
                      strerror(ENOTDIR));
            rc = ERROR;
        }
    }

    return rc;
}


static int
absent_refuse(const char *path)
{
    log_error("%s holds no store (there is no %s" REG_PATH_PREFIX
              "): ROOT is the value of nginx's registry_root",
              path, path);

    return ERROR;
}


int
upkeep_find(const char *path, const char **root_r)
{
    int rc = store_root_find(path, root_r);
    store_t store;

    if (rc == DECLINED) {
        log_error("%s: %s", path, strerror(ENOENT));
        return ERROR;
    }

    if (rc == OK) {
        store_open(&store, *root_r, NULL);
        rc = store_find(&store);
    }

    return rc == DECLINED ? absent_refuse(*root_r) : rc;
}


/* Whether a path leads into a store, not to its root. */
static bool
is_inside(const char *path)
{
    static const char *const below[] = { "/registry/v2", "/v2/repositories",
                                         "/repositories", "/blobs" };
    store_t store;

    store_open(&store, path, NULL);

    for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
        if (key_check(&store, below[i], store_check_below) == OK) {
            return true;
        }
    }

    return false;
}


/* The first push makes a root, and the store in it. */
static int
absent_report(const char *word)
{
    if (is_inside(word)) {
        return absent_refuse(word);
    }

    log_info("%s holds no store: if it is the value of nginx's registry_root, "
             "nothing was pushed yet, and there is nothing to do",
             word);

    return DECLINED;
}


/* A remote store has a directory from the start: another one would have other
 * locks. */
static int
remote_absent_report(const char *word, const store_t *store)
{
    if (store->root == NULL) {
        log_error("%s: %s", word, strerror(ENOENT));
        return ERROR;
    }

    log_info("the bucket holds no store: nothing was pushed yet, and there is "
             "nothing to do");

    return DECLINED;
}


int
upkeep_open(const char *word, const char *remote, store_t *store_r)
{
    const char *root = NULL;
    int rc = store_root_find(word, &root);

    store_r->root = root;

    if (rc == OK) {
        rc = store_open(store_r, root, remote);
    }

    if (rc == OK) {
        rc = store_find(store_r);
    }

    if (rc == DECLINED) {
        return remote == NULL ? absent_report(word)
                              : remote_absent_report(word, store_r);
    }

    return rc == OK ? store_owner_become(root) : rc;
}


int
upkeep_alone(const char *root, const char *name)
{
    struct timespec now;
    char key[NAME_MAX];
    int rc;

    snprintf(key, sizeof(key), UPKEEP_DIRECTORY "/%s", name);
    rc = store_root_lock(root, key, false, &now);

    if (rc == DECLINED) {
        log_error("another %s works on %s", name, root);
    }

    return rc == OK ? OK : ERROR;
}


int
upkeep_lock(const char *root, bool is_shared, struct timespec *now_r)
{
    int rc = store_root_lock(root, UPKEEP_DIRECTORY "/lock", is_shared, now_r);

    if (rc == DECLINED) {
        log_error("another gc or fsck, a backup or a restore works on %s",
                  root);
    }

    return rc == OK ? OK : ERROR;
}


int
upkeep_check(const store_t *store)
{
    int blobs = key_check(store, REG_PATH_PREFIX "/blobs", store_check_below);
    int repositories =
        key_check(store, REG_PATH_PREFIX "/repositories", store_check_below);

    if (blobs == OK && repositories == DECLINED) {
        log_error("%s has blobs, but no repositories", store->root);
        return ERROR;
    }

    return blobs == ERROR || repositories == ERROR ? ERROR : OK;
}


int
upkeep_find_whole(const char *path, const char **root_r)
{
    store_t store;

    if (upkeep_find(path, root_r) != OK) {
        return ERROR;
    }

    store_open(&store, *root_r, NULL);

    return upkeep_check(&store);
}


bool
upkeep_is_time(time_t *last)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);

    if (*last == 0) {
        *last = now.tv_sec;
    }

    if (now.tv_sec == *last) {
        return false;
    }

    *last = now.tv_sec;

    return true;
}
