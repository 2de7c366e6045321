/* referrer_export.h: `slipway-registry export-referrers`: the way back to a
 * registry without the referrers API (docs/adopt.md). */

#ifndef REFERRER_EXPORT_H
#define REFERRER_EXPORT_H

/* export-referrers ROOT [flags]; the exit status. */
int referrer_export_run(int argc, char **argv);

#endif
