/* record.h: an event as a line of the spool (docs/events.md).  All lines are
 * printed here. */

#ifndef RECORD_H
#define RECORD_H

#include "manifest/manifest_parse.h"

#include "common/event_name.h"

#include "fcgi_core/uuid.h"

#define RECORD_REFERENCES_MAX 8000 /* bytes of JSON, in one event */
#define RECORD_HOST_MAX 255 /* bytes of a Host; a longer one makes no URL */

/* How often a manifest was pulled.  The id and the time are those of the
 * event. */
typedef struct {
    char id[UUID_LEN + 1];
    uint64_t count;
    int64_t last; /* seconds since 1970 */
} record_pull_t;

/* A change of the store, pulls, or what a snapshot says of the store.  What is
 * empty, NULL or 0 is left out. */
typedef struct {
    reg_event_t action;
    str_t repository;
    str_t tag;
    const reg_digest_t *digest;
    const char *kind; /* "blobs" or "manifests", for the URL; NULL: it has
                         neither URL nor size, it is deleted */
    str_t media_type;
    uint64_t size;
    str_t from;                 /* repository that a blob was mounted from */
    str_t image;                /* id in the original protocol */
    str_t checksum;             /* of that */
    const manifest_t *manifest; /* that was pushed */
    const json_t *config;       /* of that; NULL: not known */
    json_t *snapshot;           /* record_print() takes the reference */
    const record_pull_t *pull;
} record_t;

/* The request that made the change; "" for what is not known.  What a client
 * says of itself is cut, between characters. */
typedef struct {
    const char *id, *addr, *port, *method;
    str_t host, agent, account;
    const char *server_port;
    const char *base; /* of the URLs of what it pushed: scheme and host; NULL
                         where no one knows them */
} record_request_t;

/* Draws the id that events of this program and the processes that it forks
 * carry as their source.  Once, at the start; ERROR is logged. */
int record_open(void);

/* Prints the lines of n events, each with an id of its own, the time (of pulls
 * those that they have), and its LF, in the pool.  request is NULL where there
 * was none.  ERROR, logged, where there are no random numbers, or a line would
 * be longer than SPOOL_LINE_MAX.
 */
int record_print(pool_t *pool, const record_t *records, size_t n,
                 const record_request_t *request, str_t *lines_r);

/* Adds what a manifest says of itself: contentSize, artifactType, subject,
 * references, and from its config (NULL: not known) the platform, where it has
 * them.  A type of more than REG_MEDIA_TYPE_MAX bytes is left out, and so are
 * the references where they have more than RECORD_REFERENCES_MAX bytes. */
void record_manifest(json_t *object, const manifest_t *manifest,
                     const json_t *config);

#endif
