/* spool.c: the events that wait for their delivery, on disk. */

#include "spool/spool.h"
#include "fcgi_core/file.h"

#include "common/range.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".jsonl"
#define NUMBERS_FIRST 64
#define SEGMENT_SIZE_MAX ((uint64_t)4 * 1024 * 1024)
#define SEGMENTS_MIN 8    /* that fit: as much room is free again at once */
#define SEGMENT_MODE 0666 /* and the umask, as all of the store */


char *
spool_directory(pool_t *pool, const char *root)
{
    return pool_printf(pool, "%s/slipway/events", root);
}


int
spool_check(pool_t *pool, const char *root)
{
    if (access(spool_directory(pool, root), F_OK) == 0) {
        return OK;
    }

    return errno == ENOENT ? DECLINED : ERROR;
}


char *
spool_segment_path(pool_t *pool, const char *directory, uint64_t number)
{
    return pool_printf(pool, "%s/%010llu" SUFFIX, directory,
                       (unsigned long long)number);
}


/* --- segments ------------------------------------------------------------ */


static bool
segment_number(const char *name, uint64_t *number_r)
{
    str_t digits = reg_cstr(name);
    size_t len = sizeof(SUFFIX) - 1;

    if (digits.len <= len || strcmp(name + digits.len - len, SUFFIX) != 0) {
        return false;
    }

    digits.len -= len;

    return reg_number_parse(digits, number_r) == OK && *number_r != 0;
}


static int
number_compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}


static void
number_add(pool_t *pool, spool_segments_t *segments, size_t *size,
           uint64_t number)
{
    if (segments->n == *size) {
        uint64_t *numbers;

        *size = *size == 0 ? NUMBERS_FIRST : *size * 2;
        numbers = pool_alloc(pool, *size * sizeof(uint64_t));

        if (segments->n != 0) {
            memcpy(numbers, segments->numbers, segments->n * sizeof(uint64_t));
        }

        segments->numbers = numbers;
    }

    segments->numbers[segments->n++] = number;
}


int
spool_segments(pool_t *pool, const char *directory,
               spool_segments_t *segments_r)
{
    DIR *dir = opendir(directory);
    size_t size = 0;
    int saved;

    *segments_r = (spool_segments_t){ 0, NULL };

    if (dir == NULL) {
        return errno == ENOENT ? OK : ERROR;
    }

    for (;;) {
        struct dirent *entry;
        uint64_t number;

        errno = 0;
        entry = readdir(dir);

        if (entry == NULL) {
            break;
        }

        if (segment_number(entry->d_name, &number)) {
            number_add(pool, segments_r, &size, number);
        }
    }

    saved = errno;
    closedir(dir);
    errno = saved;

    if (segments_r->n > 1) {
        qsort(segments_r->numbers, segments_r->n, sizeof(uint64_t),
              number_compare);
    }

    return saved == 0 ? OK : ERROR;
}


int
spool_size(pool_t *pool, const char *root, uint64_t *size_r)
{
    const char *directory = spool_directory(pool, root);
    spool_segments_t segments;

    *size_r = 0;

    if (spool_segments(pool, directory, &segments) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < segments.n; i++) {
        const char *path =
            spool_segment_path(pool, directory, segments.numbers[i]);
        struct stat st;

        if (stat(path, &st) == 0) {
            *size_r += (uint64_t)st.st_size;

        } else if (errno != ENOENT) { /* else it was delivered meanwhile */
            return ERROR;
        }
    }

    return OK;
}


uint64_t
spool_segment_size(uint64_t limit)
{
    return limit / SEGMENTS_MIN < SEGMENT_SIZE_MAX ? limit / SEGMENTS_MIN
                                                   : SEGMENT_SIZE_MAX;
}


/* --- writing ------------------------------------------------------------- */


static void
descriptor_close(int fd)
{
    int saved = errno;

    close(fd);
    errno = saved;
}


/* The directory, locked until it is closed; made where it is missing. */
static int
directory_lock(pool_t *pool, const char *directory, lock_wait_t *wait)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT && directory_make(pool, directory) == OK) {
        fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }

    if (fd >= 0 && lock_take(fd, LOCK_EX, wait) != OK) {
        descriptor_close(fd);
        return -1;
    }

    return fd;
}


/* The newest segment, a new one where that is full; under the lock. */
static int
segment_open(pool_t *pool, const char *directory, int directory_fd,
             uint64_t segment_size, uint64_t *size_r)
{
    spool_segments_t segments;
    uint64_t number;
    struct stat st;
    int fd;

    if (spool_segments(pool, directory, &segments) != OK) {
        return -1;
    }

    number = segments.n == 0 ? 1 : segments.numbers[segments.n - 1];

    for (;; number++) {
        fd = open(spool_segment_path(pool, directory, number),
                  O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                  SEGMENT_MODE);

        if (fd < 0 || fstat(fd, &st) != 0) {
            break;
        }

        if ((uint64_t)st.st_size < segment_size) {
            *size_r = (uint64_t)st.st_size;

            /* its name is durable before there is anything in it */
            if (st.st_size != 0 || fsync(directory_fd) == 0) {
                return fd;
            }

            break;
        }

        close(fd);
    }

    if (fd >= 0) {
        descriptor_close(fd);
    }

    return -1;
}


/* What a crash left of a line gets an end of its own; no reader takes it for
 * an event. */
static int
tail_end(int fd, uint64_t size)
{
    char last = '\n';

    if (size != 0 && pread(fd, &last, 1, (off_t)size - 1) != 1) {
        return ERROR;
    }

    return last == '\n' || write(fd, "\n", 1) == 1 ? OK : ERROR;
}


/* All of it or, if the kernel lets us, nothing. */
static int
lines_write(int fd, uint64_t size, str_t lines)
{
    ssize_t n;
    int saved;

    if (tail_end(fd, size) != OK) {
        return ERROR;
    }

    n = write(fd, lines.data, lines.len);

    if (n == (ssize_t)lines.len) {
        return OK;
    }

    saved = n < 0 ? errno : ENOSPC;

    /* where this fails as well, tail_end() repairs it next time */
    errno = ftruncate(fd, (off_t)size) == 0 || n <= 0 ? saved : errno;

    return ERROR;
}


/* The lock orders the lines; the sync need not wait for it. */
int
spool_append(pool_t *pool, const char *root, str_t lines, uint64_t segment_size,
             lock_wait_t *wait)
{
    const char *directory = spool_directory(pool, root);
    int directory_fd = directory_lock(pool, directory, wait);
    uint64_t size;
    int fd, rc;

    if (directory_fd < 0) {
        return ERROR;
    }

    fd = segment_open(pool, directory, directory_fd, segment_size, &size);
    rc = fd < 0 ? ERROR : lines_write(fd, size, lines);
    descriptor_close(directory_fd);

    if (rc == OK && fdatasync(fd) != 0) {
        rc = ERROR;
    }

    if (fd >= 0) {
        descriptor_close(fd);
    }

    return rc;
}
