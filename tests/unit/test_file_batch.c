/* test_file_batch.c: several files that get their names together. */

#include "reg_unit.h"
#include "fcgi_core/file.h"
#include "fcgi_core/file_batch.h"

#include <errno.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    pool_t *pool;
    char directory[64];
} house_t;


static int
setup(void **state)
{
    house_t *house = calloc(1, sizeof(house_t));

    snprintf(house->directory, sizeof(house->directory),
             "/tmp/test_batch.XXXXXX");
    assert_non_null(mkdtemp(house->directory));
    house->pool = pool_create();
    *state = house;

    return 0;
}


static size_t
count(house_t *house, const char *pattern)
{
    glob_t found;
    size_t n;

    glob(pool_printf(house->pool, "%s/%s", house->directory, pattern), 0, NULL,
         &found);
    n = found.gl_pathc;
    globfree(&found);

    return n;
}


/* Nothing unfinished may be left. */
static int
teardown(void **state)
{
    house_t *house = *state;

    assert_int_equal(count(house, "*.tmp"), 0);
    assert_int_equal(count(house, "*/*.tmp"), 0);
    directory_del(house->directory);
    pool_destroy(house->pool);
    free(house);

    return 0;
}


static char *
at(house_t *house, const char *name)
{
    return pool_printf(house->pool, "%s/%s", house->directory, name);
}


static void
assert_content(house_t *house, const char *name, const char *wanted)
{
    str_t content;

    assert_int_equal(file_get(house->pool, at(house, name), 100, &content), OK);
    assert_true(reg_str_eq(content, reg_cstr(wanted)));
}


static void
test_nothing_is_visible_before_the_commit(void **state)
{
    house_t *house = *state;
    file_batch_t *batch = file_batch_create(house->pool);
    char *from = at(house, "upload");
    const char *failed;

    assert_int_equal(file_put(house->pool, from, reg_str("bytes")), OK);
    file_batch_move(batch, from, at(house, "new/data"));
    assert_int_equal(file_batch_put(batch, at(house, "a/link"), reg_str("one")),
                     OK);
    file_batch_barrier(batch);
    assert_int_equal(
        file_batch_put(batch, at(house, "a/deep/er/link"), reg_str("two")), OK);
    assert_int_equal(count(house, "a/link"), 0);
    assert_int_equal(count(house, "new"), 0);

    assert_int_equal(file_batch_commit(batch, &failed), OK);
    assert_content(house, "new/data", "bytes");
    assert_content(house, "a/link", "one");
    assert_content(house, "a/deep/er/link", "two");
    assert_int_equal(access(from, F_OK), -1);

    /* and it is empty again */
    assert_int_equal(file_batch_commit(batch, &failed), OK);
}


static void
test_the_content_is_that_of_the_put(void **state)
{
    house_t *house = *state;
    file_batch_t *batch = file_batch_create(house->pool);
    char text[] = "one";
    const char *failed;

    assert_int_equal(file_batch_put(batch, at(house, "x/link"), reg_cstr(text)),
                     OK);
    text[0] = 'O';

    /* the directory goes with all that is in it: as file_put(), it is made
     * again */
    assert_int_equal(directory_del(at(house, "x")), OK);
    assert_int_equal(file_batch_commit(batch, &failed), OK);
    assert_content(house, "x/link", "one");
}


static void
test_what_is_dropped_leaves_nothing(void **state)
{
    house_t *house = *state;
    pool_t *pool = pool_create();
    file_batch_t *batch = file_batch_create(pool);

    assert_int_equal(file_batch_put(batch, at(house, "a"), reg_str("1")), OK);
    assert_int_equal(count(house, "*.tmp"), 1);
    file_batch_drop(batch);
    assert_int_equal(count(house, "*"), 0);

    assert_int_equal(file_batch_put(batch, at(house, "a"), reg_str("1")), OK);
    pool_destroy(pool); /* as after a request that failed */
    assert_int_equal(count(house, "*"), 0);
}


static void
test_a_file_that_is_gone(void **state)
{
    house_t *house = *state;
    file_batch_t *batch = file_batch_create(house->pool);
    const char *failed = NULL;

    assert_int_equal(file_batch_put(batch, at(house, "a"), reg_str("1")), OK);
    file_batch_move(batch, at(house, "gone"), at(house, "b"));
    assert_int_equal(file_batch_put(batch, at(house, "c"), reg_str("1")), OK);
    assert_int_equal(file_batch_commit(batch, &failed), DECLINED);
    assert_int_equal(access(at(house, "c"), F_OK), -1);
    assert_string_equal(failed, at(house, "b"));
}


static void
test_a_name_that_cannot_be_given(void **state)
{
    house_t *house = *state;
    file_batch_t *batch = file_batch_create(house->pool);
    const char *failed = NULL;

    assert_int_equal(mkdir(at(house, "b"), 0777), 0);
    assert_int_equal(file_batch_put(batch, at(house, "a"), reg_str("1")), OK);
    assert_int_equal(file_batch_put(batch, at(house, "b"), reg_str("1")), OK);
    assert_int_equal(file_batch_put(batch, at(house, "c"), reg_str("1")), OK);
    assert_int_equal(file_batch_commit(batch, &failed), ERROR);
    assert_int_equal(errno, EISDIR);
    assert_string_equal(failed, at(house, "b"));
    assert_content(house, "a", "1");
    assert_int_equal(access(at(house, "c"), F_OK), -1);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_nothing_is_visible_before_the_commit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_content_is_that_of_the_put,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_dropped_leaves_nothing,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_that_is_gone, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_name_that_cannot_be_given, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
