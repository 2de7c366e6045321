/* change.h: how rights are changed: in one transaction, which begins with the
 * namespace's row, checks who acts, changes, writes a row of the audit log, and
 * revokes what tokens grant too much from then on; verdicts leave memcached
 * after the commit.
 *
 * The models of namespaces, members, teams, collaborators, invitations and
 * visibilities take a change_t, of which the caller fills the first part, and
 * return
 *
 *     OK        it is done; where !is_published verdicts may still be in
 *               memcached, which was logged
 *     DECLINED  it is not, and nothing has changed: fault, field and message
 *               say why
 *     ERROR     the database failed
 *
 * A change_t may be used again for another change.  With is_nested a model
 * runs in the transaction of its caller, who rolls back unless it returned OK,
 * and publishes what it added to *revoke.  Where that transaction has read the
 * rights before (access.h), it holds the namespace's row shared: two changes at
 * once are then in each other's way, and db_transaction() begins one of them
 * again. */

#ifndef CHANGE_H
#define CHANGE_H

#include "access/access.h"
#include "account/revoke.h"
#include "audit/audit.h"

typedef enum {
    FAULT_NONE,
    FAULT_NOT_FOUND, /* it is not there, or the actor may not know of it */
    FAULT_FORBIDDEN, /* the actor may know of it, but not change it */
    FAULT_STALE,     /* the actor's account has changed: log in again */
    FAULT_INVALID,   /* a value is malformed */
    FAULT_RESERVED,  /* a name that looks like a registry's host */
    FAULT_TAKEN,     /* a name that is in use */
    FAULT_CONFLICT,  /* not as things are: the last owner, not empty, ... */
    FAULT_LIMIT      /* there are as many as there may be */
} fault_t;

typedef struct {
    db_t *db;
    cache_t *cache;         /* unused where is_nested, as is the next one */
    long token_seconds;     /* for how long a token is good */
    const account_t *actor; /* NULL: the operator, who may do everything */
    const audit_actor_t *auditor; /* the same, for the audit log */
    revoke_t *revoke;
    bool is_nested;

    fault_t fault;
    const char *field;   /* which argument is at fault; NULL: none */
    const char *message; /* one sentence, in the pool of db */
    bool is_published;

    /* for the models: */
    int64_t now;
    const char *namespace;
    access_t access; /* of the actor */
} change_t;

/* What the actor of a change has to be. */
typedef enum {
    CHANGE_OWNER, /* of the namespace */
    CHANGE_ADMIN, /* of a repository that the index knows */
    CHANGE_ANYONE /* the model checks itself */
} change_right_t;

/* What a model does to a namespace, called again where the transaction has to
 * be: OK, ERROR, or DECLINED by change_fail(). */
typedef int (*change_fn)(change_t *change, void *data);

/* Runs fn for a namespace, or for a repository where the right is
 * CHANGE_ADMIN: see above. */
int change_run(change_t *change, const char *name, change_right_t right,
               change_fn fn, void *data);

/* Runs fn without a namespace that is there yet. */
int change_run_new(change_t *change, change_fn fn, void *data);

/* What change_run() does before fn, for one of change_run_new() that has made
 * the namespace or the repository: locks the namespace, counts its revision,
 * and checks the right. */
int change_enter(change_t *change, const char *name, change_right_t right);

/* Says why nothing is changed.  Returns DECLINED, so that a model may write
 * `return change_fail(...)`. */
int change_fail(change_t *change, fault_t fault, const char *field,
                const char *format, ...) PRINTF_LIKE(4, 5);

/* Writes the row of the audit log, of the change's namespace; repository_id 0:
 * none.  The reference of data is taken.  OK or ERROR. */
int change_audit(change_t *change, audit_action_t action,
                 uint64_t repository_id, const char *target, json_t *data);

/* The account of a login, as an argument called field: OK, or DECLINED and
 * ERROR as above. */
int change_find_account(change_t *change, const char *field, const char *login,
                        uint64_t *id_r);

/* The actor's id for a column; NULL for the operator. */
const uint64_t *change_actor_id(const change_t *change);

#endif
