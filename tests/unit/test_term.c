/* test_term.c: the terms under which search finds a repository. */

#include "reg_unit.h"
#include "fcgi_index/search/term.h"


static void
words_of_a_text(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "", "" },
        { " -/.", "" },
        { "web-server", "web|server|" },
        { "a/b_c.d", "a|b|c|d|" },
        { "n\xc3\xa4her, ran", "n\xc3\xa4her|ran|" },
        { "abcdefghijklmnopqrstuvwxyz x", "abcdefghijklmnopqrstuvwx|x|" },
        { "abcdefghijklmnopqrstuvw\xc3\xa4", "abcdefghijklmnopqrstuvw|" },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        pool_t *pool = pool_create();
        const char *words = "";
        size_t pos = 0;
        str_t word;

        while (term_next(reg_cstr(cases[i].text), &pos, &word) == OK) {
            words = pool_printf(pool, "%s%.*s|", words, (int)word.len,
                                (const char *)word.data);
        }

        check(strcmp(words, cases[i].words) == 0, i, words);
        pool_destroy(pool);
    }
}


/* -1: the repository does not have it. */
static int
place_of(const terms_t *terms, const char *text)
{
    int place = -1;

    for (size_t i = 0; i < terms->n; i++) {
        if (strcmp(terms->items[i].text, text) == 0) {
            assert_int_equal(place, -1);
            place = (int)terms->items[i].place;
        }
    }

    return place;
}


static void
terms_of_a_repository(void **state)
{
    static const term_source_t source = {
        .name = "acme/web-web-app",
        .description = "the app of acme, for x",
        .topics = "front end\nhttp",
    };
    static const struct {
        const char *term;
        int place;
    } cases[] = {
        { "*", 255 },          { "@acme", 255 },    { "acme", 255 - 48 },
        { "web", 255 - 64 },   { "app", 255 - 64 }, { "~web", 255 },
        { "~app", 255 },       { "~bwe", -1 },      { "~acm", -1 },
        { "the", -1 },         { "x", 255 },        { "#http", 255 },
        { "#front end", 255 }, { "front", 255 },    { "web-web-app", -1 },
    };
    pool_t *pool = pool_create();
    terms_t terms;

    (void)state;
    term_list(pool, &source, &terms);

    for (size_t i = 0; i < N(cases); i++) {
        check(place_of(&terms, cases[i].term) == cases[i].place, i,
              cases[i].term);
    }

    pool_destroy(pool);
}


static int
place_with(pool_t *pool, uint64_t stars, uint64_t pulls)
{
    const term_source_t source = { .name = "a",
                                   .description = "",
                                   .topics = "",
                                   .stars = stars,
                                   .pulls = pulls };
    terms_t terms;

    term_list(pool, &source, &terms);

    return place_of(&terms, "*");
}


static void
stars_and_pulls_raise_it(void **state)
{
    pool_t *pool = pool_create();
    int last = 256;

    (void)state;

    for (uint64_t stars = 0; stars < 1000000; stars = stars * 2 + 1) {
        int place = place_with(pool, stars, 0);

        assert_true(place <= last);
        last = place;
    }

    assert_int_equal(place_with(pool, 0, 0), 255);
    assert_true(place_with(pool, 1, 0) < 255);
    assert_int_equal(place_with(pool, 1, 0), place_with(pool, 0, 100));
    assert_int_equal(place_with(pool, UINT64_MAX, UINT64_MAX), 255 - 124);
    pool_destroy(pool);
}


static void
terms_have_a_ceiling(void **state)
{
    char name[256];
    pool_t *pool = pool_create();
    term_source_t source = { .name = name, .description = "", .topics = "" };
    terms_t terms;

    (void)state;

    for (size_t i = 0; i < sizeof(name) - 1; i++) {
        name[i] = (char)((i * i + i / 7) % 26 + 'a');
    }

    name[sizeof(name) - 1] = '\0';
    term_list(pool, &source, &terms);
    assert_true(terms.n <= TERMS_MAX);

    for (size_t i = 0; i < terms.n; i++) {
        assert_true(strlen(terms.items[i].text) <= TERM_MARKED_MAX);
    }

    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_a_text),
        cmocka_unit_test(terms_of_a_repository),
        cmocka_unit_test(stars_and_pulls_raise_it),
        cmocka_unit_test(terms_have_a_ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
