/* quiet.c: what is linked into every fuzz target: the log says nothing, or a
 * run would write a line for each input that is refused. */

#include "fcgi_core/log.h"

void __wrap_log_line(log_level_t level, const char *format, ...);


void
__wrap_log_line(log_level_t level, const char *format, ...)
{
    (void)level;
    (void)format;
}
