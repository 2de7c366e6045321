/* test_tarsum.c: the sum of one file, as docker 1.6.2 computes it.  Sums of
 * whole layers are in test_unpack.c. */

#include "reg_unit.h"
#include "fcgi_registry/layer/tarsum.h"

#define JSON                                                                   \
    "{\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"  \
    "aaa\"}"


static void
file_add(tarsum_t *tarsum, const char *name)
{
    const tar_entry_t entry = {
        .name = reg_cstr(name), .mode = 0644, .size = 3, .typeflag = '0'
    };

    tarsum_entry(tarsum, &entry);
    tarsum_content(tarsum, (const unsigned char *)"h", 1);
    tarsum_content(tarsum, (const unsigned char *)"i\n", 2);
    tarsum_entry_end(tarsum);
}


static void
one_file(void **state)
{
    pool_t *pool = pool_create();
    tarsum_t *tarsum = tarsum_open(pool);
    char sum[TARSUM_MAX + 1];

    (void)state;
    file_add(tarsum, "hello");
    tarsum_print(tarsum, reg_str(JSON), sum);
    assert_string_equal(sum, "tarsum+sha256:a43a5a95ada38f745723b97a9fc292284b9"
                             "601922e8f2e05189d51c6d943e45a");
    pool_destroy(pool);
}


static void
order_does_not_count(void **state)
{
    pool_t *pool = pool_create();
    tarsum_t *up = tarsum_open(pool), *down = tarsum_open(pool);
    char sums[2][TARSUM_MAX + 1];

    (void)state;

    for (int i = 0; i < 1000; i++) {
        file_add(up, pool_printf(pool, "%d", i));
        file_add(down, pool_printf(pool, "%d", 999 - i));
    }

    tarsum_print(up, reg_str(JSON), sums[0]);
    tarsum_print(down, reg_str(JSON), sums[1]);
    assert_string_equal(sums[0], sums[1]);
    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_file),
        cmocka_unit_test(order_does_not_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
