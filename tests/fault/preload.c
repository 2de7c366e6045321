/* preload.c: at the n-th call of libc that touches the store, a process fails,
 * dies or waits, or writes less than it was asked to.
 *
 * A test preloads it (LD_PRELOAD) into a server; FAULT_FILE names the plan
 * (plan.h).  Counted are the calls named at the bottom, on paths below
 * /docker/registry/v2 and /slipway/events; with FAULT_SENDS, send() instead:
 * each statement for the database and each request to another server. */

#define _GNU_SOURCE
#include "plan.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#define IOV_LEN 1024 /* IOV_MAX of Linux */

/* What touch_path() says of a call. */
#define GO 0
#define GO_HALF 1
#define FAIL (-1)


__attribute__((constructor)) static void
fault_open(void)
{
    plan_open("FAULT_FILE");
}


/* "look" is an open() that makes nothing. */
static int
does(const char *name)
{
    static const struct {
        const char *prefix;
        int does;
    } calls[] = {
        { "look", PLAN_OPENS },      { "open", PLAN_OPENS | PLAN_TAKES },
        { "stat", PLAN_LOOKS },      { "lstat", PLAN_LOOKS },
        { "read", PLAN_LOOKS },      { "pread", PLAN_LOOKS },
        { "sendfile", PLAN_LOOKS },  { "unlink", PLAN_FREES },
        { "rmdir", PLAN_FREES },     { "truncate", PLAN_FREES },
        { "ftruncate", PLAN_FREES },
    };

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        if (strncmp(name, calls[i].prefix, strlen(calls[i].prefix)) == 0) {
            return calls[i].does;
        }
    }

    return PLAN_TAKES;
}


/* GO, GO_HALF, or FAIL and errno. */
static int
touch_path(const char *name, const char *path)
{
    int saved = errno, action;

    if (!plan_watches(path) || getenv("FAULT_SENDS") != NULL) {
        return GO;
    }

    action = plan_next(does(name));
    plan_stop(action);
    errno = saved;

    if ((action & PLAN_SHORT) != 0) {
        return GO_HALF;
    }

    if ((action & PLAN_ERRNO) == 0) {
        return GO;
    }

    errno = action & PLAN_ERRNO;

    return FAIL;
}


/* The path of a descriptor in buf[size], or NULL. */
static const char *
path_of(int fd, char *buf, size_t size)
{
    char link[64];
    int saved = errno;
    ssize_t n;

    if (plan == NULL || fd <= STDERR_FILENO) {
        return NULL;
    }

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, buf, size - 1);
    errno = saved;

    if (n <= 0) {
        return NULL;
    }

    buf[n] = '\0';

    return buf;
}


static int
touch_fd(const char *name, int fd)
{
    char path[2048];

    return touch_path(name, path_of(fd, path, sizeof(path)));
}


static void
trace_fd(const char *name, int fd)
{
    char path[2048];

    plan_trace(name, path_of(fd, path, sizeof(path)));
}


#define trace_path plan_trace
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* A call on a path or a descriptor (kind: path, fd), which is "on". */
#define WRAP(type, name, kind, params, args, on)                               \
    type name params;                                                          \
    type name params                                                           \
    {                                                                          \
        type rc = touch_##kind(#name, on) == FAIL ? -1 : REAL(name) args;      \
                                                                               \
        if (rc != -1) {                                                        \
            trace_##kind(#name, on);                                           \
        }                                                                      \
                                                                               \
        return rc;                                                             \
    }

