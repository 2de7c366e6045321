/* command_site.h: the registry, for commands that ask it. */

#ifndef COMMAND_SITE_H
#define COMMAND_SITE_H

#include "repository/registry_call.h"

#include <signal.h>

/* The registry of --registry, and the database, are opened; *is_stopped,
 * which may be NULL, ends requests.  ERROR, printed. */
int command_site(const volatile sig_atomic_t *is_stopped,
                 registry_site_t *site_r);

#endif
