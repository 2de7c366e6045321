/* test_layer_files.c: how entries of a layer stand in its list of files. */

#include "reg_unit.h"
#include "fcgi_registry/layer/layer_files.h"


static void
entries(void **state)
{
    static const struct {
        const char *name;
        char typeflag;
        const char *item; /* NULL: none */
    } cases[] = {
        { "a", '0', "[\"a\",\"f\",false,7,8,420,9,10]" },
        { "./a", '\0', "[\"/a\",\"f\",false,7,8,420,9,10]" },
        { "/a", '7', "[\"/a\",\"t\",false,7,8,420,9,10]" },
        { "./", '5', "[\"/\",\"d\",false,7,8,420,9,10]" },
        { ".", '5', "[\"/\",\"d\",false,7,8,420,9,10]" },
        { "./a/b/", '5', "[\"/a/b\",\"d\",false,7,8,420,9,10]" },
        { "a", '1', "[\"a\",\"l\",false,7,8,420,9,10]" },
        { "a", '2', "[\"a\",\"s\",false,7,8,420,9,10]" },
        { "a", '3', "[\"a\",\"c\",false,7,8,420,9,10]" },
        { "a", '4', "[\"a\",\"b\",false,7,8,420,9,10]" },
        { "a", '6', "[\"a\",\"i\",false,7,8,420,9,10]" },
        { "a", 'S', "[\"a\",\"S\",false,7,8,420,9,10]" },
        { "a", 'Z', "[\"a\",\"u\",false,7,8,420,9,10]" },
        { "./.wh.x", '0', "[\"/x\",\"f\",true,7,8,420,9,10]" },
        { ".wh.x", '0', "[\"x\",\"f\",true,7,8,420,9,10]" },
        { "./a/b/.wh.x", '0', "[\"/a/b/x\",\"f\",true,7,8,420,9,10]" },
        { "a/.wh.d/e", '0', "[\"a/.wh.d/e\",\"f\",false,7,8,420,9,10]" },
        { "a/.wh..wh..opq", '0', NULL },
        { ".wh..wh.plnk", '5', NULL },
        { "./.wh..wh.plnk/1.2", '0', NULL },
        { "pax_global_header", 'g', NULL },
        { "q\"\\\n", '0', "[\"q\\\"\\\\\\n\",\"f\",false,7,8,420,9,10]" },
        { "\xc3\xa9\xff", '0',
          "[\"\xc3\xa9\xef\xbf\xbd\",\"f\",false,7,8,420,9,10]" },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        pool_t *pool = pool_create();
        layer_files_t *files = layer_files_open(pool);
        const tar_entry_t entry = { .name = reg_cstr(cases[i].name),
                                    .typeflag =
                                        (unsigned char)cases[i].typeflag,
                                    .size = 7,
                                    .mtime = 8,
                                    .mode = 0644,
                                    .uid = 9,
                                    .gid = 10 };
        const char *item = cases[i].item == NULL ? "" : cases[i].item;
        const char *expected = cases[i].item == NULL
                                   ? "[]"
                                   : pool_printf(pool, "[%s,%s]", item, item);
        str_t text;

        assert_int_equal(layer_files_add(files, &entry), OK);
        assert_int_equal(layer_files_add(files, &entry), OK);
        text = layer_files_text(files);
        check(reg_str_eq(text, reg_cstr(expected)), i,
              pool_strndup(pool, text));
        pool_destroy(pool);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
