/* reindex.h: `slipway-registry reindex`: writes into the spool of events what
 * the store holds (docs/events.md, "Snapshots"). */

#ifndef REINDEX_H
#define REINDEX_H

#include "fcgi_core/command.h"

extern const command_t reindex_commands[];

#endif
