/* gc_untagged.c: the revisions of a repository that nothing keeps.
 *
 * A revision is kept by a tag, by its youth, or by another one that is kept:
 * the parts of an image index by the index, a referrer by its subject and the
 * subject by its referrer.  A list of referrers under a fallback tag is kept by
 * the subject, not by that tag: it would keep its subject for ever.  Whether
 * that is so is found out twice: at leisure, and once more, of the times only,
 * while nobody else may change anything in the repository.  Between the two a
 * push can only have made use of a revision by touching it. */

#include "gc.h"
#include "fallback.h"
#include "link.h"
#include "manifest.h"
#include "manifest_old.h"
#include "referrer.h"
#include "tag.h"
#include "upkeep.h"

#include "../common/hash.h"
#include "../common/name.h"
#include "../fcgi_core/log.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define FIRST 64
#define TOLD_MAX 100 /* that one write to the spool tells of */

typedef struct {
    reg_digest_t digest;
    reg_digest_t stored;  /* what its bytes are stored under */
    reg_digest_t subject; /* hex of no length: none */
    size_t wholes;        /* that go as well and have it as a part */
    bool is_there;        /* it has a link */
    bool may_list;        /* it may be a list of referrers */
    bool is_kept;
    bool is_marked;
} revision_t;

/* from keeps to; indexes of revisions */
typedef struct {
    size_t from, to;
    bool is_part; /* of an image index */
} edge_t;

/* A list of referrers; indexes of revisions */
typedef struct {
    const char *tag;
    size_t list, subject;
} fallback_t;

typedef struct {
    gc_t *gc;
    str_t name;
    pool_t *pool; /* for as long as the repository is looked at */
    size_t n, size;
    revision_t *revisions; /* sorted by digest */
    size_t edges_n, edges_size;
    edge_t *edges; /* sorted by from, after all are known */
    size_t fallbacks_n, fallbacks_size;
    fallback_t *fallbacks;
    bool is_uncertain;
} graph_t;


/* --- what there is ------------------------------------------------------- */


/* A table that grows, in a pool. */
static void *
table_grow(pool_t *pool, const void *old, size_t *size, size_t item)
{
    size_t bytes = *size * item;
    void *table;

    *size = *size == 0 ? FIRST : *size * 2;
    table = pool_alloc(pool, *size * item);

    if (bytes != 0) {
        memcpy(table, old, bytes);
    }

    return table;
}


static void
revision_pass(void *data, const reg_digest_t *digest)
{
    graph_t *graph = data;

    if (graph->n == graph->size) {
        graph->revisions = table_grow(graph->pool, graph->revisions,
                                      &graph->size, sizeof(revision_t));
    }

    graph->revisions[graph->n++] =
        (revision_t){ .digest = gc_digest_copy(graph->pool, digest) };
}


static int
revision_compare(const void *a, const void *b)
{
    const reg_digest_t *x = &((const revision_t *)a)->digest;
    const reg_digest_t *y = &((const revision_t *)b)->digest;

    if (x->algorithm != y->algorithm) {
        return x->algorithm < y->algorithm ? -1 : 1;
    }

    /* a fallback tag has only the beginning */
    return memcmp(x->hex.data, y->hex.data,
                  x->hex.len < y->hex.len ? x->hex.len : y->hex.len);
}


/* By the whole digest, or by the beginning of one. */
static revision_t *
revision_find(const graph_t *graph, const reg_digest_t *digest)
{
    const revision_t key = { .digest = *digest };

    return graph->n == 0 ? NULL
                         : bsearch(&key, graph->revisions, graph->n,
                                   sizeof(revision_t), revision_compare);
}


static void
edge_add(graph_t *graph, const revision_t *from, const revision_t *to,
         bool is_part)
{
    if (from == NULL || to == NULL) {
        return;
    }

    if (graph->edges_n == graph->edges_size) {
        graph->edges = table_grow(graph->pool, graph->edges, &graph->edges_size,
                                  sizeof(edge_t));
    }

    graph->edges[graph->edges_n++] =
        (edge_t){ (size_t)(from - graph->revisions),
                  (size_t)(to - graph->revisions), is_part };
}


