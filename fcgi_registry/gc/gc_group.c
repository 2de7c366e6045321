/* gc_group.c: what goes, in groups that are decided on as a whole. */

#include "gc/gc_graph.h"

#include <stdlib.h>


static size_t
group_find(gc_graph_t *graph, size_t index)
{
    gc_revision_t *revisions = graph->revisions;

    while (revisions[index].group != index) {
        revisions[index].group = revisions[revisions[index].group].group;
        index = revisions[index].group;
    }

    return index;
}


static int
member_compare(const void *a, const void *b, void *data)
{
    const gc_graph_t *graph = data;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    size_t x_group = graph->revisions[x].group;
    size_t y_group = graph->revisions[y].group;

    return x_group != y_group ? (x_group < y_group ? -1 : 1) : x < y ? -1 : 1;
}


static int
referrers_tag_compare(const void *a, const void *b, void *data)
{
    const gc_graph_t *graph = data;
    size_t x = graph->revisions[((const gc_referrers_tag_t *)a)->list].group;
    size_t y = graph->revisions[((const gc_referrers_tag_t *)b)->list].group;

    return x < y ? -1 : x > y;
}


/* Puts those that go in groups of what an edge joins. */
static void
groups_join(gc_graph_t *graph)
{
    gc_revision_t *revisions = graph->revisions;

    for (size_t i = 0; i < graph->n; i++) {
        revisions[i].group = i;
    }

    for (size_t i = 0; i < graph->edges_n; i++) {
        const gc_edge_t *edge = &graph->edges[i];

        if (gc_is_going(&revisions[edge->from])
            && gc_is_going(&revisions[edge->to])) {
            revisions[group_find(graph, edge->from)].group =
                group_find(graph, edge->to);
        }
    }

    for (size_t i = 0; i < graph->n; i++) {
        revisions[i].group = group_find(graph, i);
    }
}


gc_groups_t
gc_groups_make(gc_graph_t *graph)
{
    gc_groups_t groups = { 0, pool_alloc(graph->pool,
                                         (graph->n + 1) * sizeof(size_t)) };

    groups_join(graph);

    for (size_t i = 0; i < graph->n; i++) {
        if (gc_is_going(&graph->revisions[i])) {
            groups.members[groups.n++] = i;
        }
    }

    if (groups.n != 0) {
        qsort_r(groups.members, groups.n, sizeof(size_t), member_compare,
                graph);
    }

    if (graph->tags_n != 0) {
        qsort_r(graph->tags, graph->tags_n, sizeof(gc_referrers_tag_t),
                referrers_tag_compare, graph);
    }

    return groups;
}


size_t
gc_group_end(const gc_graph_t *graph, const gc_groups_t *groups, size_t from)
{
    size_t group = graph->revisions[groups->members[from]].group;
    size_t end = from;

    while (end < groups->n
           && graph->revisions[groups->members[end]].group == group) {
        end++;
    }

    return end;
}
