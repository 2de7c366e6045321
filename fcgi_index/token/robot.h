/* robot.h: robots of a namespace or of a repository: accounts of programs.
 *
 * A robot is called NAMESPACE+NAME, has a secret and no password, and begins
 * with the role that its maker gives it in the namespace, or on some of its
 * repositories; roles may be added and taken away as for people
 * (collaborator.h).  It has rights in its namespace only.
 *
 * A robot of a repository has rights on that repository only, whatever roles
 * it is given.  The admins of the repository and the owners of the namespace
 * manage it, and it is deleted with the repository.
 *
 * Each function runs in a transaction, writes its row of the audit log, and
 * answers as change.h has it; now of the change is set. */

#ifndef ROBOT_H
#define ROBOT_H

#include "access/change.h"
#include "db/db_robot.h"

#define ROBOT_DAYS_MAX 3650
#define ROBOT_GRACE 24 /* hours that an old secret is good */
#define ROBOT_GRACE_MAX 168
#define ROBOT_PATTERNS_MAX 20
#define ROBOT_DESCRIPTION_MAX 100 /* characters */

typedef struct {
    const char *name;
    const char *description;
    role_t role;
    const char *repository;    /* that it belongs to, with its namespace; NULL:
                                  it belongs to the namespace */
    json_t *patterns;          /* of names behind the namespace's; NULL: all;
                                  unused where there is a repository */
    const int64_t *expires_at; /* of its secret; NULL: never */
    const char *address;       /* that asks for it */
} robot_new_t;

/* Makes one, by an admin of its repository, or else by an owner of the
 * namespace. */
int robot_add(change_t *change, const char *namespace, const robot_new_t *new,
              const char **secret_r);

/* The login of a robot, in the pool. */
const char *robot_login(pool_t *pool, const char *namespace, const char *name);

/* Holds one of a namespace against other changes, and finds it; where there is
 * a repository_id, only a robot of that repository.  Whether the actor may
 * change it is the caller's to check, as it is for those below, which are for
 * one that was taken. */
int robot_take(change_t *change, uint64_t namespace_id,
               const uint64_t *repository_id, const char *login,
               robot_item_row_t *row_r);

/* NULL: as it is.  What was bought with its secret is revoked where that ends
 * at another time, or where the robot is disabled.  One that the operator (no
 * actor) disabled is enabled by the operator only. */
typedef struct {
    const char *description;
    const bool *is_disabled;
    bool has_expiry;
    const int64_t *expires_at; /* NULL: never */
} robot_edit_t;

int robot_edit(change_t *change, const robot_item_row_t *row,
               const robot_edit_t *edit);

/* Another secret; the old one is good for grace seconds. */
int robot_rotate(change_t *change, const robot_item_row_t *row, int64_t grace,
                 const int64_t *expires_at, const char **secret_r);

/* Nothing hangs on its login: another one may be called that again. */
int robot_delete(change_t *change, const robot_item_row_t *row);

/* One, with the fields that the API has. */
json_t *robot_json(const robot_item_row_t *row);

#endif
