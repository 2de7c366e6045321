/* gc_graph.c: the revisions of a repository, and which of them keeps which. */

#include "gc/gc_graph.h"
#include "manifest/manifest_schema1.h"
#include "repository/manifest.h"
#include "repository/referrers_tag.h"
#include "repository/tag.h"

#include "common/hash.h"
#include "common/name.h"
#include "fcgi_core/log.h"

#include <stdlib.h>

#define FIRST 64


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
    gc_graph_t *graph = data;

    if (graph->n == graph->size) {
        graph->revisions = table_grow(graph->pool, graph->revisions,
                                      &graph->size, sizeof(gc_revision_t));
    }

    graph->revisions[graph->n++] =
        (gc_revision_t){ .digest = gc_digest_copy(graph->pool, digest) };
}


static int
revision_compare(const void *a, const void *b)
{
    const reg_digest_t *x = &((const gc_revision_t *)a)->digest;
    const reg_digest_t *y = &((const gc_revision_t *)b)->digest;

    if (x->algorithm != y->algorithm) {
        return x->algorithm < y->algorithm ? -1 : 1;
    }

    /* a fallback tag has only the beginning */
    return memcmp(x->hex.data, y->hex.data,
                  x->hex.len < y->hex.len ? x->hex.len : y->hex.len);
}


/* By the whole digest, or by the beginning of one. */
static gc_revision_t *
revision_find(const gc_graph_t *graph, const reg_digest_t *digest)
{
    const gc_revision_t key = { .digest = *digest };

    return graph->n == 0 ? NULL
                         : bsearch(&key, graph->revisions, graph->n,
                                   sizeof(gc_revision_t), revision_compare);
}


/* --- edges --------------------------------------------------------------- */


static void
edge_add(gc_graph_t *graph, const gc_revision_t *from, const gc_revision_t *to,
         bool is_part)
{
    if (from == NULL || to == NULL) {
        return;
    }

    if (graph->edges_n == graph->edges_size) {
        graph->edges = table_grow(graph->pool, graph->edges, &graph->edges_size,
                                  sizeof(gc_edge_t));
    }

    graph->edges[graph->edges_n++] =
        (gc_edge_t){ (size_t)(from - graph->revisions),
                     (size_t)(to - graph->revisions), is_part };
}


static void
edges_add(gc_graph_t *graph, gc_revision_t *revision,
          const manifest_t *manifest)
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
        gc_revision_t *subject =
            revision_find(graph, &manifest->subject.digest);

        revision->subject =
            gc_digest_copy(graph->pool, &manifest->subject.digest);
        edge_add(graph, subject, revision, false);
        edge_add(graph, revision, subject, false);
    }
}


/* Adds what a revision keeps by its bytes.  One that cannot be understood
 * stays, with whatever its text names. */
static void
content_add(gc_graph_t *graph, gc_revision_t *revision, str_t content)
{
    pool_t *pool = graph->gc->op.pool;
    manifest_t manifest;
    const char *error;

    if (manifest_parse_any(pool, content, &manifest, &error) != OK) {
        manifest_named(pool, content, &manifest);
        revision->is_kept = true;
    }

    edges_add(graph, revision, &manifest);
}


/* Reads a revision.  Where its bytes are lost, no one knows what it keeps; that
 * is reported when it is marked. */
static void
revision_read(gc_graph_t *graph, gc_revision_t *revision)
{
    gc_t *gc = graph->gc;
    store_key_t key;
    reg_digest_t stored;
    str_t content;
    int rc;

    if (gc_revision_get(gc, graph->name, &revision->digest, &stored) == OK) {
        revision->stored = gc_digest_copy(graph->pool, &stored);
        key = key_blob(&stored);
        rc = store_get(&gc->op, key.text, MANIFEST_BYTES_MAX, &content);
        revision->is_there = rc == OK;

        if (rc == OK && reg_hash_fits(content, &stored)) {
            content_add(graph, revision, content);

        } else {
            graph->is_uncertain = true;
        }
    }

    pool_reset(gc->op.pool);
    gc_progress(gc, "reading");
}


