/* deliver.h: `slipway-registry deliver`: sends the events of a store to a URL
 * (docs/events.md). */

#ifndef DELIVER_H
#define DELIVER_H

#include "fcgi_core/command.h"

extern const command_t deliver_commands[];

#endif
