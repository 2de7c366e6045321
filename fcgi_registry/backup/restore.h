/* restore.h: `slipway-registry restore`: a store from a copy of one
 * (docs/operations.md, "Backup"). */

#ifndef RESTORE_H
#define RESTORE_H

#include "fcgi_core/command.h"

extern const command_t restore_commands[];

#endif
