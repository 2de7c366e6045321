/* test_listen.c: the unix socket at which nginx finds a program. */

#include "reg_unit.h"
#include "fcgi_core/listen.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], path[128];


static int
setup(void **state)
{
    (void)state;

    snprintf(folder, sizeof(folder), "/tmp/test_listen.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/s", folder);

    return 0;
}


static int
teardown(void **state)
{
    (void)state;

    unlink(path);

    return rmdir(folder);
}


static void
socket_is_for_the_group_and_goes_with_us(void **state)
{
    struct stat st;
    int fd;

    (void)state;

    assert_int_equal(listen_open(path, &fd), OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode, S_IFSOCK | 0660);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    listen_close(path, fd);
    assert_int_equal(stat(path, &st), -1);
}


static void
live_socket_is_refused_and_stale_one_replaced(void **state)
{
    int fd, other;

    (void)state;

    assert_int_equal(listen_open(path, &fd), OK);
    assert_int_equal(listen_open(path, &other), ERROR);
    close(fd); /* as a crash does */
    assert_int_equal(listen_open(path, &fd), OK);
    listen_close(path, fd);
}


static void
successor_keeps_its_socket(void **state)
{
    struct stat st;
    int fd, other;

    (void)state;

    assert_int_equal(listen_open(path, &fd), OK);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(listen_open(path, &other), OK);
    listen_close(path, fd);
    assert_int_equal(stat(path, &st), 0);
    listen_close(path, other);
}


static void
other_files_and_bad_paths_are_refused(void **state)
{
    char longer[256];
    int fd, file = open(path, O_CREAT | O_WRONLY, 0600);

    (void)state;

    assert_true(file >= 0);
    close(file);
    assert_int_equal(listen_open(path, &fd), ERROR);
    assert_int_equal(access(path, F_OK), 0);

    memset(longer, 'x', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    assert_int_equal(listen_open(longer, &fd), ERROR);
    assert_int_equal(listen_open("", &fd), ERROR);
    assert_int_equal(listen_open("/no/such/folder/s", &fd), ERROR);
}


#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)


int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(socket_is_for_the_group_and_goes_with_us),
        IN_A_FOLDER(live_socket_is_refused_and_stale_one_replaced),
        IN_A_FOLDER(successor_keeps_its_socket),
        IN_A_FOLDER(other_files_and_bad_paths_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
