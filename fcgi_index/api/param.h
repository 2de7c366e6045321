/* param.h: the parameters of paths, and what names look like. */

#ifndef PARAM_H
#define PARAM_H

#include "api/route.h"

/* {name} in a path: one segment, percent-encoded. */
typedef struct {
    const char *name;
    field_type_t type; /* FIELD_STRING or FIELD_INTEGER */
    long max;
    const grammar_t *grammar;
    const char *help;
} path_param_t;

/* The parameter of a name; NULL for one that param.c has no row of. */
const path_param_t *path_param_find(str_t name);

extern const grammar_t grammar_login;
extern const grammar_t grammar_login_prefix;
extern const grammar_t grammar_account; /* a login, or a robot's */
extern const grammar_t grammar_namespace;
extern const grammar_t grammar_repository;
extern const grammar_t grammar_registry; /* its name in the map */
extern const grammar_t grammar_tag;
extern const grammar_t grammar_digest;
extern const grammar_t grammar_pattern; /* of repositories' names, with "*" */
extern const grammar_t grammar_address; /* of IP */

#define PARAM_TIME_LEN (sizeof("2026-01-02T03:04:05Z") - 1)

/* A time in UTC, of that length. */
extern const grammar_t grammar_time;

#endif
