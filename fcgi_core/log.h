/* log.h: one line to stderr for each thing that an operator should know.
 *
 * "slipway-index[123]: warn: memcached ...: request_id=...".  Never a secret:
 * no token, password, cookie or authorization header. */

#ifndef LOG_H
#define LOG_H

#include "fcgi_core/core.h"

typedef enum { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG } log_level_t;

/* program is kept, not copied. */
void log_open(const char *program, log_level_t level);

/* The id that following lines carry; NULL for none.  Kept, not copied. */
void log_request(const char *request_id);

void log_line(log_level_t level, const char *format, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

#endif
