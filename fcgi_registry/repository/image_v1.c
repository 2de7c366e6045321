/* image_v1.c: images of the original protocol. */

#include "repository/image_v1.h"
#include "repository/link.h"

#include "common/name.h"

#include "fcgi_core/log.h"

#define NOTE_MAX ((size_t)4096)               /* bytes of sums, of an id */
#define ANCESTRY_BYTES ((size_t)(128 * 1024)) /* 67 an id */


static int
get(store_op_t *op, str_t name, str_t id, const char *sub, size_t max,
    str_t *content_r)
{
    store_key_t key = key_image_v1(name, id, sub);

    return store_get(op, key.text, max, content_r);
}


static int
put(store_op_t *op, str_t name, str_t id, const char *sub, str_t content)
{
    store_key_t key = key_image_v1(name, id, sub);

    return store_put(op, key.text, content);
}


/* OK also where it is gone already. */
static int
del(store_op_t *op, str_t name, str_t id, const char *sub)
{
    store_key_t key = key_image_v1(name, id, sub);

    return store_del(op, key.text) == ERROR ? ERROR : OK;
}


/* What we wrote ourselves and is no JSON any more is as if it were not there:
 * logged, and made again. */
static int
get_json(store_op_t *op, str_t name, str_t id, const char *sub, size_t max,
         json_t **value_r)
{
    store_key_t key = key_image_v1(name, id, sub);
    const char *error;
    str_t content;
    int rc = store_get(op, key.text, max, &content);

    if (rc == OK && json_parse(op->pool, content, value_r, &error) != OK) {
        log_warn("%s is no JSON and is ignored: %s", key.text, error);
        return DECLINED;
    }

    return rc;
}


int
image_v1_lock(store_op_t *op, str_t name, str_t id, store_lock_t *lock_r)
{
    store_key_t key = key_image_v1(name, id, NULL);

    return store_lock(op, key.text, NULL, false, lock_r);
}


int
image_v1_json(store_op_t *op, str_t name, str_t id, str_t *json_r)
{
    return get(op, name, id, "json", IMAGE_V1_JSON_MAX, json_r);
}


int
image_v1_json_put(store_op_t *op, str_t name, str_t id, str_t json)
{
    return put(op, name, id, "json", json);
}


int
image_v1_touch(store_op_t *op, str_t name, str_t id)
{
    store_key_t key = key_image_v1(name, id, "json");

    return store_touch(op, key.text);
}


int
image_v1_is_uploading(store_op_t *op, str_t name, str_t id)
{
    store_key_t key = key_image_v1(name, id, "inprogress");

    return store_check(op, key.text);
}


int
image_v1_uploading_put(store_op_t *op, str_t name, str_t id)
{
    return put(op, name, id, "inprogress", reg_str(""));
}


int
image_v1_uploading_del(store_op_t *op, str_t name, str_t id)
{
    return del(op, name, id, "inprogress");
}


/* --- ancestry ------------------------------------------------------------ */


int
image_v1_ancestry(store_op_t *op, str_t name, str_t id, str_t **ids_r,
                  size_t *n_r)
{
    json_t *list, *item;
    size_t i;
    int rc = get_json(op, name, id, "ancestry", ANCESTRY_BYTES, &list);

    if (rc != OK) {
        return rc;
    }

    *n_r = json_array_size(list);
    *ids_r = pool_alloc(op->pool, (*n_r + 1) * sizeof(str_t));

    json_array_foreach(list, i, item)
    {
        str_t each =
            reg_cstr(json_is_string(item) ? json_string_value(item) : "");

        if (!reg_image_id_is_valid(each)) {
            return DECLINED;
        }

        (*ids_r)[i] = each;
    }

    return *n_r != 0 ? OK : DECLINED;
}


int
image_v1_ancestry_put(store_op_t *op, str_t name, str_t id,
                      const str_t *parents, size_t n)
{
    json_t *list = json_pooled(op->pool, json_array());

    json_array_append_new(list, json_str(id));

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(list, json_str(parents[i]));
    }

    return put(op, name, id, "ancestry", reg_cstr(json_text(op->pool, list)));
}


