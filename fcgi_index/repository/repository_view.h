/* repository_view.h: repositories as JSON, with the fields that the API has. */

#ifndef REPOSITORY_VIEW_H
#define REPOSITORY_VIEW_H

#include "access/role.h"
#include "db/db_profile.h"
#include "db/db_repository_list.h"
#include "db/db_star.h"
#include "fcgi_core/json.h"

/* One of a list. */
json_t *repository_item_json(pool_t *pool, const repository_item_row_t *row);

/* One by itself, with its page, for a caller with that role. */
json_t *repository_json(pool_t *pool, const char *name,
                        const repository_get_row_t *row, role_t role);

/* One that an account starred. */
json_t *repository_starred_json(const star_list_of_account_row_t *row);

#endif
