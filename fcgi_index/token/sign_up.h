/* sign_up.h: invitations to sign up, by administrators and by the operator.
 *
 * Changes run in a transaction, write their row of the audit log, and answer
 * as change.h has it; now of the change is set. */

#ifndef SIGN_UP_H
#define SIGN_UP_H

#include "access/change.h"
#include "db/db_sign_up_invitation.h"

#define SIGN_UP_DAYS 7 /* that an invitation is good for by default */
#define SIGN_UP_DAYS_MAX 90
#define SIGN_UP_NOTE_MAX 255 /* characters */

/* Makes one; its secret is in the pool of the database. */
int sign_up_invite(change_t *change, const char *note, int64_t days,
                   const char **secret_r, uint64_t *id_r,
                   int64_t *expires_at_r);

/* Takes one back. */
int sign_up_withdraw(change_t *change, uint64_t id);

/* An invitation's secret is used up by a new account: OK; DECLINED where it is
 * not good, or not any more; ERROR. */
int sign_up_use(db_t *db, str_t secret, uint64_t account_id, int64_t now);

/* One, with the fields that the API has. */
json_t *sign_up_json(const sign_up_invitation_list_row_t *row);

/* One that was made just now, without its secret. */
json_t *sign_up_new_json(uint64_t id, const char *note, int64_t expires_at);

#endif
