/* test_verdict.c: what a token grants, written and read. */

#include "reg_unit.h"
#include "common/verdict.h"

#define HEAD "slipway-verdict 1\nexpires 1764000300\nservice registry.example\n"


static const struct {
    const char *text;
    int64_t expires;
    const char *service, *account, *grants;
} good[] = {
    { HEAD, 1764000300, "registry.example", "", "" },
    { HEAD "account alice\n", 1764000300, "registry.example", "alice", "" },
    { HEAD "grant repository:a:pull\n", 1764000300, "registry.example", "",
      "grant repository:a:pull\n" },
    { HEAD "account alice\ngrant repository:alice/app:pull,push\n"
           "grant repository:bob/secret:\n",
      1764000300, "registry.example", "alice",
      "grant repository:alice/app:pull,push\ngrant repository:bob/secret:\n" },
    { "slipway-verdict 1\nexpires 0\nservice s\n", 0, "s", "", "" },
    { "slipway-verdict 1\nexpires 9223372036854775807\nservice s\n", INT64_MAX,
      "s", "", "" },
};


static void
verdicts_are_read(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(good); i++) {
        reg_str_t text = exact(good[i].text);
        reg_verdict_t v;

        check(reg_verdict_parse(text, &v) == REG_OK, i, good[i].text);
        check(v.expires == good[i].expires, i, good[i].text);
        check(reg_str_eq(v.service, reg_cstr(good[i].service)), i,
              good[i].text);
        check(reg_str_eq(v.account, reg_cstr(good[i].account)), i,
              good[i].text);
        check(reg_str_eq(v.grants, reg_cstr(good[i].grants)), i, good[i].text);
        free(text.data);
    }
}


static const char *const bad[] = {
    "",
    "\n",
    "slipway-verdict 1",
    "slipway-verdict 1\n",
    "slipway-verdict 1\n\n",
    "slipway-verdict 1\nexpires 1\n",
    "slipway-verdict 1\nservice s\n",
    "slipway-verdict 1\nexpires 1\nservice s",
    "slipway-verdict 2\nexpires 1\nservice s\n",
    "slipway-verdict 10\nexpires 1\nservice s\n",
    "slipway-verdict  1\nexpires 1\nservice s\n",
    "slipway-verdict 1 \nexpires 1\nservice s\n",
    "slipway-verdict\nexpires 1\nservice s\n",
    " slipway-verdict 1\nexpires 1\nservice s\n",
    "\nslipway-verdict 1\nexpires 1\nservice s\n",
    "slipway-verdict 1\r\nexpires 1\r\nservice s\r\n",
    "slipway-verdict 1\nexpires \nservice s\n",
    "slipway-verdict 1\nexpires -1\nservice s\n",
    "slipway-verdict 1\nexpires 1.5\nservice s\n",
    "slipway-verdict 1\nexpires 9223372036854775808\nservice s\n",
    "slipway-verdict 1\nexpires 99999999999999999999\nservice s\n",
    "slipway-verdict 1\nservice s\nexpires 1\n",
    "slipway-verdict 1\nexpires 1\nexpires 2\nservice s\n",
    "slipway-verdict 1\nexpires 1\nservice \n",
    "slipway-verdict 1\nexpires 1\nservice a \n",
    "slipway-verdict 1\nexpires 1\nservice  a\n",
    "slipway-verdict 1\nexpires 1\nservice a\"b\n",
    HEAD "service t\n",
    HEAD "account \n",
    HEAD "account a b\n",
    HEAD "account a\naccount b\n",
    HEAD "account a",
    HEAD "grant repository:a:pull",
    HEAD "grant repository:a:pull\n\n",
    HEAD "\ngrant repository:a:pull\n",
    HEAD "grant repository:a:pull\naccount a\n",
    HEAD "grant \n",
    HEAD "grant repository\n",
    HEAD "grant repository:a:pull x\n",
    HEAD "grant  repository:a:pull\n",
    HEAD "grant repository:a:pull\r\n",
    HEAD "grant repository:a:PULL\n",
    HEAD "granted repository:a:pull\n",
    HEAD "unknown line\n",
    HEAD "grant repository:a:pull\nunknown line\n",
    HEAD "END\r\n",
    "SERVER_ERROR out of memory\r\n",
    "{\"errors\":[]}",
};


static void
anything_else_is_refused(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(bad); i++) {
        reg_str_t text = exact(bad[i]);
        reg_verdict_t v;

        check(reg_verdict_parse(text, &v) == REG_ERROR, i, bad[i]);
        free(text.data);
    }

    reg_verdict_t v;

    assert_int_equal(reg_verdict_parse((reg_str_t){ 0, NULL }, &v), REG_ERROR);
}


