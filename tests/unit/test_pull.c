/* test_pull.c: a batch of counts of pulls. */

#include "reg_unit.h"
#include "common/pull.h"

#define ID "0123456789abcdef0123456789abcdef"
#define HEAD "slipway-pulls 1 " ID " 1048576\n"
#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


static void
what_is_printed_is_read(void **state)
{
    const reg_pull_head_t head = { reg_str(ID), 1048576 };
    const reg_pull_t pulls[] = {
        { 3, 1785585600, reg_str("alice/app"), reg_str("1.0") },
        { REG_PULL_COUNT_MAX, 0, reg_str("a"), reg_str("sha256:" HEX) },
    };
    char buf[4 * REG_PULL_LINE_MAX];
    reg_str_t batch = { 0, (unsigned char *)buf };
    reg_pull_head_t head_r;
    reg_pull_t pull;

    (void)state;

    batch.len += (size_t)reg_pull_head_print(buf, sizeof(buf), &head);
    assert_true(reg_str_eq(batch, reg_str(HEAD)));

    for (size_t i = 0; i < N(pulls); i++) {
        batch.len += (size_t)reg_pull_print(buf + batch.len,
                                            sizeof(buf) - batch.len, &pulls[i]);
    }

    assert_false(reg_pull_is_complete(batch));
    batch.len +=
        (size_t)reg_pull_end_print(buf + batch.len, sizeof(buf) - batch.len);
    assert_true(reg_pull_is_complete(batch));

    assert_int_equal(reg_pull_head_take(&batch, &head_r), REG_OK);
    assert_true(reg_str_eq(head_r.id, head.id));
    assert_int_equal(head_r.limit, head.limit);

    for (size_t i = 0; i < N(pulls); i++) {
        assert_int_equal(reg_pull_take(&batch, &pull), REG_OK);
        assert_int_equal(pull.count, pulls[i].count);
        assert_int_equal(pull.last, pulls[i].last);
        assert_true(reg_str_eq(pull.repository, pulls[i].repository));
        assert_true(reg_str_eq(pull.reference, pulls[i].reference));
    }

    assert_int_equal(reg_pull_take(&batch, &pull), REG_DECLINED);
}


static void
what_has_no_room_is_not_printed(void **state)
{
    const reg_pull_t pull = { 1, 2, reg_str("a"), reg_str("b") };
    char buf[sizeof("1 2 a b")];

    (void)state;

    assert_int_equal(reg_pull_print(buf, sizeof(buf), &pull), sizeof(buf));
    assert_int_equal(reg_pull_print(buf, sizeof(buf) - 1, &pull), REG_ERROR);
}


static void
heads_that_are_none(void **state)
{
    static const char *const cases[] = {
        "",
        "slipway-pulls 1 ",
        "slipway-pulls 2 " ID " 1048576\n",
        "slipway-pulls 1 " ID " 1048576",
        "slipway-pulls 1 " ID "0 1048576\n",
        "slipway-pulls 1 0123456789ABCDEF0123456789abcdef 1048576\n",
        "slipway-pulls 1 " ID " -1\n",
        "slipway-pulls 1 " ID "\n",
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        reg_str_t text = exact(cases[i]), rest = text;
        reg_pull_head_t head;

        check(reg_pull_head_take(&rest, &head) == REG_ERROR, i, cases[i]);
        free(text.data);
    }
}


static void
lines_that_are_none(void **state)
{
    static const char *const cases[] = {
        "",
        "end",
        "end\n\n",
        "1 2 a b",
        "0 2 a b\n",
        "1000000000001 2 a b\n",
        "1 2 A b\n",
        "1 2 a -\n",
        "1 2 a sha256:00\n",
        "1 2 a b c\n",
        "1 2 a\n",
        "1  2 a b\n",
        "1 2 ../a b\n",
        "1 -2 a b\n",
        "1\n2 a b\n",
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        reg_str_t text = exact(cases[i]), rest = text;
        reg_pull_t pull;

        check(reg_pull_take(&rest, &pull) == REG_ERROR, i, cases[i]);
        check(!reg_pull_is_complete(text), i, cases[i]);
        free(text.data);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_is_read),
        cmocka_unit_test(what_has_no_room_is_not_printed),
        cmocka_unit_test(heads_that_are_none),
        cmocka_unit_test(lines_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
