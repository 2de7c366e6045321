/* password_read.c: a password for a subcommand. */

#include "command/password_read.h"
#include "account/password.h"
#include "fcgi_core/log.h"

#include <termios.h>
#include <unistd.h>

#define ENVIRONMENT "SLIPWAY_PASSWORD"
#define SHORT 8


static int
read_line(pool_t *pool, str_t *line_r)
{
    char *buf = pool_alloc(pool, PASSWORD_MAX + 3);

    if (fgets(buf, PASSWORD_MAX + 3, stdin) == NULL) {
        log_error("no password on standard input");
        return ERROR;
    }

    buf[strcspn(buf, "\r\n")] = '\0';
    *line_r = reg_cstr(buf);

    return OK;
}


/* A line from the terminal that does not show. */
static int
ask(pool_t *pool, const char *prompt, str_t *line_r)
{
    struct termios before, silent;
    int rc;

    if (tcgetattr(STDIN_FILENO, &before) != 0) {
        log_error("cannot switch off the echo of the terminal");
        return ERROR;
    }

    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    fputs(prompt, stderr);
    rc = read_line(pool, line_r);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputs("\n", stderr);

    return rc;
}


static int
ask_twice(pool_t *pool, str_t *password_r)
{
    str_t again;

    if (ask(pool, "Password: ", password_r) != OK
        || ask(pool, "Once more: ", &again) != OK) {
        return ERROR;
    }

    if (!reg_str_eq(*password_r, again)) {
        log_error("the passwords differ");
        return ERROR;
    }

    return OK;
}


/* A control character cannot be typed into a login again. */
static int
check(str_t password)
{
    if (password.len == 0 || password.len > PASSWORD_MAX) {
        log_error("a password must have 1 to %d bytes", PASSWORD_MAX);
        return ERROR;
    }

    for (size_t i = 0; i < password.len; i++) {
        if (password.data[i] < ' ' || password.data[i] == 0x7f) {
            log_error("a password must not have control characters");
            return ERROR;
        }
    }

    if (password.len < SHORT) {
        log_warn("the password is shorter than %d bytes", SHORT);
    }

    return OK;
}


int
password_read(pool_t *pool, bool is_stdin, str_t *password_r)
{
    const char *password = getenv(ENVIRONMENT);
    int rc = OK;

    if (!is_stdin && password != NULL && password[0] != '\0') {
        *password_r = reg_cstr(password);

    } else if (!is_stdin && isatty(STDIN_FILENO)) {
        rc = ask_twice(pool, password_r);

    } else {
        rc = read_line(pool, password_r);
    }

    return rc == OK ? check(*password_r) : ERROR;
}
