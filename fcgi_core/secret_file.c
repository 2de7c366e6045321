/* secret_file.c: small files with secrets. */

#include "fcgi_core/secret_file.h"
#include "fcgi_core/file.h"
#include "fcgi_core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>


/* As many bytes as there are, up to size; -1 and errno. */
static ssize_t
read_all(int fd, unsigned char *buf, size_t size)
{
    size_t len = 0;
    ssize_t n = 1;

    while (len < size && n != 0) {
        n = read(fd, buf + len, size - len);

        if (n < 0) {
            return -1;
        }

        len += (size_t)n;
    }

    return (ssize_t)len;
}


static int
check_mode(int fd, const char *path)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        log_error("%s: not a regular file", path);
        return ERROR;
    }

    if ((st.st_mode & 077) != 0) {
        log_error("%s: others than its owner may open it: chmod 0600 %s", path,
                  path);
        return ERROR;
    }

    return OK;
}


int
secret_file_read(pool_t *pool, const char *path, size_t max, str_t *text_r)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    unsigned char *buf = pool_alloc(pool, max + 2);
    ssize_t len;

    if (fd < 0) {
        log_error("%s: %s", path, strerror(errno));
        return ERROR;
    }

    if (check_mode(fd, path) != OK) {
        close(fd);
        return ERROR;
    }

    len = read_all(fd, buf, max + 1);
    close(fd);

    if (len < 0 || (size_t)len > max) {
        log_error("%s: %s", path, len < 0 ? strerror(errno) : "too long");
        return ERROR;
    }

    buf[len] = '\0';
    *text_r = (str_t){ (size_t)len, buf };

    return OK;
}


int
secret_file_make(pool_t *pool, const char *path, str_t content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool is_written;

    if (fd < 0) {
        log_error("%s: %s", path, strerror(errno));
        return ERROR;
    }

    is_written = write(fd, content.data, content.len) == (ssize_t)content.len
                 && fsync(fd) == 0;
    is_written = close(fd) == 0 && is_written;

    /* so that the name outlives a crash as well as the bytes */
    if (!is_written || file_sync_name(pool, path) != OK) {
        log_error("%s: %s", path, strerror(errno));
        unlink(path);
        return ERROR;
    }

    return OK;
}
