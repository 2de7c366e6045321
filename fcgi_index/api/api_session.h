/* api_session.h: log-in and log-out of the pages. */

#ifndef API_SESSION_H
#define API_SESSION_H

#include "api/route.h"

extern const field_t api_session_create_body[];
extern const field_t api_session_confirm_body[];
extern const model_t api_session_model;      /* the one of the caller */
extern const model_t api_session_item_model; /* one of a list */

int api_session_login(api_t *api); /* prepare */
int api_session_create(api_t *api);
int api_session_get(api_t *api);
int api_session_delete(api_t *api);
int api_session_verify(api_t *api); /* prepare */
int api_session_confirm(api_t *api);
int api_session_list(api_t *api);
int api_session_end(api_t *api);

/* For a handler that has changed the account of the session: it gets another
 * cookie, and continues for the account's new revision.  OK or ERROR. */
int api_session_renew(api_t *api, uint64_t revision);

#endif
