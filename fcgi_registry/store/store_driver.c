/* store_driver.c: what drivers of the store share. */

#include "store/store_driver.h"

#include "fcgi_core/log.h"

#include <errno.h>


bool
store_is_since(const store_stat_t *stat, const struct timespec *time)
{
    return stat->time.tv_sec != time->tv_sec
               ? stat->time.tv_sec > time->tv_sec
               : stat->time.tv_nsec >= time->tv_nsec;
}


char *
store_path(const store_op_t *op, const char *key)
{
    return pool_printf(op->pool, "%s%s", op->store->root, key);
}


int
store_error(store_op_t *op, const char *doing, const char *what)
{
    if (op->err == 0) {
        op->err = errno == 0 ? EIO : errno;
    }

    log_error("cannot %s %s: %s", doing, what,
              errno == ETIMEDOUT ? "another process keeps it locked"
                                 : strerror(errno));

    return ERROR;
}
