/* test_store_fs.c: the store as a directory of a filesystem. */

#include "reg_unit.h"
#include "fcgi_registry/store/store.h"
#include "fcgi_core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY 86400
#define LARGE (600 * 1024)

typedef struct {
    store_t store;
    store_op_t op;
    char directory[64];
} house_t;

/* The arguments of a callback. */
typedef struct {
    size_t n;
    size_t bytes;
    size_t max; /* portions that are read */
    unsigned char last;
} seen_t;


static int
setup(void **state)
{
    house_t *house = calloc(1, sizeof(house_t));

    snprintf(house->directory, sizeof(house->directory),
             "/tmp/test_store_fs.XXXXXX");
    assert_non_null(mkdtemp(house->directory));
    store_open(&house->store, house->directory, NULL);
    house->op = store_op_begin(&house->store, pool_create());
    *state = house;

    return 0;
}


static int
teardown(void **state)
{
    house_t *house = *state;

    assert_int_equal(directory_del(house->directory), OK);
    pool_destroy(house->op.pool);
    free(house);

    return 0;
}


static void
put(house_t *house, const char *key, const char *text)
{
    assert_int_equal(store_put(&house->op, key, reg_cstr(text)), OK);
}


static void
age(house_t *house, const char *key, long seconds)
{
    struct timespec then[2];

    clock_gettime(CLOCK_REALTIME, &then[0]);
    then[0].tv_sec -= seconds;
    then[1] = then[0];
    assert_int_equal(utimensat(AT_FDCWD, store_path(&house->op, key), then, 0),
                     0);
}


static bool
is_there(house_t *house, const char *key)
{
    return access(store_path(&house->op, key), F_OK) == 0;
}


static struct timespec
an_hour_ago(void)
{
    struct timespec time;

    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_sec -= 3600;

    return time;
}


static void
stat_says_what_a_put_and_a_touch_change(void **state)
{
    house_t *house = *state;
    store_op_t *op = &house->op;
    store_stat_t first, touched, other;
    struct timespec recently = an_hour_ago();

    assert_int_equal(store_stat(op, "/a/b", &first), DECLINED);
    put(house, "/a/b", "12345");
    assert_int_equal(store_stat(op, "/a", &first), DECLINED);
    age(house, "/a/b", DAY);
    assert_int_equal(store_stat(op, "/a/b", &first), OK);
    assert_int_equal(first.size, 5);
    assert_false(store_is_since(&first, &recently));

    assert_int_equal(store_touch(op, "/a/b"), OK);
    assert_int_equal(store_stat(op, "/a/b", &touched), OK);
    assert_true(store_is_since(&touched, &recently));
    assert_true(store_is_since(&touched, &touched.time));
    assert_string_equal(touched.etag, first.etag);

    put(house, "/a/b", "54321");
    assert_int_equal(store_stat(op, "/a/b", &other), OK);
    assert_string_not_equal(other.etag, first.etag);
    assert_int_equal(store_check(op, "/a/b"), OK);
    assert_int_equal(op->err, 0);
}


static bool
bytes_pass(void *data, const unsigned char *bytes, size_t n)
{
    seen_t *seen = data;

    seen->n++;
    seen->bytes += n;
    seen->last = bytes[n - 1];

    return seen->n != seen->max;
}


static void
content_is_read_from_an_offset_on(void **state)
{
    house_t *house = *state;
    store_op_t *op = &house->op;
    char *text = pool_alloc(op->pool, LARGE + 1);
    seen_t all = { .n = 0 }, end = { .n = 0 }, first = { .max = 1 };
    seen_t behind = { .n = 0 };
    store_stat_t stat, is;

    memset(text, 'a', LARGE);
    text[LARGE - 1] = 'z';
    put(house, "/k", text);
    assert_int_equal(store_read(op, "/k", 0, bytes_pass, &all, &stat), OK);
    assert_int_equal(all.bytes, LARGE);
    assert_true(all.n > 1 && all.last == 'z');
    assert_int_equal(store_stat(op, "/k", &is), OK);
    assert_string_equal(is.etag, stat.etag);

    assert_int_equal(store_read(op, "/k", LARGE - 1, bytes_pass, &end, &is),
                     OK);
    assert_true(end.bytes == 1 && end.last == 'z');
    assert_int_equal(store_read(op, "/k", 0, bytes_pass, &first, &is), OK);
    assert_true(first.n == 1 && first.bytes < LARGE);
    assert_int_equal(store_read(op, "/k", LARGE, bytes_pass, &behind, &is), OK);
    assert_int_equal(behind.n, 0);
    assert_int_equal(store_read(op, "/l", 0, bytes_pass, &end, &is), DECLINED);
}


