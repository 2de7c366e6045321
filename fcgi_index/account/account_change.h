/* account_change.h: accounts are made, changed and deleted, and what live
 * tokens lose by that.
 *
 * Each runs in a transaction; the caller publishes revoke behind it. */

#ifndef ACCOUNT_CHANGE_H
#define ACCOUNT_CHANGE_H

#include "account/revoke.h"
#include "db/db_account.h"
#include "fcgi_core/json.h"

typedef enum {
    ACCOUNT_FAULT_NONE,
    ACCOUNT_FAULT_LOGIN,      /* the login is taken */
    ACCOUNT_FAULT_NAMESPACE,  /* so is the namespace of that name */
    ACCOUNT_FAULT_LAST_ADMIN, /* no other administrator is left */
    ACCOUNT_FAULT_LAST_OWNER, /* an organization would have no owner */
    ACCOUNT_FAULT_HEIR,       /* who is to get the namespaces is no one */
    ACCOUNT_FAULT_FATE        /* it has repositories, and no one said more */
} account_fault_t;

typedef struct {
    const char *login;
    const char *password_hash;
    const char *display_name; /* NULL: none */
    const char *email;
    bool is_admin;
    bool may_take; /* a namespace of that name that no one owns */
    int64_t now;
} account_new_t;

/* Makes an account and its namespace.  OK and its id; DECLINED with *fault_r;
 * ERROR. */
int account_make(db_t *db, revoke_t *revoke, const account_new_t *new,
                 uint64_t *id_r, account_fault_t *fault_r);

/* Another password; sessions and tokens bought with the old one end. */
int account_change_password(db_t *db, revoke_t *revoke, uint64_t id,
                            const char *password_hash);

/* DECLINED with *fault_r where no administrator would be left; fault_r NULL:
 * then too. */
int account_change_disabled(db_t *db, revoke_t *revoke, uint64_t id,
                            bool is_disabled, account_fault_t *fault_r);
int account_change_admin(db_t *db, revoke_t *revoke, uint64_t id, bool is_admin,
                         account_fault_t *fault_r);

/* Who gets the namespaces of an account that is to be deleted: heir_id 0 is no
 * one, so that they stay as they are.  fate is "keep", "transfer", to the
 * account called to, or NULL, which is good where there are no repositories.
 * DECLINED with *fault_r. */
int account_find_heir(db_t *db, uint64_t id, const char *fate, str_t to,
                      uint64_t *heir_id_r, account_fault_t *fault_r);

/* Deletes an account: it is out of every list and right, and only its login
 * stays, which no one else gets.  Its namespaces become heir_id's, or no one's
 * where that is 0.  DECLINED with *fault_r, and *name_r is the organization of
 * ACCOUNT_FAULT_LAST_OWNER. */
int account_delete(db_t *db, revoke_t *revoke, uint64_t id, uint64_t heir_id,
                   int64_t now, account_fault_t *fault_r, const char **name_r);

#define ACCOUNT_DISPLAY_NAME_MAX 100 /* characters */
#define ACCOUNT_EMAIL_MAX 254

/* Something, one @, something with no other.  Pure. */
bool account_email_is_valid(str_t text);

/* An account, with the fields that the API has. */
json_t *account_json(const account_item_row_t *row);

#endif
