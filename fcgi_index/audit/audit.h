/* audit.h: who did what from where with what, in rows of the table audit.
 *
 * A change is written in one transaction with its row.  No secret is ever in
 * one: secrets have ids.  Pulls are never rows. */

#ifndef AUDIT_H
#define AUDIT_H

#include "db/db.h"
#include "db/db_audit.h"
#include "fcgi_core/json.h"

#define AUDIT_DATA_MAX 4096

typedef enum {
#define AUDIT(name, word, help) AUDIT_##name,
#include "audit/audit.def"
#undef AUDIT
    AUDIT_N
} audit_action_t;

/* Words of the actions, in their order; ends in NULL. */
extern const char *const audit_words[];

/* Who acts. */
typedef struct {
    uint64_t id;       /* of the account; 0: none */
    const char *login; /* "" for no one; of an operator, the system's user */
    const char *kind;  /* one of audit_kinds */
    uint64_t token_id; /* of the access token; 0: none */
    const char *address;
} audit_actor_t;

/* "anonymous", "session", "password", "token", "operator"; ends in NULL. */
extern const char *const audit_kinds[];

/* What was done to what. */
typedef struct {
    audit_action_t action;
    uint64_t namespace_id; /* 0: none */
    uint64_t repository_id;
    const char *target; /* its name; cut to what the table holds */
    json_t *data;       /* more about it, or NULL; the reference is taken */
} audit_t;

/* OK or ERROR, where the database failed.  Runs in the transaction of the
 * change. */
int audit_add(db_t *db, const audit_actor_t *actor, int64_t now,
              const audit_t *audit);

/* A row, with the fields that the API has. */
json_t *audit_json(const audit_item_row_t *row);

/* A wrong password for a login, which a stranger may have made up, from an
 * address.  Several in ten minutes are one row with their number, so that a
 * flood does not fill the table.  Failures are logged. */
void audit_login_failure(db_t *db, str_t login, const char *address,
                         int64_t now);

/* Takes away some rows from before a moment. */
int audit_purge(db_t *db, int64_t before);

#endif
