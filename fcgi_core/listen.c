/* listen.c: the unix socket on which a program listens for nginx. */

#include "fcgi_core/listen.h"
#include "fcgi_core/log.h"

#include "common/range.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* As many as an nginx has worker_connections; Linux limits it by
 * net.core.somaxconn.  What finds it full is answered 503 by nginx at once. */
#define LISTEN_BACKLOG 4096

#define LISTEN_FD 3 /* where systemd hands over the first one */


static int
address_set(struct sockaddr_un *address, const char *path)
{
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof(address->sun_path)) {
        log_error("the socket's path \"%s\" must have 1 to %zu bytes", path,
                  sizeof(address->sun_path) - 1);
        return ERROR;
    }

    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    memcpy(address->sun_path, path, len + 1);

    return OK;
}


/* 0 if a process listens there, else errno. */
static int
address_probe(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int err = 0;

    if (fd < 0) {
        return errno;
    }

    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
        err = errno;
    }

    close(fd);

    return err;
}


/* Makes way for the socket. */
static int
stale_remove(const struct sockaddr_un *address)
{
    const char *path = address->sun_path;
    struct stat st;

    if (lstat(path, &st) != 0) {
        return OK; /* what else is wrong, bind() will say */
    }

    if (!S_ISSOCK(st.st_mode)) {
        log_error("%s exists and is not a socket", path);
        return ERROR;
    }

    if (address_probe(address) != ECONNREFUSED) {
        log_error("%s is in use: another process listens there", path);
        return ERROR;
    }

    if (unlink(path) != 0 && errno != ENOENT) {
        log_error("cannot remove the old socket %s: %s", path, strerror(errno));
        return ERROR;
    }

    return OK;
}


static int
address_listen(int fd, const struct sockaddr_un *address)
{
    mode_t mask = umask(0117); /* 0660 from the first moment */
    int rc = bind(fd, (const struct sockaddr *)address, sizeof(*address));

    umask(mask);

    if (rc != 0 || listen(fd, LISTEN_BACKLOG) != 0) {
        log_error("cannot listen at %s: %s", address->sun_path,
                  strerror(errno));
        return ERROR;
    }

    return OK;
}


/* --- a socket of our own ------------------------------------------------- */


static int
socket_make(const char *path, listen_t *l)
{
    struct sockaddr_un address;
    struct stat st;

    if (address_set(&address, path) != OK || stale_remove(&address) != OK) {
        return ERROR;
    }

    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (l->fd < 0) {
        log_error("cannot make a socket: %s", strerror(errno));
        return ERROR;
    }

    if (address_listen(l->fd, &address) != OK) {
        close(l->fd);
        return ERROR;
    }

    memcpy(l->path, address.sun_path, strlen(address.sun_path) + 1);

    if (lstat(l->path, &st) == 0) {
        l->dev = st.st_dev;
        l->ino = st.st_ino;
    }

    return OK;
}


/* --- one that was handed over -------------------------------------------- */


static uint64_t
environment_number(const char *name)
{
    const char *value = getenv(name);
    uint64_t number = 0;

    if (value == NULL || reg_number_parse(reg_cstr(value), &number) != REG_OK) {
        return 0;
    }

    return number;
}


/* How many were handed over to this very process: a program that we were
 * started by may have left the variables of its own. */
static uint64_t
inherited_count(void)
{
    uint64_t count = environment_number("LISTEN_PID") == (uint64_t)getpid()
                         ? environment_number("LISTEN_FDS")
                         : 0;

    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");

    return count;
}


static bool
option_is(int fd, int option, int wanted)
{
    int value = -1;
    socklen_t len = sizeof(value);

    return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0
           && value == wanted;
}


static int
socket_inherit(uint64_t count, listen_t *l)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    socklen_t len = sizeof(address) - 1; /* the path may fill it to the end */

    if (count != 1 || !option_is(LISTEN_FD, SO_DOMAIN, AF_UNIX)
        || !option_is(LISTEN_FD, SO_TYPE, SOCK_STREAM)
        || !option_is(LISTEN_FD, SO_ACCEPTCONN, 1)) {
        log_error("LISTEN_FDS must pass one listening unix socket");
        return ERROR;
    }

    if (fcntl(LISTEN_FD, F_SETFD, FD_CLOEXEC) != 0
        || fcntl(LISTEN_FD, F_SETFL, O_NONBLOCK) != 0
        || getsockname(LISTEN_FD, (struct sockaddr *)&address, &len) != 0) {
        log_error("the socket passed by LISTEN_FDS: %s", strerror(errno));
        return ERROR;
    }

    l->fd = LISTEN_FD;
    l->is_inherited = true;
    memcpy(l->path, address.sun_path, sizeof(address.sun_path));

    return OK;
}


/* --- both ---------------------------------------------------------------- */


int
listen_open(const char *path, listen_t *listen_r)
{
    uint64_t count = inherited_count();

    *listen_r = (listen_t){ .fd = -1 };

    return count != 0 ? socket_inherit(count, listen_r)
                      : socket_make(path, listen_r);
}


/* As long as ours is open, no other file has its inode. */
void
listen_withdraw(const listen_t *l)
{
    struct stat st;

    if (!l->is_inherited && lstat(l->path, &st) == 0 && st.st_dev == l->dev
        && st.st_ino == l->ino) {
        unlink(l->path);
    }
}


bool
listen_has_waiting(const listen_t *l)
{
    struct pollfd poll_fd = { .fd = l->fd, .events = POLLIN };

    return poll(&poll_fd, 1, 0) == 1;
}


/* EPOLLEXCLUSIVE: poll() in all processes would wake all of them for each
 * connection, and all but one for nothing. */
int
listen_wait_open(const listen_t *l)
{
    struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE };
    int fd = epoll_create1(EPOLL_CLOEXEC);

    if (fd < 0 || epoll_ctl(fd, EPOLL_CTL_ADD, l->fd, &event) != 0) {
        log_error("cannot wait at %s: %s", l->path, strerror(errno));

        if (fd >= 0) {
            close(fd);
        }

        return -1;
    }

    return fd;
}


bool
listen_wait(int wait_fd, int ms, const sigset_t *mask)
{
    struct epoll_event event;

    return epoll_pwait(wait_fd, &event, 1, ms, mask) == 1;
}


void
listen_close(const listen_t *l)
{
    listen_withdraw(l);
    close(l->fd);
}
