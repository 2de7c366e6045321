/* test_manifest_reduce.c: what is left of a manifest. */

#include "reg_unit.h"
#include "common/manifest_reduce.h"

static const struct {
    const char *text;
    const char *left; /* without blanks; NULL: it is wrong */
} cases[] = {
    { "{}", "{}" },
    { "[{\"x\":1}]", "[{}]" },
    { "5", "5" },
    { "{\"schemaVersion\":2}", "{\"schemaVersion\":2}" },
    { "{\"x\":1}", "{}" },
    { "{\"x\":1,\"y\":2,\"x\":3}", "{}" },
    { "{\"x\":1,\"schemaVersion\":2}", "{\"schemaVersion\":2}" },
    { "{\"schemaVersion\":2,\"x\":1}", "{\"schemaVersion\":2}" },
    { "{\"x\":[],\"schemaVersion\":2,\"y\":{},\"mediaType\":\"a\",\"z\":0}",
      "{\"schemaVersion\":2,\"mediaType\":\"a\"}" },
    { "{\"mediaType\":1,\"mediaType\":2}",
      "{\"mediaType\":1,\"mediaType\":2}" },
    { "{\"x\":1e999,\"y\":99999999999999999999,\"z\":\"\\u0000\\ud800\"}",
      "{}" },
    { "{\"x\":\"\xff\",\"\xff\":1}", "{}" },
    { "{\"Layers\":[],\"SIZE\":1}", "{\"Layers\":[]}" },
    { "{\"l\\u0061yers\":[]}", "{\"l\\u0061yers\":[]}" },
    { "{\"manife\\u017fts\":[]}", "{\"manife\\u017fts\":[]}" },
    { "{\"config\":{\"size\":1,\"x\":1,\"digest\":\"d\"}}",
      "{\"config\":{\"size\":1,\"digest\":\"d\"}}" },
    { "{\"layers\":[{\"x\":1},{\"size\":1,\"y\":1},null,[{\"x\":1}],5]}",
      "{\"layers\":[{},{\"size\":1},null,[{\"x\":1}],5]}" },
    { "{\"layers\":{\"x\":1,\"Size\":1}}", "{\"layers\":{\"Size\":1}}" },
    { "{\"manifests\":[{\"platform\":{\"os\":\"a\",\"x\":1e999,"
      "\"OS\":\"b\"}}]}",
      "{\"manifests\":[{\"platform\":{\"os\":\"a\",\"OS\":\"b\"}}]}" },
    { "{\"subject\":{\"annotations\":{\"x\":1},\"x\":2}}",
      "{\"subject\":{\"annotations\":{\"x\":1}}}" },
    { "{\"annotations\":{\"x\":\"1\"}}", "{\"annotations\":{\"x\":\"1\"}}" },
    { "{\"platform\":{\"os\":1},\"os\":1,\"data\":1,\"size\":1}", "{}" },
    { "{\"fsLayers\":[{\"blobSum\":\"b\",\"digest\":\"d\"}],\"history\":[]}",
      "{\"fsLayers\":[{\"blobSum\":\"b\"}]}" },
    { "{\"x\":}", NULL },
    { "{\"x\":1,}", NULL },
    { "{\"x\":[1,]}", NULL },
    { "{\"x\":\"\\q\"}", NULL },
    { "{\"x\":01}", NULL },
    { "{\"x\":1}}", NULL },
    { "{\"x\":1} {}", NULL },
    { "{\"config\":{\"x\":tru}}", NULL },
    { "", NULL },
};


static reg_str_t
without_blanks(reg_str_t text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != ' ') {
            text.data[n++] = text.data[i];
        }
    }

    return (reg_str_t){ n, text.data };
}


static void
what_is_left(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        reg_str_t text = exact(cases[i].text);
        const char *error = NULL;
        size_t pos = 0;
        int rc = reg_manifest_reduce(text, &error, &pos);

        check((rc == REG_OK) == (cases[i].left != NULL), i, cases[i].text);
        check((error == NULL) == (rc == REG_OK), i, cases[i].text);

        if (rc == REG_OK) {
            check(reg_str_eq(without_blanks(text), reg_cstr(cases[i].left)), i,
                  cases[i].text);
        }

        free(text.data);
    }
}


static void
lines_stay(void **state)
{
    char text[] = "{\n\"x\":\n[\n],\n\"schemaVersion\": 2}";
    const char *error;
    size_t pos;

    (void)state;

    assert_int_equal(reg_manifest_reduce(reg_cstr(text), &error, &pos), REG_OK);
    assert_string_equal(text, "{\n    \n \n  \n\"schemaVersion\": 2}");
}


static void
keys_as_go_sees_them(void **state)
{
    static const struct {
        const char *key, *known;
        bool is_same;
    } keys[] = {
        { "size", "size", true },
        { "SiZe", "size", true },
        { "\xc5\xbfize", "size", true },
        { "size ", "size", false },
        { "siz", "size", false },
        { "", "size", false },
        { "layer\xc5\xbf", "layers", true },
        { "\xc5layers", "layers", false },
    };

    (void)state;

    for (size_t i = 0; i < N(keys); i++) {
        check(reg_manifest_key_is(keys[i].key, keys[i].known)
                  == keys[i].is_same,
              i, keys[i].key);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left),
        cmocka_unit_test(lines_stay),
        cmocka_unit_test(keys_as_go_sees_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
