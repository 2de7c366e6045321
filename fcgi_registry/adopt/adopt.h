/* adopt.h: `slipway-registry adopt`: the nginx server block that serves the
 * store of a registry:2 (docs/adopt.md). */

#ifndef ADOPT_H
#define ADOPT_H

#include "fcgi_core/command.h"

extern const command_t adopt_commands[];

#endif