static void
edges_add(graph_t *graph, revision_t *revision, const manifest_t *manifest)
{
    revision->may_list = fallback_may_list(manifest);

    for (size_t i = 0; manifest->is_index && i < manifest->n; i++) {
        if (manifest->references[i].is_known
            && manifest->references[i].first == i) {
            edge_add(graph, revision,
                     revision_find(graph, &manifest->references[i].digest),
                     true);
        }
    }

    if (manifest->has_subject && manifest->subject.is_known) {
        revision_t *subject = revision_find(graph, &manifest->subject.digest);

        revision->subject =
            gc_digest_copy(graph->pool, &manifest->subject.digest);
        edge_add(graph, subject, revision, false);
        edge_add(graph, revision, subject, false);
    }
}


/* Adds what a revision keeps by its bytes.  One that cannot be understood
 * stays, with whatever its text names. */
static void
content_add(graph_t *graph, revision_t *revision, str_t content)
{
    pool_t *pool = graph->gc->store.pool;
    manifest_t manifest;
    const char *error;

    if (manifest_parse_any(pool, content, &manifest, &error) != OK) {
        manifest_named(pool, content, &manifest);
        revision->is_kept = true;
    }

    edges_add(graph, revision, &manifest);
}


/* Reads a revision.  Where its bytes are lost, nobody knows what it keeps; that
 * is told when it is marked. */
static void
revision_read(graph_t *graph, revision_t *revision)
{
    gc_t *gc = graph->gc;
    char key[REG_PATH_MAX];
    reg_digest_t stored;
    str_t content;
    int rc;

    if (gc_revision_get(gc, graph->name, &revision->digest, &stored) == OK) {
        revision->stored = gc_digest_copy(graph->pool, &stored);
        reg_path_blob(key, sizeof(key), NO_ROOT, &stored);
        rc = store_get(&gc->store, key, REQ_BODY_MAX, &content);
        revision->is_there = rc == OK;

        if (rc == OK && reg_hash_fits(content, &stored)) {
            content_add(graph, revision, content);

        } else {
            graph->is_uncertain = true;
        }
    }

    pool_reset(gc->store.pool);
    gc_progress(gc, "reading");
}


static int
edge_compare(const void *a, const void *b)
{
    const edge_t *x = a, *y = b;

    return x->from != y->from ? (x->from < y->from ? -1 : 1) : 0;
}


static void
edges_sort(graph_t *graph)
{
    if (graph->edges_n != 0) {
        qsort(graph->edges, graph->edges_n, sizeof(edge_t), edge_compare);
    }
}


/* The first edge at or after from. */
static size_t
edge_first(const graph_t *graph, size_t from)
{
    size_t low = 0, high = graph->edges_n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (graph->edges[middle].from < from) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low;
}


/* Whether all that a list has in the repository names the subject. */
static bool
is_list_of(const graph_t *graph, size_t list, const revision_t *subject)
{
    for (size_t i = edge_first(graph, list);
         i < graph->edges_n && graph->edges[i].from == list; i++) {
        const revision_t *part = &graph->revisions[graph->edges[i].to];

        if (part->subject.hex.len == 0
            || !reg_digest_eq(&part->subject, &subject->digest)) {
            return false;
        }
    }

    return true;
}


/* Remembers a list of referrers; false where a tag is that of anything else,
 * or its subject is not here to keep it. */
static bool
fallback_add(graph_t *graph, const char *tag, const revision_t *list)
{
    size_t index = (size_t)(list - graph->revisions);
    const revision_t *subject;
    reg_digest_t start;

    if (!list->may_list || fallback_parse(reg_cstr(tag), &start) != OK
        || fallback_is_of(&start, &list->digest)) {
        return false;
    }

    subject = revision_find(graph, &start);

    if (subject == NULL || !subject->is_there
        || !is_list_of(graph, index, subject)) {
        return false;
    }

    if (graph->fallbacks_n == graph->fallbacks_size) {
        graph->fallbacks =
            table_grow(graph->pool, graph->fallbacks, &graph->fallbacks_size,
                       sizeof(fallback_t));
    }

    graph->fallbacks[graph->fallbacks_n++] =
        (fallback_t){ pool_strdup(graph->pool, tag), index,
                      (size_t)(subject - graph->revisions) };

    return true;
}


