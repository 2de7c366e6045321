/* range.c: the Content-Range of an upload's chunk, "first-last". */

#include "range.h"


int
reg_number_parse(reg_str_t text, uint64_t *number_r)
{
    uint64_t number = 0;

    /* 19 digits cannot overflow 64 bits */
    if (text.len == 0 || text.len > 19) {
        return REG_ERROR;
    }

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return REG_ERROR;
        }

        number = number * 10 + (uint64_t)(text.data[i] - '0');
    }

    if (number > INT64_MAX) {
        return REG_ERROR;
    }

    *number_r = number;

    return REG_OK;
}


/* Cuts text at the first c: what stands before it is returned, what stands
 * behind it is left; all is returned and has_r is false where there is none. */
static reg_str_t
cut(reg_str_t *text, unsigned char c, bool *has_r)
{
    reg_str_t head = { 0, text->data };

    while (head.len < text->len && text->data[head.len] != c) {
        head.len++;
    }

    *has_r = head.len < text->len;
    text->data += head.len + *has_r;
    text->len -= head.len + *has_r;

    return head;
}


/* "*", or a number that holds the range (RFC 9110 14.4). */
static bool
total_is_valid(reg_str_t total, const reg_range_t *range)
{
    uint64_t number;

    return reg_str_eq(total, reg_str("*"))
           || (reg_number_parse(total, &number) == REG_OK
               && number > range->last);
}


int
reg_content_range_parse(reg_str_t text, reg_range_t *range_r)
{
    static const char unit[] = "bytes ";
    const size_t unit_len = sizeof(unit) - 1;
    bool has_dash, has_total;
    reg_str_t first, last;
    reg_range_t range;

    if (text.len == 0) {
        return REG_ERROR;
    }

    if (text.len >= unit_len && memcmp(text.data, unit, unit_len) == 0) {
        text.data += unit_len;
        text.len -= unit_len;
    }

    first = cut(&text, '-', &has_dash);
    last = cut(&text, '/', &has_total);

    if (!has_dash || reg_number_parse(first, &range.first) != REG_OK
        || reg_number_parse(last, &range.last) != REG_OK
        || (has_total && !total_is_valid(text, &range))) {
        return REG_ERROR;
    }

    *range_r = range;

    return REG_OK;
}