/* --- layer --------------------------------------------------------------- */


int
image_v1_layer(store_op_t *op, str_t name, str_t id, reg_digest_t *digest_r)
{
    store_key_t key = key_image_v1(name, id, "layer");

    return link_get(op, key.text, digest_r);
}


int
image_v1_layer_put(store_op_t *op, str_t name, str_t id,
                   const reg_digest_t *digest)
{
    store_key_t key = key_image_v1(name, id, "layer");

    return link_put(op, key.text, digest);
}


static str_t
text_of(json_t *object, const char *key)
{
    str_t text = { 0, NULL };

    return json_member_string(object, key, &text) == OK ? text : reg_str("");
}


static uint64_t
number_of(const json_t *object, const char *key)
{
    json_int_t number = json_integer_value(json_object_get(object, key));

    return number > 0 ? (uint64_t)number : 0;
}


int
image_v1_sums(store_op_t *op, str_t name, str_t id, image_v1_sums_t *sums_r)
{
    json_t *sums;
    int rc = get_json(op, name, id, "sums", NOTE_MAX, &sums);

    if (rc != OK) {
        return rc;
    }

    *sums_r = (image_v1_sums_t){
        .size = number_of(sums, "size"),
        .uncompressed = number_of(sums, "uncompressed"),
        .json = text_of(sums, "json"),
        .payload = text_of(sums, "payload"),
        .tarsum = text_of(sums, "tarsum"),
        .diff_id = text_of(sums, "diff_id"),
        .is_plain = json_is_true(json_object_get(sums, "is_plain")),
    };

    return sums_r->diff_id.len != 0 ? OK : DECLINED;
}


static json_t *
text_or_null(str_t text)
{
    return text.len != 0 ? json_str(text) : json_null();
}


int
image_v1_sums_put(store_op_t *op, str_t name, str_t id,
                  const image_v1_sums_t *sums)
{
    json_t *object = json_pooled(
        op->pool,
        json_pack("{s:I, s:o, s:o, s:o, s:o, s:I, s:b}", "size",
                  (json_int_t)sums->size, "json", text_or_null(sums->json),
                  "payload", text_or_null(sums->payload), "tarsum",
                  text_or_null(sums->tarsum), "diff_id",
                  text_or_null(sums->diff_id), "uncompressed",
                  (json_int_t)sums->uncompressed, "is_plain", sums->is_plain));

    return put(op, name, id, "sums", reg_cstr(json_text(op->pool, object)));
}


int
image_v1_sums_del(store_op_t *op, str_t name, str_t id)
{
    int rc = del(op, name, id, "sums");

    return rc == OK ? del(op, name, id, "files") : rc;
}


int
image_v1_files(store_op_t *op, str_t name, str_t id, str_t *files_r)
{
    return get(op, name, id, "files", IMAGE_V1_FILES_MAX, files_r);
}


int
image_v1_files_put(store_op_t *op, str_t name, str_t id, str_t files)
{
    return put(op, name, id, "files", files);
}


/* --- the same image for version 2 ---------------------------------------- */


int
image_v1_manifest(store_op_t *op, str_t name, str_t id, reg_digest_t *digest_r)
{
    store_key_t key = key_image_v1(name, id, "manifest");

    return link_get(op, key.text, digest_r);
}


int
image_v1_of_manifest(store_op_t *op, str_t name, const reg_digest_t *digest,
                     str_t *id_r)
{
    store_key_t key = key_revision_v1(name, digest);
    int rc = store_get(op, key.text, NOTE_MAX, id_r);

    return rc == OK && !reg_image_id_is_valid(*id_r) ? DECLINED : rc;
}


/* The id of an image is noted last: it leads to the image. */
int
image_v1_manifest_put(store_op_t *op, str_t name, str_t id,
                      const reg_digest_t *digest)
{
    store_key_t key = key_image_v1(name, id, "manifest");

    if (link_put(op, key.text, digest) != OK) {
        return ERROR;
    }

    key = key_revision_v1(name, digest);

    return store_put(op, key.text, id);
}


int
image_v1_manifest_del(store_op_t *op, str_t name, str_t id)
{
    return del(op, name, id, "manifest");
}
