/* daemon.h: a program that runs until a signal stops it, and serves no
 * requests (prefork.h is for those that do). */

#ifndef DAEMON_H
#define DAEMON_H

#include <signal.h>

/* Set by SIGTERM and SIGINT after daemon_open(). */
extern volatile sig_atomic_t daemon_is_stopped;

/* From now on SIGTERM and SIGINT set daemon_is_stopped.  SIGHUP is ignored, and
 * SIGPIPE too: a peer that closes a TLS connection must not end the program. */
void daemon_open(void);

/* Waits for so many milliseconds.  A signal that stops the program ends the
 * wait, also if it came right before. */
void daemon_pause(long milliseconds);

#endif
