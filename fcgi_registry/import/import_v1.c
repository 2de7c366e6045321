/* import_v1.c: the storage of the first registry becomes images of a store: the
 * command.
 *
 * The storage is images/<id>/... and repositories/<namespace>/<name>/tag_<tag>,
 * as the registry wrote it from 0.6 to 0.9.  It is read only.  Every layer is
 * verified and unpacked as if a client pushed it. */

#include "import/import_v1.h"
#include "import/import_image.h"
#include "repository/blob.h"
#include "repository/image_manifest.h"
#include "repository/manifest.h"
#include "repository/tag.h"
#include "store/store_owner.h"
#include "store/store_root.h"
#include "upkeep/upkeep.h"

#include "common/encode.h"
#include "common/hash.h"
#include "common/name.h"
#include "fcgi_core/file.h"
#include "fcgi_core/log.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#define STATUS_FAILED 2
#define LOCK "import-v1"
#define TAG_PREFIX "tag_"
#define ID_MAX ((size_t)128)

typedef struct {
    bool is_quiet;
} conf_t;

static const setting_t settings[] = {
    { "quiet", NULL, SETTING_FLAG, offsetof(conf_t, is_quiet), 0, 0, NULL,
      "Print only what could not be imported, and the summary." },
    { .name = NULL },
};

typedef struct {
    import_t import;
    const conf_t *conf;
    pool_t *pool;     /* for the whole run */
    const char *path; /* the directory of the repository */
    uint64_t repositories, tags, tags_there, failed;
    bool is_over; /* nothing more can be done; logged */
} run_t;

typedef void (*entry_fn)(run_t *run, const char *path, const char *entry);


/* Every name in a directory but hidden ones, in no order. */
static void
directory_walk(run_t *run, const char *path, const char *entry, entry_fn fn)
{
    pool_t *pool = pool_create();
    const char *below = pool_printf(pool, "%s/%s", path, entry);
    DIR *directory = opendir(below);
    struct dirent *each;

    if (directory == NULL) {
        if (errno != ENOTDIR && errno != ENOENT) {
            log_error("cannot read %s: %s", below, strerror(errno));
            run->failed++;
        }

        pool_destroy(pool);
        return;
    }

    while (!run->is_over && (each = readdir(directory)) != NULL) {
        if (each->d_name[0] != '.') {
            fn(run, below, each->d_name);
        }
    }

    closedir(directory);
    pool_destroy(pool);
}


/* --- a tag --------------------------------------------------------------- */


static void
tag_report(run_t *run, const char *tag, const char *what, const char *why)
{
    if (why != NULL || !run->conf->is_quiet) {
        printf("tag %.*s:%s: %s%s%s\n", STR(run->import.name), tag, what,
               why == NULL ? "" : ": ", why == NULL ? "" : why);
    }
}


static reg_digest_t
digest_of(pool_t *pool, str_t content)
{
    char *hex = pool_alloc(pool, REG_DIGEST_HEX_MAX + 1);
    reg_hash_t hash;

    reg_hash_init(&hash, REG_SHA256);
    reg_hash_update(&hash, content.data, content.len);
    reg_hash_hex(&hash, hex);

    return (reg_digest_t){ REG_SHA256, reg_cstr(hex) };
}


static int
manifest_write(run_t *run, str_t id, str_t tag, str_t config, str_t manifest)
{
    store_op_t *op = &run->import.op;
    str_t name = run->import.name;
    reg_digest_t config_digest = digest_of(op->pool, config);
    reg_digest_t digest = digest_of(op->pool, manifest);

    return blob_put(op, &config_digest, config) == OK
                   && blob_link(op, name, &config_digest, &config_digest) == OK
                   && manifest_lock(op, name, true, NULL) == OK
                   && manifest_store(op, name, &digest, manifest) == OK
                   && image_v1_manifest_put(op, name, id, &digest) == OK
                   && tags_put(op, name, &tag, 1, &digest) == OK
               ? OK
               : ERROR;
}


/* A tag that is there is never moved.  DECLINED, with *why_r where that is a
 * failure. */
static int
tag_write(run_t *run, str_t id, str_t tag, const char **why_r)
{
    store_op_t *op = &run->import.op;
    str_t name = run->import.name, config, manifest;
    reg_digest_t there, digest;
    int rc = image_manifest_make(op, name, id, &config, &manifest, why_r);

    if (rc != OK) {
        return *why_r != NULL ? DECLINED : ERROR;
    }

    digest = digest_of(op->pool, manifest);
    rc = tag_get(op, name, tag, &there);

    if (rc == OK) {
        *why_r = reg_digest_eq(&there, &digest)
                     ? NULL
                     : "the tag is there, and is another image";
        return DECLINED;
    }

    return rc == ERROR ? ERROR : manifest_write(run, id, tag, config, manifest);
}


static int
tag_import(run_t *run, const char *path, str_t tag, const char **why_r)
{
    pool_t *pool = run->import.op.pool;
    str_t id;
    int rc = file_get(pool, path, ID_MAX, &id);

    *why_r = "the tag names no image";

    if (rc != OK) {
        return DECLINED;
    }

    while (id.len != 0 && strchr(" \r\n\"", id.data[id.len - 1]) != NULL) {
        id.len--;
    }

    if (!reg_image_id_is_valid(id)) {
        return DECLINED;
    }

    rc = import_chain(&run->import, id, why_r);

    return rc == OK ? tag_write(run, id, tag, why_r) : rc;
}