/* What a cut answer of memcached could look like: only whole lines may pass,
 * and then less is granted, never more. */
static void
cut_verdicts_never_grant_more(void **state)
{
    static const char text[] =
        HEAD "account alice\ngrant repository:a:pull,push\n";

    (void)state;

    for (size_t len = 0; len < sizeof(text) - 1; len++) {
        reg_str_t cut = exact_n(text, len);
        reg_verdict_t v;
        unsigned actions;

        if (reg_verdict_parse(cut, &v) == REG_OK) {
            assert_int_equal(text[len - 1], '\n');
            assert_int_equal(reg_verdict_actions(&v, reg_str("repository"),
                                                 reg_str("a"), &actions),
                             REG_DECLINED);
        }

        free(cut.data);
    }
}


/* A verdict of n grants, each of them "grant a:<number>:\n". */
static int
print_grants(char *buf, size_t size, int n)
{
    const reg_verdict_t v = { 1, reg_str("s"), reg_str("alice"), { 0, NULL } };
    int len = reg_verdict_print(buf, size, &v);

    for (int i = 0; i < n && len != REG_ERROR; i++) {
        char name[16];
        reg_scope_t scope = { reg_str("a"), { 0, NULL }, { 0, NULL }, 0 };

        snprintf(name, sizeof(name), "%d", i);
        scope.name = reg_cstr(name);
        len =
            reg_verdict_print_grant(buf, size, (size_t)len, (size_t)i, &scope);
    }

    return len;
}


static void
there_is_a_most_of_grants_and_of_bytes(void **state)
{
    char buf[REG_VERDICT_MAX + 100];
    reg_verdict_t v;
    int len = print_grants(buf, sizeof(buf), REG_VERDICT_GRANTS_MAX);
    reg_str_t text = { (size_t)len, (unsigned char *)buf };

    (void)state;

    assert_int_equal(reg_verdict_parse(text, &v), REG_OK);
    assert_int_equal(print_grants(buf, sizeof(buf), REG_VERDICT_GRANTS_MAX + 1),
                     REG_ERROR);
    memcpy(buf + len, "grant a:b:\n", 11);
    text.len += 11;
    assert_int_equal(reg_verdict_parse(text, &v), REG_ERROR);

    memcpy(buf, HEAD "grant a:", sizeof(HEAD) + 7);
    memset(buf + sizeof(HEAD) + 7, 'b', sizeof(buf) - sizeof(HEAD) - 7);
    memcpy(buf + REG_VERDICT_MAX - 2, ":\n", 2);
    text.len = REG_VERDICT_MAX;
    assert_int_equal(reg_verdict_parse(text, &v), REG_OK);
    memcpy(buf + REG_VERDICT_MAX - 2, "b:\n", 3);
    text.len++;
    assert_int_equal(reg_verdict_parse(text, &v), REG_ERROR);
}


static void
grants_are_joined(void **state)
{
    static const struct {
        const char *type, *name;
        int rc;
        unsigned actions;
    } cases[] = {
        { "repository", "a", REG_OK, REG_ACTION_PULL | REG_ACTION_PUSH },
        { "repository", "b", REG_OK, 0 },
        { "repository", "c", REG_DECLINED, 0 },
        { "repository", "p", REG_OK, REG_ACTION_PULL },
        { "registry", "catalog", REG_OK, REG_ACTION_ALL },
        { "registry", "a", REG_DECLINED, 0 },
        { "repositor", "a", REG_DECLINED, 0 },
        { "repository", "", REG_DECLINED, 0 },
        { "repository", "a/", REG_DECLINED, 0 },
        { "repository", "h:5000/a", REG_OK, REG_ACTION_PULL },
        { "repository", "h", REG_DECLINED, 0 },
        { "repository", "5000/a", REG_DECLINED, 0 },
        { "repository", "a:pull", REG_DECLINED, 0 },
    };
    reg_str_t text = exact(HEAD "grant repository:a:pull\n"
                                "grant repository:b:\n"
                                "grant registry:catalog:*\n"
                                "grant repository(plugin):p:pull\n"
                                "grant repository:h:5000/a:pull\n"
                                "grant repository:a:push\n");
    reg_verdict_t v;

    (void)state;

    assert_int_equal(reg_verdict_parse(text, &v), REG_OK);

    for (size_t i = 0; i < N(cases); i++) {
        unsigned actions = 0x80;

        check(reg_verdict_actions(&v, reg_cstr(cases[i].type),
                                  reg_cstr(cases[i].name), &actions)
                  == cases[i].rc,
              i, cases[i].name);
        check(actions == cases[i].actions, i, cases[i].name);
    }

    free(text.data);
}


