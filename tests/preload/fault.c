/* fault.c: at the n-th call that touches the store, a process fails, dies or
 * waits.
 *
 * A test preloads it (LD_PRELOAD) into a server; FAULT_FILE names the struct
 * below, which all processes of the server and the test share.  Counted are
 * the calls named at the bottom, on paths below /docker/registry/v2 and
 * /slipway/events. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define STORE "/docker/registry/v2"
#define SPOOL "/slipway/events"
#define FOR_GOOD 0x40000000 /* or'ed to action: every call from then on */
#define KILL 0x20000000
#define WAIT 0x10000000     /* until action is something else */
#define WAIT_STEP 1000      /* microseconds */
#define TRACE_SIZE (1 << 20)

typedef struct {
    int32_t action;    /* 0: none; KILL, WAIT, or an errno */
    int32_t countdown; /* fires when this becomes 0 */
    int32_t fired;     /* how often it did */
    int32_t is_traced;
    uint32_t traced;         /* bytes below */
    char trace[TRACE_SIZE]; /* lines: name of the call, path */
} fault_t;

static fault_t *fault;


__attribute__((constructor)) static void
fault_open(void)
{
    const char *path = getenv("FAULT_FILE");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *map;

    if (fd < 0) {
        return;
    }

    map = mmap(NULL, sizeof(fault_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
               0);
    close(fd);

    if (map != MAP_FAILED) {
        fault = map;
    }
}


static int
is_watched(const char *path)
{
    return fault != NULL && path != NULL
           && (strstr(path, STORE) != NULL || strstr(path, SPOOL) != NULL);
}


static void
trace_path(const char *name, const char *path)
{
    char line[2100];
    uint32_t at;
    int len;

    if (!is_watched(path) || !fault->is_traced) {
        return;
    }

    len = snprintf(line, sizeof(line), "%s %s\n", name, path);
    at = __atomic_fetch_add(&fault->traced, (uint32_t)len, __ATOMIC_SEQ_CST);

    if (at + (uint32_t)len < TRACE_SIZE) {
        memcpy(fault->trace + at, line, (size_t)len);
    }
}


static int
frees_space(const char *name)
{
    return strcmp(name, "unlink") == 0 || strcmp(name, "rmdir") == 0
           || strcmp(name, "truncate") == 0
           || strncmp(name, "ftruncate", 9) == 0;
}


/* 0, or -1 and errno where the call is to fail. */
static int
touch_path(const char *name, const char *path)
{
    int saved = errno, action, left;

    if (!is_watched(path)) {
        return 0;
    }

    action = __atomic_load_n(&fault->action, __ATOMIC_SEQ_CST);
    errno = saved;

    if (action == 0 || ((action & 0xffff) == ENOSPC && frees_space(name))) {
        return 0;
    }

    left = __atomic_sub_fetch(&fault->countdown, 1, __ATOMIC_SEQ_CST);

    if (left != 0 && !(left < 0 && (action & FOR_GOOD) != 0)) {
        return 0;
    }

    __atomic_add_fetch(&fault->fired, 1, __ATOMIC_SEQ_CST);

    if ((action & KILL) != 0) {
        kill(getpid(), SIGKILL);
    }

    if ((action & WAIT) != 0) {
        while (__atomic_load_n(&fault->action, __ATOMIC_SEQ_CST) == action) {
            usleep(WAIT_STEP);
        }

        errno = saved;

        return 0;
    }

    errno = action & 0xffff;

    return -1;
}


/* The path of a descriptor in buf[size], or NULL. */
static const char *
path_of(int fd, char *buf, size_t size)
{
    char link[64];
    int saved = errno;
    ssize_t n;

    if (fault == NULL || fd <= STDERR_FILENO) {
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

    trace_path(name, path_of(fd, path, sizeof(path)));
}


#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* A call on a path or a descriptor (kind: path, fd), which is "on". */
#define WRAP(type, name, kind, params, args, on)                               \
    type name params;                                                          \
    type name params                                                           \
    {                                                                          \
        type rc = touch_##kind(#name, on) != 0 ? -1 : REAL(name) args;         \
                                                                               \
        if (rc != -1) {                                                        \
            trace_##kind(#name, on);                                           \
        }                                                                      \
                                                                               \
        return rc;                                                             \
    }

#define WRAP_OPEN(name)                                                        \
    int name(const char *path, int flags, ...)                                 \
    {                                                                          \
        va_list ap;                                                            \
        mode_t mode;                                                           \
                                                                               \
        va_start(ap, flags);                                                   \
        mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(ap, mode_t) : 0;  \
        va_end(ap);                                                            \
                                                                               \
        return touch_path("open", path) != 0 ? -1                              \
                                             : REAL(name)(path, flags, mode);  \
    }

WRAP_OPEN(open)
WRAP_OPEN(open64)
WRAP(int, __open_2, path, (const char *path, int flags), (path, flags),
     path)
WRAP(int, __open64_2, path, (const char *path, int flags), (path, flags),
     path)
WRAP(int, mkdir, path, (const char *path, mode_t mode), (path, mode),
     path)
WRAP(int, rename, path, (const char *from, const char *to), (from, to),
     to)
WRAP(int, unlink, path, (const char *path), (path), path)
WRAP(int, rmdir, path, (const char *path), (path), path)
WRAP(int, truncate, path, (const char *path, off_t size), (path, size),
     path)
WRAP(int, utimensat, path,
     (int fd, const char *path, const struct timespec times[2], int flags),
     (fd, path, times, flags), path)
WRAP(int, fsync, fd, (int fd), (fd), fd)
WRAP(int, fdatasync, fd, (int fd), (fd), fd)
WRAP(int, ftruncate, fd, (int fd, off_t size), (fd, size), fd)
WRAP(int, ftruncate64, fd, (int fd, off64_t size), (fd, size), fd)
WRAP(ssize_t, write, fd, (int fd, const void *buf, size_t n),
     (fd, buf, n), fd)
WRAP(ssize_t, pwrite, fd,
     (int fd, const void *buf, size_t n, off_t offset), (fd, buf, n, offset),
     fd)
WRAP(ssize_t, pwrite64, fd,
     (int fd, const void *buf, size_t n, off64_t offset), (fd, buf, n, offset),
     fd)
WRAP(ssize_t, pwritev, fd,
     (int fd, const struct iovec *v, int n, off_t offset), (fd, v, n, offset),
     fd)
WRAP(ssize_t, pwritev64, fd,
     (int fd, const struct iovec *v, int n, off64_t offset),
     (fd, v, n, offset), fd)
