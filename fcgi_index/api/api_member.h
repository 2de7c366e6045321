/* api_member.h: members of organizations. */

#ifndef API_MEMBER_H
#define API_MEMBER_H

#include "api/route.h"

extern const field_t api_member_put_body[];
extern const model_t api_member_model;

int api_member_list(api_t *api);
int api_member_put(api_t *api);
int api_member_remove(api_t *api);

/* For other files of what only members see: OK, or ERROR with a problem. */
int api_member_check(api_t *api);

#endif