static void
tag_pass(void *data, const char *name)
{
    graph_t *graph = data;
    store_t *store = &graph->gc->store;
    str_t tag = reg_cstr(name);
    reg_digest_t digest;
    revision_t *revision;
    int rc;

    if (!reg_tag_is_valid(tag)) {
        return;
    }

    rc = tag_get(store, graph->name, tag, &digest);

    if (rc == OK) {
        revision = revision_find(graph, &digest);

        if (revision != NULL && !fallback_add(graph, name, revision)) {
            revision->is_kept = true;
        }

    } else if (rc == ERROR || tag_check(store, graph->name, tag) == OK) {
        log_warn("gc: tag %s of %.*s cannot be read, so none of its manifests "
                 "is untagged",
                 name, (int)graph->name.len, graph->name.data);
        graph->is_uncertain = true;
    }

    pool_reset(store->pool);
}


/* --- what is kept -------------------------------------------------------- */


/* Keeps whatever those that are kept keep; a subject that is not there keeps
 * none of its referrers, whoever names it.  Every revision enters the list
 * once, so it has room for all. */
static void
kept_spread(graph_t *graph)
{
    size_t *list = pool_alloc(graph->pool, (graph->n + 1) * sizeof(size_t));
    size_t n = 0;

    for (size_t i = 0; i < graph->n; i++) {
        if (graph->revisions[i].is_kept) {
            list[n++] = i;
        }
    }

    while (n != 0) {
        size_t from = list[--n];

        for (size_t i = edge_first(graph, from);
             i < graph->edges_n && graph->edges[i].from == from; i++) {
            revision_t *to = &graph->revisions[graph->edges[i].to];

            if (!to->is_kept && to->is_there) {
                to->is_kept = true;
                list[n++] = graph->edges[i].to;
            }
        }
    }
}


/* What was used since the cutoff is kept: its link was written, or its
 * content touched. */
static void
young_keep(graph_t *graph)
{
    gc_t *gc = graph->gc;

    for (size_t i = 0; i < graph->n; i++) {
        revision_t *revision = &graph->revisions[i];
        char path[REG_PATH_MAX];
        str_t root = reg_cstr(gc->store.root);

        if (revision->is_kept || !revision->is_there) {
            continue;
        }

        reg_path_revision_link(path, sizeof(path), root, graph->name,
                               &revision->digest);
        revision->is_kept = upkeep_is_young(path, &gc->cutoff);

        if (!revision->is_kept) {
            reg_path_blob(path, sizeof(path), root, &revision->stored);
            revision->is_kept = upkeep_is_young(path, &gc->cutoff);
        }
    }

    kept_spread(graph);
}


static void
kept_mark(graph_t *graph)
{
    for (size_t i = 0; i < graph->n; i++) {
        revision_t *revision = &graph->revisions[i];

        if ((revision->is_kept || !revision->is_there)
            && !revision->is_marked) {
            revision->is_marked = true;
            gc_mark_revision(graph->gc, graph->name, &revision->digest);
        }
    }
}


/* --- what goes ----------------------------------------------------------- */


/* Removes a file, if it is there, and the folders around it that are empty
 * then.  Whoever writes there makes them anew. */
static int
path_remove(char *path, int folders)
{
    if (unlink(path) != 0 && errno != ENOENT) {
        log_error("cannot remove %s: %s", path, strerror(errno));
        return ERROR;
    }

    for (int i = 0; i < folders; i++) {
        *strrchr(path, '/') = '\0';

        if (rmdir(path) != 0) {
            break;
        }
    }

    return OK;
}


/* As manifest_delete() does it: its own link goes last. */
static int
revision_remove(graph_t *graph, const revision_t *revision)
{
    str_t root = reg_cstr(graph->gc->store.root);
    char path[REG_PATH_MAX];

    if (revision->subject.hex.len != 0) {
        reg_path_referrers(path, sizeof(path), root, graph->name,
                           &revision->subject, &revision->digest);

        if (path_remove(path, 3) != OK) {
            return ERROR;
        }
    }

    reg_path_revision_descriptor(path, sizeof(path), root, graph->name,
                                 &revision->digest);

    if (path_remove(path, 0) != OK) {
        return ERROR;
    }

    reg_path_revision_link(path, sizeof(path), root, graph->name,
                           &revision->digest);

    if (path_remove(path, 0) != OK) {
        return ERROR;
    }

    reg_path_revision_sparse(path, sizeof(path), root, graph->name,
                             &revision->digest);

    return path_remove(path, 1);
}


