/* store_event.h: an event of the store, as it came (docs/events.md).  Pure but
 * for the pool. */

#ifndef STORE_EVENT_H
#define STORE_EVENT_H

#include "fcgi_core/json.h"

#define EVENT_ITEMS_MAX 10000     /* of a page; a line of the spool has 200 */
#define EVENT_REFERENCES_MAX 1000 /* of a manifest */
#define EVENT_LAST "~"            /* behind every tag and digest */

typedef enum {
    EVENT_IGNORED,   /* understood, and nothing to the mirror */
    EVENT_PUSH,      /* of a manifest */
    EVENT_DELETE,    /* of a tag, or of a digest */
    EVENT_PULL,      /* of a tag, or of a digest */
    EVENT_BLOB_PUSH, /* or mounted */
    EVENT_BLOB_DELETE,
    EVENT_IMAGE, /* of the original protocol is complete */
    EVENT_BEGIN, /* of a run of snapshots */
    EVENT_PAGE,
    EVENT_END
} event_kind_t;

typedef enum { EVENT_MANIFESTS, EVENT_TAGS } event_of_t;

/* What an image index names; NULL for what is not known. */
typedef struct {
    const char *digest;
    const char *media_type;
    const uint64_t *size;
    const char *platform;
} event_child_t;

/* A manifest, or a tag and where it points; NULL for what is not known. */
typedef struct {
    const char *name; /* a page's order: of a tag, or again the digest */
    const char *digest;
    const char *media_type;
    const uint64_t *size;
    const uint64_t *content_size;
    const char *artifact_type;
    const char *subject;
    const char *platforms; /* "linux/arm64/v8", one a line */
    const char *parts;     /* of an image: JSON, an array of config and layers,
                              each with digest, media_type and size */
    event_child_t *children; /* of an image index */
    size_t n_children;
} event_item_t;

typedef struct {
    event_kind_t kind;
    const char *id;         /* a UUID */
    const char *repository; /* but for the begin and the end of a run */
    const char *tag;        /* pushed, deleted or pulled; NULL for none */
    event_item_t manifest;  /* pushed; deleted or pulled where there is no
                               tag; of a blob, digest and size */
    const char *image;      /* its id, and its checksum */
    const char *checksum;
    uint64_t count;           /* of pulls */
    int64_t at;               /* seconds since 1970 */
    const char *by;           /* a login; NULL for no one */
    const char *run;          /* of a begin or an end */
    event_of_t of;            /* of a page, as all that follows: */
    const char *after, *last; /* "" and EVENT_LAST at its ends */
    event_item_t *items;      /* in the order of their names, none twice */
    size_t n;
} event_t;

/* Reads one event; now is its time where it does not say.  All in event_r is
 * valid and short enough for its column, and in the pool.  DECLINED, with
 * *why_r, for one that cannot be understood; of members that are only to be
 * shown, one that is malformed counts as missing. */
int event_read(pool_t *pool, const json_t *json, int64_t now, event_t *event_r,
               const char **why_r);

#endif
