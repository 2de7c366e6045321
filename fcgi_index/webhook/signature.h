/* signature.h: header lines by which a receiver knows who sends: those of
 * Standard Webhooks, of GitHub and of Flux.  Pure but for the pool. */

#ifndef SIGNATURE_H
#define SIGNATURE_H

#include "fcgi_core/pool.h"

#define SIGNATURE_LINES 5 /* at most */

/* What is signed.  old_secret: also valid while the other is new;
 * NULL: none. */
typedef struct {
    const char *secret;
    const char *old_secret;
    const char *id; /* the same for every attempt; no dot in it */
    int64_t timestamp;
    str_t body;
} signature_t;

/* Writes SIGNATURE_LINES lines at most into lines, in the pool; returns how
 * many.  webhook-signature has one for each secret; the two whose form has no
 * room for that are made with the newer one, of all its characters. */
size_t signature_lines(pool_t *pool, const signature_t *signature,
                       const char **lines);

#endif