static void
grants_are_walked(void **state)
{
    static const char *const names[] = { "a", "b" };
    reg_str_t text = exact(HEAD "grant x:a:\ngrant x:b:pull\n");
    reg_verdict_t v;
    reg_scope_t scope;
    size_t pos = 0;

    (void)state;

    assert_int_equal(reg_verdict_parse(text, &v), REG_OK);

    for (size_t i = 0; i < N(names); i++) {
        assert_int_equal(reg_verdict_next_grant(&v, &pos, &scope), REG_OK);
        assert_true(reg_str_eq(scope.name, reg_cstr(names[i])));
    }

    assert_int_equal(reg_verdict_next_grant(&v, &pos, &scope), REG_DECLINED);
    assert_int_equal(reg_verdict_next_grant(&v, &pos, &scope), REG_DECLINED);
    free(text.data);
}


static int
print_example(char *buf, size_t size)
{
    const reg_verdict_t v = {
        1764000300, reg_str("registry.example"), reg_str("alice"), { 0, NULL }
    };
    const reg_scope_t scope = { reg_str("repository"), reg_str("plugin"),
                                reg_str("alice/app"),
                                REG_ACTION_PUSH | REG_ACTION_PULL };
    const reg_scope_t empty = {
        reg_str("repository"), { 0, NULL }, reg_str("bob/secret"), 0
    };
    int len = reg_verdict_print(buf, size, &v);

    if (len != REG_ERROR) {
        len = reg_verdict_print_grant(buf, size, (size_t)len, 0, &scope);
    }

    if (len != REG_ERROR) {
        len = reg_verdict_print_grant(buf, size, (size_t)len, 1, &empty);
    }

    return len;
}


static void
verdicts_are_written(void **state)
{
    static const char expected[] =
        HEAD "account alice\ngrant repository(plugin):alice/app:pull,push\n"
             "grant repository:bob/secret:\n";
    const size_t expected_len = sizeof(expected) - 1;

    (void)state;

    for (size_t size = 0; size < expected_len + 5; size++) {
        char *buf = malloc(size);
        int len = print_example(buf, size);

        if (size < expected_len) {
            assert_int_equal(len, REG_ERROR);

        } else {
            assert_int_equal(len, expected_len);
            assert_memory_equal(buf, expected, expected_len);
        }

        free(buf);
    }
}


static void
what_would_not_be_read_is_not_written(void **state)
{
    static const reg_str_t bad_names[] = { { 0, NULL },
                                           { 3, (unsigned char *)"a b" },
                                           { 3, (unsigned char *)"a\nb" },
                                           { 3, (unsigned char *)"a,b" },
                                           { 3, (unsigned char *)"a\0b" } };
    static const reg_str_t bad_types[] = { { 0, NULL },
                                           { 3, (unsigned char *)"a:b" },
                                           { 2, (unsigned char *)"A\n" },
                                           { 4, (unsigned char *)"a(b)" } };
    reg_verdict_t v = { 1, reg_str("s"), { 0, NULL }, { 0, NULL } };
    reg_scope_t scope = { reg_str("t"), { 0, NULL }, reg_str("n"), 0 };
    char buf[256];
    int len = reg_verdict_print(buf, sizeof(buf), &v);

    (void)state;

    assert_true(len > 0);

    for (size_t i = 0; i < N(bad_names); i++) {
        scope.name = bad_names[i];
        check(reg_verdict_print_grant(buf, sizeof(buf), (size_t)len, 0, &scope)
                  == REG_DECLINED,
              i, "name");
        v.service = bad_names[i];
        check(i == 1 || i == 3
                  || reg_verdict_print(buf, sizeof(buf), &v) == REG_ERROR,
              i, "service");
    }

    scope.name = reg_str("n");
    v.service = reg_str("s");

    for (size_t i = 0; i < N(bad_types); i++) {
        scope.type = bad_types[i];

        /* "a(b)" is read back, but as the type "a" */
        check(reg_verdict_print_grant(buf, sizeof(buf), (size_t)len, 0, &scope)
                  == REG_DECLINED,
              i, "type");
    }

    v.account = reg_str("a b");
    assert_int_equal(reg_verdict_print(buf, sizeof(buf), &v), REG_ERROR);
    v.account = reg_str("a\ngrant x:y:*");
    assert_int_equal(reg_verdict_print(buf, sizeof(buf), &v), REG_ERROR);
    v.account = (reg_str_t){ 0, NULL };
    v.expires = -1;
    assert_int_equal(reg_verdict_print(buf, sizeof(buf), &v), REG_ERROR);
    scope.type = reg_str("t");
    assert_int_equal(
        reg_verdict_print_grant(buf, sizeof(buf), sizeof(buf) + 1, 0, &scope),
        REG_ERROR);
}


