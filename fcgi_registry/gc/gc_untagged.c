/* gc_untagged.c: the revisions of a repository that nothing keeps.
 *
 * A revision is kept by a tag, by its youth, or by another one that is kept:
 * the parts of an image index by the index, a referrer by its subject and the
 * subject by its referrer.  A list of referrers under a fallback tag is kept by
 * the subject, not by that tag: it would keep its subject for ever.  Whether
 * that is so is found out twice: at leisure, and once more, of the times only,
 * while no one else may change anything in the repository.  Between the two a
 * push can only have made use of a revision by touching it.
 *
 * What goes is removed in portions, and pushes have their turn between them.
 * Each portion looks again at the times of whole groups: what keeps a revision,
 * directly or not, is in its group. */

#include "gc/gc.h"
#include "repository/referrers_tag.h"
#include "repository/link.h"
#include "repository/manifest.h"
#include "repository/manifest_del.h"
#include "manifest/manifest_schema1.h"
#include "repository/referrer.h"
#include "repository/tag.h"

#include "common/hash.h"
#include "common/name.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"

#include <stdlib.h>

#define FIRST 64
#define TOLD_MAX 25 /* that one write to the spool tells of */
#define HOLD_MS 150 /* how long a repository is locked for a portion */

typedef struct {
    reg_digest_t digest;
    reg_digest_t stored;    /* what its bytes are stored under */
    reg_digest_t subject;   /* hex of no length: none */
    size_t n_dying_parents; /* that go as well and have it as a part */
    size_t group;           /* of those that go: the index of one of them */
    bool is_there;          /* it has a link */
    bool may_list;          /* it may be a list of referrers */
    bool is_kept;
    bool is_gone; /* it was removed, or would have been */
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
} referrers_tag_t;

