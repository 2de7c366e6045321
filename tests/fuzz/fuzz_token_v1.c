/* fuzz_token_v1.c: the value of an Authorization header. */

#include "reg_fuzz.h"
#include "common/token_v1.h"


/* Writes name="value" to f; the value may hold NUL. */
static void
put_field(FILE *f, const char *name, reg_str_t value)
{
    fprintf(f, "%s=\"", name);
    fwrite(value.data, 1, value.len, f);
    fputs("\"", f);
}


/* What was found is found again where it is written as we write it. */
static void
check_token(reg_str_t header, const reg_token_v1_t *token)
{
    reg_token_v1_t again;
    char *text;
    size_t len;
    FILE *f;

    must(is_within(token->signature, header)
         && is_within(token->repository, header)
         && is_within(token->access, header));
    must(memchr(token->signature.data, '"', token->signature.len) == NULL);

    f = open_memstream(&text, &len);
    must(f != NULL);
    put_field(f, "Token signature", token->signature);
    put_field(f, ",repository", token->repository);
    must(fclose(f) == 0);

    must(reg_token_v1_parse(fuzz_str((uint8_t *)text, len), &again) == REG_OK);
    must(reg_str_eq(again.signature, token->signature)
         && reg_str_eq(again.repository, token->repository));

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
