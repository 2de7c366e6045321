/* walk.c: goes through the whole store, one name after another. */

#include "repository/walk.h"
#include "fcgi_core/file.h"

#include "fcgi_core/log.h"
#include "common/name.h"

/* of the directories that blobs/<alg>/ is divided into */
#define PREFIX_LEN 2

/* Names as registry:2 allows them in paths: snapshots of a filesystem and the
 * like are none of ours. */
static bool
is_component(const char *name)
{
    return name[0] != '.'
           && name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")]
                  == '\0';
}


static void
stray_found(const walk_t *walk, const char *key, const char *name)
{
    char path[2 * REG_PATH_MAX];
    int len = (int)strlen(key);

    if (walk->stray != NULL && !file_is_leftover(name)) {
        len -= len != 0 && key[len - 1] == '/'; /* that of all repositories */
        snprintf(path, sizeof(path), "%.*s/%s", len, key, name);
        walk->stray(walk->data, path);
    }
}


/* In memory of its own: the callbacks may reset that of walk->op. */
static int
names_each(const walk_t *walk, const char *key,
           void (*fn)(void *data, const char *name), void *data)
{
    store_op_t part = store_part_begin(walk->op);
    int rc = part.store->driver->list(&part, key, fn, data);

    store_part_end(&part, walk->op);

    return rc;
}


int
walk_names(const walk_t *walk, const char *key, walk_name_fn fn)
{
    return names_each(walk, key, fn, walk->data);
}


/* --- digests ------------------------------------------------------------- */


typedef struct {
    const walk_t *walk;
    walk_digest_fn fn;
    const char *key; /* the directory that is listed */
    reg_algorithm_t algorithm;
    const char *prefix; /* that its names begin with */
    int rc;
} digests_t;


static void
digest_pass(void *data, const char *name)
{
    digests_t *digests = data;
    char text[REG_DIGEST_MAX + 1];
    reg_digest_t digest;
    int len =
        snprintf(text, sizeof(text), "%s:%s",
                 (char *)reg_algorithm_name(digests->algorithm).data, name);

    if (len < 0 || (size_t)len >= sizeof(text)
        || reg_digest_parse(reg_cstr(text), &digest) != OK
        || strncmp(name, digests->prefix, strlen(digests->prefix)) != 0) {
        stray_found(digests->walk, digests->key, name);
        return;
    }

    digests->fn(digests->walk->data, &digest);
}


static void
list_digests(digests_t *digests, const char *key, const char *prefix)
{
    digests->key = key;
    digests->prefix = prefix;

    if (names_each(digests->walk, key, digest_pass, digests) == ERROR) {
        digests->rc = ERROR;
    }
}


/* A directory of blobs/<alg>/ that holds the digests beginning with its name.
 */
static void
prefix_pass(void *data, const char *name)
{
    digests_t *digests = data;
    const char *above = digests->key;
    store_key_t key;

    if (strlen(name) != PREFIX_LEN
        || strspn(name, "0123456789abcdef") != PREFIX_LEN) {
        stray_found(digests->walk, above, name);
        return;
    }

    key = key_below(above, name);
    list_digests(digests, key.text, name);
    digests->key = above;
}


static bool
is_algorithm(const char *name)
{
    reg_algorithm_t algorithm;

    return reg_algorithm_parse(reg_cstr(name), &algorithm) == OK;
}


/* The directories of algorithms that we do not know. */
static void
algorithm_pass(void *data, const char *name)
{
    digests_t *digests = data;

    if (!is_algorithm(name)) {
        stray_found(digests->walk, digests->key, name);
    }
}


static int
algorithms_walk(const walk_t *walk, const char *above, walk_digest_fn fn,
                bool is_divided)
{
    digests_t digests = { .walk = walk, .fn = fn, .rc = OK };

    for (int i = 0; i < REG_ALGORITHM_N; i++) {
        store_key_t key;

        digests.algorithm = (reg_algorithm_t)i;
        key = key_below(above,
                        (char *)reg_algorithm_name(digests.algorithm).data);

        if (!is_divided) {
            list_digests(&digests, key.text, "");
            continue;
        }

        digests.key = key.text;

        if (names_each(walk, key.text, prefix_pass, &digests) == ERROR) {
            digests.rc = ERROR;
        }
    }

    digests.key = above;

    if (names_each(walk, above, algorithm_pass, &digests) == ERROR) {
        digests.rc = ERROR;
    }

    return digests.rc;
}


/* --- digests, of all keys at once ----------------------------------------- */


typedef struct {
    digests_t digests;
    bool is_divided;
    char last[REG_PATH_MAX]; /* what the last key was taken for: "alg/hex" */
} flat_t;


/* The next part of a path, of which *path is what follows. */
static const char *
part_take(const char **path, store_key_t *part)
{
    size_t len = strcspn(*path, "/");

    snprintf(part->text, sizeof(part->text), "%.*s", (int)len, *path);
    *path += len + ((*path)[len] == '/');

    return part->text;
}


