/* api_audit.h: the audit log. */

#ifndef API_AUDIT_H
#define API_AUDIT_H

#include "api/route.h"

extern const field_t api_audit_query[];
extern const model_t api_audit_model;

int api_audit_list(api_t *api);

#endif
