/* reindex.h: `slipway-registry reindex`: writes into the spool of events what
 * the store holds (docs/events.md, "Snapshots"). */

#ifndef REINDEX_H
#define REINDEX_H

/* reindex ROOT [flags]; the exit status. */
int reindex_run(int argc, char **argv);

#endif