/* Removes a tag, unless it has been moved. */
static int
tag_remove(graph_t *graph, const char *tag, const reg_digest_t *digest)
{
    store_t *store = &graph->gc->store;
    reg_digest_t current;
    int rc = tag_get(store, graph->name, reg_cstr(tag), &current);

    if (rc == OK && reg_digest_eq(&current, digest)) {
        rc = gc_event(graph->gc, graph->name, &(gc_gone_t){ .tag = tag }, 1);

        if (rc == OK) {
            rc = tag_del(store, graph->name, reg_cstr(tag));
        }
    }

    return rc == ERROR ? ERROR : OK;
}


/* The fallback tags of lists that go. */
static void
fallbacks_remove(graph_t *graph)
{
    gc_t *gc = graph->gc;

    for (size_t i = 0; i < graph->fallbacks_n; i++) {
        const char *tag = graph->fallbacks[i].tag;
        revision_t *list = &graph->revisions[graph->fallbacks[i].list];

        if (list->is_kept) {
            continue;
        }

        if (!gc->is_dry_run && tag_remove(graph, tag, &list->digest) != OK) {
            gc->has_failed = true;
            list->is_kept = true;
            continue;
        }

        gc_tell(gc,
                "tag %.*s:%s: it lists the referrers of what no tag reaches",
                (int)graph->name.len, graph->name.data, tag);
    }
}


static bool
is_going(const revision_t *revision)
{
    return revision->is_there && !revision->is_kept;
}


static void
wholes_count(graph_t *graph)
{
    for (size_t i = 0; i < graph->edges_n; i++) {
        const edge_t *edge = &graph->edges[i];

        if (edge->is_part && is_going(&graph->revisions[edge->from])) {
            graph->revisions[edge->to].wholes++;
        }
    }
}


/* What cannot be removed is kept. */
static bool
other_remove(graph_t *graph, revision_t *revision)
{
    gc_t *gc = graph->gc;
    char text[REG_DIGEST_MAX + 1];

    if (!gc->is_dry_run && revision_remove(graph, revision) != OK) {
        gc->has_failed = true;
        revision->is_kept = true;
        return false;
    }

    gc->n.revisions++;
    reg_digest_print(&revision->digest, text);
    gc_tell(gc, "manifest %.*s@%s: no tag reaches it", (int)graph->name.len,
            graph->name.data, text);

    return true;
}


/* The parts that may go, now that this index has. */
static void
parts_release(graph_t *graph, size_t from, size_t *list, size_t *n)
{
    for (size_t i = edge_first(graph, from);
         i < graph->edges_n && graph->edges[i].from == from; i++) {
        revision_t *to = &graph->revisions[graph->edges[i].to];

        if (graph->edges[i].is_part && --to->wholes == 0 && is_going(to)) {
            list[(*n)++] = graph->edges[i].to;
        }
    }
}


/* Those of the list that the next event tells of.  What was told of and not
 * removed when the machine stops stays so until the next run. */
static bool
some_tell(graph_t *graph, const size_t *some, size_t n)
{
    gc_gone_t gone[TOLD_MAX];

    for (size_t i = 0; i < n; i++) {
        gone[i] = (gc_gone_t){ .digest = &graph->revisions[some[i]].digest };
    }

    return graph->gc->is_dry_run
           || gc_event(graph->gc, graph->name, gone, n) == OK;
}


/* Takes some from the end of the list, and adds the parts that may go then. */
static void
some_remove(graph_t *graph, size_t *list, size_t *n)
{
    size_t some[TOLD_MAX], taken = *n < TOLD_MAX ? *n : TOLD_MAX;
    bool is_told;

    *n -= taken;
    memcpy(some, &list[*n], taken * sizeof(size_t));
    is_told = some_tell(graph, some, taken);

    for (size_t i = 0; i < taken; i++) {
        revision_t *revision = &graph->revisions[some[i]];

        if (!is_told) {
            graph->gc->has_failed = true;
            revision->is_kept = true;

        } else if (other_remove(graph, revision)) {
            parts_release(graph, some[i], list, n);
        }
    }
}


/* An index goes before its parts: whoever kills a collection, or keeps it from
 * removing something, must not find an index without them. */
static void
others_remove(graph_t *graph)
{
    size_t *list = pool_alloc(graph->pool, (graph->n + 1) * sizeof(size_t));
    size_t n = 0;

    wholes_count(graph);

    for (size_t i = 0; i < graph->n; i++) {
        if (is_going(&graph->revisions[i]) && graph->revisions[i].wholes == 0) {
            list[n++] = i;
        }
    }

    while (n != 0) {
        some_remove(graph, list, &n);
    }

    for (size_t i = 0; i < graph->n; i++) {
        if (graph->revisions[i].wholes != 0) {
            graph->revisions[i].is_kept = true;
        }
    }
}


