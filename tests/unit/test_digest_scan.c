/* test_digest_scan.c: the digests that stand in any bytes. */

#include "reg_unit.h"
#include "common/digest_scan.h"

#define HEX "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define A "sha256:" HEX
#define B "sha512:" HEX HEX

static const struct {
    const char *text;
    const char *found; /* the digests, with a blank behind each */
} cases[] = {
    { "", "" },
    { "sha256:", "" },
    { A, A " " },
    { B, B " " },
    { "x" A "y" B "z", A " " B " " },
    { A A, A " " A " " },
    { "sha256:" A, A " " },
    { "sha25" A, A " " },
    { A "0", A " " },
    { "{\"digest\":\"" A "\"", A " " },
    { "\\u0073ha256:" HEX, A " " },
    { "\\u0073\\u0068\\u0061256\\u003A" HEX, A " " },
    { "sha256:\\u0034"
      "4136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f6"
      "1caaff8a",
      A " " },
    { "sha256:4\\u0034"
      "136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f6"
      "1caaff8\\u0061\"",
      A " " },
    { "\\\\u0073ha256:" HEX, A " " },
    { "sha256:" HEX HEX, A " " },
    { "sha512:" HEX, "" },
    { "sha384:" HEX, "" },
    { "SHA256:" HEX, "" },
    { "sha256:"
      "4136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8"
      "A0",
      "" },
    { "sha256 " HEX, "" },
    { "\\u00", "" },
    { "\\u0073ha256:\\u003", "" },
    { "\\u0173ha256:" HEX, "" },
};


static void
what_is_found(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        reg_str_t text = exact(cases[i].text);
        char buf[REG_DIGEST_HEX_MAX + 1], found[1024] = "";
        reg_digest_t digest;
        size_t pos = 0, len = 0;

        while (reg_digest_scan_next(text, &pos, buf, &digest) == REG_OK) {
            check(digest.hex.data == (unsigned char *)buf, i, cases[i].text);
            len += reg_digest_print(&digest, found + len);
            found[len++] = ' ';
            found[len] = '\0';
        }

        check(strcmp(found, cases[i].found) == 0, i, found);
        free(text.data);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
