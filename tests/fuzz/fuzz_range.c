/* fuzz_range.c: a Content-Range, and a number. */

#include "reg_fuzz.h"
#include "common/range.h"
#include "common/writer.h"


static void
check_range(const reg_range_t *range)
{
    char buf[64];
    reg_writer_t w = reg_writer(buf, sizeof(buf));
    reg_range_t again;

    must(range->first <= INT64_MAX && range->last <= INT64_MAX);
    reg_put_number(&w, range->first);
    reg_put_char(&w, '-');
    reg_put_number(&w, range->last);
    must(reg_writer_len(&w) > 0);
    must(reg_content_range_parse(fuzz_str((uint8_t *)buf, w.len), &again)
         == REG_OK);
    must(again.first == range->first && again.last == range->last);
}


static void
check_number(reg_str_t text, uint64_t number)
{
    char buf[32];
    reg_writer_t w = reg_writer(buf, sizeof(buf));
    uint64_t again;

    must(text.len <= 19 && number <= INT64_MAX);
    reg_put_number(&w, number);
    must(w.len <= text.len);
    must(reg_number_parse(fuzz_str((uint8_t *)buf, w.len), &again) == REG_OK);
    must(again == number);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reg_str_t text = fuzz_str(data, size);
    reg_range_t range;
    uint64_t number;

    if (reg_content_range_parse(text, &range) == REG_OK) {
        check_range(&range);
    }

    if (reg_number_parse(text, &number) == REG_OK) {
        check_number(text, number);
    }

    return 0;
}
