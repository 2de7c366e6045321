/* fuzz_verdict.c: a verdict, read; and the fields of one, between NULs,
 * written.  What is written must be read as the same. */

#include "reg_fuzz.h"
#include "common/verdict.h"

#define SECRET reg_str("0123456789abcdef0123456789abcdef")
#define KEY reg_str("slipway:2:0123")


static void
check_same(const reg_verdict_t *a, const reg_verdict_t *b)
{
    size_t pos_a = 0, pos_b = 0;
    reg_scope_t x, y;

    must(a->expires == b->expires && reg_str_eq(a->service, b->service)
         && reg_str_eq(a->account, b->account));

    for (;;) {
        int rc = reg_verdict_next_grant(a, &pos_a, &x);

        must(rc == reg_verdict_next_grant(b, &pos_b, &y));

        if (rc != REG_OK) {
            break;
        }

        must(reg_str_eq(x.type, y.type) && reg_str_eq(x.klass, y.klass)
             && reg_str_eq(x.name, y.name));
        must(reg_actions_allow(x.actions, y.actions)
             && reg_actions_allow(y.actions, x.actions));
    }

    must(pos_a == a->grants.len && pos_b == b->grants.len);
}


/* Printed again a verdict may be shorter (unknown actions go, numbers lose
 * their zeros) but never longer than it may be. */
static void
check_goes_round(const reg_verdict_t *verdict)
{
    static char buf[REG_VERDICT_SEALED_MAX];
    int len = reg_verdict_print(buf, REG_VERDICT_MAX, verdict);
    size_t pos = 0, n = 0;
    reg_str_t text;
    reg_verdict_t again;
    reg_scope_t scope;
    unsigned actions;

    must(len > 0);

    while (reg_verdict_next_grant(verdict, &pos, &scope) == REG_OK) {
        must(reg_verdict_actions(verdict, scope.type, scope.name, &actions)
             == REG_OK);
        must(reg_actions_allow(actions, scope.actions));
        len = reg_verdict_print_grant(buf, REG_VERDICT_MAX, (size_t)len, n++,
                                      &scope);
        must(len > 0);
    }

    len = reg_verdict_seal(buf, sizeof(buf), (size_t)len, SECRET, KEY);
    must(len > 0);
    must(reg_verdict_unseal(fuzz_str((uint8_t *)buf, (size_t)len), SECRET, KEY,
                            &text)
         == REG_OK);
    must(reg_verdict_parse(text, &again) == REG_OK);
    check_same(verdict, &again);
}


/* Takes the bytes up to a NUL off the front of text. */
static reg_str_t
take_part(reg_str_t *text)
{
    reg_str_t part = { 0, text->data };

    while (part.len < text->len && part.data[part.len] != '\0') {
        part.len++;
    }

    text->data += part.len + (part.len < text->len);
    text->len -= part.len + (part.len < text->len);

    return part;
}


static void
write_one(reg_str_t text)
{
    char buf[512];
    reg_verdict_t verdict = {
        (int64_t)text.len, take_part(&text), take_part(&text), { 0, NULL }
    };
    reg_verdict_t read;
    reg_scope_t scope, granted;
    size_t pos = 0;
    int len = reg_verdict_print(buf, sizeof(buf), &verdict);

    if (len == REG_ERROR) {
        return;
    }

    scope = (reg_scope_t){ take_part(&text), take_part(&text), take_part(&text),
                           (unsigned)text.len };
    must(reg_verdict_parse(fuzz_str((uint8_t *)buf, (size_t)len), &read)
         == REG_OK);
    check_same(&verdict, &read);
    len = reg_verdict_print_grant(buf, sizeof(buf), (size_t)len, 0, &scope);

    if (len < 0) {
        return;
    }

    must(reg_verdict_parse(fuzz_str((uint8_t *)buf, (size_t)len), &read)
         == REG_OK);
    must(reg_verdict_next_grant(&read, &pos, &granted) == REG_OK);
    must(pos == read.grants.len);
    must(reg_str_eq(scope.type, granted.type)
         && reg_str_eq(scope.klass, granted.klass)
         && reg_str_eq(scope.name, granted.name));
    must(reg_actions_allow(scope.actions, granted.actions));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reg_str_t text = fuzz_str(data, size);
    reg_str_t found;
    reg_verdict_t verdict;

    must(reg_verdict_unseal(text, SECRET, KEY, &found) == REG_DECLINED);

    if (reg_verdict_parse(text, &verdict) == REG_OK) {
        must(size <= REG_VERDICT_MAX && data[size - 1] == '\n');
        must(is_within(verdict.service, text)
             && is_within(verdict.account, text)
             && is_within(verdict.grants, text));
        check_goes_round(&verdict);
    }

    write_one(text);

    return 0;
}
