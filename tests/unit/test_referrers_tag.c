/* test_referrers_tag.c: the tags of lists of referrers. */

#include "reg_unit.h"
#include "fcgi_registry/repository/referrers_tag.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde0"


static const struct {
    const char *tag;
    int rc;
    reg_algorithm_t algorithm;
} tags[] = {
    { "sha256-" HEX, OK, REG_SHA256 },
    { "sha512-" HEX, OK, REG_SHA512 },
    { "sha512-" HEX HEX, DECLINED, 0 },
    { "sha256-" HEX ".sig", DECLINED, 0 },
    { "sha256-" HEX "0", DECLINED, 0 },
    { "sha256-0123", DECLINED, 0 },
    { "sha256-", DECLINED, 0 },
    { "sha256:" HEX, DECLINED, 0 },
    { "sha384-" HEX, DECLINED, 0 },
    { "SHA256-" HEX, DECLINED, 0 },
    { "sha256-ABCDEF6789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
      DECLINED, 0 },
    { "-" HEX, DECLINED, 0 },
    { HEX, DECLINED, 0 },
    { "latest", DECLINED, 0 },
    { "", DECLINED, 0 },
};


static void
a_tag_names_its_subject(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(tags); i++) {
        reg_str_t tag = exact(tags[i].tag);
        reg_digest_t start;
        int rc = referrers_tag_parse(tag, &start);

        check(rc == tags[i].rc, i, tags[i].tag);
        check(rc != OK || start.algorithm == tags[i].algorithm, i, tags[i].tag);
        free(tag.data);
    }
}


static const struct {
    const char *subject;
    const char *tag;
    const char *other; /* begins in another way, or is of another algorithm */
} subjects[] = {
    { "sha256:" HEX, "sha256-" HEX, "sha256:" OTHER },
    { "sha512:" HEX HEX, "sha512-" HEX, "sha512:" OTHER HEX },
    { "sha512:" HEX OTHER, "sha512-" HEX, "sha256:" HEX },
};


static void
subjects_have_tags(void **state)
{
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < N(subjects); i++) {
        const char *text = subjects[i].subject;
        reg_digest_t subject, other, start;
        const char *tag;

        assert_int_equal(reg_digest_parse(reg_cstr(text), &subject), OK);
        assert_int_equal(reg_digest_parse(reg_cstr(subjects[i].other), &other),
                         OK);
        tag = referrers_tag_name(pool, &subject);
        assert_string_equal(tag, subjects[i].tag);
        check(referrers_tag_parse(reg_cstr(tag), &start) == OK, i, text);
        check(referrers_tag_is_of(&start, &subject), i, text);
        check(!referrers_tag_is_of(&start, &other), i, text);
    }

    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_names_its_subject),
        cmocka_unit_test(subjects_have_tags),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
