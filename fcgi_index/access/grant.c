/* grant.c: the scopes that a client asked for, and what it gets of each. */

#include "access/grant.h"
#include "common/name.h"
#include "common/writer.h"


static bool
is_catalog(const reg_scope_t *scope)
{
    return reg_str_eq(scope->type, reg_str("registry"))
           && reg_str_eq(scope->name, reg_str("catalog"));
}


static bool
is_repository(const reg_scope_t *scope)
{
    return reg_str_eq(scope->type, reg_str("repository"))
           && reg_name_is_valid(scope->name);
}


static grant_t *
grant_find(grant_list_t *list, const reg_scope_t *scope)
{
    for (size_t i = 0; i < list->n; i++) {
        const reg_scope_t *s = &list->grants[i].scope;

        if (reg_str_eq(s->type, scope->type)
            && reg_str_eq(s->klass, scope->klass)
            && reg_str_eq(s->name, scope->name)) {
            return &list->grants[i];
        }
    }

    return NULL;
}


static void
grant_add(pool_t *pool, grant_list_t *list, const reg_scope_t *scope)
{
    grant_t *grant = grant_find(list, scope);

    if (grant != NULL) {
        grant->scope.actions |= scope->actions;
        return;
    }

    if (list->n == REG_VERDICT_GRANTS_MAX) {
        list->is_over = true;
        return;
    }

    grant = &list->grants[list->n++];
    grant->scope = *scope;
    grant->name = pool_strndup(pool, scope->name);
    grant->is_catalog = is_catalog(scope);
    grant->granted = 0;
}


void
grant_list_add(pool_t *pool, grant_list_t *list, str_t text)
{
    reg_scope_t scope;
    str_t one;

    while (reg_scope_next(&text, &one) == REG_OK) {
        if (reg_scope_parse(one, &scope) == REG_OK
            && (is_catalog(&scope) || is_repository(&scope))) {
            grant_add(pool, list, &scope);
        }
    }
}


unsigned
grant_intersect(unsigned asked, unsigned allowed)
{
    return (asked & REG_ACTION_ALL) != 0 ? allowed : asked & allowed;
}


int
grant_list_verdict(pool_t *pool, const grant_list_t *list,
                   const reg_verdict_t *head, str_t *verdict_r)
{
    char *buf = pool_alloc(pool, REG_VERDICT_MAX);
    int len = reg_verdict_print(buf, REG_VERDICT_MAX, head);

    if (len < 0) {
        return ERROR;
    }

    for (size_t i = 0; i < list->n; i++) {
        reg_scope_t scope = list->grants[i].scope;

        /* classes say nothing about rights */
        scope.klass.len = 0;
        scope.actions = list->grants[i].granted;
        len = reg_verdict_print_grant(buf, REG_VERDICT_MAX, (size_t)len, i,
                                      &scope);

        if (len < 0) {
            return DECLINED;
        }
    }

    *verdict_r = (str_t){ (size_t)len, (unsigned char *)buf };

    return OK;
}


/* Room for all of them, with the space or the NUL behind each. */
static size_t
print_size(const grant_list_t *list)
{
    size_t size = 1;

    for (size_t i = 0; i < list->n; i++) {
        const reg_scope_t *s = &list->grants[i].scope;

        size += s->type.len + s->klass.len + s->name.len + REG_ACTIONS_MAX
                + sizeof("():: ");
    }

    return size;
}


const char *
grant_list_print(pool_t *pool, const grant_list_t *list)
{
    size_t size = print_size(list);
    reg_writer_t w = reg_writer(pool_alloc(pool, size), size);

    for (size_t i = 0; i < list->n; i++) {
        const reg_scope_t *s = &list->grants[i].scope;
        char actions[REG_ACTIONS_MAX + 1];

        if (list->grants[i].granted == 0) {
            continue;
        }

        reg_actions_print(list->grants[i].granted, actions);
        reg_put_cstr(&w, w.len != 0 ? " " : "");
        reg_put(&w, s->type);

        if (s->klass.len != 0) {
            reg_put_char(&w, '(');
            reg_put(&w, s->klass);
            reg_put_char(&w, ')');
        }

        reg_put_char(&w, ':');
        reg_put(&w, s->name);
        reg_put_char(&w, ':');
        reg_put_cstr(&w, actions);
    }

    reg_writer_finish(&w);

    return w.buf;
}
