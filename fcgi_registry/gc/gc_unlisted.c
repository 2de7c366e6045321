/* gc_unlisted.c: referrers that their subject does not list any more. */

#include "gc/gc_graph.h"
#include "repository/referrer.h"


static int
key_check(const gc_graph_t *graph, const char *key)
{
    int rc = store_check(&graph->gc->op, key);

    if (rc == ERROR) {
        graph->gc->has_failed = true;
    }

    return rc;
}


/* A collection that was killed may have taken a referrer from its subject's
 * list, and the two have come into use since; unless it has been deleted while
 * no one held the lock. */
static bool
is_unlisted(const gc_graph_t *graph, const gc_revision_t *revision)
{
    store_key_t link, listed;

    if (!revision->is_kept || !revision->is_there
        || revision->subject.hex.len == 0) {
        return false;
    }

    listed = key_referrers(graph->name, &revision->subject, &revision->digest);
    link = key_revision_link(graph->name, &revision->digest);

    return key_check(graph, listed.text) == DECLINED
           && key_check(graph, link.text) == OK;
}


static void
unlisted_put(gc_graph_t *graph, const gc_revision_t *revision)
{
    gc_t *gc = graph->gc;

    if (gc_repository_lock(graph) != OK) {
        return;
    }

    if (is_unlisted(graph, revision)
        && referrer_put(&gc->op, graph->name, &revision->subject,
                        &revision->digest)
               != OK) {
        gc->has_failed = true;
    }
}


void
gc_unlisted_put(gc_graph_t *graph)
{
    gc_t *gc = graph->gc;

    for (size_t i = 0; i < graph->n && !gc->is_dry_run; i++) {
        if (is_unlisted(graph, &graph->revisions[i])) {
            unlisted_put(graph, &graph->revisions[i]);
        }

        pool_reset(gc->op.pool); /* and the lock */
    }
}
