/* fuzz_utc.c: a moment as the store's files have it. */

#include "reg_fuzz.h"
#include "common/utc.h"

#include <time.h>


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t seconds, again;
    char text[REG_UTC_MAX];
    struct tm tm;
    time_t when;

    if (reg_utc_parse(fuzz_str(data, size), &seconds) != REG_OK) {
        return 0;
    }

    when = (time_t)seconds;
    must(gmtime_r(&when, &tm) != NULL);
    snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ",
             tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
             tm.tm_min, tm.tm_sec);

    /* a leap second may be the first of the year 10000 */
    must(tm.tm_year + 1900 == 10000
         || (reg_utc_parse(reg_cstr(text), &again) == REG_OK
             && again == seconds));

    return 0;
}
