/* v1_repository.c: a repository begins, and ends. */

#include "v1/v1_repository.h"
#include "account/revoke.h"
#include "db/db_removal.h"
#include "mirror/mirror.h"
#include "repository/removal.h"
#include "mirror/image_list.h"
#include "v1/v1_caller.h"
#include "v1/v1_image.h"
#include "v1/v1_token.h"
#include "webhook/webhook_hold.h"

#define DONE_SECONDS 86400 /* in which a deletion may be confirmed again */


/* --- allocation ----------------------------------------------------------- */

/* Of a repository that is not the account's the answer is the same, whether it
 * is there or not. */
static int
allocate_in_transaction(void *data)
{
    v1_t *v1 = data;
    access_t access;
    uint64_t id;

    if (v1_caller_hold(v1) != OK
        || access_repository(v1->db, v1_account(v1), v1->name, &access) != OK) {
        return ERROR;
    }

    if ((access.actions & REG_ACTION_PUSH) == 0
        || !v1_credential_allows(v1, CREDENTIAL_PUSH)) {
        return v1_fail(v1, 403, "Permission denied");
    }

    id = access.facts.repository_id;

    if (id == 0
        && mirror_add_repository(v1->db, v1->name, v1->now, &id) != OK) {
        return ERROR;
    }

    return image_list_put(v1->db, id, v1->prepared) == OK ? webhook_hold_begin(
               v1->db, id, v1->caller.account.login, v1->now)
                                                          : ERROR;
}


int
v1_repository_put(v1_t *v1)
{
    if (v1_image_list_read(v1) != OK) {
        return ERROR;
    }

    if (db_transaction(v1->db, allocate_in_transaction, v1) != OK) {
        return v1_fail_database(v1);
    }

    return v1_token_reply(v1, V1_ACCESS_WRITE) == OK
               ? v1_reply_string(v1, 200, "")
               : ERROR;
}


/* --- deletion ------------------------------------------------------------- */

/* What a call of DELETE has found. */
typedef struct {
    v1_t *v1;
    bool is_removed;   /* being deleted, and the account could have it so */
    bool is_confirmed; /* a client has said that the registry is done */
    uint64_t removal_id;
} deletion_t;


static int
find(deletion_t *d)
{
    v1_t *v1 = d->v1;
    const account_t *account = v1_account(v1);
    removal_open_row_t row;
    access_t access;
    int rc;

    if (access_removal(v1->db, account, v1->name, &access) != OK) {
        return ERROR;
    }

    d->is_removed = access.actions != 0;

    if (!d->is_removed) {
        return OK;
    }

    rc = db_removal_open(v1->db, v1->name, access.facts.repository_id, &row);

    if (rc == OK) {
        d->removal_id = row.id;
        d->is_confirmed = row.is_confirmed;
    }

    return rc == ERROR ? ERROR : OK;
}


/* Tokens with which it was deleted end. */
static int
confirm_in_transaction(void *data)
{
    deletion_t *d = data;
    v1_t *v1 = d->v1;

    v1->revoke = (revoke_t){ 0 };

    if (v1_caller_hold(v1) != OK || find(d) != OK) {
        return ERROR;
    }

    if (d->is_removed
        && (db_removal_confirm(v1->db, d->removal_id, v1->now) != OK
            || revoke_repository(v1->db, &v1->revoke, v1->name, 0) != OK)) {
        return ERROR;
    }

    return OK;
}


/* The answer to the second call may have been lost, and all be done by now: the
 * same account may say it again.  It never begins a deletion. */
static int
confirm(deletion_t *d)
{
    v1_t *v1 = d->v1;
    removal_done_row_t row;
    int rc = db_transaction(v1->db, confirm_in_transaction, d);

    if (rc != OK) {
        return v1_fail_database(v1);
    }

    if (d->is_removed) {
        v1_publish(v1);
        return v1_reply_string(v1, 200, "");
    }

    rc = db_removal_done(v1->db, v1->name, v1->caller.account.login,
                         v1->now - DONE_SECONDS, &row);

    if (rc != OK) {
        return rc == DECLINED ? v1_fail(v1, 404, "Repository not found")
                              : v1_fail_database(v1);
    }

    return v1_reply_string(v1, 200, "");
}


static int
begin(deletion_t *d)
{
    v1_t *v1 = d->v1;
    change_t change = v1_change(v1);
    int rc = removal_request(&change, v1->name);

    return rc == OK ? OK : v1_fail_change(v1, rc, &change);
}


/* One that was cut, here or by the API, is taken up: its client gets another
 * token. */
static int
begin_or_go_on(deletion_t *d)
{
    v1_t *v1 = d->v1;

    if (d->is_confirmed) {
        return v1_fail(v1, 404, "Repository not found");
    }

    if (!d->is_removed && begin(d) != OK) {
        return ERROR;
    }

    return v1_token_reply(v1, V1_ACCESS_REMOVE) == OK
               ? v1_reply_string(v1, 202, "")
               : ERROR;
}


/* Whether the client says that the registry is done. */
static bool
is_second(const deletion_t *d)
{
    return req_param(d->v1->rq, "HTTP_X_DOCKER_ENDPOINTS")[0] != '\0'
           || (d->is_removed && !v1_wants_token(d->v1));
}


int
v1_repository_delete(v1_t *v1)
{
    deletion_t d = { .v1 = v1 };

    if (!v1_credential_allows(v1, CREDENTIAL_MANAGE)
        || !v1_credential_allows(v1, CREDENTIAL_DELETE)) {
        return v1_fail(v1, 403, "Permission denied");
    }

    if (find(&d) != OK) {
        return v1_fail_database(v1);
    }

    return is_second(&d) ? confirm(&d) : begin_or_go_on(&d);
}
