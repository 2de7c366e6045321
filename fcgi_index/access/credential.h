/* credential.h: what a token or a robot's secret may be used for.
 *
 * It narrows what its account may do, and grants nothing by itself.  Pure. */

#ifndef CREDENTIAL_H
#define CREDENTIAL_H

#include "common/scope.h"
#include "fcgi_core/core.h"

/* Bits as in scopes, and beyond them. */
#define CREDENTIAL_PULL REG_ACTION_PULL
#define CREDENTIAL_PUSH REG_ACTION_PUSH
#define CREDENTIAL_DELETE REG_ACTION_DELETE
#define CREDENTIAL_DESCRIBE 0x10 /* descriptions, topics, links */
#define CREDENTIAL_MANAGE 0x20   /* settings, members, webhooks, robots */
#define CREDENTIAL_ACCOUNT 0x40  /* the account itself and its tokens */

/* All that a token may be made for: the account itself is for people. */
#define CREDENTIAL_TOKEN                                                       \
    (CREDENTIAL_PULL | CREDENTIAL_PUSH | CREDENTIAL_DELETE                     \
     | CREDENTIAL_DESCRIBE | CREDENTIAL_MANAGE)
#define CREDENTIAL_ALL (CREDENTIAL_TOKEN | CREDENTIAL_ACCOUNT)

/* Words of the bits of CREDENTIAL_TOKEN, in the order of the bits; ends in
 * NULL. */
extern const char *const credential_words[];

/* The bit of a word; 0 for none of them. */
unsigned credential_bit(const char *word);

typedef struct {
    unsigned actions;     /* CREDENTIAL_* */
    const char *patterns; /* of repositories' names, "*" for any run of
                             characters, with newlines between them; "" or
                             NULL: all names */
} credential_t;

/* What a password or a session may be used for. */
extern const credential_t credential_whole;

/* The bits that it has for a repository's name.  For what is no repository's:
 * "NAMESPACE/" and a star of that namespace, "*" of all.  A pattern matches
 * that where it stands for all of it. */
unsigned credential_actions(const credential_t *credential, const char *name);

/* Whether a pattern, in which "*" stands for any run of characters, is all of
 * a text. */
bool credential_pattern_matches(str_t pattern, str_t text);

/* Whether a text has the characters of a pattern, and no more than a name. */
bool credential_is_pattern(str_t text);

#endif
