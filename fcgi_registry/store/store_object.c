/* store_object.c: single objects of a store in a bucket. */

#include "store/store_object.h"

#include <errno.h>

#define NANOSECONDS_MAX 999999999L
#define BLOBS REG_PATH_PREFIX "/blobs/"
#define DATA "/data"


bool
object_is_blob(const char *key)
{
    size_t len = strlen(key);

    return strncmp(key, BLOBS, sizeof(BLOBS) - 1) == 0
           && len > sizeof(BLOBS) + sizeof(DATA)
           && strcmp(key + len - sizeof(DATA) + 1, DATA) == 0;
}


int
object_failed(store_op_t *op)
{
    if (op->err == 0) {
        op->err = errno == 0 ? EIO : errno;
    }

    return ERROR;
}


int
object_refused(store_op_t *op, const char *doing, const char *key, int status)
{
    errno = EIO;

    return store_error(op, doing,
                       pool_printf(op->pool, "%s (status %d)", key, status));
}


char *
object_key(const store_op_t *op, const char *key)
{
    const char *root = s3_conf(op->store->s3)->root;

    return pool_printf(op->pool, "%s%s%s", root, root[0] != '\0' ? "/" : "",
                       key[0] == '/' ? key + 1 : key);
}


store_stat_t
object_stat(const s3_answer_t *answer)
{
    store_stat_t stat = { .size = answer->size,
                          .time = { (time_t)answer->time, NANOSECONDS_MAX } };

    snprintf(stat.etag, sizeof(stat.etag), "%s", answer->etag);

    return stat;
}


int
object_head(store_op_t *op, const char *key, store_stat_t *stat_r)
{
    s3_call_t call = { .method = "HEAD", .key = object_key(op, key) };
    s3_answer_t answer;

    if (s3_send(op->store->s3, op->pool, &call, &answer) != OK) {
        return object_failed(op);
    }

    if (answer.status == 404) {
        return DECLINED;
    }

    if (answer.status != 200 || answer.time < 0) {
        return object_refused(op, "check", key, answer.status);
    }

    *stat_r = object_stat(&answer);

    return OK;
}


void
object_headers(const store_op_t *op, const char *key, reg_sigv4_pair_t *headers)
{
    const s3_conf_t *conf = s3_conf(op->store->s3);
    size_t n = 0;

    headers[n++] = (reg_sigv4_pair_t){ reg_str("content-type"),
                                       reg_str("application/octet-stream") };

    if (conf->storage_class != NULL && object_is_blob(key)) {
        headers[n++] = (reg_sigv4_pair_t){ reg_str("x-amz-storage-class"),
                                           reg_cstr(conf->storage_class) };
    }

    if (conf->encryption != NULL) {
        headers[n++] =
            (reg_sigv4_pair_t){ reg_str("x-amz-server-side-encryption"),
                                reg_cstr(conf->encryption) };
    }

    if (conf->kms_key != NULL) {
        headers[n++] = (reg_sigv4_pair_t){
            reg_str("x-amz-server-side-encryption-aws-kms-key-id"),
            reg_cstr(conf->kms_key)
        };
    }
}


int
object_call_put(store_op_t *op, const char *key, s3_call_t *call)
{
    s3_answer_t answer;

    call->method = "PUT";
    call->key = object_key(op, key);
    call->has_body = true;
    object_headers(op, key, call->headers);

    if (s3_send(op->store->s3, op->pool, call, &answer) != OK) {
        return object_failed(op);
    }

    return answer.status == 200
               ? OK
               : object_refused(op, "write", key, answer.status);
}


int
object_put(store_op_t *op, const char *key, str_t content)
{
    s3_call_t call = { .text = content };

    return object_call_put(op, key, &call);
}


int
object_remove(store_op_t *op, const char *key)
{
    s3_call_t call = { .method = "DELETE", .key = object_key(op, key) };
    s3_answer_t answer;

    return s3_send(op->store->s3, op->pool, &call, &answer) == OK
               ? OK
               : object_failed(op);
}
