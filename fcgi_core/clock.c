/* clock.c: the current time. */

#include "fcgi_core/clock.h"


int64_t
clock_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


int64_t
clock_now(void)
{
    return (int64_t)time(NULL);
}


const char *
clock_print(int64_t seconds, char *buf)
{
    time_t t = (time_t)seconds;
    struct tm tm;

    if (gmtime_r(&t, &tm) == NULL
        || strftime(buf, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0) {
        buf[0] = '\0';
    }

    return buf;
}
