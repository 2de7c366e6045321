/* courier.h: sends events to webhooks, in a process of its own.
 *
 * A delivery is claimed in the database and leased for as long as an attempt
 * takes; its end is written with what came back.  Killed at any moment, this
 * courier or another one takes it up again when the lease ends, with the same
 * id: receivers may get an event twice, and none is lost.  All attempts of a
 * process are under way at the same time, some of each webhook and some of each
 * host, so that a receiver that hangs holds up no other. */

#ifndef COURIER_H
#define COURIER_H

#include "db/db.h"
#include "fcgi_core/address.h"

#include <signal.h>

typedef struct {
    db_t *db;
    str_t key;          /* of what webhooks keep sealed */
    const char *origin; /* where docker and people find the registry */
    const address_networks_t *allowed; /* networks that are no public ones */
    const char *ca_file; /* that the certificates of receivers must be signed
                            by; NULL: those of the system */
    long timeout;        /* seconds, of an attempt */
    long keep;           /* seconds that the log goes back */
    const volatile sig_atomic_t *is_stopped;
} courier_conf_t;

/* Runs until it is stopped; then waits for what is under way.  ERROR, logged,
 * where it could not start. */
int courier_run(pool_t *pool, const courier_conf_t *conf);

#endif
