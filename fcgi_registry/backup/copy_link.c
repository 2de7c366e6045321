/* copy_link.c: copies links and the other small files of a repository. */

#include "backup/copy.h"
#include "fcgi_core/file.h"
#include "repository/link.h"
#include "repository/walk.h"

#include "fcgi_core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes: as many as the json of an image of the original protocol may have.  Of
 * what may be longer, that is its list of files, which is made again. */
#define FILE_MAX (1024 * 1024)
#define DEPTH_MAX 8 /* directories below a part of a repository */


/* As old as it was: fsck takes the newest of a tag's history. */
static int
times_copy(const char *from, const char *to)
{
    struct stat st;

    if (stat(from, &st) != 0) {
        return OK; /* gone by now */
    }

    return utimensat(AT_FDCWD, to,
                     (struct timespec[]){ st.st_mtim, st.st_mtim }, 0)
                   == 0
               ? OK
               : ERROR;
}


/* An empty one is what a crash may have left. */
static bool
is_there(copy_t *copy, const char *key, str_t content)
{
    str_t there;
    int rc = file_get(copy->to.pool, store_path(&copy->links_to, key), FILE_MAX,
                      &there);

    return rc == OK
           && (reg_str_eq(there, content)
               || (copy->is_adding && there.len != 0));
}


/* Only a link that is empty may be one that is being written. */
static int
content_read(copy_t *copy, const char *key, str_t *content_r)
{
    return strcmp(strrchr(key, '/'), "/link") == 0
               ? link_text(&copy->from, key, FILE_MAX, content_r)
               : store_get(&copy->from, key, FILE_MAX, content_r);
}


int
copy_link(copy_t *copy, const char *key)
{
    pool_t *pool = copy->from.pool;
    const char *from = store_path(&copy->from, key);
    const char *to = store_path(&copy->links_to, key);
    str_t content;
    int rc = content_read(copy, key, &content);

    if (rc == ERROR && copy->from.err == EFBIG) {
        copy->from.err = 0; /* a stranger's, and logged */
        return OK;
    }

    if (rc == ERROR) {
        copy->is_over = true; /* logged */
    }

    if (rc != OK) {
        return rc;
    }

    if (is_there(copy, key, content)) {
        return OK;
    }

    copy->links++;

    return file_put_hint(pool, to, content) == OK && times_copy(from, to) == OK
               ? OK
               : copy_fail(copy, "write", to);
}


/* --- trees --------------------------------------------------------------- */


typedef struct {
    copy_t *copy;
    const char *key; /* of the directory that is listed */
    int depth;
} tree_t;


static void tree_walk(copy_t *copy, const char *key, int depth);


static void
name_pass(void *data, const char *name)
{
    const tree_t *tree = data;
    copy_t *copy = tree->copy;
    store_key_t key;
    int len = snprintf(key.text, sizeof(key.text), "%s/%s", tree->key, name);
    int rc;

    if (copy->is_over || file_is_leftover(name)) {
        return;
    }

    if (len < 0 || (size_t)len >= sizeof(key.text)
        || tree->depth == DEPTH_MAX) {
        log_warn("%s: %s/%s does not belong to a store and is skipped",
                 copy->command, tree->key, name);
        return;
    }

    rc = copy_link(copy, key.text);
    pool_reset(copy->from.pool);

    if (rc == DECLINED) {
        tree_walk(copy, key.text, tree->depth + 1);
    }

    copy_progress(copy);
}


static void
tree_walk(copy_t *copy, const char *key, int depth)
{
    tree_t tree = { copy, key, depth };
    walk_t walk = { &copy->from, &tree, NULL };

    if (walk_names(&walk, key, name_pass) == ERROR) {
        copy->is_over = true;
    }
}


void
copy_tree(copy_t *copy, const char *key)
{
    tree_walk(copy, key, 0);
}


void
copy_directory(copy_t *copy, str_t name, const char *directory)
{
    store_key_t key = key_repository(name, directory);
    const char *to = store_path(&copy->links_to, key.text);

    if (access(store_path(&copy->from, key.text), F_OK) == 0
        && directory_make_unsynced(copy->to.pool, to, NULL) != OK) {
        copy_fail(copy, "make", to);
    }

    pool_reset(copy->from.pool);
}
