/* store_driver.c: what drivers of the store share. */

#include "store/store_driver.h"

#include "fcgi_core/log.h"

#include <errno.h>


char *
store_path(const store_t *store, const char *key)
{
    return pool_printf(store->pool, "%s%s", store->root, key);
}


int
store_error(store_t *store, const char *doing, const char *what)
{
    if (store->err == 0) {
        store->err = errno == 0 ? EIO : errno;
    }

    log_error("cannot %s %s: %s", doing, what,
              errno == ETIMEDOUT ? "another process keeps it locked"
                                 : strerror(errno));

    return ERROR;
}
