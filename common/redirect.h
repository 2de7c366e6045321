/* redirect.h: signatures by which a registry sends a client to an edge for one
 * blob (docs/chaining.md is the contract between the two modules).
 *
 *     1764000300.<43 characters of base64url>
 *
 * is the time at which it expires and the HMAC-SHA256, by the edge's key, of
 *
 *     slipway-redirect 1
 *     edge edge.example:5000
 *     method GET
 *     repository alice/app
 *     digest sha256:...
 *     expires 1764000300
 *
 * in which every line ends in LF and no value has one: no two requests have the
 * same text. */

#ifndef REG_REDIRECT_H
#define REG_REDIRECT_H

#include "reg.h"

#define REG_REDIRECT_MAX 64        /* bytes of a signature's text */
#define REG_REDIRECT_DIGITS 15     /* of its time */
#define REG_REDIRECT_EDGE_MAX 261  /* bytes: a host, a colon and a port */
#define REG_REDIRECT_VALUE_MAX 512 /* bytes of any other value */

/* What a signature is for. */
typedef struct {
    reg_str_t edge;       /* "host" or "host:port", as the edge knows itself */
    reg_str_t method;     /* "GET" */
    reg_str_t repository; /* its name */
    reg_str_t digest;
} reg_redirect_t;

/* Whether a text can be an edge: a host in lower case, or host:port. */
bool reg_redirect_edge_is_valid(reg_str_t edge);

/* Writes the signature into buf[size], without a NUL.  Its length; REG_ERROR
 * where it does not fit, or where a value is empty, too long or has a control
 * character. */
int reg_redirect_sign(char *buf, size_t size, const reg_redirect_t *redirect,
                      int64_t expires, reg_str_t secret);

/* REG_OK for a signature of this request that is good at the time now;
 * REG_DECLINED for one that has expired; REG_ERROR for any other text.  Takes
 * the same time for every signature of one time. */
int reg_redirect_check(reg_str_t text, const reg_redirect_t *redirect,
                       int64_t now, reg_str_t secret);

#endif
