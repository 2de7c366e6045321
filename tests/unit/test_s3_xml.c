/* test_s3_xml.c: answers in XML. */

#include "reg_unit.h"
#include "fcgi_registry/s3/s3_xml.h"

#define BIG (64 * 1024)


static void
element_note(void *data, const char *parent, const char *name, str_t text)
{
    char *out = data;
    size_t len = strlen(out);

    snprintf(out + len, BIG - len, "%s/%s=%.*s;", parent, name, STR(text));
}


static void
elements_are_passed_on(void **state)
{
    static const struct {
        const char *document, *wanted;
    } cases[] = {
        { "<a/>", "/a=;" },
        { "<?xml version=\"1.0\"?>\n<a xmlns=\"http://s3\"><b x='1'>c &amp; "
          "&#x64;</b><b/>e</a>",
          "a/b=c & d;a/b=;/a=e;" },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        static char out[BIG];
        str_t document = exact(cases[i].document);

        out[0] = '\0';
        check(s3_xml_read(document, element_note, out) == OK, i,
              cases[i].document);
        assert_string_equal(out, cases[i].wanted);
        free(document.data);
    }
}


static void
what_is_refused(void **state)
{
    static char out[BIG], text[BIG], name[BIG];
    const char *const cases[] = {
        "",
        "a",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a>&x;</a>",
        "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        "<!DOCTYPE a><a/>",
        "<a><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a></a>",
        text,
        name,
    };

    (void)state;
    memset(text, 'x', 9000);
    memcpy(text, "<a>", 3);
    memcpy(text + 9000, "</a>", 5);
    memset(name, 'x', 100);
    name[0] = '<';
    memcpy(name + 100, "/>", 3);

    for (size_t i = 0; i < N(cases); i++) {
        str_t document = exact(cases[i]);

        out[0] = '\0';
        check(s3_xml_read(document, element_note, out) == ERROR, i, cases[i]);
        free(document.data);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_passed_on),
        cmocka_unit_test(what_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
