/* gc_alias.c: which content is stored under another name than its own.
 *
 * registry:2 stores what it got under a sha512 by its sha256, and only the
 * links of a repository say so.  They are all read before the first manifest
 * is: what a manifest leads to is the same in every repository then, and each
 * is read once. */

#include "gc/gc.h"
#include "repository/link.h"

#include <stdlib.h>

#define FIRST 64
#define ALIASED "sha512" /* the only names that registry:2 gives away */

/* A directory of links of a repository. */
typedef struct {
    gc_t *gc;
    const char *key;
} directory_t;


static void
alias_add(gc_t *gc, const reg_digest_t *digest, const reg_digest_t *stored)
{
    gc_aliases_t *aliases = &gc->aliases;

    if (aliases->n == aliases->size) {
        gc_alias_t *old = aliases->items;

        aliases->size = aliases->n == 0 ? FIRST : aliases->n * 2;
        aliases->items =
            pool_alloc(gc->pool, aliases->size * sizeof(gc_alias_t));

        if (aliases->n != 0) {
            memcpy(aliases->items, old, aliases->n * sizeof(gc_alias_t));
        }
    }

    aliases->items[aliases->n++] =
        (gc_alias_t){ gc_digest_copy(gc->pool, digest),
                      gc_digest_copy(gc->pool, stored) };
}


static void
link_pass(void *data, const char *name)
{
    const directory_t *directory = data;
    gc_t *gc = directory->gc;
    pool_t *pool = gc->op.pool;
    const char *text = pool_printf(pool, ALIASED ":%s", name);
    reg_digest_t digest, stored;
    int rc = DECLINED;

    if (reg_digest_parse(reg_cstr(text), &digest) == OK) {
        rc = link_get(&gc->op,
                      pool_printf(pool, "%s/%s/link", directory->key, name),
                      &stored);
    }

    if (rc == ERROR) {
        gc_incomplete(gc);

    } else if (rc == OK && !reg_digest_eq(&digest, &stored)) {
        alias_add(gc, &digest, &stored);
    }

    pool_reset(pool);
}


static void
directory_walk(gc_t *gc, str_t name, const char *links)
{
    store_key_t key = key_repository(name, links);
    directory_t directory = { gc, key.text };
    walk_t walk = { &gc->op, &directory, NULL };

    if (walk_names(&walk, key.text, link_pass) == ERROR) {
        gc_incomplete(gc);
    }
}


static void
repository_pass(void *data, str_t name, unsigned has)
{
    gc_t *gc = data;

    if ((has & WALK_LAYERS) != 0) {
        directory_walk(gc, name, "_layers/" ALIASED);
    }

    if ((has & WALK_MANIFESTS) != 0) {
        directory_walk(gc, name, "_manifests/revisions/" ALIASED);
    }
}


static int
alias_compare(const void *a, const void *b)
{
    const gc_alias_t *x = a, *y = b;

    return memcmp(x->digest.hex.data, y->digest.hex.data, x->digest.hex.len);
}


void
gc_aliases_find(gc_t *gc)
{
    walk_t walk = { &gc->op, gc, NULL };

    if (walk_repositories(&walk, repository_pass) == ERROR) {
        gc_incomplete(gc);
    }

    if (gc->aliases.n != 0) {
        qsort(gc->aliases.items, gc->aliases.n, sizeof(gc_alias_t),
              alias_compare);
    }
}


size_t
gc_aliases_of(const gc_t *gc, const reg_digest_t *digest,
              const gc_alias_t **first_r)
{
    const gc_aliases_t *aliases = &gc->aliases;
    const gc_alias_t key = { .digest = *digest }, *found = NULL;
    size_t n = 0;

    if (aliases->n != 0 && digest->algorithm == REG_SHA512) {
        found = bsearch(&key, aliases->items, aliases->n, sizeof(gc_alias_t),
                        alias_compare);
    }

    if (found == NULL) {
        return 0;
    }

    while (found > aliases->items && alias_compare(found - 1, &key) == 0) {
        found--;
    }

    *first_r = found;

    while (found < aliases->items + aliases->n
           && alias_compare(found, &key) == 0) {
        found++;
        n++;
    }

    return n;
}
