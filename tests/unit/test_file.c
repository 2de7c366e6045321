/* test_file.c: local files, written so that they survive a crash. */

#include "reg_unit.h"
#include "fcgi_core/file.h"

#include <errno.h>
#include <glob.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool is_close_failing; /* as on NFS, which writes late */

typedef struct {
    pool_t *pool;
    char directory[64];
} house_t;


/* Stands before libc's. */
int
close(int fd)
{
    int rc = (int)syscall(SYS_close, fd);

    if (rc == 0 && is_close_failing) {
        errno = EDQUOT;
        rc = -1;
    }

    return rc;
}


static int
setup(void **state)
{
    house_t *house = calloc(1, sizeof(house_t));

    snprintf(house->directory, sizeof(house->directory),
             "/tmp/test_file.XXXXXX");
    assert_non_null(mkdtemp(house->directory));
    house->pool = pool_create();
    *state = house;

    return 0;
}


/* Nothing unfinished may be left next to what a test wrote. */
static int
teardown(void **state)
{
    house_t *house = *state;
    glob_t found;

    assert_int_equal(
        glob(pool_printf(house->pool, "%s/*.tmp", house->directory), 0, NULL,
             &found),
        GLOB_NOMATCH);
    globfree(&found);
    assert_int_equal(directory_del(house->directory), OK);
    pool_destroy(house->pool);
    free(house);

    return 0;
}


static char *
below(house_t *house, const char *name)
{
    return pool_printf(house->pool, "%s/%s", house->directory, name);
}


static void
assert_content(house_t *house, const char *path, const char *text)
{
    str_t content;

    assert_int_equal(file_get(house->pool, path, 100, &content), OK);
    assert_true(reg_str_eq(content, reg_cstr(text)));
}


static void
put_makes_directories_and_replaces(void **state)
{
    house_t *house = *state;
    char *path = below(house, "a/b/c/f");

    assert_int_equal(file_put(house->pool, path, reg_str("one")), OK);
    assert_content(house, path, "one");
    assert_int_equal(file_put(house->pool, path, reg_str("")), OK);
    assert_content(house, path, "");
    assert_int_equal(file_put_hint(house->pool, path, reg_str("two")), OK);
    assert_content(house, path, "two");
}


static void
put_says_why_it_cannot(void **state)
{
    house_t *house = *state;

    assert_int_equal(file_put(house->pool, below(house, "f"), reg_str("x")),
                     OK);
    assert_int_equal(file_put(house->pool, below(house, "f/g"), reg_str("x")),
                     ERROR);
    assert_int_equal(errno, ENOTDIR);
    assert_int_equal(file_put(house->pool, house->directory, reg_str("x")),
                     ERROR);
}


/* Neither what was to be written nor a part of it is left. */
static void
put_fails_where_the_file_cannot_be_closed(void **state)
{
    house_t *house = *state;
    char *path = below(house, "f");

    is_close_failing = true;
    assert_int_equal(file_put(house->pool, path, reg_str("x")), ERROR);
    assert_int_equal(errno, EDQUOT);
    is_close_failing = false;
    assert_int_not_equal(access(path, F_OK), 0);
}


static void
get_knows_its_limits(void **state)
{
    house_t *house = *state;
    char *path = below(house, "f");
    char *link = below(house, "l");
    str_t content;

    assert_int_equal(file_get(house->pool, path, 3, &content), DECLINED);
    assert_int_equal(file_put(house->pool, path, reg_str("abc")), OK);
    assert_int_equal(file_get(house->pool, path, 3, &content), OK);
    assert_int_equal(file_get(house->pool, path, 2, &content), ERROR);
    assert_int_equal(errno, EFBIG);
    assert_int_equal(file_get(house->pool, house->directory, 3, &content),
                     DECLINED);
    assert_int_equal(file_get(house->pool, below(house, "f/g"), 3, &content),
                     DECLINED);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(file_get(house->pool, link, 3, &content), ERROR);
}


static void
move_makes_directories_and_replaces(void **state)
{
    house_t *house = *state;
    char *from = below(house, "from");
    char *to = below(house, "x/y/to");

    assert_int_equal(file_move(house->pool, from, to), DECLINED);
    assert_int_equal(file_put(house->pool, from, reg_str("1")), OK);
    assert_int_equal(file_move(house->pool, from, to), OK);
    assert_content(house, to, "1");
    assert_int_equal(access(from, F_OK), -1);
    assert_int_equal(file_put(house->pool, from, reg_str("2")), OK);
    assert_int_equal(file_move(house->pool, from, to), OK);
    assert_content(house, to, "2");
}