static void
drop_takes_the_empty_directories_along(void **state)
{
    house_t *house = *state;
    store_op_t *op = &house->op;

    put(house, "/a/b/c/d", "1");
    put(house, "/a/e", "1");
    assert_int_equal(store_drop(op, "/a/b/c/d", 1), OK);
    assert_false(is_there(house, "/a/b/c"));
    assert_true(is_there(house, "/a/b"));
    assert_int_equal(store_drop(op, "/a/b/c/d", 3), DECLINED);
    assert_true(is_there(house, "/a/b")); /* it stops at what is not there */

    assert_int_equal(store_make_directory(op, "/a/b/c"), OK);
    assert_int_equal(store_drop(op, "/a/b/c/d", 3), DECLINED);
    assert_false(is_there(house, "/a/b"));
    assert_true(is_there(house, "/a/e"));
    assert_int_equal(store_flush(op, "/a"), OK);
    assert_int_equal(store_flush(op, "/b"), DECLINED);
    assert_int_equal(op->err, 0);
    assert_int_equal(store_drop(op, "/a", 0), ERROR);
}


static void
old_content_goes_unless_it_is_in_use(void **state)
{
    house_t *house = *state;
    store_op_t *op = &house->op;
    struct timespec before = an_hour_ago();
    int fd;

    put(house, "/a/b/c", "1");
    assert_int_equal(store_del_old(op, "/a/b/c", &before), DECLINED);
    age(house, "/a/b/c", DAY);
    fd = open(store_path(op, "/a/b/c"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_SH), 0);
    assert_int_equal(store_del_old(op, "/a/b/c", &before), DECLINED);
    close(fd);
    assert_true(is_there(house, "/a/b/c"));

    assert_int_equal(store_del_old(op, "/a/b/c", &before), OK);
    assert_false(is_there(house, "/a/b"));
    assert_true(is_there(house, "/a"));
    assert_int_equal(store_del_old(op, "/a/b/c", &before), DECLINED);
}


static void
content_is_moved_aside_unless_it_was_replaced(void **state)
{
    house_t *house = *state;
    store_op_t *op = &house->op;
    store_stat_t stat;
    str_t content;

    put(house, "/a/b", "bad");
    assert_int_equal(store_stat(op, "/a/b", &stat), OK);
    put(house, "/a/b", "good");
    assert_int_equal(store_move_aside(op, "/a/b", stat.etag, "/c/d"), DECLINED);
    assert_false(is_there(house, "/c/d"));

    assert_int_equal(store_stat(op, "/a/b", &stat), OK);
    assert_int_equal(store_touch(op, "/a/b"), OK);
    assert_int_equal(store_move_aside(op, "/a/b", stat.etag, "/c/d"), OK);
    assert_int_equal(store_check(op, "/a/b"), DECLINED);
    assert_int_equal(store_get(op, "/c/d", 10, &content), OK);
    assert_true(reg_str_eq(content, reg_str("good")));
    assert_int_equal(store_move_aside(op, "/a/b", stat.etag, "/c/d"), DECLINED);
}


static void
a_lock_that_is_tried_is_not_waited_for(void **state)
{
    house_t *house = *state;
    store_op_t *op = &house->op;
    store_lock_t lock, other;

    assert_int_equal(store_try_lock(op, "/a", &lock), DECLINED);
    assert_false(is_there(house, "/a"));
    store_unlock(&lock);

    assert_int_equal(store_lock(op, "/a", NULL, true, NULL), OK);
    assert_int_equal(store_try_lock(op, "/a", &lock), DECLINED);
    pool_reset(op->pool);
    assert_int_equal(store_try_lock(op, "/a", &lock), OK);
    assert_int_equal(store_try_lock(op, "/a", &other), DECLINED);
    pool_reset(op->pool);
    assert_int_equal(store_try_lock(op, "/a", &other), DECLINED);
    store_unlock(&lock);
    assert_int_equal(store_try_lock(op, "/a", &other), OK);
    store_unlock(&other);
    store_unlock(&other);
    assert_int_equal(op->err, 0);
}


static void
what_fails_in_a_part_has_failed_in_the_whole(void **state)
{
    house_t *house = *state;
    store_op_t *op = &house->op;
    store_op_t part = store_part_begin(op);

    assert_int_equal(store_make_directory(&part, "/a"), OK);
    assert_int_equal(store_drop(&part, "/a", 0), ERROR);
    assert_int_equal(op->err, 0);
    store_part_end(&part, op);
    assert_int_equal(op->err, EISDIR);
}


#define IN_A_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)


int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_STORE(stat_says_what_a_put_and_a_touch_change),
        IN_A_STORE(content_is_read_from_an_offset_on),
        IN_A_STORE(drop_takes_the_empty_directories_along),
        IN_A_STORE(old_content_goes_unless_it_is_in_use),
        IN_A_STORE(content_is_moved_aside_unless_it_was_replaced),
        IN_A_STORE(a_lock_that_is_tried_is_not_waited_for),
        IN_A_STORE(what_fails_in_a_part_has_failed_in_the_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
