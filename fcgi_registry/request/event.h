/* event.h: the events of a change to the store: the envelope of distribution's
 * notifications (docs/events.md).
 *
 * Events of pushes are written down when the change is done, those of deletes
 * right before: a request that is repeated after a crash, or after an error, is
 * reported in any case then. */

#ifndef EVENT_H
#define EVENT_H

#include "request/registry.h"
#include "spool/record.h"

/* Whether there is room for events; OK also where registry_events is off.
 * ERROR, recorded, where the spool is full.  Called before a request changes
 * anything, so that it changes nothing where the answer is ERROR. */
int event_check(req_t *rq);

/* Writes n events of the request to the spool, together; OK also where
 * registry_events is off.  They are durable then. */
int event_spool(req_t *rq, const record_t *records, size_t n);

/* The same for the one event of a blob. */
int event_spool_blob(req_t *rq, reg_event_t action, const reg_digest_t *digest,
                     uint64_t size, str_t from);

/* The same for an image of the original protocol, whose upload is at its end;
 * one without a repository makes no event. */
int event_spool_image(req_t *rq, str_t id, str_t checksum);

#endif