static void
tag_pass(run_t *run, const char *path, const char *entry)
{
    size_t skip = sizeof(TAG_PREFIX) - 1;
    const char *tag = entry + skip, *why = NULL;
    int rc;

    if (strncmp(entry, TAG_PREFIX, skip) != 0) {
        return;
    }

    if (!reg_tag_is_valid(reg_cstr(tag))) {
        rc = DECLINED;
        why = "no valid tag";

    } else {
        rc = tag_import(run,
                        pool_printf(run->import.op.pool, "%s/%s", path, entry),
                        reg_cstr(tag), &why);
    }

    if (rc == OK) {
        run->tags++;
        tag_report(run, tag, "imported", NULL);

    } else if (rc == DECLINED && why == NULL) {
        run->tags_there++;
        tag_report(run, tag, "there already", NULL);

    } else {
        run->failed++;
        run->is_over = rc == ERROR; /* the store failed, which is logged */
        tag_report(run, tag, "not imported",
                   rc == ERROR ? "the log says why" : why);
    }

    pool_reset(run->import.op.pool);
}


/* --- a repository -------------------------------------------------------- */


/* Names are quoted as in URLs; "library" is the namespace of names without
 * one. */
static int
name_read(pool_t *pool, const char *path, const char *entry, str_t *name_r)
{
    const char *slash = strrchr(path, '/');
    const char *joined = strcmp(slash + 1, "library") == 0
                             ? entry
                             : pool_printf(pool, "%s/%s", slash + 1, entry);
    size_t size = strlen(joined) + 1;

    name_r->data = pool_alloc(pool, size);

    return reg_percent_decode(reg_cstr(joined), true, name_r->data, size,
                              &name_r->len)
                       == OK
                   && reg_name_is_valid(*name_r)
               ? OK
               : ERROR;
}


static void
repository_pass(run_t *run, const char *path, const char *entry)
{
    if (name_read(run->pool, path, entry, &run->import.name) != OK) {
        printf("repository %s/%s: not imported: no valid name\n",
               strrchr(path, '/') + 1, entry);
        run->failed++;
        return;
    }

    run->repositories++;
    digest_set_clear(run->import.seen);
    directory_walk(run, path, entry, tag_pass);
}


static void
namespace_pass(run_t *run, const char *path, const char *entry)
{
    directory_walk(run, path, entry, repository_pass);
}


/* --- the command --------------------------------------------------------- */


static int
storage_find(const char *path, const char **from_r)
{
    int rc = store_root_find(path, from_r);
    pool_t *pool = pool_create();

    if (rc == OK
        && store_root_check(pool_printf(pool, "%s/images", *from_r)) != OK) {
        rc = DECLINED;
    }

    if (rc == DECLINED) {
        log_error("%s holds no storage of the first registry: there is no "
                  "images/ in it",
                  path);
    }

    pool_destroy(pool);

    return rc == OK ? OK : ERROR;
}


static void
summary_print(const run_t *run)
{
    const import_count_t *n = &run->import.n;

    printf("repositories: %llu; tags: %llu imported, %llu there already, %llu "
           "failed\n"
           "images: %llu imported, %llu of them verified by their checksums, "
           "%llu there already; %llu bytes\n",
           (unsigned long long)run->repositories, (unsigned long long)run->tags,
           (unsigned long long)run->tags_there, (unsigned long long)run->failed,
           (unsigned long long)n->images, (unsigned long long)n->verified,
           (unsigned long long)n->there, (unsigned long long)n->bytes);
}


static int
import_run(const call_t *call)
{
    run_t run = { .conf = call->conf, .pool = pool_create() };
    const char *root;
    struct timespec now;
    store_t store;

    if (storage_find(call->words[0], &run.import.from) != OK
        || store_root_find(call->words[1], &root) != OK) {
        return STATUS_FAILED;
    }

    if (store_owner_become(root) != OK || upkeep_lock(root, true, &now) != OK
        || upkeep_alone(root, LOCK) != OK) {
        return STATUS_FAILED;
    }

    json_open();
    store_open(&store, root, NULL);
    run.import.op = store_op_begin(&store, pool_create());
    run.import.seen = digest_set_create();
    directory_walk(&run, run.import.from, "repositories", namespace_pass);
    summary_print(&run);
    digest_set_destroy(run.import.seen);
    pool_destroy(run.import.op.pool);
    pool_destroy(run.pool);

    if (run.is_over || fflush(stdout) != 0) {
        return STATUS_FAILED;
    }

    return run.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}


const command_t import_v1_commands[] = {
    { .noun = "import-v1",
      .words = "DIR ROOT",
      .summary = "Import the storage of the first registry, the one in Python.",
      .detail =
          "DIR is its storage_path, with images/ and repositories/; it is "
          "only read.  ROOT is the value of registry_root.  Each layer is "
          "verified.  It can be run again, and then goes on.  The exit "
          "status is 0 if all is there, 1 if something could not be "
          "imported, 2 if the run ended early; docs/adopt.md.",
      .settings = settings,
      .conf_size = sizeof(conf_t),
      .run = import_run },
    { .noun = NULL },
};
