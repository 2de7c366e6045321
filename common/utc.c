/* utc.c: times in the store's files. */

#include "utc.h"

#define FORM "dddd-dd-ddTdd:dd:dd"


/* The days before the first one of a month, since 0000-03-01: years begin in
 * March, so that the leap day is their last. */
static int64_t
days_before(int64_t year, int64_t month)
{
    int64_t y = month < 3 ? year - 1 : year;
    int64_t m = month < 3 ? month + 9 : month - 3;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5;
}


/* Digits of the form, as a number. */
static int64_t
number_at(reg_str_t text, size_t at, size_t n)
{
    int64_t number = 0;

    for (size_t i = at; i < at + n; i++) {
        number = number * 10 + text.data[i] - '0';
    }

    return number;
}


static bool
has_form(reg_str_t text)
{
    if (text.len < sizeof(FORM) - 1) {
        return false;
    }

    for (size_t i = 0; i < sizeof(FORM) - 1; i++) {
        unsigned char c = text.data[i];

        if (FORM[i] == 'd' ? c < '0' || c > '9' : c != FORM[i]) {
            return false;
        }
    }

    return true;
}


int
reg_utc_parse(reg_str_t text, int64_t *seconds_r)
{
    int64_t year, month, day, hour, minute, second, days;

    if (!has_form(text)) {
        return REG_ERROR;
    }

    year = number_at(text, 0, 4);
    month = number_at(text, 5, 2);
    day = number_at(text, 8, 2);
    hour = number_at(text, 11, 2);
    minute = number_at(text, 14, 2);
    second = number_at(text, 17, 2);

    if (year == 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23
        || minute > 59 || second > 60) {
        return REG_ERROR;
    }

    days = days_before(year, month) - days_before(1970, 1) + day - 1;
    *seconds_r = 86400 * days + 3600 * hour + 60 * minute + second;

    return REG_OK;
}
