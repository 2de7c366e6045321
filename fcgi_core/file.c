/* file.c: local files, written so that they survive a crash. */

#include "fcgi_core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define UNFINISHED ".tmp"
#define FILE_MODE 0666 /* and the umask, as registry:2 */
#define DIRECTORY_MODE 0777
#define RACES_MAX 16 /* directories that vanish before they are used */
#define COPY_STEP (8 * 1024 * 1024)
#define HASH_STEP (256 * 1024)
#define DIRECTORIES_OPEN 16 /* while a tree is removed */


/* Absence is expected, all else is not. */
static int
failure(void)
{
    return errno == ENOENT || errno == ENOTDIR ? DECLINED : ERROR;
}


/* close() that keeps errno. */
static void
descriptor_close(int fd)
{
    int saved = errno;

    close(fd);
    errno = saved;
}


/* unlink() that keeps errno. */
static void
leftover_del(const char *path)
{
    int saved = errno;

    unlink(path);
    errno = saved;
}


static int
read_all(int fd, str_t content)
{
    size_t len = 0;

    while (len < content.len) {
        ssize_t n = read(fd, content.data + len, content.len - len);

        if (n <= 0) {
            errno = n == 0 ? EIO : errno; /* it shrank */
            return ERROR;
        }

        len += (size_t)n;
    }

    return OK;
}


int
file_write_all(int fd, str_t content)
{
    size_t len = 0;

    while (len < content.len) {
        ssize_t n = write(fd, content.data + len, content.len - len);

        if (n < 0) {
            return ERROR;
        }

        len += (size_t)n;
    }

    return OK;
}


static int
descriptor_get(pool_t *pool, int fd, size_t max, str_t *content_r)
{
    struct stat st;

    if (fstat(fd, &st) != 0) {
        return ERROR;
    }

    if (!S_ISREG(st.st_mode)) {
        return DECLINED;
    }

    if ((uint64_t)st.st_size > max) {
        errno = EFBIG;
        return ERROR;
    }

    content_r->len = (size_t)st.st_size;
    content_r->data = pool_alloc(pool, content_r->len + 1);

    return read_all(fd, *content_r);
}


int
file_get(pool_t *pool, const char *path, size_t max, str_t *content_r)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int rc;

    if (fd < 0) {
        return failure();
    }

    rc = descriptor_get(pool, fd, max, content_r);
    descriptor_close(fd);

    return rc;
}


int
file_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int rc;

    if (fd < 0) {
        return failure();
    }

    rc = fsync(fd) == 0 ? OK : ERROR;
    descriptor_close(fd);

    return rc;
}


int
file_sync_content(const char *path)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int rc = OK;

    if (fd < 0) {
        return failure();
    }

    if (fsync(fd) != 0) {
        leftover_del(path);
        rc = ERROR;
    }

    descriptor_close(fd);

    return rc;
}


char *
path_parent(pool_t *pool, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t len;

    if (slash == NULL) {
        return pool_strdup(pool, ".");
    }

    len = slash == path ? 1 : (size_t)(slash - path);

    return pool_strndup(pool, (str_t){ len, (unsigned char *)path });
}


int
file_sync_name(pool_t *pool, const char *path)
{
    return file_sync(path_parent(pool, path));
}


/* Makes a directory and those above it that are missing.  *made_r is the number
 * of directories made; they are not durable yet. */
static int
directories_make(pool_t *pool, const char *path, int *made_r)
{
    *made_r = 0;

    if (path[strlen(path) - 1] == '/') {
        return access(path, F_OK) == 0 ? OK : ERROR;
    }

    if (mkdir(path, DIRECTORY_MODE) == 0) {
        *made_r = 1;
        return OK;
    }

    if (errno == EEXIST) {
        return OK;
    }

    if (errno != ENOENT
        || directories_make(pool, path_parent(pool, path), made_r) != OK) {
        return ERROR;
    }

    if (mkdir(path, DIRECTORY_MODE) == 0) {
        ++*made_r;
        return OK;
    }

    return errno == EEXIST ? OK : ERROR;
}


