/* test_yaml.c: YAML as a JSON value. */

#include "reg_unit.h"
#include "fcgi_registry/adopt/yaml.h"


static const struct {
    const char *text;
    const char *json; /* NULL: refused */
} cases[] = {
    { "", "null" },
    { "# nothing\n", "null" },
    { "a: 1\nb: true\nc: x y", "{\"a\":\"1\",\"b\":\"true\",\"c\":\"x y\"}" },
    { "a:\nb: ~\nc: null\nd: 'null'\ne: ''",
      "{\"a\":null,\"b\":null,\"c\":null,\"d\":\"null\",\"e\":\"\"}" },
    { "a: [x, {y: z}]\nb:\n- 1\n- 2",
      "{\"a\":[\"x\",{\"y\":\"z\"}],\"b\":[\"1\",\"2\"]}" },
    { "a: &x {b: c}\nd: *x", "{\"a\":{\"b\":\"c\"},\"d\":{\"b\":\"c\"}}" },
    { "a: |\n  two\n  lines\n", "{\"a\":\"two\\nlines\\n\"}" },
    { "--- a\n--- b", "\"a\"" },
    { "{\"json\": [1]}", "{\"json\":[\"1\"]}" },
    { "a: 1\na: 2", "{\"a\":\"2\"}" },
    { "a: {b: 1, c: 2}\na: {b: 3}", "{\"a\":{\"b\":\"3\",\"c\":\"2\"}}" },
    { "a: {b: 1}\na:", "{\"a\":null}" },
    { "a: [1]\na: [2]", "{\"a\":[\"2\"]}" },
    { "auth: {a: {b: 1}, a: {c: 2}}", "{\"auth\":{\"a\":{\"c\":\"2\"}}}" },
    { "storage: {a: 1}\nstorage: {b: 2}", "{\"storage\":{\"b\":\"2\"}}" },
    { "x: {storage: {a: 1}, storage: {b: 2}}",
      "{\"x\":{\"storage\":{\"a\":\"1\",\"b\":\"2\"}}}" },
    { "x: &x {a: 1, b: 2}\ny: {<<: *x, a: 3}",
      "{\"x\":{\"a\":\"1\",\"b\":\"2\"},\"y\":{\"a\":\"3\",\"b\":\"2\"}}" },
    { "x: &x {a: 1}\ny: {a: 3, <<: *x}",
      "{\"x\":{\"a\":\"1\"},\"y\":{\"a\":\"1\"}}" },
    { "y: {<<: [{a: 1}, {a: 2, b: 2}]}", "{\"y\":{\"a\":\"1\",\"b\":\"2\"}}" },
    { "y: {<<: {<<: {a: 1}}}", "{\"y\":{\"a\":\"1\"}}" },
    { "<<: {storage: {a: {b: 1}}}\nstorage: {c: 2}",
      "{\"storage\":{\"c\":\"2\"}}" },
    { "y: {\"<<\": {a: 1}}", "{\"y\":{\"<<\":{\"a\":\"1\"}}}" },
    { "y: {<<: 5}", NULL },
    { "y: {<<: [{a: 1}, 5]}", NULL },
    { "y: &y {<<: *y}", NULL },
    { "y: &y {<<: [*y, *y]}", NULL },
    { "? [a]\n: b", NULL },
    { "? {a: b}\n: b", NULL },
    { "a: \"\\0\"", NULL },
    { "\"\\0\": a", NULL },
    { "a: *none", NULL },
    { "a: b: c", NULL },
    { "a: [", NULL },
    { "\ta: b", NULL },
    { "\xff\xfe\xff", NULL },
    { "a: &a [*a]", NULL },
    { "a: &a {b: *a}", NULL },
    { "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
      NULL },
    { "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
      "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]",
      NULL },
};


static void
text_becomes_a_value_or_is_refused(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        pool_t *pool = pool_create();
        reg_str_t text = exact(cases[i].text);
        const char *error = NULL;
        json_t *value = NULL;
        int rc = yaml_read(pool, text, &value, &error);

        check((rc == OK) == (cases[i].json != NULL), i, cases[i].text);

        if (rc == OK) {
            json_t *wanted = json_loads(cases[i].json, JSON_DECODE_ANY, NULL);

            check(json_equal(value, wanted), i, cases[i].text);
            json_decref(wanted);

        } else {
            check(error != NULL, i, cases[i].text);
        }

        free(text.data);
        pool_destroy(pool);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_becomes_a_value_or_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
