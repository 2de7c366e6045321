/* test_token_v1.c: the token of the original protocol, as clients send it. */

#include "reg_unit.h"
#include "common/token_v1.h"


static const struct {
    const char *header;
    const char *signature, *repository, *access;
} good[] = {
    { "Token signature=abc,repository=\"foo/bar\",access=read", "abc",
      "foo/bar", "read" },
    { "token signature=abc,repository=\"foo/bar\",access=read", "abc",
      "foo/bar", "read" },
    { "TOKEN\tsignature=abc", "abc", "", "" },
    /* the registry of the time put the scheme into X-Docker-Token, too */
    { "Token Token signature=abc,repository=\"a\",access=write", "abc", "a",
      "write" },
    { "Token  token  signature=abc", "abc", "", "" },
    { "Token signature=\"abc\", repository=foo/bar, access=\"delete\"", "abc",
      "foo/bar", "delete" },
    { "Token signature:abc,repository:\"a\"", "abc", "a", "" },
    { "Token access=read,repository=\"a\",signature=a.b_c-d~e+f/g==",
      "a.b_c-d~e+f/g==", "a", "read" },
    { "Token signature=abc ", "abc", "", "" },
    { "Token signature=abc,", "abc", "", "" },
    { "Token ,,signature=abc,,", "abc", "", "" },
    { "Token signature=\"abc", "abc", "", "" },
    { "Token signature=abc\",x", "abc", "", "" },
    /* lines that were joined: the first one counts */
    { "Token signature=a,repository=\"a\",access=read,"
      "signature=b,repository=\"b\",access=write",
      "a", "a", "read" },
    { "Token signature=,signature=abc", "abc", "", "" },
    { "Token x=\"signature=no\",signature=abc,y=1", "abc", "", "" },
    { "Token x=1 signature=abc,signature=abc", "abc", "", "" },
    { "Token repository=\"a,b\",signature=abc", "abc", "a,b", "" },
    { "Token Signature=no,signature=abc", "abc", "", "" },
    { "Token xsignature=no,signature=abc", "abc", "", "" },
};

static const char *const empty[] = {
    "Token",
    "Token ",
    "Token Token",
    "Token abc",
    "Token signature",
    "Token signature=",
    "Token signature=\"\"",
    "Token signature=,access=read",
    "Token signature =abc",
    "Token repository=\"a\",access=read",
    "Token =abc",
    "Token x=\"signature=abc",
    "Token \xff\x01=",
};

static const char *const foreign[] = {
    "",
    "Tok",
    "Tokens signature=abc",
    "Token=abc",
    "Token,signature=abc",
    "Basic Og==",
    "Bearer abc",
    " Token signature=abc",
    "signature=abc",
    "\x54oke.n signature=abc",
};


static void
tokens_are_found(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(good); i++) {
        reg_str_t header = exact(good[i].header);
        reg_token_v1_t token;

        check(reg_token_v1_parse(header, &token) == REG_OK, i, good[i].header);
        check(reg_token_v1_is_scheme(header), i, good[i].header);
        check(reg_str_eq(token.signature, reg_cstr(good[i].signature)), i,
              good[i].header);
        check(reg_str_eq(token.repository, reg_cstr(good[i].repository)), i,
              good[i].header);
        check(reg_str_eq(token.access, reg_cstr(good[i].access)), i,
              good[i].header);
        free(header.data);
    }
}


static void
others_are_not(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(empty); i++) {
        reg_str_t header = exact(empty[i]);
        reg_token_v1_t token;

        check(reg_token_v1_parse(header, &token) == REG_ERROR, i, empty[i]);
        check(reg_token_v1_is_scheme(header), i, empty[i]);
        free(header.data);
    }

    for (size_t i = 0; i < N(foreign); i++) {
        reg_str_t header = exact(foreign[i]);
        reg_token_v1_t token;

        check(reg_token_v1_parse(header, &token) == REG_DECLINED, i,
              foreign[i]);
        check(!reg_token_v1_is_scheme(header), i, foreign[i]);
        free(header.data);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_found),
        cmocka_unit_test(others_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
