/* endpoint.h: where a registry is found: "host" or "host:port", as
 * X-Docker-Endpoints has it.  Pure. */

#ifndef ENDPOINT_H
#define ENDPOINT_H

#include "fcgi_core/core.h"

#define ENDPOINT_MAX 261 /* bytes: a name of 255, a colon and a port */

/* Whether a text is a DNS name in lower case, an IPv4 address or an IPv6
 * address in brackets, with or without a port of 1 to 65535. */
bool endpoint_is_valid(str_t text);

/* Whether a word is meant as an endpoint and not as the name of a registry: it
 * has a dot, a colon or a bracket, or is "localhost". */
bool endpoint_is_meant(str_t word);

/* The next word of a list whose words have commas or spaces between them, a
 * view into it; *rest is what follows.  Empty where there is none. */
str_t endpoint_next(str_t *rest);

/* Whether a word is in such a list. */
bool endpoint_is_listed(const char *list, const char *word);

#endif
