/* test_lock.c: flock() with a deadline. */

#include "reg_unit.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[] = "/tmp/slipway-lock-XXXXXX";


static int
house_open(void **state)
{
    int fd = mkstemp(path);

    (void)state;

    return fd < 0 ? -1 : close(fd);
}


static int
house_close(void **state)
{
    (void)state;

    return unlink(path);
}


/* The lock in the way of all others. */
static int
held(int operation)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(flock(fd, operation), 0);

    return fd;
}


static void
it_is_declined_at_the_deadline(void **state)
{
    int first = held(LOCK_EX), fd = open(path, O_RDWR | O_CLOEXEC);
    lock_wait_t wait = { .each = 120, .all = 200 };
    int64_t began = clock_ms();

    (void)state;
    assert_int_equal(lock_take(fd, LOCK_SH, &wait), DECLINED);
    assert_int_equal(errno, ETIMEDOUT);
    assert_true(clock_ms() - began >= 120);
    assert_true(wait.all <= 80);

    /* what is left for all is less than for each, and then nothing */
    assert_int_equal(lock_take(fd, LOCK_EX, &wait), DECLINED);
    assert_true(wait.all <= 0);
    assert_int_equal(lock_take(fd, LOCK_EX, &wait), DECLINED);

    close(first);
    assert_int_equal(lock_take(fd, LOCK_EX, &wait), OK);
    close(fd);
}


static void
those_who_share_do_not_wait(void **state)
{
    int first = held(LOCK_SH), fd = open(path, O_RDWR | O_CLOEXEC);
    lock_wait_t wait = { .each = 0, .all = 0 };

    (void)state;
    assert_int_equal(lock_take(fd, LOCK_SH, &wait), OK);
    assert_int_equal(lock_take(fd, LOCK_EX, &wait), DECLINED);
    close(first);
    close(fd);
}


/* Another process gives it back when this one waits. */
static void
a_released_lock_is_taken(void **state)
{
    lock_wait_t wait = LOCK_WAIT_UPKEEP;
    int ready[2], fd, status;
    char byte;
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(ready), 0);
    pid = fork();

    if (pid == 0) {
        held(LOCK_EX);

        if (write(ready[1], "x", 1) == 1) {
            usleep(700 * 1000); /* longer than the moment */
        }

        _exit(0);
    }

    assert_int_equal(read(ready[0], &byte, 1), 1);
    fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(lock_take(fd, LOCK_EX, &wait), OK);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(fd);
}


static void
what_is_no_lock_is_an_error(void **state)
{
    lock_wait_t wait = LOCK_WAIT_UPKEEP;

    (void)state;
    assert_int_equal(lock_take(-1, LOCK_EX, &wait), ERROR);
    assert_int_equal(errno, EBADF);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_declined_at_the_deadline),
        cmocka_unit_test(those_who_share_do_not_wait),
        cmocka_unit_test(a_released_lock_is_taken),
        cmocka_unit_test(what_is_no_lock_is_an_error),
    };

    return cmocka_run_group_tests(tests, house_open, house_close);
}
