/* tag_view.h: tags, manifests and blobs as JSON, with the fields that the API
 * has. */

#ifndef TAG_VIEW_H
#define TAG_VIEW_H

#include "db/db_blob.h"
#include "db/db_tag.h"
#include "fcgi_core/json.h"

json_t *tag_json(const tag_item_row_t *row);

/* Where a tag points now, and where it pointed before. */
json_t *tag_present_json(const tag_present_row_t *row);
json_t *tag_past_json(const tag_past_list_row_t *row);

/* One of a list. */
json_t *manifest_item_json(const manifest_item_row_t *row);

/* One by itself, with its tags, parts and children, in the pool of db.  OK, or
 * ERROR where the database failed. */
int manifest_json(db_t *db, uint64_t repository_id,
                  const manifest_item_row_t *row, json_t **model_r);

json_t *blob_json(const blob_list_row_t *row);

#endif
