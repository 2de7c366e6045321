/* fuzz_pull.c: a batch of counts of pulls. */

#include "reg_fuzz.h"
#include "common/pull.h"


/* What is read prints as it stood there, but for zeros before a number. */
static void
check_pull(const reg_pull_t *pull, reg_str_t text)
{
    char buf[REG_PULL_LINE_MAX];
    int len = reg_pull_print(buf, sizeof(buf), pull);
    reg_str_t line = fuzz_str((uint8_t *)buf, (size_t)len);
    reg_pull_t again;

    must(len > 0);
    must(is_within(pull->repository, text) && is_within(pull->reference, text));
    must(reg_pull_take(&line, &again) == REG_OK && line.len == 0);
    must(again.count == pull->count && again.last == pull->last);
    must(reg_str_eq(again.repository, pull->repository));
    must(reg_str_eq(again.reference, pull->reference));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reg_str_t text = fuzz_str(data, size), rest = text;
    reg_pull_head_t head;
    reg_pull_t pull;
    int rc;

    if (reg_pull_head_take(&rest, &head) == REG_OK) {
        must(is_within(head.id, text) && head.id.len == REG_PULL_ID_LEN);
    }

    rest = text;

    while ((rc = reg_pull_take(&rest, &pull)) == REG_OK) {
        check_pull(&pull, text);
    }

    must(rc == REG_ERROR || rest.len == 4);
    must(rc == REG_ERROR || rest.len == size || reg_pull_is_complete(text));

    return 0;
}
