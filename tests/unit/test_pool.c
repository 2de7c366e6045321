/* test_pool.c: memory that lives for one request. */

#include "reg_unit.h"
#include "fcgi_core/pool.h"

#include <stdalign.h>


static void
memory_is_zeroed_and_aligned(void **state)
{
    static const size_t sizes[] = { 0, 1, 15, 16, 17, 4096, 4097, 100000 };
    pool_t *pool = pool_create();

    (void)state;

    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < N(sizes); i++) {
            unsigned char *p = pool_alloc(pool, sizes[i]);

            assert_non_null(p);
            assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);

            for (size_t k = 0; k < sizes[i]; k++) {
                assert_int_equal(p[k], 0);
                p[k] = 0xff;
            }
        }

        pool_reset(pool);
    }

    pool_destroy(pool);
}


static void
allocations_do_not_overlap(void **state)
{
    pool_t *pool = pool_create();
    unsigned *numbers[5000];

    (void)state;

    for (unsigned i = 0; i < N(numbers); i++) {
        numbers[i] = pool_new(pool, unsigned);
        *numbers[i] = i;
    }

    for (unsigned i = 0; i < N(numbers); i++) {
        assert_int_equal(*numbers[i], i);
    }

    pool_destroy(pool);
}


static void
strings_are_copied_and_terminated(void **state)
{
    pool_t *pool = pool_create();
    char text[] = "abc";
    char *copy = pool_strdup(pool, text);

    (void)state;

    text[0] = 'x';
    assert_string_equal(copy, "abc");
    assert_string_equal(pool_strndup(pool, (str_t){ 2, (unsigned char *)text }),
                        "xb");
    assert_string_equal(pool_strndup(pool, (str_t){ 0, NULL }), "");
    assert_string_equal(pool_printf(pool, "%s-%d", "n", 7), "n-7");
    assert_int_equal(strlen(pool_printf(pool, "%10000d", 1)), 10000);

    pool_destroy(pool);
}


static char order[8];


static void
note(void *data)
{
    size_t len = strlen(order);

    order[len] = *(char *)data;
    order[len + 1] = '\0';
}


static void
cleanups_run_once_last_added_first(void **state)
{
    pool_t *pool = pool_create();
    char names[] = { 'a', 'b', 'c' };

    (void)state;

    pool_cleanup(pool, note, &names[0]);
    pool_cleanup(pool, note, &names[1]);
    pool_reset(pool);
    assert_string_equal(order, "ba");

    pool_cleanup(pool, note, &names[2]);
    pool_destroy(pool);
    assert_string_equal(order, "bac");
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(allocations_do_not_overlap),
        cmocka_unit_test(strings_are_copied_and_terminated),
        cmocka_unit_test(cleanups_run_once_last_added_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
