/* store_mark.c: marks of blobs that are used, or about to be removed. */

#include "store/store_mark.h"
#include "store/store_object.h"

#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"

#include <errno.h>

#define BLOBS REG_PATH_PREFIX "/blobs/"
#define DATA "/data"
#define USED "/slipway/used/"
#define DOOMED "/slipway/doomed/"

/* The process that put a mark removes the blob within a minute, or not at
 * all. */
#define DOOMED_SECONDS 600
#define WAIT_STEP_MS 250


/* "/docker/registry/v2/blobs/A/HH/H/data": "/slipway/used/A/HH/H". */
static char *
mark_key(const store_op_t *op, const char *directory, const char *key)
{
    const char *name = key + sizeof(BLOBS) - 1;

    return pool_printf(op->pool, "%s%.*s", directory,
                       (int)(strlen(name) - sizeof(DATA) + 1), name);
}


/* OK where no other process removes it.  What a killed one has left ends. */
static int
doomed_check(store_op_t *op, const char *key)
{
    const char *doomed = mark_key(op, DOOMED, key);
    store_stat_t stat;
    int rc = object_head(op, doomed, &stat);

    if (rc != OK) {
        return rc == DECLINED ? OK : ERROR;
    }

    if (stat.time.tv_sec + DOOMED_SECONDS > clock_now()) {
        return DECLINED;
    }

    return object_remove(op, doomed);
}


int
mark_use(store_op_t *op, const char *key)
{
    return object_put(op, mark_key(op, USED, key), reg_str("")) == OK
               ? doomed_check(op, key)
               : ERROR;
}


int
mark_use_wait(store_op_t *op, const char *key)
{
    int64_t until =
        clock_ms()
        + (op->wait->each < op->wait->all ? op->wait->each : op->wait->all);
    int rc = mark_use(op, key);

    while (rc == DECLINED && clock_ms() < until) {
        const struct timespec step = { 0, WAIT_STEP_MS * 1000000L };

        nanosleep(&step, NULL);
        rc = mark_use(op, key);
    }

    if (rc == DECLINED) {
        errno = EAGAIN;
        return store_error(op, "put what is just being removed,", key);
    }

    return rc;
}


int
mark_check(store_op_t *op, const char *key, store_stat_t *used_r)
{
    return object_head(op, mark_key(op, USED, key), used_r);
}


int
mark_doom(store_op_t *op, const char *key, const struct timespec *before)
{
    store_stat_t used;
    int rc = object_put(op, mark_key(op, DOOMED, key), reg_str(""));

    if (rc != OK) {
        return rc;
    }

    rc = mark_check(op, key, &used);

    if (rc == DECLINED || (rc == OK && !store_is_since(&used, before))) {
        return OK;
    }

    /* it stays: without the mark */
    if (mark_end(op, key, false) != OK) {
        return ERROR;
    }

    return rc == ERROR ? ERROR : DECLINED;
}


int
mark_end(store_op_t *op, const char *key, bool is_gone)
{
    if (is_gone && object_remove(op, mark_key(op, USED, key)) != OK) {
        return ERROR;
    }

    return object_remove(op, mark_key(op, DOOMED, key));
}
