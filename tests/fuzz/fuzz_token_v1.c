/* fuzz_token_v1.c: the value of an Authorization header. */

#include "reg_fuzz.h"
#include "common/token_v1.h"


/* What was found is found again where it is written as we write it. */
static void
check_token(reg_str_t header, const reg_token_v1_t *token)
{
    reg_token_v1_t again;
    char *text;
    int len;

    must(is_within(token->signature, header)
         && is_within(token->repository, header)
         && is_within(token->access, header));
    must(memchr(token->signature.data, '"', token->signature.len) == NULL);

    len = asprintf(&text, "Token signature=\"%.*s\",repository=\"%.*s\"",
                   (int)token->signature.len, token->signature.data,
                   (int)token->repository.len, token->repository.data);
    must(len > 0);

    if (strlen(text) == (size_t)len) { /* a NUL would end it */
        must(reg_token_v1_parse(fuzz_str((uint8_t *)text, (size_t)len), &again)
             == REG_OK);
        must(reg_str_eq(again.signature, token->signature)
             && reg_str_eq(again.repository, token->repository));
    }

    free(text);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reg_str_t header = fuzz_str(data, size);
    reg_token_v1_t token;

    switch (reg_token_v1_parse(header, &token)) {
    case REG_OK:
        must(token.signature.len != 0 && reg_token_v1_is_scheme(header));
        check_token(header, &token);
        break;
    case REG_ERROR:
        must(token.signature.len == 0 && reg_token_v1_is_scheme(header));
        break;
    case REG_DECLINED:
        must(!reg_token_v1_is_scheme(header));
        break;
    default:
        must(false);
    }

    return 0;
}
