/* scope.h: scopes of tokens, "type:name:action,action"
 * (Docker token authentication; protocols: token/scope). */

#ifndef REG_SCOPE_H
#define REG_SCOPE_H

#include "reg.h"

#define REG_ACTION_PULL 0x01
#define REG_ACTION_PUSH 0x02
#define REG_ACTION_DELETE 0x04
#define REG_ACTION_ALL 0x08 /* "*", counts as every action */

#define REG_ACTIONS_MAX 31 /* bytes of a printed set */

typedef struct {
    reg_str_t type;  /* "repository", "registry" */
    reg_str_t klass; /* "plugin" of repository(plugin), usually empty */
    reg_str_t name;
    unsigned actions; /* REG_ACTION_* or'ed; unknown actions are left out */
} reg_scope_t;

/* Parses one scope; views into text.  A name may hold a colon
 * (host:port/repository): split at the first and the last one.  REG_ERROR
 * where it is malformed.  Names are of [A-Za-z0-9._/:-]; whether one is a
 * repository's is for reg_name_is_valid().  An empty action list, and empty
 * actions in it, are allowed. */
int reg_scope_parse(reg_str_t text, reg_scope_t *scope_r);

/* Next scope of a list separated by spaces: REG_OK with *text_r the scope's
 * text and *list moved behind it, REG_DECLINED at the end. */
int reg_scope_next(reg_str_t *list, reg_str_t *text_r);

/* The action of a name, "pull" or "*"; 0 for one that we do not know. */
unsigned reg_action_find(reg_str_t name);

/* Writes "pull,push,delete" or "*" and a NUL into buf[REG_ACTIONS_MAX + 1];
 * returns the length. */
size_t reg_actions_print(unsigned actions, char *buf);

/* True where granted has all of wanted. */
bool reg_actions_allow(unsigned granted, unsigned wanted);

#endif
