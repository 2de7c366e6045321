/* import_v1.h: the storage of the first registry, which was written in Python,
 * becomes images of a store: `slipway-registry import-v1`. */

#ifndef IMPORT_V1_H
#define IMPORT_V1_H

#include "fcgi_core/command.h"

extern const command_t import_v1_commands[];

#endif