static void
del(void **state)
{
    house_t *house = *state;
    char *path = below(house, "f");

    assert_int_equal(file_del(house->pool, path), DECLINED);
    assert_int_equal(file_make(path), OK);
    assert_int_equal(file_make(path), ERROR);
    assert_int_equal(errno, EEXIST);
    assert_int_equal(file_del(house->pool, path), OK);
    assert_int_equal(file_del(house->pool, path), DECLINED);
}


static void
directories(void **state)
{
    house_t *house = *state;
    char *path = below(house, "a/b/c");
    char *target = below(house, "target");

    assert_int_equal(directory_del(path), DECLINED);
    assert_int_equal(directory_make(house->pool, path), OK);
    assert_int_equal(directory_make(house->pool, path), OK);
    assert_int_equal(file_make(below(house, "a/b/f")), OK);
    assert_int_equal(file_make(target), OK);
    assert_int_equal(symlink(house->directory, below(house, "a/b/up")), 0);
    assert_int_equal(directory_del(below(house, "a")), OK);
    assert_int_equal(access(below(house, "a"), F_OK), -1);
    assert_int_equal(access(target, F_OK), 0);
}


static void
a_directory_that_must_be_there_is_never_made(void **state)
{
    house_t *house = *state;
    pool_t *pool = house->pool;
    char *root = below(house, "root");
    char *path = below(house, "root//a/b");
    char *from = below(house, "from");

    assert_int_equal(file_put(pool, from, reg_str("1")), OK);
    assert_int_equal(directory_make(pool, path), ERROR);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(directory_make_hint(pool, path), ERROR);
    assert_int_equal(file_put(pool, path, reg_str("x")), ERROR);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(file_put_hint(pool, path, reg_str("x")), ERROR);
    assert_int_equal(file_move(pool, from, path), ERROR);
    assert_int_equal(access(from, F_OK), 0);
    assert_int_equal(access(root, F_OK), -1);
    assert_int_equal(mkdir(root, 0777), 0);
    assert_int_equal(file_put(pool, path, reg_str("x")), OK);
    assert_int_equal(file_move(pool, from, path), OK);
    assert_int_equal(directory_make(pool, below(house, "root//c/d")), OK);
    assert_int_equal(access(below(house, "root/c/d"), F_OK), 0);
}


static void
hash_of_a_file(void **state)
{
    house_t *house = *state;
    char *path = below(house, "f");
    char hex[REG_DIGEST_HEX_MAX + 1];
    reg_hash_t hash;

    reg_hash_init(&hash, REG_SHA256);
    assert_int_equal(file_hash(path, 2, &hash), DECLINED);
    assert_int_equal(file_put(house->pool, path, reg_str("{}")), OK);
    assert_int_equal(file_hash(path, 3, &hash), ERROR); /* it is shorter */
    reg_hash_init(&hash, REG_SHA256);
    assert_int_equal(file_hash(path, 1, &hash), OK);
    assert_int_equal(file_hash(path, 2, &hash), OK);
    reg_hash_hex(&hash, hex);
    assert_string_equal(hex, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e83"
                             "10c060f61caaff8a");
}


static void
a_path_has_a_parent(void **state)
{
    static const char *const cases[][2] = {
        { "/a/b", "/a" },   { "/a", "/" },   { "/", "/" },
        { "/a//b", "/a/" }, { "name", "." }, { "a/b", "a" },
    };
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        check(strcmp(path_parent(pool, cases[i][0]), cases[i][1]) == 0, i,
              cases[i][0]);
    }

    pool_destroy(pool);
}


#define IN_A_DIRECTORY(test)                                                   \
    cmocka_unit_test_setup_teardown(test, setup, teardown)


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_has_a_parent),
        IN_A_DIRECTORY(put_makes_directories_and_replaces),
        IN_A_DIRECTORY(put_says_why_it_cannot),
        IN_A_DIRECTORY(put_fails_where_the_file_cannot_be_closed),
        IN_A_DIRECTORY(get_knows_its_limits),
        IN_A_DIRECTORY(move_makes_directories_and_replaces),
        IN_A_DIRECTORY(del),
        IN_A_DIRECTORY(directories),
        IN_A_DIRECTORY(a_directory_that_must_be_there_is_never_made),
        IN_A_DIRECTORY(hash_of_a_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
