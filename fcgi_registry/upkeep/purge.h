/* purge.h: the end of uploads that were never finished:
 * `slipway-registry purge`. */

#ifndef PURGE_H
#define PURGE_H

#include "fcgi_core/command.h"

extern const command_t purge_commands[];

#endif
