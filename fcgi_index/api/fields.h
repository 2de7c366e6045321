/* fields.h: the fields of a request, checked by the tables of its row.
 *
 * Each is typed and bounded; one that the table does not have is refused, as is
 * null where the table does not allow it.  What is wrong in the query answers
 * 400, in the body 422 (400 where it is no JSON, 413, 415). */

#ifndef FIELDS_H
#define FIELDS_H

#include "api/api.h"

/* Fills api->fields and api->body.  OK, or ERROR with a problem. */
int fields_read(api_t *api);

/* The fields that every list takes: limit and after. */
extern const field_t fields_of_list[];

#define FIELDS_LIMIT_DEFAULT 25
#define FIELDS_LIMIT_MAX 100

#endif
