/* fuzz_scope.c: a list of scopes. */

#include "reg_fuzz.h"
#include "common/scope.h"


/* A scope printed from its parts is read as the same. */
static void
check_scope(reg_str_t text, const reg_scope_t *scope)
{
    char actions[REG_ACTIONS_MAX + 1], *again;
    reg_scope_t read;
    int len;

    must(is_within(scope->type, text) && is_within(scope->klass, text)
         && is_within(scope->name, text));
    must(scope->type.len != 0 && scope->name.len != 0);
    must(reg_actions_print(scope->actions, actions) < sizeof(actions));

    len = asprintf(&again, "%.*s%s%.*s%s:%.*s:%s", (int)scope->type.len,
                   scope->type.data, scope->klass.len == 0 ? "" : "(",
                   (int)scope->klass.len, scope->klass.data,
                   scope->klass.len == 0 ? "" : ")", (int)scope->name.len,
                   scope->name.data, actions);
    must(len > 0);
    must(reg_scope_parse(fuzz_str((uint8_t *)again, (size_t)len), &read)
         == REG_OK);
    must(reg_str_eq(read.type, scope->type)
         && reg_str_eq(read.klass, scope->klass)
         && reg_str_eq(read.name, scope->name));
    must(reg_actions_allow(scope->actions, read.actions)
         && reg_actions_allow(read.actions, scope->actions));
    free(again);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reg_str_t text = fuzz_str(data, size), list = text, part;
    reg_scope_t scope;

    if (reg_scope_parse(text, &scope) == REG_OK) {
        check_scope(text, &scope);
        must(memchr(data, ' ', size) == NULL);
        must(memchr(data, '\n', size) == NULL);
        must(memchr(data, '\0', size) == NULL);
    }

    while (reg_scope_next(&list, &part) == REG_OK) {
        must(part.len != 0 && is_within(part, text));
        must(memchr(part.data, ' ', part.len) == NULL);

        if (reg_scope_parse(part, &scope) == REG_OK) {
            check_scope(part, &scope);
        }
    }

    must(list.len == 0);

    return 0;
}
