/* test_listen.c: the unix socket at which nginx finds a program. */

#include "reg_unit.h"
#include "fcgi_core/listen.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64], path[128];


static int
setup(void **state)
{
    (void)state;

    snprintf(directory, sizeof(directory), "/tmp/test_listen.XXXXXX");
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/s", directory);

    return 0;
}


static int
teardown(void **state)
{
    (void)state;

    unlink(path);

    return rmdir(directory);
}


static void
socket_is_for_the_group_and_goes_with_us(void **state)
{
    struct stat st;
    listen_t l;

    (void)state;

    assert_int_equal(listen_open(path, &l), OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode, S_IFSOCK | 0660);
    assert_true(fcntl(l.fd, F_GETFL) & O_NONBLOCK);
    assert_string_equal(l.path, path);
    listen_close(&l);
    assert_int_equal(stat(path, &st), -1);
}


static void
live_socket_is_refused_and_stale_one_replaced(void **state)
{
    listen_t l, other;

    (void)state;

    assert_int_equal(listen_open(path, &l), OK);
    assert_int_equal(listen_open(path, &other), ERROR);
    close(l.fd); /* as a crash does */
    assert_int_equal(listen_open(path, &l), OK);
    listen_close(&l);
}


static void
successor_keeps_its_socket(void **state)
{
    struct stat st;
    listen_t l, other;

    (void)state;

    assert_int_equal(listen_open(path, &l), OK);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(listen_open(path, &other), OK);
    listen_close(&l);
    assert_int_equal(stat(path, &st), 0);
    listen_close(&other);
}


static int
client_connect(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    memcpy(address.sun_path, path, strlen(path) + 1);
    assert_true(fd >= 0);

    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        return -1;
    }

    return fd;
}


static void
who_has_connected_is_served_although_the_path_is_gone(void **state)
{
    listen_t l;
    int client;

    (void)state;

    assert_int_equal(listen_open(path, &l), OK);
    assert_false(listen_has_waiting(&l));
    client = client_connect();
    assert_true(client >= 0);
    listen_withdraw(&l);
    assert_int_equal(client_connect(), -1);
    assert_true(listen_has_waiting(&l));
    close(accept(l.fd, NULL, NULL));
    assert_false(listen_has_waiting(&l));
    close(client);
    listen_close(&l);
}


/* In a process of its own: descriptor 3 and the environment are its own. */
static int
inherit(int fd, pid_t pid, const char *count, listen_t *listen_r)
{
    char text[32];

    snprintf(text, sizeof(text), "%ld", (long)(pid == 0 ? getpid() : pid));
    setenv("LISTEN_PID", text, 1);
    setenv("LISTEN_FDS", count, 1);

    if (fd < 0) {
        close(3);
    } else if (fd != 3) {
        dup2(fd, 3);
    }

    return listen_open("/no/such/directory/s", listen_r);
}


/* The status of a process that runs fn. */
static int
apart(int (*fn)(void))
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        _exit(fn());
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));

    return WEXITSTATUS(status);
}


static int
takes_it(void)
{
    listen_t own, l;

    if (listen_open(path, &own) != OK || fcntl(own.fd, F_SETFL, 0) != 0) {
        return 1;
    }

    if (inherit(own.fd, 0, "1", &l) != OK || l.fd != 3 || !l.is_inherited) {
        return 2;
    }

    if (strcmp(l.path, path) != 0 || getenv("LISTEN_FDS") != NULL
        || !(fcntl(3, F_GETFL) & O_NONBLOCK)
        || !(fcntl(3, F_GETFD) & FD_CLOEXEC)) {
        return 3;
    }

    listen_close(&l);

    return access(path, F_OK) == 0 ? 0 : 4; /* it is not ours to remove */
}


static int
refuses_others(void)
{
    listen_t l;
    int pair[2], plain = open("/dev/null", O_RDONLY);
    int tcp = socket(AF_INET, SOCK_STREAM, 0);

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || listen(tcp, 1) != 0) {
        return 1;
    }

    return inherit(plain, 0, "1", &l) == ERROR
                   && inherit(pair[0], 0, "1", &l) == ERROR
                   && inherit(tcp, 0, "1", &l) == ERROR
                   && inherit(-1, 0, "1", &l) == ERROR
                   && inherit(tcp, 0, "2", &l) == ERROR
               ? 0
               : 2;
}


/* What was meant for another process is none of ours. */
static int
makes_its_own(void)
{
    listen_t own, l;

    if (listen_open(path, &own) != OK) {
        return 1;
    }

    return inherit(own.fd, getppid(), "1", &l) == ERROR
                   && inherit(own.fd, 0, "0", &l) == ERROR
                   && inherit(own.fd, 0, "x", &l) == ERROR
               ? 0
               : 2;
}


static void
socket_that_is_handed_over(void **state)
{
    (void)state;

    assert_int_equal(apart(takes_it), 0);
    unlink(path);
    assert_int_equal(apart(refuses_others), 0);
    assert_int_equal(apart(makes_its_own), 0);
}


static void
other_files_and_bad_paths_are_refused(void **state)
{
    char longer[256];
    listen_t l;
    int file = open(path, O_CREAT | O_WRONLY, 0600);

    (void)state;

    assert_true(file >= 0);
    close(file);
    assert_int_equal(listen_open(path, &l), ERROR);
    assert_int_equal(access(path, F_OK), 0);

    memset(longer, 'x', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    assert_int_equal(listen_open(longer, &l), ERROR);
    assert_int_equal(listen_open("", &l), ERROR);
    assert_int_equal(listen_open("/no/such/directory/s", &l), ERROR);
}


#define IN_A_DIRECTORY(test)                                                   \
    cmocka_unit_test_setup_teardown(test, setup, teardown)


int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_DIRECTORY(socket_is_for_the_group_and_goes_with_us),
        IN_A_DIRECTORY(live_socket_is_refused_and_stale_one_replaced),
        IN_A_DIRECTORY(successor_keeps_its_socket),
        IN_A_DIRECTORY(who_has_connected_is_served_although_the_path_is_gone),
        IN_A_DIRECTORY(socket_that_is_handed_over),
        IN_A_DIRECTORY(other_files_and_bad_paths_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
