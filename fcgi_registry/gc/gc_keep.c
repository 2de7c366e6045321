/* gc_keep.c: which revisions of a repository stay. */

#include "gc/gc_graph.h"


bool
gc_is_going(const gc_revision_t *revision)
{
    return revision->is_there && !revision->is_kept && !revision->is_gone;
}


/* Keeps a revision and whatever it keeps; a subject that is not there keeps
 * none of its referrers.  Every revision enters the list once, so it has room
 * for all. */
void
gc_revision_keep(gc_graph_t *graph, gc_revision_t *revision)
{
    size_t *list = graph->spread;
    size_t n = 0;

    revision->is_kept = true;
    list[n++] = (size_t)(revision - graph->revisions);

    while (n != 0) {
        size_t from = list[--n];

        for (size_t i = gc_edge_first(graph, from);
             i < graph->edges_n && graph->edges[i].from == from; i++) {
            gc_revision_t *to = &graph->revisions[graph->edges[i].to];

            if (gc_is_going(to)) {
                to->is_kept = true;
                list[n++] = graph->edges[i].to;
            }
        }
    }
}


/* What a tag keeps. */
static void
tagged_keep(gc_graph_t *graph)
{
    for (size_t i = 0; i < graph->n; i++) {
        if (graph->revisions[i].is_kept) {
            gc_revision_keep(graph, &graph->revisions[i]);
        }
    }
}


/* What cannot be checked may be recent. */
static bool
is_young(const gc_graph_t *graph, const char *key)
{
    gc_t *gc = graph->gc;
    store_stat_t stat;
    int rc = store_stat_used(&gc->op, key, &stat);

    if (rc == ERROR) {
        gc->has_failed = true;
    }

    return rc == ERROR || (rc == OK && store_is_since(&stat, &gc->cutoff));
}


/* What was used since the cutoff is kept: its link was written, or its
 * content touched. */
static bool
is_used(const gc_graph_t *graph, const gc_revision_t *revision)
{
    store_key_t key = key_revision_link(graph->name, &revision->digest);

    if (is_young(graph, key.text)) {
        return true;
    }

    key = key_blob(&revision->stored);

    return is_young(graph, key.text);
}


void
gc_young_keep(gc_graph_t *graph, gc_revision_t *revision)
{
    if (gc_is_going(revision) && is_used(graph, revision)) {
        gc_revision_keep(graph, revision);
    }
}


void
gc_used_keep(gc_graph_t *graph)
{
    tagged_keep(graph);

    for (size_t i = 0; i < graph->n; i++) {
        gc_young_keep(graph, &graph->revisions[i]);
    }
}


void
gc_all_keep(gc_graph_t *graph)
{
    for (size_t i = 0; i < graph->n; i++) {
        graph->revisions[i].is_kept = true;
    }
}


void
gc_kept_mark(gc_graph_t *graph)
{
    for (size_t i = 0; i < graph->n; i++) {
        gc_revision_t *revision = &graph->revisions[i];

        if ((revision->is_kept || !revision->is_there)
            && !revision->is_marked) {
            revision->is_marked = true;
            gc_mark_revision(graph->gc, graph->name, &revision->digest);
        }
    }
}
