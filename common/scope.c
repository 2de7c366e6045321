/* scope.c: scopes of tokens, "type(class):name:action,action". */

#include "scope.h"
#include "writer.h"


static const struct {
    const char *name;
    unsigned action;
} actions[] = {
    { "pull", REG_ACTION_PULL },
    { "push", REG_ACTION_PUSH },
    { "delete", REG_ACTION_DELETE },
    { "*", REG_ACTION_ALL },
};

#define ACTIONS_N (sizeof(actions) / sizeof(actions[0]))


static bool
is_alnum(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}


static bool
is_name_char(unsigned char c)
{
    return is_alnum(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_'
           || c == '-' || c == '/' || c == ':';
}


static bool
is_action_char(unsigned char c)
{
    return c >= 'a' && c <= 'z';
}


static bool
all_are(reg_str_t s, bool (*is_char)(unsigned char))
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_char(s.data[i])) {
            return false;
        }
    }

    return true;
}


/* "type" or "type(class)" */
static int
type_parse(reg_str_t text, reg_scope_t *scope_r)
{
    reg_str_t type = { 0, text.data };
    reg_str_t klass = { 0, text.data };

    while (type.len < text.len && text.data[type.len] != '(') {
        type.len++;
    }

    if (type.len < text.len) {
        if (text.len - type.len < 3 || text.data[text.len - 1] != ')') {
            return REG_ERROR;
        }

        klass.data = text.data + type.len + 1;
        klass.len = text.len - type.len - 2;
    }

    if (type.len == 0 || !all_are(type, is_alnum)
        || !all_are(klass, is_alnum)) {
        return REG_ERROR;
    }

    scope_r->type = type;
    scope_r->klass = klass;

    return REG_OK;
}


unsigned
reg_action_find(reg_str_t name)
{
    for (size_t i = 0; i < ACTIONS_N; i++) {
        if (reg_str_eq(name, reg_cstr(actions[i].name))) {
            return actions[i].action;
        }
    }

    return 0;
}


/* One action; those that we do not know count for nothing. */
static int
action_parse(reg_str_t text, unsigned *actions_r)
{
    unsigned action = reg_action_find(text);

    *actions_r |= action;

    return action != 0 || all_are(text, is_action_char) ? REG_OK : REG_ERROR;
}


static int
actions_parse(reg_str_t text, unsigned *actions_r)
{
    reg_str_t action = { 0, text.data };

    *actions_r = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != ',') {
            action.len++;
            continue;
        }

        if (action_parse(action, actions_r) != REG_OK) {
            return REG_ERROR;
        }

        action = (reg_str_t){ 0, text.data + i + 1 };
    }

    return action_parse(action, actions_r);
}


int
reg_scope_parse(reg_str_t text, reg_scope_t *scope_r)
{
    size_t first = 0, last = text.len;
    reg_scope_t scope;

    while (first < text.len && text.data[first] != ':') {
        first++;
    }

    while (last > first && text.data[last - 1] != ':') {
        last--;
    }

    /* last is one behind the last colon: a name of one byte needs two more */
    if (last < first + 3) {
        return REG_ERROR;
    }

    scope.name = (reg_str_t){ last - first - 2, text.data + first + 1 };

    if (type_parse((reg_str_t){ first, text.data }, &scope) != REG_OK
        || !all_are(scope.name, is_name_char)
        || actions_parse((reg_str_t){ text.len - last, text.data + last },
                         &scope.actions)
               != REG_OK) {
        return REG_ERROR;
    }

    *scope_r = scope;

    return REG_OK;
}


int
reg_scope_next(reg_str_t *list, reg_str_t *text_r)
{
    reg_str_t text;

    while (list->len != 0 && list->data[0] == ' ') {
        list->data++;
        list->len--;
    }

    text = (reg_str_t){ 0, list->data };

    while (list->len != 0 && list->data[0] != ' ') {
        text.len++;
        list->data++;
        list->len--;
    }

    if (text.len == 0) {
        return REG_DECLINED;
    }

    *text_r = text;

    return REG_OK;
}


size_t
reg_actions_print(unsigned set, char *buf)
{
    reg_writer_t w = reg_writer(buf, REG_ACTIONS_MAX + 1);

    if (set & REG_ACTION_ALL) {
        set = REG_ACTION_ALL;
    }

    for (size_t i = 0; i < ACTIONS_N; i++) {
        if (set & actions[i].action) {
            reg_put_cstr(&w, w.len == 0 ? "" : ",");
            reg_put_cstr(&w, actions[i].name);
        }
    }

    return (size_t)reg_writer_finish(&w);
}


bool
reg_actions_allow(unsigned granted, unsigned wanted)
{
    return (granted & REG_ACTION_ALL) || (granted & wanted) == wanted;
}