#define KEY reg_str("slipway:2:0123")
#define SECRET reg_str("0123456789abcdef0123456789abcdef")


static void
a_seal_is_of_one_secret_and_one_key(void **state)
{
    static const char text[] = HEAD "account alice\ngrant x:a:pull\n";
    const size_t len = sizeof(text) - 1, all = len + REG_VERDICT_SEAL_LEN;
    char buf[256];
    reg_str_t found, sealed;

    (void)state;

    memcpy(buf, text, len);
    assert_int_equal(reg_verdict_seal(buf, all - 1, len, SECRET, KEY),
                     REG_ERROR);
    assert_int_equal(reg_verdict_seal(buf, all, len, SECRET, KEY), all);
    assert_memory_equal(buf + len, "seal ", 5);
    assert_int_equal(buf[all - 1], '\n');

    sealed = exact_n(buf, all);
    assert_int_equal(reg_verdict_unseal(sealed, SECRET, KEY, &found), REG_OK);
    assert_true(reg_str_eq(found, reg_str(text)));
    assert_int_equal(
        reg_verdict_unseal(sealed, SECRET, reg_str("slipway:2:0124"), &found),
        REG_DECLINED);
    assert_int_equal(
        reg_verdict_unseal(sealed, reg_str("0123456789abcdef0123456789abcdeg"),
                           KEY, &found),
        REG_DECLINED);

    /* not the concatenation of the two counts, but each of them */
    assert_int_equal(
        reg_verdict_unseal(sealed, reg_str("0123456789abcdef0123456789abcdefs"),
                           reg_str("lipway:2:0123"), &found),
        REG_DECLINED);
    free(sealed.data);
}


static void
what_was_changed_is_not_unsealed(void **state)
{
    static const char text[] = HEAD "grant x:a:\n";
    size_t len = sizeof(text) - 1;
    char buf[256];
    reg_str_t found, sealed = { 0, (unsigned char *)buf };

    (void)state;

    memcpy(buf, text, len);
    sealed.len = (size_t)reg_verdict_seal(buf, sizeof(buf), len, SECRET, KEY);

    for (size_t i = 0; i < sealed.len; i++) {
        reg_str_t changed = exact_n(buf, sealed.len);
        reg_str_t cut = exact_n(buf, i);

        changed.data[i] ^= 1;
        check(reg_verdict_unseal(changed, SECRET, KEY, &found) == REG_DECLINED,
              i, "changed");
        check(reg_verdict_unseal(cut, SECRET, KEY, &found) == REG_DECLINED, i,
              "cut");
        free(changed.data);
        free(cut.data);
    }

    assert_int_equal(
        reg_verdict_unseal((reg_str_t){ 0, NULL }, SECRET, KEY, &found),
        REG_DECLINED);
    assert_int_equal(reg_verdict_unseal(reg_str(text), SECRET, KEY, &found),
                     REG_DECLINED);
}


/* A seal is no line of a verdict: where one is not taken off, nothing is read.
 */
static void
a_sealed_verdict_is_no_verdict(void **state)
{
    char buf[256] = HEAD;
    reg_verdict_t v;
    int len = reg_verdict_seal(buf, sizeof(buf), sizeof(HEAD) - 1, SECRET, KEY);

    (void)state;

    assert_int_equal(
        reg_verdict_parse((reg_str_t){ (size_t)len, (unsigned char *)buf }, &v),
        REG_ERROR);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_are_read),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(cut_verdicts_never_grant_more),
        cmocka_unit_test(there_is_a_most_of_grants_and_of_bytes),
        cmocka_unit_test(grants_are_joined),
        cmocka_unit_test(grants_are_walked),
        cmocka_unit_test(verdicts_are_written),
        cmocka_unit_test(what_would_not_be_read_is_not_written),
        cmocka_unit_test(a_seal_is_of_one_secret_and_one_key),
        cmocka_unit_test(what_was_changed_is_not_unsealed),
        cmocka_unit_test(a_sealed_verdict_is_no_verdict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
