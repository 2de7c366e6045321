/* test_listing.c: all names of a directory, sorted, in pieces. */

#include "reg_unit.h"
#include "fcgi_registry/store/listing.h"

#include <stdio.h>

#define MANY 1000


/* The numbers below MANY, each once, in no order. */
static void
directory_list(listing_t *listing)
{
    for (unsigned i = 0; i < MANY; i++) {
        char name[8];

        snprintf(name, sizeof(name), "%03u", (i * 379 + 11) % MANY);
        listing_add(listing, name);
    }

    listing_end(listing);
}


static void
all_names_come_in_order(void **state)
{
    static const size_t sizes[] = { 1, 2, 3, 7, 499, 500, 999, 1000, 1001 };
    pool_t *pool = pool_create();

    (void)state;

    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        listing_t *listing = listing_create(pool, sizes[s]);
        const char *after = "";
        unsigned next = 0;

        do {
            listing_begin(listing, after);
            directory_list(listing);
            assert_true(listing->n <= sizes[s]);

            for (size_t i = 0; i < listing->n; i++) {
                assert_int_equal(strtol(listing->names[i], NULL, 10), next++);
            }

            assert_int_equal(listing->has_more, next < MANY);
            after = listing->names[listing->n - 1];
        } while (listing->has_more);

        assert_int_equal(next, MANY);
    }

    pool_destroy(pool);
}


static void
an_empty_directory_has_no_names(void **state)
{
    pool_t *pool = pool_create();
    listing_t *listing = listing_create(pool, 2);

    (void)state;
    listing_begin(listing, "");
    listing_end(listing);
    assert_int_equal(listing->n, 0);
    assert_false(listing->has_more);
    pool_destroy(pool);
}


/* The longest one fits, to the last byte. */
static void
longer_names_are_ignored(void **state)
{
    pool_t *pool = pool_create();
    listing_t *listing = listing_create(pool, 2);
    char name[LISTING_NAME_MAX + 2];

    (void)state;
    memset(name, 'x', sizeof(name));
    name[LISTING_NAME_MAX + 1] = '\0';
    listing_begin(listing, "");
    listing_add(listing, name);
    name[LISTING_NAME_MAX] = '\0';
    listing_add(listing, name);
    listing_end(listing);
    assert_int_equal(listing->n, 1);
    assert_string_equal(listing->names[0], name);
    pool_destroy(pool);
}


/* As bytes, also above 127: docs/events.md. */
static void
names_are_compared_as_bytes(void **state)
{
    pool_t *pool = pool_create();
    listing_t *listing = listing_create(pool, 4);

    (void)state;
    listing_begin(listing, "Z");
    listing_add(listing, "\xc3\xa9");
    listing_add(listing, "a");
    listing_add(listing, "_");
    listing_add(listing, "9");
    listing_end(listing);
    assert_int_equal(listing->n, 3);
    assert_string_equal(listing->names[0], "_");
    assert_string_equal(listing->names[1], "a");
    assert_string_equal(listing->names[2], "\xc3\xa9");
    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_names_come_in_order),
        cmocka_unit_test(an_empty_directory_has_no_names),
        cmocka_unit_test(longer_names_are_ignored),
        cmocka_unit_test(names_are_compared_as_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
