/* adopt_part.h: the nginx server block that takes the place of a registry:2,
 * while its parts are put together: what adopt.c and adopt_*.c share. */

#ifndef ADOPT_PART_H
#define ADOPT_PART_H

#include "fcgi_core/json.h"

#include "adopt/adopt_value.h"

/* What is printed, each text whole lines, in the pool. */
typedef struct {
    pool_t *pool;
    json_t *root; /* the configuration */
    bool is_tls;
    bool has_events;
    bool has_failed;       /* nothing is printed */
    const char *store;     /* its directory; NULL: there is none to be served */
    const char *notes;     /* comments: what is not carried over */
    const char *server;    /* in the server block, */
    const char *location;  /* and in the location */
    const char *locations; /* in addition to /v2/ */
    const char *debug;     /* another server block */
    const char *after;     /* comments: what else is to run */
} adopt_t;

/* The value at a path such as "http.tls.key", or NULL. */
json_t *adopt_at(json_t *value, const char *path);

/* The same as text; fallback where it is missing or no text. */
const char *adopt_text(json_t *value, const char *path, const char *fallback);

/* A switch of the configuration; any other value is reported and means
 * fallback. */
bool adopt_switch(adopt_t *adopt, const char *path, bool fallback);

/* A value as a word of nginx.conf; NULL, reported, if it cannot be one. */
const char *adopt_word(adopt_t *adopt, const char *path, const char *text);

/* Reports that a setting is not carried over; never with its value, which may
 * be a secret. */
void adopt_note(adopt_t *adopt, const char *path, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Logs why a setting cannot be carried over although it must be. */
void adopt_fail(adopt_t *adopt, const char *path, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Adds a line to one of the texts. */
void adopt_add(adopt_t *adopt, const char **text, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The parts, in the order in which they are made. */
void adopt_store(adopt_t *adopt);    /* adopt_location.c */
void adopt_server(adopt_t *adopt);   /* adopt_server.c */
void adopt_auth(adopt_t *adopt);     /* adopt_auth.c */
void adopt_location(adopt_t *adopt); /* adopt_location.c */
void adopt_events(adopt_t *adopt);   /* adopt_events.c */

#endif
