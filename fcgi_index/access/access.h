/* access.h: who may do what.  The only file that decides it.
 *
 * - The owner of a namespace has the role admin on all of it, and decides who
 * else has one: the account of its name, or the owners of an organization. - A
 * member of an organization has its base role everywhere in it. - An account
 * or a team may have a role on a repository, on a pattern of names, or on the
 * whole namespace. - An admin of the site owns all that no one else does, and
 * may always list the catalogue.  Other people's private repositories are none
 * of his business. - Public and unlisted repositories may be pulled by every
 * client, without an account too; internal ones by every account. - Nothing
 * else, and no denials: the highest role counts.  A repository that may not be
 * pulled looks like one that is not there. */

#ifndef ACCESS_H
#define ACCESS_H

#include "account/account.h"
#include "db/db.h"
#include "access/grant.h"
#include "access/role.h"

/* What is known when rights are decided. */
typedef struct {
    uint64_t namespace_id; /* 0: there is no such namespace */
    uint64_t revision;     /* counts changes of rights in the namespace */
    bool is_organization;
    bool has_owner;    /* an account owns the namespace */
    uint64_t owner_id; /* 0: none does */
    bool writers_delete;
    role_t base_role;        /* of members */
    bool is_member;          /* the account is one */
    bool is_member_owner;    /* and an owner */
    role_t granted_role;     /* the highest that it or its teams have */
    uint64_t repository_id;  /* 0: the index does not know it */
    visibility_t visibility; /* of a repository that is known */
    bool is_removed;         /* it is being deleted: it is no one's */
} access_facts_t;

/* What an account may do with a name. */
typedef struct {
    access_facts_t facts;
    bool is_owner;    /* of the namespace: members, teams, roles, settings */
    role_t role;      /* on the name */
    unsigned actions; /* REG_ACTION_*s */
} access_t;

/* Decides for an account (NULL: no one).  Pure. */
access_t access_decide(const account_t *account, const access_facts_t *facts);

/* What an account (NULL: no one) may do with a repository, whether it is
 * there or not; or with a namespace, where name is "" (then role is the one on
 * all of it).  Runs in a transaction, which holds what the decision depends
 * on until it ends.  OK, or ERROR where the database failed. */
int access_repository(db_t *db, const account_t *account, const char *name,
                      access_t *access_r);
int access_namespace(db_t *db, const account_t *account, const char *namespace,
                     access_t *access_r);

/* The same of a repository that is being deleted, which is no one's: a client
 * that deletes it in the registry itself may pull and delete, as far as its
 * account could have the repository deleted; of any other one nothing. */
int access_removal(db_t *db, const account_t *account, const char *name,
                   access_t *access_r);

/* Whose namespaces are an account's (NULL: no one), so that it may pull all in
 * them: ids of accounts, NULL for namespaces without an owner, which are not
 * organizations.  Writes at most ACCESS_OWNERS_MAX, which point into account,
 * and returns their number.  Pure. */
#define ACCESS_OWNERS_MAX 2
size_t access_owners(const account_t *account, const uint64_t *owners_r[]);

/* Decides grant->granted from what grant->scope asks for.  Writes nothing: a
 * repository becomes known by its first push (mirror.c).  is_catalog_open says
 * that the catalogue names to each what it may pull (catalog.c), and is for
 * all clients.  Runs in a transaction, as access_repository(). */
int access_grant(db_t *db, const account_t *account, bool is_catalog_open,
                 grant_t *grant);

#endif
