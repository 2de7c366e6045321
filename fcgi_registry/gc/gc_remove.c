/* gc_remove.c: removes revisions of a repository, during its pushes.
 *
 * What goes is removed in portions, and pushes have their turn between them.
 * Each portion checks again when the revisions of its groups were used. */

#include "gc/gc_graph.h"
#include "repository/manifest.h"
#include "repository/manifest_del.h"
#include "repository/tag.h"

#include "fcgi_core/clock.h"

#define BATCH_MAX 25 /* revisions whose events one write has */
#define HOLD_MS 150  /* how long a repository is locked for a portion */


/* Removes a tag, unless it has been moved. */
static int
tag_remove(gc_graph_t *graph, const char *tag, const reg_digest_t *digest)
{
    store_op_t *op = &graph->gc->op;
    const record_t record = { .action = REG_EVENT_DELETE,
                              .repository = graph->name,
                              .tag = reg_cstr(tag) };
    reg_digest_t current;
    int rc = tag_get(op, graph->name, reg_cstr(tag), &current);

    if (rc == OK && reg_digest_eq(&current, digest)) {
        rc = gc_event(graph->gc, &record, 1);

        if (rc == OK) {
            rc = tag_del(op, graph->name, reg_cstr(tag));
        }
    }

    return rc == ERROR ? ERROR : OK;
}


/* The fallback tags of lists that go, of a group. */
static void
referrers_tags_remove(gc_graph_t *graph, size_t group)
{
    gc_t *gc = graph->gc;

    for (; graph->tags_next < graph->tags_n; graph->tags_next++) {
        const gc_referrers_tag_t *tag = &graph->tags[graph->tags_next];
        gc_revision_t *list = &graph->revisions[tag->list];

        if (list->group > group) {
            return;
        }

        if (list->group < group || !gc_is_going(list)) {
            continue;
        }

        if (!gc->is_dry_run
            && tag_remove(graph, tag->tag, &list->digest) != OK) {
            gc->has_failed = true;
            gc_revision_keep(graph, list);
            continue;
        }

        gc_report(
            gc,
            "tag %.*s:%s: it lists the referrers of a manifest that no tag "
            "reaches",
            STR(graph->name), tag->tag);
    }
}


/* What cannot be removed is kept, and what it keeps. */
static bool
revision_remove(gc_graph_t *graph, gc_revision_t *revision)
{
    gc_t *gc = graph->gc;
    char text[REG_DIGEST_MAX + 1];

    gc->op.err = 0;

    if (!gc->is_dry_run
        && manifest_drop(&gc->op, graph->name, &revision->digest,
                         revision->subject.hex.len != 0 ? &revision->subject
                                                        : NULL)
               == ERROR) {
        gc->has_failed = true;
        gc_revision_keep(graph, revision);
        return false;
    }

    if (gc->op.err != 0) {
        gc->has_failed = true; /* something of it is left */
    }

    revision->is_gone = true;
    gc->n.revisions++;
    reg_digest_print(&revision->digest, text);
    gc_report(gc, "manifest %.*s@%s: no tag reaches it", STR(graph->name),
              text);

    return true;
}


/* The parts that may go, now that this index has. */
static void
parts_release(gc_graph_t *graph, size_t from, size_t *list, size_t *n)
{
    for (size_t i = gc_edge_first(graph, from);
         i < graph->edges_n && graph->edges[i].from == from; i++) {
        gc_revision_t *to = &graph->revisions[graph->edges[i].to];

        if (graph->edges[i].is_part && --to->n_dying_parents == 0
            && gc_is_going(to)) {
            list[(*n)++] = graph->edges[i].to;
        }
    }
}


/* What was reported and not removed when the machine stops stays so until the
 * next run. */
static bool
batch_report(gc_graph_t *graph, const size_t *batch, size_t n)
{
    record_t records[BATCH_MAX];

    for (size_t i = 0; i < n; i++) {
        records[i] = (record_t){ .action = REG_EVENT_DELETE,
                                 .repository = graph->name,
                                 .digest = &graph->revisions[batch[i]].digest };
    }

    return graph->gc->is_dry_run || gc_event(graph->gc, records, n) == OK;
}


