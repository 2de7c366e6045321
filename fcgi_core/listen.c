/* listen.c: the unix socket at which nginx finds a program. */

#include "listen.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LISTEN_BACKLOG 511 /* nginx's own */


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


/* 0 where somebody listens there, else why not. */
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
        log_error("%s exists and is no socket", path);
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


int
listen_open(const char *path, int *fd_r)
{
    struct sockaddr_un address;
    int fd;

    if (address_set(&address, path) != OK || stale_remove(&address) != OK) {
        return ERROR;
    }

    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0) {
        log_error("cannot make a socket: %s", strerror(errno));
        return ERROR;
    }

    if (address_listen(fd, &address) != OK) {
        close(fd);
        return ERROR;
    }

    *fd_r = fd;

    return OK;
}


void
listen_close(const char *path, int fd)
{
    struct sockaddr_un address;

    close(fd);

    /* nobody of ours listens now: who answers is a successor */
    if (address_set(&address, path) == OK
        && address_probe(&address) == ECONNREFUSED) {
        unlink(path);
    }
}
