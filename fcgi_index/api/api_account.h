/* api_account.h: accounts: the caller's own, and for administrators all. */

#ifndef API_ACCOUNT_H
#define API_ACCOUNT_H

#include "api/route.h"

extern const field_t api_account_create_body[];
extern const field_t api_account_edit_body[];
extern const field_t api_account_password_body[];
extern const field_t api_account_delete_query[];
extern const field_t api_account_list_query[];
extern const field_t api_account_admin_body[];
extern const model_t api_account_model;
extern const model_t api_account_profile_model; /* what other accounts see */

/* The caller's own. */
int api_account_get(api_t *api);
int api_account_edit(api_t *api);
int api_account_hash(api_t *api); /* prepare: checks, and hashes the new one */
int api_account_password(api_t *api);
int api_account_delete(api_t *api);

int api_account_sign_up(api_t *api); /* prepare */
int api_account_create(api_t *api);
int api_account_profile(api_t *api);

/* For administrators. */
int api_account_list(api_t *api);
int api_account_get_any(api_t *api);
int api_account_change(api_t *api);
int api_account_delete_any(api_t *api);

#endif
