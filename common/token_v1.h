/* token_v1.h: the token of the original protocol, as a client sends it:
 *
 *     Authorization: Token signature=T,repository="N",access=read
 *
 * Only T counts; what else the text says proves nothing. */

#ifndef REG_TOKEN_V1_H
#define REG_TOKEN_V1_H

#include "reg.h"

typedef struct {
    reg_str_t signature;  /* T, never empty; its characters are not checked */
    reg_str_t repository; /* as it stands; empty where it is missing */
    reg_str_t access;     /* as it stands; empty where it is missing */
} reg_token_v1_t;

/* True where the value of an Authorization header has the scheme "Token", in
 * upper or lower case, whatever follows. */
bool reg_token_v1_is_scheme(reg_str_t header);

/* Reads the value of an Authorization header; views into it.  As clients and
 * servers of the time differ, the scheme may stand there twice, keys may be
 * separated by commas and spaces, a key and its value by "=" or ":", values
 * may have quotes or not; unknown keys are skipped, and the first of several
 * values counts.
 *
 * REG_DECLINED for another scheme, REG_ERROR for a text without a signature,
 * such as the "Token " that docker 1.6 sends when it has none. */
int reg_token_v1_parse(reg_str_t header, reg_token_v1_t *token_r);

#endif