/* Makes the names in a directory durable, and its own and those above it, as
 * many as were made. */
static int
directories_sync(pool_t *pool, const char *path, int made)
{
    for (;; made--) {
        if (file_sync(path) != OK) {
            return ERROR;
        }

        if (made == 0) {
            return OK;
        }

        path = path_parent(pool, path);
    }
}


/* Makes directories, and their names durable but for the deepest ones: levels
 * is 1 where all are to be, 2 where not path itself, and so on. */
static int
directory_make_above(pool_t *pool, const char *path, int levels)
{
    const char *directory = path;
    int made;

    if (directories_make(pool, path, &made) != OK) {
        return ERROR;
    }

    if (made < levels) {
        return OK;
    }

    for (int i = 0; i < levels; i++) {
        directory = path_parent(pool, directory);
    }

    return directories_sync(pool, directory, made - levels);
}


int
directory_make(pool_t *pool, const char *path)
{
    return directory_make_above(pool, path, 1);
}


int
directory_make_hint(pool_t *pool, const char *path)
{
    return directory_make_above(pool, path, 2);
}


/* Btrfs does not: it may sync one directory without older names in others. */
bool
file_keeps_order(const char *path)
{
    static const unsigned long ordered[] = {
        0xef53,     /* ext4 */
        0x58465342, /* XFS */
        0x2fc12fc1, /* ZFS */
        0xf2f52010, /* F2FS */
        0x01021994, /* tmpfs */
    };
    struct statfs fs;

    if (statfs(path, &fs) != 0) {
        return false;
    }

    for (size_t i = 0; i < sizeof(ordered) / sizeof(ordered[0]); i++) {
        if ((unsigned long)fs.f_type == ordered[i]) {
            return true;
        }
    }

    return false;
}


int
directory_make_unsynced(pool_t *pool, const char *path, int *made_r)
{
    int made;

    return directories_make(pool, path, made_r != NULL ? made_r : &made);
}


/* A name that no other process takes. */
static char *
temporary_name(pool_t *pool, const char *path)
{
    uint64_t number = 0;

    /* up to 256 bytes are never cut short */
    if (getrandom(&number, sizeof(number), 0) < 0) {
        number = (uint64_t)getpid();
    }

    return pool_printf(pool, "%s.%016llx" UNFINISHED, path,
                       (unsigned long long)number);
}


bool
file_is_leftover(const char *name)
{
    const size_t end = sizeof(UNFINISHED) - 1;
    size_t len = strlen(name);

    return len >= end && strcmp(name + len - end, UNFINISHED) == 0;
}


/* A new file with content; the descriptor, or -1. */
static int
temporary_open(const char *path, str_t content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);

    if (fd >= 0 && file_write_all(fd, content) != OK) {
        descriptor_close(fd);
        leftover_del(path);
        fd = -1;
    }

    return fd;
}


/* Directories are made only where they are missing. */
static int
draft(pool_t *pool, const char *path, str_t content, char **temporary_r,
      int *made_r)
{
    *made_r = 0;

    for (int i = 0;; i++) {
        int fd, more;

        *temporary_r = temporary_name(pool, path);
        fd = temporary_open(*temporary_r, content);

        if (fd >= 0 || errno != ENOENT || i == RACES_MAX
            || directories_make(pool, path_parent(pool, path), &more) != OK) {
            return fd;
        }

        *made_r += more;
    }
}


/* The bytes are on their way before anything is synced, so that one commit of
 * a journal has all files of a batch. */
int
file_draft(pool_t *pool, const char *path, str_t content, char **temporary_r,
           int *fd_r, int *made_r)
{
    *fd_r = draft(pool, path, content, temporary_r, made_r);

    if (*fd_r < 0) {
        return ERROR;
    }

    /* a hint: that it fails, fsync() will say */
    sync_file_range(*fd_r, 0, 0, SYNC_FILE_RANGE_WRITE);

    return OK;
}


