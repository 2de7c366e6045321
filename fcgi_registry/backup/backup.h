/* backup.h: `slipway-registry backup`: a copy of a store that is in use
 * (docs/operations.md, "Backup"). */

#ifndef BACKUP_H
#define BACKUP_H

/* Below the root of a copy: what makes it one.  It holds the links of a run
 * that is not done, and when the last one that is was begun. */
#define BACKUP_DIRECTORY "/slipway/backup"
#define BACKUP_BEGUN BACKUP_DIRECTORY "/begun"

/* backup ROOT DEST [flags]; the exit status: 0 all is copied, 1 all but what
 * the store itself has lost, 2 the copy is what it was before. */
int backup_run(int argc, char **argv);

#endif
