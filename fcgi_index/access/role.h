/* role.h: roles and visibilities: their order, their words.  Pure. */

#ifndef ROLE_H
#define ROLE_H

#include "fcgi_core/core.h"

/* Each may do what those below it may; as numbers in the database. */
typedef enum { ROLE_NONE, ROLE_READ, ROLE_WRITE, ROLE_ADMIN } role_t;

/* Who may pull a repository without a role on it; as numbers in the
 * database. */
typedef enum {
    VISIBILITY_PUBLIC,   /* all clients */
    VISIBILITY_UNLISTED, /* every client that knows the name: in no list */
    VISIBILITY_INTERNAL, /* every account */
    VISIBILITY_PRIVATE   /* no one */
} visibility_t;

/* "none", "read", "write", "admin"; "public", "unlisted", "internal",
 * "private". */
const char *role_name(role_t role);
/* Words of the visibilities, in their order; ends in NULL. */
extern const char *const visibility_words[];

const char *visibility_name(visibility_t visibility);

/* The other way round; DECLINED for any other word. */
int role_parse(str_t word, role_t *role_r);
int visibility_parse(str_t word, visibility_t *visibility_r);

/* The REG_ACTION_*s of a role; writers_delete is the namespace's switch. */
unsigned role_actions(role_t role, bool writers_delete);

#endif
