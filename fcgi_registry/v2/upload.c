/* upload.c: uploads of blobs.  docs/storage.md has the order of writes. */

#include "v2/upload.h"
#include "v2/mount.h"
#include "request/event.h"
#include "request/received.h"


static int
upload_unknown(req_t *rq)
{
    return req_fail(rq, REG_ERR_BLOB_UPLOAD_UNKNOWN, NULL);
}


/* ?digest-algorithm=A says what the upload's digest will be.  DECLINED where
 * it is not there, ERROR where it is none that we know. */
static int
algorithm_arg(req_t *rq, reg_algorithm_t *algorithm_r)
{
    str_t name;
    int rc = req_arg(rq, "digest-algorithm", REG_DIGEST_MAX, &name);

    if (rc != OK) {
        return rc;
    }

    return reg_algorithm_parse(name, algorithm_r) == OK ? OK : ERROR;
}


/* A Location carries it along, so that nginx hashes by it from the first byte
 * on. */
static const char *
algorithm_query(req_t *rq)
{
    reg_algorithm_t algorithm;

    return algorithm_arg(rq, &algorithm) != OK
               ? ""
               : pool_printf(rq->pool, "?digest-algorithm=%s",
                             (char *)reg_algorithm_name(algorithm).data);
}


/* The headers with the offset of an upload. */
static void
progress_print(req_t *rq, const upload_t *upload)
{
    /* "0-0" for one byte and for none: clients refuse an end before 0 */
    uint64_t last = upload->size == 0 ? 0 : upload->size - 1;

    reply_header(rq, "Location", "/v2/%.*s/blobs/uploads/%.*s%s",
                 STR(upload->name), STR(upload->id), algorithm_query(rq));
    reply_header(rq, "Range", "0-%llu", (unsigned long long)last);
    reply_header(rq, "Docker-Upload-UUID", "%.*s", STR(upload->id));
}


static int
blob_created(req_t *rq, const reg_digest_t *digest)
{
    str_t name = registry_of(rq)->name;
    char text[REG_DIGEST_MAX + 1];

    reg_digest_print(digest, text);
    reply_header(rq, "Location", "/v2/%.*s/blobs/%s", STR(name), text);
    reply_header(rq, "Docker-Content-Digest", "%s", text);

    return reply_empty(rq, 201);
}


/* Locks the upload that nginx has just written this request's bytes to, and
 * returns how many it had before.  If another request got the lock first, the
 * answer is 416 with the current offset. */
static int
upload_lock(req_t *rq, str_t id, upload_t *upload_r, uint64_t *offset_r)
{
    int rc = received_lock(rq, id, upload_r, offset_r);

    if (rc != OK) {
        return rc == DECLINED ? upload_unknown(rq) : ERROR;
    }

    if (upload_r->lock < 0) {
        progress_print(rq, upload_r);
        return req_fail(rq, REG_ERR_RANGE_INVALID,
                        "another request has continued the upload");
    }

    return OK;
}


/* --- commit -------------------------------------------------------------- */


static int
digest_arg(req_t *rq, reg_digest_t *digest_r)
{
    str_t text = { 0, NULL };
    int rc = req_arg(rq, "digest", REG_DIGEST_MAX, &text);

    if (rc == DECLINED || (rc == OK && text.len == 0)) {
        return req_fail(rq, REG_ERR_DIGEST_INVALID, "digest is missing");
    }

    return rc == OK && reg_digest_parse(text, digest_r) == OK
               ? OK
               : req_fail_detail(rq, REG_ERR_DIGEST_INVALID, text,
                                 "invalid digest");
}


static int
content_check(req_t *rq, const upload_t *upload, uint64_t offset,
              const reg_digest_t *digest)
{
    char hex[REG_DIGEST_HEX_MAX + 1], text[REG_DIGEST_MAX + 1];
    int rc = received_hash(rq, upload, offset, digest->algorithm, hex);

    if (rc != OK || reg_str_eq(reg_cstr(hex), digest->hex)) {
        return rc;
    }

    reg_digest_print(digest, text);

    return req_fail_detail(rq, REG_ERR_DIGEST_INVALID, reg_cstr(text), NULL);
}


static int
upload_commit(req_t *rq, const upload_t *upload, uint64_t offset,
              const reg_digest_t *digest)
{
    int rc = event_check(rq);

    if (rc == OK) {
        rc = content_check(rq, upload, offset, digest);
    }

    if (rc == OK) {
        rc = received_store(rq, upload, digest);
    }

    if (rc != OK) {
        return rc == DECLINED ? upload_unknown(rq) : ERROR;
    }

    upload_dir_del(upload); /* logged; a purge takes what is left */

    return blob_created(rq, digest);
}


