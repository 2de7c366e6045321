/* store_act.c: slipway-store-act: the functions of a store, one at a time, from
 * a shell, for the tests: FILE ROOT CALL KEY [ARGUMENT].  Prints "ok",
 * "declined", or "error" and errno, and what the call found. */

#include "store/store.h"

#include "fcgi_core/log.h"

#include <errno.h>

static store_t store;
static store_op_t op;


static bool
bytes_print(void *data, const unsigned char *bytes, size_t n)
{
    (void)data;

    return fwrite(bytes, 1, n, stderr) == n;
}


static void
stat_print(const store_stat_t *stat)
{
    printf("%llu %lld %s ", (unsigned long long)stat->size,
           (long long)stat->time.tv_sec, stat->etag);
}


static int
list_print(const char *key)
{
    store_names_t names;
    int rc = store_list(&op, key, &names);

    for (size_t i = 0; rc == OK && i < names.n; i++) {
        printf("%s ", names.items[i]);
    }

    return rc;
}


static int
stat_call(const char *key, bool is_used)
{
    store_stat_t stat;
    int rc = (is_used ? store_stat_used : store_stat)(&op, key, &stat);

    if (rc == OK) {
        stat_print(&stat);
    }

    return rc;
}


static int
read_call(const char *key, const char *offset)
{
    store_stat_t stat;
    int rc = store_read(&op, key, strtoull(offset, NULL, 10), bytes_print, NULL,
                        &stat);

    if (rc == OK) {
        stat_print(&stat);
    }

    return rc;
}


static int
get_call(const char *key, const char *max)
{
    str_t content;
    int rc = store_get(&op, key, strtoull(max, NULL, 10), &content);

    if (rc == OK) {
        bytes_print(NULL, content.data, content.len);
    }

    return rc;
}


static int
del_old_call(const char *key, const char *before)
{
    const struct timespec time = { (time_t)strtoll(before, NULL, 10), 0 };

    return store_del_old(&op, key, &time);
}


static int
move_call(const char *key, const char *to)
{
    store_stat_t stat;
    int rc = store_stat(&op, key, &stat);

    return rc == OK ? store_move_aside(&op, key, stat.etag, to) : rc;
}


static int
call(const char *name, const char *key, const char *argument)
{
    return strcmp(name, "get") == 0    ? get_call(key, argument)
           : strcmp(name, "read") == 0 ? read_call(key, argument)
           : strcmp(name, "stat") == 0 ? stat_call(key, false)
           : strcmp(name, "used") == 0 ? stat_call(key, true)
           : strcmp(name, "list") == 0 ? list_print(key)
           : strcmp(name, "put") == 0  ? store_put(&op, key, reg_cstr(argument))
           : strcmp(name, "put_file") == 0 ? store_put_file(&op, key, argument)
           : strcmp(name, "del") == 0      ? store_del(&op, key)
           : strcmp(name, "del_old") == 0  ? del_old_call(key, argument)
           : strcmp(name, "del_tree") == 0 ? store_del_tree(&op, key)
           : strcmp(name, "move") == 0     ? move_call(key, argument)
           : strcmp(name, "touch") == 0    ? store_touch(&op, key)
           : strcmp(name, "make") == 0     ? store_make_directory(&op, key)
                                           : ERROR;
}


int
main(int argc, char **argv)
{
    int rc;

    log_open("slipway-store-act", LOG_INFO);

    if (argc < 5
        || store_open(&store, argv[2], argv[1][0] != '\0' ? argv[1] : NULL)
               != OK) {
        return EXIT_FAILURE;
    }

    op = store_op_begin(&store, pool_create());
    op.wait->each = 2000;
    rc = call(argv[3], argv[4], argc > 5 ? argv[5] : "");
    printf("%s\n", rc == OK         ? "ok"
                   : rc == DECLINED ? "declined"
                                    : pool_printf(op.pool, "error %d", op.err));

    return EXIT_SUCCESS;
}
