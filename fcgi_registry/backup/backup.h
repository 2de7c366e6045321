/* backup.h: `slipway-registry backup`: a copy of a store that is in use
 * (docs/operations.md, "Backup"). */

#ifndef BACKUP_H
#define BACKUP_H

#include "fcgi_core/command.h"

/* Below the root of a copy: what makes it one.  It holds the links of a run
 * that is not done, and when the last one that is was begun. */
#define BACKUP_DIRECTORY "/slipway/backup"
#define BACKUP_BEGUN BACKUP_DIRECTORY "/begun"

extern const command_t backup_commands[];

#endif