/* A key that is not like the one before it. */
static void
flat_pass(flat_t *flat, const char *path)
{
    digests_t *digests = &flat->digests;
    const char *above = digests->key;
    store_key_t part, prefix = { "" }, key;

    if (reg_algorithm_parse(reg_cstr(part_take(&path, &part)),
                            &digests->algorithm)
        != OK) {
        stray_found(digests->walk, above, part.text);
        return;
    }

    key = key_below(above, part.text);

    if (flat->is_divided) {
        part_take(&path, &prefix);

        if (strlen(prefix.text) != PREFIX_LEN
            || strspn(prefix.text, "0123456789abcdef") != PREFIX_LEN) {
            stray_found(digests->walk, key.text, prefix.text);
            return;
        }

        key = key_below(key.text, prefix.text);
    }

    digests->key = key.text;
    digests->prefix = prefix.text;
    digest_pass(digests, part_take(&path, &part));
    digests->key = above;
}


/* Keys come sorted, so those of one digest come together. */
static void
key_pass(void *data, const char *key)
{
    flat_t *flat = data;
    const char *path = key + strlen(flat->digests.key) + 1;
    size_t len = 0;

    for (int parts = flat->is_divided ? 3 : 2; parts > 0; parts--) {
        len += strcspn(path + len, "/") + (parts > 1);

        if (len > strlen(path)) {
            len = strlen(path);
            break;
        }
    }

    if (strlen(flat->last) == len && strncmp(flat->last, path, len) == 0) {
        return;
    }

    snprintf(flat->last, sizeof(flat->last), "%.*s", (int)len, path);
    flat_pass(flat, path);
}


static int
keys_walk(const walk_t *walk, const char *above, walk_digest_fn fn,
          bool is_divided)
{
    store_op_t part = store_part_begin(walk->op);
    flat_t flat = { .digests = { .walk = walk, .fn = fn, .key = above },
                    .is_divided = is_divided };
    int rc = part.store->driver->walk(&part, above, key_pass, &flat);

    store_part_end(&part, walk->op);

    return rc == ERROR ? ERROR : OK;
}


static int
digests_walk(const walk_t *walk, const char *key, walk_digest_fn fn,
             bool is_divided)
{
    return (walk->op->store->driver->walk != NULL
                ? keys_walk
                : algorithms_walk)(walk, key, fn, is_divided);
}


int
walk_digests(const walk_t *walk, const char *key, walk_digest_fn fn)
{
    return digests_walk(walk, key, fn, false);
}


int
walk_blobs(const walk_t *walk, walk_digest_fn fn)
{
    return digests_walk(walk, REG_PATH_PREFIX "/blobs", fn, true);
}


/* --- repositories -------------------------------------------------------- */


typedef struct {
    const walk_t *walk;
    walk_repository_fn fn;
    char *name;   /* of the directory that is listed; in a buffer for all */
    size_t len;   /* of the name */
    unsigned has; /* of the directory that is listed */
    int rc;
} repositories_t;

#define NAME_ROOM (REG_NAME_MAX + 1)


static void directory_walk(repositories_t *repositories);


static unsigned
part_of(const char *name)
{
    static const struct {
        const char *name;
        unsigned bit;
    } parts[] = { { "_layers", WALK_LAYERS },
                  { "_manifests", WALK_MANIFESTS },
                  { "_uploads", WALK_UPLOADS },
                  { "_referrers", WALK_REFERRERS },
                  { "_v1", WALK_IMAGES_V1 } };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strcmp(name, parts[i].name) == 0) {
            return parts[i].bit;
        }
    }

    return 0;
}


static void
child_pass(void *data, const char *name)
{
    repositories_t *repositories = data;
    size_t len = repositories->len, room = NAME_ROOM - len;
    unsigned part = part_of(name);
    /* that of all repositories is none itself */
    unsigned has = repositories->has | (len != 0 ? part : 0);
    char *end = repositories->name + len;
    int n;

    if (part != 0 && len != 0) {
        repositories->has = has;
        return;
    }

    if (!is_component(name) || (name[0] == '_' && part != WALK_IMAGES_V1)) {
        store_key_t key = key_repository(
            (str_t){ len, (unsigned char *)repositories->name }, NULL);

        stray_found(repositories->walk, key.text, name);
        return;
    }

    n = snprintf(end, room, "%s%s", len == 0 ? "" : "/", name);

    if (n < 0 || (size_t)n >= room) {
        log_error("a path below repositories is too long: %s...", end);
        repositories->rc = ERROR;

    } else {
        repositories->len = len + (size_t)n;
        repositories->has = 0;
        directory_walk(repositories);
    }

    *end = '\0';
    repositories->len = len;
    repositories->has = has;
}


/* The directory whose name is in the buffer; "" for the root of all. */
static void
directory_walk(repositories_t *repositories)
{
    str_t name = { repositories->len, (unsigned char *)repositories->name };
    store_key_t key =
        name.len == 0 ? key_repositories() : key_repository(name, NULL);

    if (names_each(repositories->walk, key.text, child_pass, repositories)
        == ERROR) {
        repositories->rc = ERROR;
    }

    if (repositories->has != 0) {
        repositories->fn(repositories->walk->data, name, repositories->has);
    }
}


int
walk_repositories(const walk_t *walk, walk_repository_fn fn)
{
    char name[NAME_ROOM] = "";
    repositories_t repositories = { .walk = walk, .fn = fn, .name = name };

    directory_walk(&repositories);

    return repositories.rc;
}