static int
edge_compare(const void *a, const void *b)
{
    const gc_edge_t *x = a, *y = b;

    return x->from != y->from ? (x->from < y->from ? -1 : 1) : 0;
}


static void
edges_sort(gc_graph_t *graph)
{
    if (graph->edges_n != 0) {
        qsort(graph->edges, graph->edges_n, sizeof(gc_edge_t), edge_compare);
    }
}


size_t
gc_edge_first(const gc_graph_t *graph, size_t from)
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


/* --- tags ---------------------------------------------------------------- */


/* Whether all that a list has in the repository names the subject. */
static bool
is_list_of(const gc_graph_t *graph, size_t list, const gc_revision_t *subject)
{
    for (size_t i = gc_edge_first(graph, list);
         i < graph->edges_n && graph->edges[i].from == list; i++) {
        const gc_revision_t *part = &graph->revisions[graph->edges[i].to];

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
referrers_tag_add(gc_graph_t *graph, const char *tag, const gc_revision_t *list)
{
    size_t index = (size_t)(list - graph->revisions);
    const gc_revision_t *subject;
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

    if (graph->tags_n == graph->tags_size) {
        graph->tags = table_grow(graph->pool, graph->tags, &graph->tags_size,
                                 sizeof(gc_referrers_tag_t));
    }

    graph->tags[graph->tags_n++] =
        (gc_referrers_tag_t){ pool_strdup(graph->pool, tag), index,
                              (size_t)(subject - graph->revisions) };

    return true;
}


static void
tag_pass(void *data, const char *name)
{
    gc_graph_t *graph = data;
    store_op_t *op = &graph->gc->op;
    str_t tag = reg_cstr(name);
    reg_digest_t digest;
    gc_revision_t *revision;
    int rc;

    if (!reg_tag_is_valid(tag)) {
        return;
    }

    rc = tag_get_strict(op, graph->name, tag, &digest);

    if (rc == OK) {
        revision = revision_find(graph, &digest);

        if (revision != NULL && !referrers_tag_add(graph, name, revision)) {
            revision->is_kept = true;
        }

    } else if (rc == ERROR) {
        log_warn("gc: tag %s of %.*s cannot be read, so none of its manifests "
                 "is untagged",
                 name, STR(graph->name));
        graph->is_uncertain = true;
    }

    pool_reset(op->pool);
}


void
gc_graph_make(gc_graph_t *graph)
{
    gc_t *gc = graph->gc;
    walk_t walk = { &gc->op, graph, NULL };
    store_key_t key = key_repository(graph->name, "_manifests/revisions");

    if (walk_digests(&walk, key.text, revision_pass) == ERROR) {
        graph->is_uncertain = true;
        gc_incomplete(gc);
    }

    if (graph->n != 0) {
        qsort(graph->revisions, graph->n, sizeof(gc_revision_t),
              revision_compare);
    }

    graph->spread = pool_alloc(graph->pool, (graph->n + 1) * sizeof(size_t));
    graph->ready = pool_alloc(graph->pool, (graph->n + 1) * sizeof(size_t));

    for (size_t i = 0; i < graph->n; i++) {
        revision_read(graph, &graph->revisions[i]);
    }

    edges_sort(graph);
    key = key_repository(graph->name, "_manifests/tags");

    if (walk_names(&walk, key.text, tag_pass) == ERROR) {
        graph->is_uncertain = true;
        gc_incomplete(gc);
    }

    for (size_t i = 0; i < graph->tags_n; i++) {
        const gc_referrers_tag_t *tag = &graph->tags[i];

        edge_add(graph, &graph->revisions[tag->subject],
                 &graph->revisions[tag->list], false);
    }

    edges_sort(graph);
}
