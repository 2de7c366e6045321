/* test_spool.c: events on disk, written and read. */

#include "reg_unit.h"
#include "fcgi_core/json.h"
#include "fcgi_core/uuid.h"
#include "fcgi_core/file.h"
#include "fcgi_registry/spool/spool.h"
#include "fcgi_registry/spool/spool_reader.h"

#include <ctype.h>
#include <unistd.h>

#define SEGMENT 4096

static char root[] = "/tmp/slipway-spool-XXXXXX";
static pool_t *pool;


static int
house_open(void **state)
{
    (void)state;
    memcpy(root + sizeof(root) - 7, "XXXXXX", 6);
    pool = pool_create();

    return mkdtemp(root) != NULL ? 0 : -1;
}


static int
house_close(void **state)
{
    int rc = directory_del(root);

    (void)state;
    pool_destroy(pool);

    return rc == OK ? 0 : -1;
}


static void
append(const char *lines)
{
    assert_int_equal(
        spool_append(pool, root, reg_cstr(lines), SEGMENT, &LOCK_WAIT_UPKEEP),
        OK);
}


/* What comes next, at most max events, joined by spaces. */
static const char *
next(spool_reader_t *reader, size_t max)
{
    spool_batch_t batch;
    const char *all = "";

    if (spool_reader_next(reader, pool, max, &batch) != OK) {
        return "";
    }

    for (size_t i = 0; i < batch.n; i++) {
        all = pool_printf(pool, "%s%s%.*s", all, i == 0 ? "" : " ",
                          (int)batch.lines[i].len, batch.lines[i].data);
    }

    return all;
}


static void
events_come_until_they_are_done(void **state)
{
    spool_reader_t reader;

    (void)state;

    assert_int_equal(spool_reader_open(&reader, pool, root, "a"), OK);
    assert_string_equal(next(&reader, 9), "");
    append("{\"n\":1}\n{\"n\":2}\n");
    append("{\"n\":3}\n");
    assert_string_equal(next(&reader, 2), "{\"n\":1} {\"n\":2}");
    assert_string_equal(next(&reader, 1), "{\"n\":1}");
    assert_int_equal(spool_reader_done(&reader, pool), OK);
    assert_string_equal(next(&reader, 9), "{\"n\":2} {\"n\":3}");
    assert_int_equal(spool_reader_done(&reader, pool), OK);
    assert_string_equal(next(&reader, 9), "");
}


static void
segments_follow_each_other(void **state)
{
    char line[1024] = "{\"n\":\"";
    spool_segments_t segments;
    spool_reader_t reader;
    uint64_t size;

    (void)state;

    memset(line + 6, 'x', sizeof(line) - 10);
    memcpy(line + sizeof(line) - 4, "\"}\n", 4);
    assert_int_equal(spool_reader_open(&reader, pool, root, "a"), OK);

    for (int i = 0; i < 20; i++) {
        append(line);
    }

    assert_int_equal(
        spool_segments(pool, spool_directory(pool, root), &segments), OK);
    assert_int_equal(segments.n, 4); /* of five lines and a little more */
    assert_int_equal(spool_size(pool, root, &size), OK);
    assert_int_equal(size, 20 * (sizeof(line) - 1));

    for (int i = 0; i < 20; i++) {
        assert_int_equal(strlen(next(&reader, 1)), sizeof(line) - 2);
        assert_int_equal(spool_reader_done(&reader, pool), OK);
    }

    assert_string_equal(next(&reader, 1), "");
    assert_int_equal(
        spool_segments(pool, spool_directory(pool, root), &segments), OK);
    assert_int_equal(segments.n, 1);
    assert_int_equal(segments.numbers[0], 4);
}


static void
one_process_a_consumer(void **state)
{
    spool_reader_t one, two;

    (void)state;

    assert_int_equal(spool_reader_open(&one, pool, root, "a"), OK);
    assert_int_equal(spool_reader_open(&two, pool, root, "a"), ERROR);
    assert_int_equal(spool_reader_open(&two, pool, root, "b"), OK);
}


static void
names_of_consumers(void **state)
{
    static const struct {
        const char *name;
        bool is_valid;
    } cases[] = {
        { "default", true },
        { "A-b_9", true },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          true },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          false },
        { "", false },
        { ".", false },
        { "..", false },
        { "a/b", false },
        { "a.tmp", false },
        { "\xc3\xa9", false },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        check(spool_consumer_is_valid(cases[i].name) == cases[i].is_valid, i,
              cases[i].name);
    }
}


static void
ids_are_random_and_well_formed(void **state)
{
    char one[UUID_LEN + 1], two[UUID_LEN + 1];

    (void)state;

    assert_int_equal(uuid_make(one), OK);
    assert_int_equal(uuid_make(two), OK);
    assert_string_not_equal(one, two);
    assert_int_equal(strlen(one), UUID_LEN);
    assert_int_equal(one[14], '4');
    assert_non_null(strchr("89ab", one[19]));

    for (size_t i = 0; i < UUID_LEN; i++) {
        assert_true(i == 8 || i == 13 || i == 18 || i == 23 ? one[i] == '-'
                                                            : isxdigit(one[i]));
    }
}


int
main(void)
{
#define with_house(test)                                                       \
    cmocka_unit_test_setup_teardown(test, house_open, house_close)
    const struct CMUnitTest tests[] = {
        with_house(events_come_until_they_are_done),
        with_house(segments_follow_each_other),
        with_house(one_process_a_consumer),
        cmocka_unit_test(names_of_consumers),
        cmocka_unit_test(ids_are_random_and_well_formed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
