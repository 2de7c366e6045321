/* gc_untagged.c: the revisions of a repository that no tag reaches.
 *
 * A revision stays if a tag points to it, if it is younger than the grace time,
 * or if a revision that stays refers to it: an image index keeps its parts, a
 * referrer its subject and the subject its referrers.  A list of referrers
 * under a fallback tag is kept by the subject, not by that tag: it would keep
 * its subject for ever.
 *
 * What stays is found out twice: at leisure, and once more, of the times only,
 * under the repository's lock.  Between the two a push can only have made use
 * of a revision by touching it. */

#include "gc/gc_graph.h"


void
gc_untagged(gc_t *gc, str_t name)
{
    gc_graph_t graph = { .gc = gc, .name = name, .pool = pool_create() };

    gc_graph_make(&graph);

    if (graph.is_uncertain) {
        gc->has_failed = true; /* to remove what is untagged */
        gc_all_keep(&graph);

    } else {
        gc_used_keep(&graph);
        gc_revisions_remove(&graph);
    }

    gc_unlisted_put(&graph);
    gc_kept_mark(&graph);
    pool_destroy(graph.pool);
}