/* One try, which fails with ENOENT where the directory went meanwhile. */
static int
put_try(pool_t *pool, const char *path, str_t content, bool is_durable,
        int *made)
{
    char *temporary;
    int more, rc = OK;
    int fd = draft(pool, path, content, &temporary, &more);

    if (fd < 0) {
        return ERROR;
    }

    *made += more;

    if (is_durable && fsync(fd) != 0) {
        rc = ERROR;
        descriptor_close(fd);

    } else if (close(fd) != 0) {
        rc = ERROR;
    }

    if (rc != OK || rename(temporary, path) != 0) {
        leftover_del(temporary);
        return ERROR;
    }

    return OK;
}


/* The directories that were made are synced after the file: a journal then
 * takes all of it in one go. */
static int
put(pool_t *pool, const char *path, str_t content, bool is_durable)
{
    int made = 0;

    for (int i = 0; put_try(pool, path, content, is_durable, &made) != OK;
         i++) {
        if (errno != ENOENT || i == RACES_MAX) {
            return ERROR;
        }
    }

    return is_durable ? directories_sync(pool, path_parent(pool, path), made)
                      : OK;
}


int
file_put(pool_t *pool, const char *path, str_t content)
{
    return put(pool, path, content, true);
}


int
file_put_hint(pool_t *pool, const char *path, str_t content)
{
    return put(pool, path, content, false);
}


/* All of a file to one that is new. */
static int
descriptor_copy(int from, int to)
{
    ssize_t n;

    do {
        n = sendfile(to, from, NULL, COPY_STEP);
    } while (n > 0);

    return n == 0 && fsync(to) == 0 ? OK : ERROR;
}


static int
copy(const char *from, const char *to)
{
    int from_fd = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int to_fd, rc = ERROR;

    if (from_fd < 0) {
        return ERROR;
    }

    to_fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);

    if (to_fd >= 0) {
        rc = descriptor_copy(from_fd, to_fd);
        descriptor_close(to_fd);
    }

    descriptor_close(from_fd);

    return rc;
}


static int
rename_across(pool_t *pool, const char *from, const char *to)
{
    const char *temporary = temporary_name(pool, to);

    if (copy(from, temporary) != OK || rename(temporary, to) != 0) {
        leftover_del(temporary);
        return ERROR;
    }

    return file_sync_name(pool, to) == OK && unlink(from) == 0 ? OK : ERROR;
}


int
file_rename(pool_t *pool, const char *from, const char *to)
{
    if (rename(from, to) == 0
        || (errno == EXDEV && rename_across(pool, from, to) == OK)) {
        return OK;
    }

    return failure();
}


/* The directories come first: the sync of the file then takes them along. */
static int
move_try(pool_t *pool, const char *from, const char *to, int *made)
{
    int more, rc;

    if (directories_make(pool, path_parent(pool, to), &more) != OK) {
        return ERROR;
    }

    *made += more;
    rc = file_sync_content(from);

    if (rc != OK) {
        return rc;
    }

    return file_rename(pool, from, to);
}


int
file_move(pool_t *pool, const char *from, const char *to)
{
    int made = 0;
    int rc = move_try(pool, from, to, &made);

    /* not the file but the directory may have gone */
    for (int i = 0; rc == DECLINED && i < RACES_MAX; i++) {
        if (access(from, F_OK) != 0) {
            return failure();
        }

        rc = move_try(pool, from, to, &made);
    }

    return rc == OK ? directories_sync(pool, path_parent(pool, to), made) : rc;
}


int
file_make(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);

    return fd >= 0 && close(fd) == 0 ? OK : ERROR;
}


/* --- files that stay as long as they are used ---------------------------- */


