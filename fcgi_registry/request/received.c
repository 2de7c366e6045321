/* received.c: the bytes that nginx has written to an upload for a request. */

#include "request/received.h"
#include "repository/blob.h"
#include "request/event.h"

#include "fcgi_core/file.h"
#include "fcgi_core/log.h"
#include "fcgi_core/semaphore.h"
#include "common/encode.h"
#include "common/range.h"

#define REREAD_FREE (16 * 1024 * 1024) /* bytes that are read at any time */
#define REREAD_RETRY_AFTER 5

static semaphore_t *rereads; /* of files, for a digest of another algorithm */


int
received_open(pool_t *pool, long processes)
{
    rereads = semaphore_create(pool, processes > 1 ? processes / 2 : 1);

    return rereads != NULL ? OK : ERROR;
}


static int
received_numbers(req_t *rq, uint64_t *offset_r, uint64_t *size_r)
{
    if (reg_number_parse(req_param_str(rq, "REGISTRY_UPLOAD_OFFSET"), offset_r)
            != OK
        || reg_number_parse(req_param_str(rq, "REGISTRY_UPLOAD_SIZE"), size_r)
               != OK
        || *offset_r > *size_r) {
        log_error("REGISTRY_UPLOAD_OFFSET or _SIZE is missing: does the "
                  "location include registry_params?");
        return req_fail(rq, REG_ERR_UNKNOWN, NULL);
    }

    return OK;
}


int
received_lock(req_t *rq, str_t id, upload_t *upload_r, uint64_t *offset_r)
{
    registry_t *registry = registry_of(rq);
    uint64_t size;
    int rc;

    if (received_numbers(rq, offset_r, &size) != OK) {
        return ERROR;
    }

    rc = upload_dir_lock(registry->op, registry->name, id, upload_r);

    if (rc == OK && upload_r->size != size) {
        upload_dir_unlock(upload_r);
    }

    return rc;
}


int
received_state(req_t *rq, const upload_t *upload, reg_hash_t *hash_r)
{
    str_t text = req_param_str(rq, "REGISTRY_UPLOAD_STATE");
    unsigned char *colon = memchr(text.data, ':', text.len);
    unsigned char raw[REG_HASH_STATE_MAX];
    str_t name, hex, state = { 0, raw };
    reg_algorithm_t algorithm;

    if (colon == NULL) {
        return DECLINED;
    }

    name = (str_t){ (size_t)(colon - text.data), text.data };
    hex = (str_t){ text.len - name.len - 1, colon + 1 };

    if (reg_algorithm_parse(name, &algorithm) != OK
        || reg_hex_decode(hex, raw, sizeof(raw), &state.len) != OK
        || reg_hash_state_import(hash_r, state) != OK
        || hash_r->algorithm != algorithm || hash_r->length != upload->size) {
        log_warn("REGISTRY_UPLOAD_STATE fits no upload and is ignored");
        return DECLINED;
    }

    return OK;
}


/* Hashes what was there before this request, whose digest is of another
 * algorithm than those before.  The state is stored, so that nginx continues
 * from there at the next try: bytes are read again once, however often a
 * client tries. */
static int
prefix_hash(const upload_t *upload, uint64_t offset, reg_hash_t *hash)
{
    int rc = file_hash(upload->data, offset, hash);

    if (rc == ERROR) {
        return store_error(upload->op, "read", upload->data);
    }

    if (rc == OK && offset != 0) {
        rc = upload_dir_sync(upload, false);
    }

    if (rc == OK && offset != 0) {
        upload_dir_keep_state(upload, hash); /* logged; costs a rehash */
    }

    return rc;
}


static int
content_reread(const upload_t *upload, uint64_t offset, reg_hash_t *hash)
{
    int rc = prefix_hash(upload, offset, hash);

    if (rc != OK) {
        return rc;
    }

    rc = file_hash(upload->data, upload->size, hash);

    return rc == ERROR ? store_error(upload->op, "read", upload->data) : rc;
}


/* Of a large file: at most half of the processes read one at a time. */
int
received_hash(req_t *rq, const upload_t *upload, uint64_t offset,
              reg_algorithm_t algorithm, char *hex)
{
    reg_hash_t hash;
    int rc;

    if (received_state(rq, upload, &hash) == OK
        && hash.algorithm == algorithm) {
        reg_hash_hex(&hash, hex);
        return OK;
    }

    if (upload->size > REREAD_FREE && semaphore_take(rereads) != OK) {
        rq->retry_after = REREAD_RETRY_AFTER;
        return req_fail(rq, REG_ERR_UNAVAILABLE,
                        "too many uploads are being read again");
    }

    reg_hash_init(&hash, algorithm);
    rc = content_reread(upload, offset, &hash);
    semaphore_release(rereads);
    reg_hash_hex(&hash, hex);

    return rc;
}


/* The blob is there before its link is. */
static int
blob_store_once(const upload_t *upload, const reg_digest_t *digest)
{
    store_op_t *op = upload->op;
    int rc;

    store_batch_begin(op);
    rc = blob_put_file(op, digest, upload->data, upload->size);

    if (rc == OK) {
        rc = blob_link(op, upload->name, digest, digest);
    }

    if (rc == OK) {
        rc = store_commit(op);
    }

    store_batch_drop(op);

    return rc;
}


/* DECLINED also where a garbage collection without a grace time has removed
 * content that was there at the beginning; the upload still has it. */
static int
blob_store(const upload_t *upload, const reg_digest_t *digest)
{
    int rc = DECLINED;

    for (int i = 0; rc == DECLINED && i < STORE_BATCH_TRIES; i++) {
        rc = blob_store_once(upload, digest);
    }

    return rc;
}


int
received_store(req_t *rq, const upload_t *upload, const reg_digest_t *digest)
{
    const str_t nowhere = { 0, NULL };
    int rc = blob_store(upload, digest);

    return rc == OK ? event_spool_blob(rq, REG_EVENT_PUSH, digest, upload->size,
                                       nowhere)
                    : rc;
}