/* The next ones from the end of the list, without those that are kept by
 * now. */
static size_t
batch_take(gc_graph_t *graph, size_t *batch, size_t *n)
{
    size_t taken = 0;

    while (*n != 0 && taken < BATCH_MAX) {
        size_t index = graph->ready[--*n];

        if (gc_is_going(&graph->revisions[index])) {
            batch[taken++] = index;
        }
    }

    return taken;
}


/* Removes a batch from the end of the list, and adds the parts that may go
 * then. */
static void
batch_remove(gc_graph_t *graph, size_t *n)
{
    size_t batch[BATCH_MAX], taken = batch_take(graph, batch, n);
    bool is_reported = taken == 0 || batch_report(graph, batch, taken);

    for (size_t i = 0; i < taken; i++) {
        gc_revision_t *revision = &graph->revisions[batch[i]];

        if (!is_reported) {
            graph->gc->has_failed = true;
            gc_revision_keep(graph, revision);

        } else if (gc_is_going(revision) && revision_remove(graph, revision)) {
            parts_release(graph, batch[i], graph->ready, n);
        }
    }
}


/* --- portions ------------------------------------------------------------ */


static void
dying_parents_count(gc_graph_t *graph, const size_t *members, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        graph->revisions[members[i]].n_dying_parents = 0;
    }

    for (size_t i = 0; i < n; i++) {
        size_t from = members[i];

        for (size_t j = gc_edge_first(graph, from);
             gc_is_going(&graph->revisions[from]) && j < graph->edges_n
             && graph->edges[j].from == from;
             j++) {
            graph->revisions[graph->edges[j].to].n_dying_parents +=
                graph->edges[j].is_part;
        }
    }
}


/* An index goes before its parts: if a collection is killed, or cannot remove
 * something, no index is left without them.  False where the time was over
 * before all were gone. */
static bool
members_remove(gc_graph_t *graph, const size_t *members, size_t n,
               int64_t until)
{
    size_t ready = 0;

    dying_parents_count(graph, members, n);

    for (size_t i = 0; i < n; i++) {
        const gc_revision_t *revision = &graph->revisions[members[i]];

        if (gc_is_going(revision) && revision->n_dying_parents == 0) {
            graph->ready[ready++] = members[i];
        }
    }

    do {
        batch_remove(graph, &ready);
    } while (ready != 0 && clock_ms() < until);

    return ready == 0;
}


/* Decides on a group once more, and removes what still goes.  False where
 * something is left for the next portion. */
static bool
group_take(gc_graph_t *graph, const size_t *members, size_t n, int64_t until)
{
    for (size_t i = 0; i < n; i++) {
        gc_young_keep(graph, &graph->revisions[members[i]]);
    }

    referrers_tags_remove(graph, graph->revisions[members[0]].group);

    return members_remove(graph, members, n, until);
}


/* Under the repository's lock, which ends with the operation's pool.  Returns
 * how far it came. */
static size_t
portion_take(gc_graph_t *graph, const gc_groups_t *groups, size_t from)
{
    int64_t until = clock_ms() + HOLD_MS;

    do {
        size_t end = gc_group_end(graph, groups, from);

        if (group_take(graph, &groups->members[from], end - from, until)) {
            from = end;
        }
    } while (from < groups->n && clock_ms() < until);

    pool_reset(graph->gc->op.pool);

    return from;
}


int
gc_repository_lock(gc_graph_t *graph)
{
    gc_t *gc = graph->gc;

    if (gc->is_dry_run
        || manifest_lock(&gc->op, graph->name, false, NULL) == OK) {
        return OK;
    }

    gc->has_failed = true;
    pool_reset(gc->op.pool);

    return ERROR;
}


void
gc_revisions_remove(gc_graph_t *graph)
{
    gc_groups_t groups = gc_groups_make(graph);
    size_t from = 0;

    while (from < groups.n && gc_repository_lock(graph) == OK) {
        from = portion_take(graph, &groups, from);
        gc_progress(graph->gc, "removing manifests");
    }

    for (; from < groups.n; from++) {
        gc_revision_t *revision = &graph->revisions[groups.members[from]];

        revision->is_kept = !revision->is_gone;
    }
}
