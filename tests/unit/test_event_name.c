/* test_event_name.c: the words of an event. */

#include "reg_unit.h"
#include "common/event_name.h"


static void
every_word_is_read_back(void **state)
{
    (void)state;

    for (int i = 0; i < REG_EVENT_N; i++) {
        const char *name = reg_event_name((reg_event_t)i);

        check((int)reg_event_find(reg_cstr(name)) == i, i, name);
    }

    for (int i = 0; i < REG_SNAPSHOT_N; i++) {
        const char *name = reg_snapshot_name((reg_snapshot_t)i);

        check((int)reg_snapshot_find(reg_cstr(name)) == i, i, name);
    }
}


static void
other_words_are_none_of_them(void **state)
{
    static const char *const words[] = { "", "pus", "pushs", "PUSH", "of" };

    (void)state;

    for (size_t i = 0; i < N(words); i++) {
        reg_str_t word = reg_cstr(words[i]);

        check(reg_event_find(word) == REG_EVENT_N, i, words[i]);
        check(reg_snapshot_find(word) == REG_SNAPSHOT_N, i, words[i]);
    }
}


/* The wire: receivers know these. */
static void
words_are_those_of_the_notifications(void **state)
{
    (void)state;
    assert_string_equal(reg_event_name(REG_EVENT_DELETE), "delete");
    assert_string_equal(reg_snapshot_name(REG_SNAPSHOT_MANIFESTS), "manifests");
    assert_string_equal(reg_member_media_type, "mediaType");
    assert_string_equal(reg_member_from, "fromRepository");
    assert_string_equal(reg_member_instance_id, "instanceID");
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_is_read_back),
        cmocka_unit_test(other_words_are_none_of_them),
        cmocka_unit_test(words_are_those_of_the_notifications),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
