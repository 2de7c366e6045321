/* restore.h: `slipway-registry restore`: a store from a copy of one
 * (docs/operations.md, "Backup"). */

#ifndef RESTORE_H
#define RESTORE_H

/* restore SRC ROOT [flags]; the exit status: 0 all is there, 1 all but what the
 * copy has lost, 2 not done. */
int restore_run(int argc, char **argv);

#endif
