/* image_list.h: the images of a repository, by their ids in the original
 * protocol, with their checksums.
 *
 * What pushes have named, and what the events of registries say; images that
 * were pushed by the other protocol have no such ids here. */

#ifndef IMAGE_LIST_H
#define IMAGE_LIST_H

#include "db/db.h"
#include "fcgi_core/json.h"

#define IMAGE_LIST_MAX 4096 /* of a request, and of a repository */

/* "tarsum+sha256:<hex>", "sha256:<hex>", or what other programs made of it:
 * visible ASCII that fits its column.  Pure. */
bool image_checksum_is_valid(str_t text);

/* Reads a list that a client sends: an array of objects with "id" and perhaps
 * "checksum"; other members are skipped.  The first entry of an id counts,
 * unless it has no checksum and a later one has.  *images_r is an object, in
 * the pool: a checksum, or null, by id, in the order of the list.  ERROR with
 * *error_r. */
int image_list_read(pool_t *pool, const json_t *value, json_t **images_r,
                    const char **error_r);

/* Puts images in front of those that a repository has: none goes, and a
 * checksum that is known stays where none comes.  Of more than IMAGE_LIST_MAX
 * those are forgotten that no push has named for the longest time.  Runs in a
 * transaction.  OK or ERROR. */
int image_list_put(db_t *db, uint64_t repository_id, json_t *images);

/* The list as clients read it; in the pool of the database.  OK or ERROR. */
int image_list_json(db_t *db, uint64_t repository_id, json_t **list_r);

/* OK where a repository has the image, DECLINED, ERROR. */
int image_list_has(db_t *db, uint64_t repository_id, const char *image_id);

#endif
