/* purge.h: the end of uploads that were never finished:
 * `slipway-registry purge`. */

#ifndef PURGE_H
#define PURGE_H

/* purge ROOT [flags]; the exit status. */
int purge_run(int argc, char **argv);

#endif
