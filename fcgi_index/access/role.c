/* role.c: roles and visibility_words. */

#include "access/role.h"
#include "common/scope.h"

#define WORDS_N 4

static const char *const roles[WORDS_N] = { "none", "read", "write", "admin" };
const char *const visibility_words[] = { "public", "unlisted", "internal",
                                         "private", NULL };


const char *
role_name(role_t role)
{
    return roles[role];
}


const char *
visibility_name(visibility_t visibility)
{
    return visibility_words[visibility];
}


static int
parse(const char *const words[WORDS_N], str_t word, unsigned *n_r)
{
    for (unsigned i = 0; i < WORDS_N; i++) {
        if (reg_str_eq(word, reg_cstr(words[i]))) {
            *n_r = i;
            return OK;
        }
    }

    return DECLINED;
}


int
role_parse(str_t word, role_t *role_r)
{
    return parse(roles, word, role_r);
}


int
visibility_parse(str_t word, visibility_t *visibility_r)
{
    return parse(visibility_words, word, visibility_r);
}


unsigned
role_actions(role_t role, bool writers_delete)
{
    static const unsigned actions[WORDS_N] = {
        [ROLE_READ] = REG_ACTION_PULL,
        [ROLE_WRITE] = REG_ACTION_PULL | REG_ACTION_PUSH,
        [ROLE_ADMIN] = REG_ACTION_PULL | REG_ACTION_PUSH | REG_ACTION_DELETE,
    };

    return role == ROLE_WRITE && writers_delete
               ? actions[role] | REG_ACTION_DELETE
               : actions[role];
}
