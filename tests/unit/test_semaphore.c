/* test_semaphore.c: work that only so many processes may do at a time. */

#include "reg_unit.h"
#include "fcgi_core/semaphore.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>


/* A child that has entered, or was refused: its pid, and that it waits. */
static pid_t
child_enters(semaphore_t *semaphore, int expected)
{
    int ready[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        byte = semaphore_take(semaphore) == expected ? 'y' : 'n';
        (void)!write(ready[1], &byte, 1);
        pause();
        _exit(0);
    }

    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    close(ready[0]);
    close(ready[1]);

    return pid;
}


static void
child_ends(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}


static void
places_are_limited_and_released(void **state)
{
    pool_t *pool = pool_create();
    semaphore_t *semaphore = semaphore_create(pool, 2);
    pid_t first, second;

    (void)state;

    assert_non_null(semaphore);
    first = child_enters(semaphore, OK);
    second = child_enters(semaphore, OK);
    assert_int_equal(semaphore_take(semaphore), DECLINED);

    /* killed, it cannot leave by itself */
    child_ends(first);
    assert_int_equal(semaphore_take(semaphore), OK);
    assert_int_equal(semaphore_take(semaphore), OK); /* the same place */
    semaphore_release(semaphore);
    semaphore_release(semaphore);

    first = child_enters(semaphore, OK);
    assert_int_equal(semaphore_take(semaphore), DECLINED);
    child_ends(first);
    child_ends(second);
    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_limited_and_released),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
