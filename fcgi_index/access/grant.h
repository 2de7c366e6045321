/* grant.h: the scopes that a client asked for, and what it gets of each.
 * Pure but for the pool. */

#ifndef GRANT_H
#define GRANT_H

#include "common/verdict.h"
#include "fcgi_core/pool.h"

#define GRANT_ACTIONS (REG_ACTION_PULL | REG_ACTION_PUSH | REG_ACTION_DELETE)

typedef struct {
    reg_scope_t scope; /* as asked for; a view */
    const char *name;  /* the scope's, NUL-terminated */
    bool is_catalog;   /* registry:catalog, else a repository */
    bool is_removal;   /* of a repository that is being deleted */
    unsigned granted;
} grant_t;

typedef struct {
    grant_t grants[REG_VERDICT_GRANTS_MAX];
    size_t n;
    bool is_over; /* more than REG_VERDICT_GRANTS_MAX were asked for */
} grant_list_t;

/* Adds the scopes of a list with spaces between them.  Scopes of the same
 * thing are joined.  Malformed ones, unknown types and names that no
 * repository can have are skipped.  text is kept, not copied. */
void grant_list_add(pool_t *pool, grant_list_t *list, str_t text);

/* What of asked is allowed; "*" asks for all that there is. */
unsigned grant_intersect(unsigned asked, unsigned allowed);

/* The verdict, in the pool.  DECLINED where it would be longer than
 * REG_VERDICT_MAX; ERROR where service or account are not fit for one. */
int grant_list_verdict(pool_t *pool, const grant_list_t *list,
                       const reg_verdict_t *head, str_t *verdict_r);

/* What was granted, as a scope list for the client; "" for nothing. */
const char *grant_list_print(pool_t *pool, const grant_list_t *list);

#endif
