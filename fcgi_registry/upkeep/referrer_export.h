/* referrer_export.h: `slipway-registry export-referrers`: the way back to a
 * registry without the referrers API (docs/adopt.md). */

#ifndef REFERRER_EXPORT_H
#define REFERRER_EXPORT_H

#include "fcgi_core/command.h"

extern const command_t referrer_export_commands[];

#endif
