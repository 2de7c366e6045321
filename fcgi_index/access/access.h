/* access.h: who may do what.  The only file that decides it.
 *
 * - An account owns the namespace of its name (the first component of a
 *   repository's name) and may do everything there.
 * - An admin may do everything in namespaces that no one owns as well, and
 *   may always list the catalogue.  Other people's private repositories are
 *   none of an admin's business.
 * - A public repository may be pulled by everybody, without an account too.
 * - Nothing else: a private repository looks like one that is not there. */

#ifndef ACCESS_H
#define ACCESS_H

#include "account/account.h"
#include "db/db.h"
#include "access/grant.h"

/* What is known of a repository when its rights are decided. */
typedef struct {
    bool has_owner;    /* somebody owns the namespace */
    uint64_t owner_id; /* 0 without an owner */
    bool is_known;     /* the index has a row of the repository */
    bool is_public;    /* and it is public */
} access_facts_t;

/* The REG_ACTION_*s that an account (NULL: no one) has.  Pure. */
unsigned access_rights(const account_t *account, const access_facts_t *facts);

/* Whose namespaces' repositories an account (NULL: no one) may all pull: ids
 * of accounts, NULL for nobody's.  Beside those it may pull what is public;
 * nothing else.  Writes at most ACCESS_OWNERS_MAX, which point into account,
 * and returns their number.  Pure. */
#define ACCESS_OWNERS_MAX 2
size_t access_owners(const account_t *account, const uint64_t *owners_r[]);

/* Decides grant->granted from what grant->scope asks for.  Writes nothing: a
 * repository becomes known by its first push (mirror.c).  is_catalog_open says
 * that the catalogue names to each what it may pull (catalog.c), and is for
 * everybody.  Runs in a transaction, which holds what the decision depends on
 * until it ends.  OK, or ERROR where the database failed. */
int access_grant(db_t *db, const account_t *account, bool is_catalog_open,
                 grant_t *grant);

#endif
