/* gc_graph.h: the revisions of a repository, and which of them keeps which. */

#ifndef GC_GRAPH_H
#define GC_GRAPH_H

#include "gc/gc.h"

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
} gc_revision_t;

/* from keeps to; indexes of revisions */
typedef struct {
    size_t from, to;
    bool is_part; /* of an image index */
} gc_edge_t;

/* A list of referrers and its tag; indexes of revisions */
typedef struct {
    const char *tag;
    size_t list, subject;
} gc_referrers_tag_t;

typedef struct {
    gc_t *gc;
    str_t name;
    pool_t *pool; /* while the repository is processed */
    size_t n, size;
    gc_revision_t *revisions; /* sorted by digest */
    size_t edges_n, edges_size;
    gc_edge_t *edges; /* sorted by from */
    size_t tags_n, tags_size;
    gc_referrers_tag_t *tags; /* of lists of referrers; sorted by the list's
                                 group, before any goes */
    size_t tags_next;         /* the first of the group */
    size_t *spread, *ready;   /* room for the index of every revision, each */
    bool is_uncertain;        /* what keeps what is not known */
} gc_graph_t;

/* Revisions that may go, in groups of what an edge joins: what keeps one of
 * them, directly or not, is in its group. */
typedef struct {
    size_t n;
    size_t *members; /* indexes of revisions, sorted by their group */
} gc_groups_t;

/* Reads the revisions and tags of graph->name.  Those that a tag points to, or
 * that cannot be understood, are kept. */
void gc_graph_make(gc_graph_t *graph);

/* The first edge that begins at a revision, or at one behind it. */
size_t gc_edge_first(const gc_graph_t *graph, size_t from);

/* Whether a revision is to be removed, as far as is known. */
bool gc_is_going(const gc_revision_t *revision);

/* Keeps a revision and all that it keeps; all that tags and youth keep; all. */
void gc_revision_keep(gc_graph_t *graph, gc_revision_t *revision);
void gc_used_keep(gc_graph_t *graph);
void gc_all_keep(gc_graph_t *graph);

/* Keeps a revision that would go, if it was used since the cutoff. */
void gc_young_keep(gc_graph_t *graph, gc_revision_t *revision);

/* Marks the revisions that are kept, with what they refer to. */
void gc_kept_mark(gc_graph_t *graph);

/* The groups of all that goes, in the graph's pool. */
gc_groups_t gc_groups_make(gc_graph_t *graph);

/* Where the group ends that begins at from. */
size_t gc_group_end(const gc_graph_t *graph, const gc_groups_t *groups,
                    size_t from);

/* Takes the repository's lock, alone, until the operation's pool is reset; not
 * in a dry run.  ERROR is a failure of the run. */
int gc_repository_lock(gc_graph_t *graph);

/* Removes what goes, in portions.  What cannot be removed is kept. */
void gc_revisions_remove(gc_graph_t *graph);

/* Lists the referrers again that are kept and not listed by their subjects. */
void gc_unlisted_put(gc_graph_t *graph);

#endif
