/* deliver.h: `slipway-registry deliver`: sends the events of a store to a URL
 * (docs/events.md). */

#ifndef DELIVER_H
#define DELIVER_H

/* Runs until told to stop; the exit status of the program. */
int deliver_run(int argc, char **argv);

#endif
