/* gc_lost.c: what the repositories hold whose manifests are lost.
 *
 * If a manifest is missing, cannot be read or does not match its digest, it is
 * unknown what it needs; but everything that a push may refer to is linked in
 * its repository.  So everything that is linked there is kept, until the
 * manifest is pushed again or deleted. */

#include "gc/gc.h"
#include "repository/link.h"
#include "repository/tag.h"

#include "common/name.h"

/* The repository that is processed. */
typedef struct {
    gc_t *gc;
    str_t name;
    const char *key; /* of the directory of links that is listed */
    bool has_lost;
} repository_t;


/* What a link leads to; its own digest where that is unknown. */
static void
alias_resolve(const repository_t *repository, const reg_digest_t *digest,
              reg_digest_t *stored_r)
{
    gc_t *gc = repository->gc;
    const char *link = pool_printf(
        gc->op.pool, "%s/%s/%.*s/link", repository->key,
        (char *)reg_algorithm_name(digest->algorithm).data, STR(digest->hex));

    if (link_get(&gc->op, link, stored_r) != OK) {
        *stored_r = *digest;
    }
}


static void
link_look(void *data, const reg_digest_t *digest)
{
    repository_t *repository = data;
    gc_t *gc = repository->gc;
    reg_digest_t stored;

    alias_resolve(repository, digest, &stored);
    repository->has_lost |=
        digest_set_has(gc->lost, digest) || digest_set_has(gc->lost, &stored);
    pool_reset(gc->op.pool);
}


static void
link_keep(void *data, const reg_digest_t *digest)
{
    repository_t *repository = data;
    gc_t *gc = repository->gc;
    reg_digest_t stored;

    alias_resolve(repository, digest, &stored);
    digest_set_add(gc->marked, digest);
    digest_set_add(gc->marked, &stored);
    pool_reset(gc->op.pool);
}


static void
tag_look(void *data, const char *tag)
{
    repository_t *repository = data;
    gc_t *gc = repository->gc;
    reg_digest_t digest;

    if (reg_tag_is_valid(reg_cstr(tag))
        && tag_get(&gc->op, repository->name, reg_cstr(tag), &digest) == OK) {
        repository->has_lost |= digest_set_has(gc->lost, &digest);
    }

    pool_reset(gc->op.pool);
}


static void
links_walk(repository_t *repository, const char *directory, walk_digest_fn fn)
{
    walk_t walk = { &repository->gc->op, repository, NULL };
    store_key_t key = key_repository(repository->name, directory);

    repository->key = key.text;

    if (walk_digests(&walk, key.text, fn) == ERROR) {
        gc_incomplete(repository->gc);
    }
}


static void
tags_walk(repository_t *repository)
{
    walk_t walk = { &repository->gc->op, repository, NULL };
    store_key_t key = key_repository(repository->name, "_manifests/tags");

    if (walk_names(&walk, key.text, tag_look) == ERROR) {
        gc_incomplete(repository->gc);
    }
}


static void
repository_pass(void *data, str_t name, unsigned has)
{
    gc_t *gc = data;
    repository_t repository = { .gc = gc, .name = name };

    if ((has & WALK_MANIFESTS) != 0) {
        links_walk(&repository, "_manifests/revisions", link_look);
        tags_walk(&repository);
    }

    if ((has & WALK_LAYERS) == 0) {
        return;
    }

    links_walk(&repository, "_layers", link_look);

    if (repository.has_lost) {
        links_walk(&repository, "_layers", link_keep);
    }
}


void
gc_lost_keep(gc_t *gc)
{
    walk_t walk = { &gc->op, gc, NULL };

    if (digest_set_count(gc->lost) != 0
        && walk_repositories(&walk, repository_pass) == ERROR) {
        gc_incomplete(gc);
    }
}