typedef struct {
    gc_t *gc;
    str_t name;
    pool_t *pool; /* for as long as the repository is looked at */
    size_t n, size;
    revision_t *revisions; /* sorted by digest */
    size_t edges_n, edges_size;
    edge_t *edges; /* sorted by from, after all are known */
    size_t fallbacks_n, fallbacks_size;
    referrers_tag_t
        *fallbacks;         /* sorted by the list's group, before any goes */
    size_t fallbacks_next;  /* the first of the group */
    size_t *spread, *ready; /* room for the index of every revision, each */
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
    revision->may_list = referrers_tag_may_list(manifest);

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


/* Reads a revision.  Where its bytes are lost, no one knows what it keeps; that
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
        rc = store_get(&gc->store, key, MANIFEST_BYTES_MAX, &content);
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
referrers_tag_add(graph_t *graph, const char *tag, const revision_t *list)
{
    size_t index = (size_t)(list - graph->revisions);
    const revision_t *subject;
    reg_digest_t start;

    if (!list->may_list || referrers_tag_parse(reg_cstr(tag), &start) != OK
        || referrers_tag_is_of(&start, &list->digest)) {
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
                       sizeof(referrers_tag_t));
    }

    graph->fallbacks[graph->fallbacks_n++] =
        (referrers_tag_t){ pool_strdup(graph->pool, tag), index,
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

        if (revision != NULL && !referrers_tag_add(graph, name, revision)) {
            revision->is_kept = true;
        }

    } else if (rc == ERROR || tag_check(store, graph->name, tag) != DECLINED) {
        log_warn("gc: tag %s of %.*s cannot be read, so none of its manifests "
                 "is untagged",
                 name, (int)graph->name.len, graph->name.data);
        graph->is_uncertain = true;
    }

    pool_reset(store->pool);
}


/* --- what is kept -------------------------------------------------------- */


static bool
is_going(const revision_t *revision)
{
    return revision->is_there && !revision->is_kept && !revision->is_gone;
}


/* Keeps a revision and whatever it keeps; a subject that is not there keeps
 * none of its referrers, whoever names it.  Every revision enters the list
 * once, so it has room for all. */
static void
revision_keep(graph_t *graph, revision_t *revision)
{
    size_t *list = graph->spread;
    size_t n = 0;

    revision->is_kept = true;
    list[n++] = (size_t)(revision - graph->revisions);

    while (n != 0) {
        size_t from = list[--n];

        for (size_t i = edge_first(graph, from);
             i < graph->edges_n && graph->edges[i].from == from; i++) {
            revision_t *to = &graph->revisions[graph->edges[i].to];

            if (is_going(to)) {
                to->is_kept = true;
                list[n++] = graph->edges[i].to;
            }
        }
    }
}


/* What a tag keeps. */
static void
tagged_keep(graph_t *graph)
{
    for (size_t i = 0; i < graph->n; i++) {
        if (graph->revisions[i].is_kept) {
            revision_keep(graph, &graph->revisions[i]);
        }
    }
}


/* What cannot be looked at may be young. */
static bool
is_young(const graph_t *graph, const char *key)
{
    gc_t *gc = graph->gc;
    store_stat_t stat;
    int rc = store_stat(&gc->store, key, &stat);

    if (rc == ERROR) {
        gc->has_failed = true;
    }

    return rc == ERROR || (rc == OK && store_is_since(&stat, &gc->cutoff));
}


/* What was used since the cutoff is kept: its link was written, or its
 * content touched. */
static bool
is_used(const graph_t *graph, const revision_t *revision)
{
    char key[REG_PATH_MAX];

    reg_path_revision_link(key, sizeof(key), NO_ROOT, graph->name,
                           &revision->digest);

    if (is_young(graph, key)) {
        return true;
    }

    reg_path_blob(key, sizeof(key), NO_ROOT, &revision->stored);

    return is_young(graph, key);
}


static void
young_keep(graph_t *graph, revision_t *revision)
{
    if (is_going(revision) && is_used(graph, revision)) {
        revision_keep(graph, revision);
    }
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


/* The fallback tags of lists that go, of a group. */
static void
fallbacks_remove(graph_t *graph, size_t group)
{
    gc_t *gc = graph->gc;

    for (; graph->fallbacks_next < graph->fallbacks_n;
         graph->fallbacks_next++) {
        const referrers_tag_t *fallback =
            &graph->fallbacks[graph->fallbacks_next];
        revision_t *list = &graph->revisions[fallback->list];

        if (list->group > group) {
            return;
        }

        if (list->group < group || !is_going(list)) {
            continue;
        }

        if (!gc->is_dry_run
            && tag_remove(graph, fallback->tag, &list->digest) != OK) {
            gc->has_failed = true;
            revision_keep(graph, list);
            continue;
        }

        gc_tell(gc,
                "tag %.*s:%s: it lists the referrers of what no tag reaches",
                (int)graph->name.len, graph->name.data, fallback->tag);
    }
}


/* What cannot be removed is kept, and what it keeps. */
static bool
other_remove(graph_t *graph, revision_t *revision)
{
    gc_t *gc = graph->gc;
    char text[REG_DIGEST_MAX + 1];

    gc->store.err = 0;

    if (!gc->is_dry_run
        && manifest_drop(&gc->store, graph->name, &revision->digest,
                         revision->subject.hex.len != 0 ? &revision->subject
                                                        : NULL)
               == ERROR) {
        gc->has_failed = true;
        revision_keep(graph, revision);
        return false;
    }

    if (gc->store.err != 0) {
        gc->has_failed = true; /* something of it is left */
    }

    revision->is_gone = true;
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

        if (graph->edges[i].is_part && --to->n_dying_parents == 0
            && is_going(to)) {
            list[(*n)++] = graph->edges[i].to;
        }
    }
}


/* Those of the list that the next event tells of.  What was told of and not
 * removed when the machine stops stays so until the next run. */
static bool
batch_report(graph_t *graph, const size_t *some, size_t n)
{
    gc_gone_t gone[TOLD_MAX];

    for (size_t i = 0; i < n; i++) {
        gone[i] = (gc_gone_t){ .digest = &graph->revisions[some[i]].digest };
    }

    return graph->gc->is_dry_run
           || gc_event(graph->gc, graph->name, gone, n) == OK;
}


/* The next ones from the end of the list, without those that are kept by
 * now. */
static size_t
batch_take(graph_t *graph, size_t *some, size_t *n)
{
    size_t taken = 0;

    while (*n != 0 && taken < TOLD_MAX) {
        size_t index = graph->ready[--*n];

        if (is_going(&graph->revisions[index])) {
            some[taken++] = index;
        }
    }

    return taken;
}


/* Removes some from the end of the list, and adds the parts that may go
 * then. */
static void
some_remove(graph_t *graph, size_t *n)
{
    size_t some[TOLD_MAX], taken = batch_take(graph, some, n);
    bool is_told = taken == 0 || batch_report(graph, some, taken);

    for (size_t i = 0; i < taken; i++) {
        revision_t *revision = &graph->revisions[some[i]];

        if (!is_told) {
            graph->gc->has_failed = true;
            revision_keep(graph, revision);

        } else if (is_going(revision) && other_remove(graph, revision)) {
            parts_release(graph, some[i], graph->ready, n);
        }
    }
}


/* --- groups -------------------------------------------------------------- */


typedef struct {
    size_t n;
    size_t *members; /* indexes of revisions, sorted by their group */
} going_t;


static size_t
group_find(graph_t *graph, size_t index)
{
    revision_t *revisions = graph->revisions;

    while (revisions[index].group != index) {
        revisions[index].group = revisions[revisions[index].group].group;
        index = revisions[index].group;
    }

    return index;
}


static int
member_compare(const void *a, const void *b, void *data)
{
    const graph_t *graph = data;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    size_t x_group = graph->revisions[x].group;
    size_t y_group = graph->revisions[y].group;

    return x_group != y_group ? (x_group < y_group ? -1 : 1) : x < y ? -1 : 1;
}


static int
referrers_tag_compare(const void *a, const void *b, void *data)
{
    const graph_t *graph = data;
    size_t x = graph->revisions[((const referrers_tag_t *)a)->list].group;
    size_t y = graph->revisions[((const referrers_tag_t *)b)->list].group;

    return x < y ? -1 : x > y;
}


/* Puts those that go in groups of what an edge joins. */
static void
groups_join(graph_t *graph)
{
    revision_t *revisions = graph->revisions;

    for (size_t i = 0; i < graph->n; i++) {
        revisions[i].group = i;
    }

    for (size_t i = 0; i < graph->edges_n; i++) {
        const edge_t *edge = &graph->edges[i];

        if (is_going(&revisions[edge->from])
            && is_going(&revisions[edge->to])) {
            revisions[group_find(graph, edge->from)].group =
                group_find(graph, edge->to);
        }
    }

    for (size_t i = 0; i < graph->n; i++) {
        revisions[i].group = group_find(graph, i);
    }
}


static going_t
groups_make(graph_t *graph)
{
    going_t going = { 0, pool_alloc(graph->pool,
                                    (graph->n + 1) * sizeof(size_t)) };

    groups_join(graph);

    for (size_t i = 0; i < graph->n; i++) {
        if (is_going(&graph->revisions[i])) {
            going.members[going.n++] = i;
        }
    }

    if (going.n != 0) {
        qsort_r(going.members, going.n, sizeof(size_t), member_compare, graph);
    }

    if (graph->fallbacks_n != 0) {
        qsort_r(graph->fallbacks, graph->fallbacks_n, sizeof(referrers_tag_t),
                referrers_tag_compare, graph);
    }

    return going;
}


/* Where the group ends that begins at from. */
static size_t
group_end(const graph_t *graph, const going_t *going, size_t from)
{
    size_t group = graph->revisions[going->members[from]].group;
    size_t end = from;

    while (end < going->n
           && graph->revisions[going->members[end]].group == group) {
        end++;
    }

    return end;
}


static void
dying_parents_count(graph_t *graph, const size_t *members, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        graph->revisions[members[i]].n_dying_parents = 0;
    }

    for (size_t i = 0; i < n; i++) {
        size_t from = members[i];

        for (size_t j = edge_first(graph, from);
             is_going(&graph->revisions[from]) && j < graph->edges_n
             && graph->edges[j].from == from;
             j++) {
            graph->revisions[graph->edges[j].to].n_dying_parents +=
                graph->edges[j].is_part;
        }
    }
}


