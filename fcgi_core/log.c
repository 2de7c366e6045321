/* log.c: one line to stderr for each thing that an operator should know. */

#include "fcgi_core/log.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#define LOG_LINE_MAX 2048

static const char *level_names[] = { "error", "warn", "info", "debug" };

static struct {
    const char *program;
    log_level_t level;
    const char *request_id;
} logger = { "slipway", LOG_INFO, NULL };


void
log_open(const char *program, log_level_t level)
{
    logger.program = program;
    logger.level = level;
}


void
log_request(const char *request_id)
{
    logger.request_id = request_id;
}


/* What vsnprintf() put into size bytes, of what it would have liked to. */
static size_t
written(int len, size_t size)
{
    if (len < 0) {
        return 0;
    }

    return (size_t)len < size ? (size_t)len : size - 1;
}


/* Text from outside must not start a line of its own. */
static void
clean(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) {
            text[i] = '?';
        }
    }
}


void
log_line(log_level_t level, const char *format, ...)
{
    char line[LOG_LINE_MAX];
    size_t room = sizeof(line) - 1; /* for the LF */
    size_t len;
    va_list args;
    int saved = errno;

    if (level > logger.level) {
        return;
    }

    len = written(snprintf(line, room, "%s[%d]: %s: ", logger.program,
                           (int)getpid(), level_names[level]),
                  room);

    va_start(args, format);
    len += written(vsnprintf(line + len, room - len, format, args), room - len);
    va_end(args);

    if (logger.request_id != NULL && logger.request_id[0] != '\0') {
        len += written(snprintf(line + len, room - len, ": request_id=%s",
                                logger.request_id),
                       room - len);
    }

    clean(line, len);
    line[len++] = '\n';

    /* one write, so that the lines of two processes never mix; where stderr
     * itself fails there is nowhere to report it */
    if (write(STDERR_FILENO, line, len) < 0) {
        errno = saved;
    }

    errno = saved;
}
