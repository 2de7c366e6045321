/* verdict.h: the text that says what a token grants (docs/verdict.md is the
 * contract between slipway-index, which writes it, and the module).
 *
 *     slipway-verdict 1
 *     expires 1764000300
 *     service registry.example
 *     account alice
 *     grant repository:alice/app:pull,push
 *     grant repository:bob/secret:
 *
 * Every line ends in LF.  "account" is missing for an anonymous token.
 * A grant without actions says that its scope was asked for and nothing of it
 * was granted: asking again would not help.
 *
 * In memcached one more line follows, by which the module knows that the index
 * wrote the verdict, and for this token:
 *
 *     seal <64 hex characters> */

#ifndef REG_VERDICT_H
#define REG_VERDICT_H

#include "name.h"
#include "scope.h"

/* More than a query or a JSON web token of 40 KiB can list. */
#define REG_VERDICT_MAX 49152 /* bytes */
#define REG_VERDICT_GRANTS_MAX 1024

/* The key in memcached: this and the 64 hex characters of reg_token_hash(). */
#define REG_VERDICT_KEY_PREFIX "slipway:2:"
#define REG_VERDICT_KEY_LEN (sizeof(REG_VERDICT_KEY_PREFIX) - 1 + 64)

/* A verdict's last line in memcached, and all that may lie there. */
#define REG_VERDICT_SEAL_LEN (sizeof("seal \n") - 1 + 64)
#define REG_VERDICT_SEALED_MAX (REG_VERDICT_MAX + REG_VERDICT_SEAL_LEN)

/* Bytes of a key that seals verdicts; each a visible character of ASCII. */
#define REG_VERDICT_SECRET_MIN 32
#define REG_VERDICT_SECRET_MAX 256

typedef struct {
    int64_t expires; /* seconds since 1970, UTC */
    reg_str_t service;
    reg_str_t account; /* empty: anonymous; need not be a login of ours */
    reg_str_t grants;  /* the "grant" lines, as they stand */
} reg_verdict_t;

/* REG_OK, or REG_ERROR for anything but a whole, well-formed verdict of
 * version 1.  Views into text. */
int reg_verdict_parse(reg_str_t text, reg_verdict_t *verdict_r);

/* The same for a text that reg_verdict_parse() has found good: the grants are
 * not checked again. */
int reg_verdict_parse_head(reg_str_t text, reg_verdict_t *verdict_r);

/* Next grant at or after *pos (start with 0): REG_OK or REG_DECLINED. */
int reg_verdict_next_grant(const reg_verdict_t *verdict, size_t *pos,
                           reg_scope_t *scope_r);

/* The actions granted on type:name, several grants joined.  REG_DECLINED
 * where the scope was never asked for, else REG_OK (actions may be 0). */
int reg_verdict_actions(const reg_verdict_t *verdict, reg_str_t type,
                        reg_str_t name, unsigned *actions_r);

/* Begins a verdict in buf[size]: all lines before the grants.  Returns the
 * length (no NUL is written), or REG_ERROR where it does not fit into size or
 * REG_VERDICT_MAX, or would not be read back as the same. */
int reg_verdict_print(char *buf, size_t size, const reg_verdict_t *verdict);

/* Appends a grant behind len bytes, which have n grants; returns the new
 * length.  REG_DECLINED where it would be read back as another grant, REG_ERROR
 * where it does not fit or is one more than REG_VERDICT_GRANTS_MAX. */
int reg_verdict_print_grant(char *buf, size_t size, size_t len, size_t n,
                            const reg_scope_t *scope);

/* Appends the seal behind the len bytes of a whole verdict; key is the one in
 * memcached.  Returns the new length, or REG_ERROR where it does not fit. */
int reg_verdict_seal(char *buf, size_t size, size_t len, reg_str_t secret,
                     reg_str_t key);

/* REG_OK and the verdict in front of the seal, a view, where secret sealed it
 * for this key; else REG_DECLINED.  Takes the same time for every seal. */
int reg_verdict_unseal(reg_str_t sealed, reg_str_t secret, reg_str_t key,
                       reg_str_t *text_r);

#endif