/* An index goes before its parts: whoever kills a collection, or keeps it from
 * removing something, must not find an index without them.  False where the
 * time was over before all were gone. */
static bool
members_remove(graph_t *graph, const size_t *members, size_t n, int64_t until)
{
    size_t ready = 0;

    dying_parents_count(graph, members, n);

    for (size_t i = 0; i < n; i++) {
        const revision_t *revision = &graph->revisions[members[i]];

        if (is_going(revision) && revision->n_dying_parents == 0) {
            graph->ready[ready++] = members[i];
        }
    }

    do {
        some_remove(graph, &ready);
    } while (ready != 0 && clock_ms() < until);

    return ready == 0;
}


/* Decides on a group once more, and removes what still goes.  False where
 * something is left for the next portion. */
static bool
group_take(graph_t *graph, const size_t *members, size_t n, int64_t until)
{
    for (size_t i = 0; i < n; i++) {
        young_keep(graph, &graph->revisions[members[i]]);
    }

    fallbacks_remove(graph, graph->revisions[members[0]].group);

    return members_remove(graph, members, n, until);
}


/* Under the repository's lock, which ends with the store's pool.  Returns how
 * far it came. */
static size_t
portion_take(graph_t *graph, const going_t *going, size_t from)
{
    int64_t until = clock_ms() + HOLD_MS;

    do {
        size_t end = group_end(graph, going, from);

        if (group_take(graph, &going->members[from], end - from, until)) {
            from = end;
        }
    } while (from < going->n && clock_ms() < until);

    pool_reset(graph->gc->store.pool);

    return from;
}