/* A PUT that fails leaves the upload as it was before, for another try. */
int
upload_put(req_t *rq)
{
    upload_t upload;
    uint64_t offset;
    reg_digest_t digest;
    int rc;

    if (upload_lock(rq, registry_of(rq)->reference, &upload, &offset) != OK) {
        return ERROR;
    }

    rc = digest_arg(rq, &digest);

    if (rc == OK) {
        rc = upload_commit(rq, &upload, offset, &digest);
    }

    if (rc != OK && offset < upload.size) {
        upload_dir_truncate(&upload, offset);
    }

    upload_dir_unlock(&upload);

    return rc;
}


/* --- the other requests -------------------------------------------------- */


static int
patch_keep(req_t *rq, const upload_t *upload, uint64_t offset)
{
    reg_hash_t hash;
    int rc = upload_dir_sync(upload, offset == 0);

    if (rc != OK) {
        return rc == DECLINED ? upload_unknown(rq) : ERROR;
    }

    if (received_state(rq, upload, &hash) == OK) {
        upload_dir_keep_state(upload, &hash); /* logged; costs a rehash */
    }

    progress_print(rq, upload);

    return reply_empty(rq, 202);
}


int
upload_patch(req_t *rq)
{
    upload_t upload;
    uint64_t offset;
    int rc;

    if (upload_lock(rq, registry_of(rq)->reference, &upload, &offset) != OK) {
        return ERROR;
    }

    rc = patch_keep(rq, &upload, offset);
    upload_dir_unlock(&upload);

    return rc;
}


static int
upload_find(req_t *rq, upload_t *upload_r)
{
    registry_t *registry = registry_of(rq);
    int rc = upload_dir_find(registry->op, registry->name, registry->reference,
                             upload_r);

    return rc == DECLINED ? upload_unknown(rq) : rc;
}


int
upload_status(req_t *rq)
{
    upload_t upload;

    if (upload_find(rq, &upload) != OK) {
        return ERROR;
    }

    progress_print(rq, &upload);

    return reply_empty(rq, 204);
}


int
upload_cancel(req_t *rq)
{
    upload_t upload;

    if (upload_find(rq, &upload) != OK || upload_dir_del(&upload) == ERROR) {
        return ERROR;
    }

    reply_header(rq, "Docker-Upload-UUID", "%.*s", STR(upload.id));

    return reply_empty(rq, 204);
}


/* --- start --------------------------------------------------------------- */


static int
upload_begin(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    upload_t upload;

    if (upload_dir_make(registry->op, registry->name, &upload) != OK) {
        return ERROR;
    }

    progress_print(rq, &upload);

    return reply_empty(rq, 202);
}


/* POST ?digest=D whose body nginx has put into an upload that it made for
 * this request: it becomes a blob now, or goes. */
static int
upload_whole(req_t *rq, str_t id)
{
    registry_t *registry = registry_of(rq);
    reg_digest_t digest;
    upload_t upload;
    uint64_t offset;
    int rc;

    if (!reg_upload_id_is_valid(id)) {
        return upload_unknown(rq);
    }

    upload_dir_set(registry->op, registry->name, id, &upload);

    if (digest_arg(rq, &digest) != OK
        || upload_lock(rq, id, &upload, &offset) != OK) {
        rc = ERROR;

    } else if (upload.size == 0 && !reg_hash_fits(reg_str(""), &digest)) {
        rc = upload_begin(rq); /* no body: the client will send it later */

    } else {
        rc = upload_dir_adopt(&upload) == OK
                 ? upload_commit(rq, &upload, offset, &digest)
                 : ERROR;
    }

    upload_dir_del(&upload);
    upload_dir_unlock(&upload);

    return rc;
}


int
upload_start(req_t *rq)
{
    str_t id = req_param_str(rq, "REGISTRY_UPLOAD_ID");
    reg_algorithm_t algorithm;
    reg_digest_t digest;
    int rc;

    if (id.len != 0) {
        return upload_whole(rq, id);
    }

    if (algorithm_arg(rq, &algorithm) == ERROR) {
        return req_fail(rq, REG_ERR_DIGEST_INVALID,
                        "unsupported digest algorithm");
    }

    rc = mount_try(rq, &digest);

    if (rc == OK) {
        return blob_created(rq, &digest);
    }

    return rc == DECLINED ? upload_begin(rq) : ERROR;
}