static bool
is_stored(const graph_t *graph, const char *key)
{
    uint64_t size;

    return store_stat(&graph->gc->store, key, &size) == OK;
}


/* A collection that was killed may have taken a referrer from its subject's
 * list, and somebody has kept the two since; unless it has been deleted while
 * nobody held the lock. */
static bool
is_unlisted(const graph_t *graph, const revision_t *revision)
{
    char link[REG_PATH_MAX], listed[REG_PATH_MAX];

    if (!revision->is_kept || !revision->is_there
        || revision->subject.hex.len == 0) {
        return false;
    }

    reg_path_referrers(listed, sizeof(listed), NO_ROOT, graph->name,
                       &revision->subject, &revision->digest);
    reg_path_revision_link(link, sizeof(link), NO_ROOT, graph->name,
                           &revision->digest);

    return !is_stored(graph, listed) && is_stored(graph, link);
}


static bool
has_unlisted(const graph_t *graph)
{
    bool found = false;

    for (size_t i = 0; i < graph->n && !found; i++) {
        found = is_unlisted(graph, &graph->revisions[i]);
        pool_reset(graph->gc->store.pool);
    }

    return found;
}


static void
unlisted_put(graph_t *graph)
{
    gc_t *gc = graph->gc;

    for (size_t i = 0; i < graph->n && !gc->is_dry_run; i++) {
        revision_t *revision = &graph->revisions[i];

        if (is_unlisted(graph, revision)
            && referrer_put(&gc->store, graph->name, &revision->subject,
                            &revision->digest)
                   != OK) {
            gc->has_failed = true;
        }
    }
}


/* Whether anything is not kept. */
static bool
has_others(const graph_t *graph)
{
    for (size_t i = 0; i < graph->n; i++) {
        if (is_going(&graph->revisions[i])) {
            return true;
        }
    }

    return false;
}


static void
graph_make(graph_t *graph)
{
    gc_t *gc = graph->gc;
    walk_t walk = { &gc->store, graph, NULL };
    char key[REG_PATH_MAX];

    reg_path_repository(key, sizeof(key), NO_ROOT, graph->name,
                        "_manifests/revisions");

    if (walk_digests(&walk, key, revision_pass) == ERROR) {
        graph->is_uncertain = true;
        gc_blind(gc);
    }

    if (graph->n != 0) {
        qsort(graph->revisions, graph->n, sizeof(revision_t), revision_compare);
    }

    for (size_t i = 0; i < graph->n; i++) {
        revision_read(graph, &graph->revisions[i]);
    }

    edges_sort(graph);
    reg_path_repository(key, sizeof(key), NO_ROOT, graph->name,
                        "_manifests/tags");

    if (walk_names(&walk, key, tag_pass) == ERROR) {
        graph->is_uncertain = true;
        gc_blind(gc);
    }

    for (size_t i = 0; i < graph->fallbacks_n; i++) {
        const fallback_t *fallback = &graph->fallbacks[i];

        edge_add(graph, &graph->revisions[fallback->subject],
                 &graph->revisions[fallback->list], false);
    }

    edges_sort(graph);
}


static void
all_keep(graph_t *graph)
{
    for (size_t i = 0; i < graph->n; i++) {
        graph->revisions[i].is_kept = true;
    }
}


/* Under the repository's lock, which ends with the store's pool. */
static void
others_take(graph_t *graph)
{
    gc_t *gc = graph->gc;

    if (!gc->is_dry_run
        && manifest_lock(&gc->store, graph->name, false) != OK) {
        gc->has_failed = true;
        all_keep(graph);
        return;
    }

    young_keep(graph);
    fallbacks_remove(graph);
    others_remove(graph);
    unlisted_put(graph);
    pool_reset(gc->store.pool);
}


void
gc_untagged(gc_t *gc, str_t name)
{
    graph_t graph = { .gc = gc, .name = name, .pool = pool_create() };

    graph_make(&graph);

    if (graph.is_uncertain) {
        gc->has_failed = true; /* to remove what is untagged */
        all_keep(&graph);

    } else {
        young_keep(&graph);
    }

    if (has_others(&graph) || has_unlisted(&graph)) {
        others_take(&graph);
    }

    kept_mark(&graph);
    pool_destroy(graph.pool);
}