/* The same of one that writes: "shorten" makes its arguments less. */
#define WRAP_WRITE(name, params, args, shorten)                                \
    ssize_t name params;                                                       \
    ssize_t name params                                                        \
    {                                                                          \
        struct iovec part[IOV_LEN];                                            \
        int how = touch_fd(#name, fd);                                         \
        ssize_t rc;                                                            \
                                                                               \
        (void)part;                                                            \
                                                                               \
        if (how == GO_HALF) {                                                  \
            shorten;                                                           \
        }                                                                      \
                                                                               \
        rc = how == FAIL ? -1 : REAL(name) args;                               \
                                                                               \
        if (rc != -1) {                                                        \
            trace_fd(#name, fd);                                               \
        }                                                                      \
                                                                               \
        return rc;                                                             \
    }

#define WRAP_OPEN(name)                                                        \
    int name(const char *path, int flags, ...)                                 \
    {                                                                          \
        const char *call = (flags & O_CREAT) != 0 ? "open" : "look";           \
        va_list ap;                                                            \
        mode_t mode;                                                           \
                                                                               \
        va_start(ap, flags);                                                   \
        mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(ap, mode_t) : 0;  \
        va_end(ap);                                                            \
                                                                               \
        return touch_path(call, path) == FAIL ? -1                             \
                                              : REAL(name)(path, flags, mode); \
    }

/* What open() becomes where there is no mode. */
#define WRAP_LOOK(name)                                                        \
    int name(const char *path, int flags);                                     \
    int name(const char *path, int flags)                                      \
    {                                                                          \
        return touch_path("look", path) == FAIL ? -1                           \
                                                : REAL(name)(path, flags);     \
    }

/* A worker takes a request: what it does from now on is done for it. */
int
accept(int fd, __SOCKADDR_ARG address, socklen_t *__restrict len)
{
    int rc = REAL(accept)(fd, address, len);

    if (rc != -1) {
        plan_note_request();
    }

    return rc;
}


ssize_t
send(int fd, const void *buf, size_t n, int flags)
{
    if (plan != NULL && getenv("FAULT_SENDS") != NULL) {
        plan_stop(plan_next(PLAN_TAKES));
    }

    return REAL(send)(fd, buf, n, flags);
}


WRAP_OPEN(open)
WRAP_OPEN(open64)
WRAP_LOOK(__open_2)
WRAP_LOOK(__open64_2)
WRAP(int, stat, path, (const char *path, struct stat *st), (path, st), path)
WRAP(int, stat64, path, (const char *path, struct stat64 *st), (path, st), path)
WRAP(int, lstat, path, (const char *path, struct stat *st), (path, st), path)
WRAP(int, lstat64, path, (const char *path, struct stat64 *st), (path, st),
     path)
WRAP(ssize_t, read, fd, (int fd, void *buf, size_t n), (fd, buf, n), fd)
WRAP(ssize_t, pread, fd, (int fd, void *buf, size_t n, off_t offset),
     (fd, buf, n, offset), fd)
WRAP(ssize_t, pread64, fd, (int fd, void *buf, size_t n, off64_t offset),
     (fd, buf, n, offset), fd)
WRAP(ssize_t, sendfile64, fd, (int out, int fd, off64_t *offset, size_t n),
     (out, fd, offset, n), fd)
WRAP(int, mkdir, path, (const char *path, mode_t mode), (path, mode), path)
WRAP(int, rename, path, (const char *from, const char *to), (from, to), to)
WRAP(int, unlink, path, (const char *path), (path), path)
WRAP(int, rmdir, path, (const char *path), (path), path)
WRAP(int, truncate, path, (const char *path, off_t size), (path, size), path)
WRAP(int, utimensat, path,
     (int fd, const char *path, const struct timespec times[2], int flags),
     (fd, path, times, flags), path)
WRAP(int, fsync, fd, (int fd), (fd), fd)
WRAP(int, fdatasync, fd, (int fd), (fd), fd)
WRAP(int, ftruncate, fd, (int fd, off_t size), (fd, size), fd)
WRAP(int, ftruncate64, fd, (int fd, off64_t size), (fd, size), fd)

/* Half of so many bytes, but not nothing. */
static size_t
half(size_t n)
{
    return (n + 1) / 2;
}


/* The first half of the bytes of v into part; how many pieces that are. */
static int
half_of(const struct iovec *v, int n, struct iovec *part)
{
    size_t left = 0;
    int i;

    for (i = 0; i < n; i++) {
        left += v[i].iov_len;
    }

    left = half(left);

    for (i = 0; i < n && i < IOV_LEN && left != 0; i++) {
        part[i] = v[i];

        if (part[i].iov_len > left) {
            part[i].iov_len = left;
        }

        left -= part[i].iov_len;
    }

    return i;
}


WRAP_WRITE(write, (int fd, const void *buf, size_t n), (fd, buf, n),
           n = half(n))
WRAP_WRITE(pwrite, (int fd, const void *buf, size_t n, off_t offset),
           (fd, buf, n, offset), n = half(n))
WRAP_WRITE(pwrite64, (int fd, const void *buf, size_t n, off64_t offset),
           (fd, buf, n, offset), n = half(n))
WRAP_WRITE(pwritev, (int fd, const struct iovec *v, int n, off_t offset),
           (fd, v, n, offset), (n = half_of(v, n, part), v = part))
WRAP_WRITE(pwritev64, (int fd, const struct iovec *v, int n, off64_t offset),
           (fd, v, n, offset), (n = half_of(v, n, part), v = part))