static int
repository_lock(graph_t *graph)
{
    gc_t *gc = graph->gc;

    if (gc->is_dry_run || manifest_lock(&gc->store, graph->name, false) == OK) {
        return OK;
    }

    gc->has_failed = true;
    pool_reset(gc->store.pool);

    return ERROR;
}


static void
sweep_locked(graph_t *graph)
{
    going_t going = groups_make(graph);
    size_t from = 0;

    while (from < going.n && repository_lock(graph) == OK) {
        from = portion_take(graph, &going, from);
        gc_progress(graph->gc, "removing manifests");
    }

    for (; from < going.n; from++) {
        revision_t *revision = &graph->revisions[going.members[from]];

        revision->is_kept = !revision->is_gone;
    }
}


/* --- what is listed again ------------------------------------------------ */


static int
key_check(const graph_t *graph, const char *key)
{
    int rc = store_check(&graph->gc->store, key);

    if (rc == ERROR) {
        graph->gc->has_failed = true;
    }

    return rc;
}


/* A collection that was killed may have taken a referrer from its subject's
 * list, and somebody has kept the two since; unless it has been deleted while
 * no one held the lock. */
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

    return key_check(graph, listed) == DECLINED && key_check(graph, link) == OK;
}


static void
unlisted_put(graph_t *graph, const revision_t *revision)
{
    gc_t *gc = graph->gc;

    if (repository_lock(graph) != OK) {
        return;
    }

    if (is_unlisted(graph, revision)
        && referrer_put(&gc->store, graph->name, &revision->subject,
                        &revision->digest)
               != OK) {
        gc->has_failed = true;
    }
}


static void
all_unlisted_put(graph_t *graph)
{
    gc_t *gc = graph->gc;

    for (size_t i = 0; i < graph->n && !gc->is_dry_run; i++) {
        if (is_unlisted(graph, &graph->revisions[i])) {
            unlisted_put(graph, &graph->revisions[i]);
        }

        pool_reset(gc->store.pool); /* and the lock */
    }
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
        gc_incomplete(gc);
    }

    if (graph->n != 0) {
        qsort(graph->revisions, graph->n, sizeof(revision_t), revision_compare);
    }

    graph->spread = pool_alloc(graph->pool, (graph->n + 1) * sizeof(size_t));
    graph->ready = pool_alloc(graph->pool, (graph->n + 1) * sizeof(size_t));

    for (size_t i = 0; i < graph->n; i++) {
        revision_read(graph, &graph->revisions[i]);
    }

    edges_sort(graph);
    reg_path_repository(key, sizeof(key), NO_ROOT, graph->name,
                        "_manifests/tags");

    if (walk_names(&walk, key, tag_pass) == ERROR) {
        graph->is_uncertain = true;
        gc_incomplete(gc);
    }

    for (size_t i = 0; i < graph->fallbacks_n; i++) {
        const referrers_tag_t *fallback = &graph->fallbacks[i];

        edge_add(graph, &graph->revisions[fallback->subject],
                 &graph->revisions[fallback->list], false);
    }

    edges_sort(graph);
}


/* Without the lock: what goes by this goes only if it is still so with it. */
static void
used_keep(graph_t *graph)
{
    tagged_keep(graph);

    for (size_t i = 0; i < graph->n; i++) {
        young_keep(graph, &graph->revisions[i]);
    }
}


static void
all_keep(graph_t *graph)
{
    for (size_t i = 0; i < graph->n; i++) {
        graph->revisions[i].is_kept = true;
    }
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
        used_keep(&graph);
        sweep_locked(&graph);
    }

    all_unlisted_put(&graph);
    kept_mark(&graph);
    pool_destroy(graph.pool);
}
