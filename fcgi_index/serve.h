/* serve.h: the subcommand serve: answers nginx. */

#ifndef SERVE_H
#define SERVE_H

#include "fcgi_core/command.h"

extern const command_t serve_commands[];

#endif