int
file_is_named(int fd, const char *path)
{
    struct stat open_st, named_st;

    if (fstat(fd, &open_st) != 0) {
        return ERROR;
    }

    if (lstat(path, &named_st) != 0) {
        return failure();
    }

    if (open_st.st_ino != named_st.st_ino
        || open_st.st_dev != named_st.st_dev) {
        errno = EAGAIN;
        return ERROR;
    }

    return OK;
}


/* OK also where the file system is mounted read-only: nothing is removed
 * there. */
static int
time_set(int fd)
{
    return futimens(fd, NULL) == 0 || errno == EROFS ? OK : ERROR;
}


/* The name is checked last: under the lock no process removes it, and an
 * earlier removal is visible. */
static int
touch_try(const char *path, lock_wait_t *wait)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int rc = ERROR;

    if (fd < 0) {
        return failure();
    }

    if (lock_take(fd, LOCK_SH, wait) == OK && time_set(fd) == OK) {
        rc = file_is_named(fd, path);
    }

    descriptor_close(fd);

    return rc;
}


int
file_touch(const char *path, lock_wait_t *wait)
{
    int rc = touch_try(path, wait);

    for (int i = 0; rc == ERROR && errno == EAGAIN && i < RACES_MAX; i++) {
        rc = touch_try(path, wait);
    }

    return rc;
}


static bool
is_before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec
                                  : a->tv_nsec < b->tv_nsec;
}


/* Under the lock: a process that would set the time later finds the file
 * gone. */
static int
old_del(int fd, const char *path, const struct timespec *before)
{
    struct stat st;
    int rc = file_is_named(fd, path);

    if (rc != OK) {
        return rc == ERROR && errno == EAGAIN ? DECLINED : rc;
    }

    if (fstat(fd, &st) != 0) {
        return ERROR;
    }

    if (!is_before(&st.st_mtim, before)) {
        return DECLINED;
    }

    return unlink(path) == 0 ? OK : failure();
}


int
file_del_old(const char *path, const struct timespec *before)
{
    /* for writing: NFS grants a lock to be alone to no other */
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int rc;

    if (fd < 0) {
        return failure();
    }

    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        rc = old_del(fd, path, before);

    } else {
        rc = errno == EWOULDBLOCK ? DECLINED : ERROR;
    }

    flock(fd, LOCK_UN); /* before the bytes are freed, which takes time */
    descriptor_close(fd);

    return rc;
}


int
file_del(pool_t *pool, const char *path)
{
    if (unlink(path) != 0) {
        return failure();
    }

    return file_sync_name(pool, path) == ERROR ? ERROR : OK;
}


static int
descriptor_hash(int fd, uint64_t size, reg_hash_t *hash)
{
    static unsigned char buf[HASH_STEP];

    while (hash->length < size) {
        uint64_t left = size - hash->length;
        ssize_t n = pread(fd, buf, left < HASH_STEP ? left : HASH_STEP,
                          (off_t)hash->length);

        if (n <= 0) {
            errno = n == 0 ? EIO : errno; /* it shrank */
            return ERROR;
        }

        reg_hash_update(hash, buf, (size_t)n);
    }

    return OK;
}


int
file_hash(const char *path, uint64_t size, reg_hash_t *hash)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int rc;

    if (fd < 0) {
        return failure();
    }

    rc = descriptor_hash(fd, size, hash);
    descriptor_close(fd);

    return rc;
}


static int
tree_del(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)ftw;

    if ((type == FTW_DP ? rmdir(path) : unlink(path)) == 0 || errno == ENOENT
        || errno == ENOTEMPTY || errno == EEXIST) {
        return 0;
    }

    return -1;
}


int
directory_del(const char *path)
{
    if (nftw(path, tree_del, DIRECTORIES_OPEN, FTW_DEPTH | FTW_PHYS) != 0) {
        return failure();
    }

    if (access(path, F_OK) == 0) {
        errno = ENOTEMPTY;
        return ERROR;
    }

    return OK;
}
