/* adopt.h: `slipway-registry adopt`: the nginx server block that serves the
 * store of a registry:2 (docs/adopt.md). */

#ifndef ADOPT_H
#define ADOPT_H

/* Prints it for a configuration file and the environment; the exit status of
 * the program. */
int adopt_run(int argc, char **argv);

#endif
