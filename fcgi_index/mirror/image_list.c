/* image_list.c: the images of a repository, by their ids in the original
 * protocol. */

#include "mirror/image_list.h"
#include "common/name.h"
#include "db/db_image_v1.h"

#define CHECKSUM_MAX 255


bool
image_checksum_is_valid(str_t text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = text.data[i];

        if (c <= ' ' || c > '~' || c == '"' || c == '\\') {
            return false;
        }
    }

    return text.len <= CHECKSUM_MAX;
}


static int
fault(const char **error_r, const char *error)
{
    *error_r = error;

    return ERROR;
}


/* The reference of *checksum_r is the caller's. */
static int
read_checksum(json_t *entry, json_t **checksum_r, const char **error_r)
{
    str_t text;
    int rc = json_member_string(entry, "checksum", &text);

    if (rc == ERROR || (rc == OK && !image_checksum_is_valid(text))) {
        return fault(error_r, "a checksum is malformed");
    }

    *checksum_r = rc == OK && text.len != 0 ? json_str(text) : json_null();

    return OK;
}


static int
read_entry(pool_t *pool, json_t *entry, json_t *images, const char **error_r)
{
    str_t id;
    const char *key;
    json_t *checksum;

    if (!json_is_object(entry) || json_member_string(entry, "id", &id) != OK
        || !reg_image_id_is_valid(id)) {
        return fault(error_r, "an entry has no valid image id");
    }

    if (read_checksum(entry, &checksum, error_r) != OK) {
        return ERROR;
    }

    key = pool_strndup(pool, id);

    if (json_is_string(json_object_get(images, key))) {
        json_decref(checksum);
    } else {
        json_object_set_new(images, key, checksum);
    }

    return OK;
}


int
image_list_read(pool_t *pool, const json_t *value, json_t **images_r,
                const char **error_r)
{
    size_t n = json_array_size(value);

    if (!json_is_array(value)) {
        return fault(error_r, "not an array of images");
    }

    if (n > IMAGE_LIST_MAX) {
        return fault(error_r, "more images than a list may have");
    }

    *images_r = json_pooled(pool, json_object());

    for (size_t i = 0; i < n; i++) {
        if (read_entry(pool, json_array_get(value, i), *images_r, error_r)
            != OK) {
            return ERROR;
        }
    }

    return OK;
}


/* The first of the list gets the highest place. */
static const char *
places_print(pool_t *pool, json_t *images, uint64_t top)
{
    json_t *rows = json_pooled(pool, json_array());
    uint64_t place = top + json_object_size(images);
    const char *id;
    json_t *checksum;

    json_object_foreach(images, id, checksum)
    {
        json_array_append_new(
            rows, json_pack("[s, O, I]", id, checksum, (json_int_t)place--));
    }

    return json_text(pool, rows);
}


static int
trim(db_t *db, uint64_t repository_id)
{
    image_v1_surplus_row_t row;
    int rc = db_image_v1_surplus(db, repository_id, &row);

    if (rc == OK) {
        rc = db_image_v1_trim(db, repository_id, row.place);
    }

    return rc == ERROR ? ERROR : OK;
}


int
image_list_put(db_t *db, uint64_t repository_id, json_t *images)
{
    image_v1_top_row_t top = { 0 };

    if (json_object_size(images) == 0) {
        return OK;
    }

    if (db_image_v1_top(db, repository_id, &top) == ERROR
        || db_image_v1_put(db, repository_id,
                           places_print(db_pool(db), images, top.place))
               != OK) {
        return ERROR;
    }

    return trim(db, repository_id);
}


int
image_list_json(db_t *db, uint64_t repository_id, json_t **list_r)
{
    image_v1_list_row_t *rows;
    size_t n;

    *list_r = json_pooled(db_pool(db), json_array());

    if (db_image_v1_list(db, repository_id, IMAGE_LIST_MAX, &rows, &n) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(*list_r,
                              json_pack("{s:s, s:s*}", "id", rows[i].image_id,
                                        "checksum", rows[i].checksum));
    }

    return OK;
}


int
image_list_has(db_t *db, uint64_t repository_id, const char *image_id)
{
    image_v1_find_row_t row;

    return db_image_v1_find(db, repository_id, image_id, &row);
}
