/* store_root.c: the local directory of a store. */

#include "store/store_root.h"

#include "common/path.h"
#include "fcgi_core/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY_MODE 0777 /* and the umask, as all in the store */
#define FILE_MODE 0666


/* Into memory for the life of the process. */
int
store_root_find(const char *path, const char **root_r)
{
    char *root = realpath(path, NULL);

    if (root == NULL) {
        if (errno == ENOENT) {
            return DECLINED;
        }

        log_error("%s: %s", path, strerror(errno));
        return ERROR;
    }

    if (strlen(root) > REG_ROOT_MAX) {
        log_error("%s is longer than %d bytes", root, REG_ROOT_MAX);
        return ERROR;
    }

    *root_r = root;

    return OK;
}


int
store_root_check(const char *root)
{
    if (access(root, F_OK) == 0) {
        return OK;
    }

    return errno == ENOENT || errno == ENOTDIR ? DECLINED : ERROR;
}


/* What a new file system has already is nothing.  Closes the descriptor. */
static bool
directory_is_empty(int fd)
{
    static const char *const names[] = { ".", "..", "lost+found" };
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry = directory == NULL ? NULL : readdir(directory);
    bool is_empty = directory != NULL;

    for (; is_empty && entry != NULL; entry = readdir(directory)) {
        is_empty = false;

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            is_empty |= strcmp(entry->d_name, names[i]) == 0;
        }
    }

    if (directory != NULL) {
        closedir(directory);
    }

    return is_empty;
}


bool
store_root_is_empty(const char *path)
{
    return directory_is_empty(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}


/* The owner of a store, with the mode of its directory. */
static int
owner_find(const char *root, struct stat *st_r)
{
    char inside[PATH_MAX + sizeof(REG_PATH_PREFIX)];

    snprintf(inside, sizeof(inside), "%s" REG_PATH_PREFIX, root);

    return stat(inside, st_r);
}


/* Gives an empty directory of root to the owner of a store.  By its descriptor,
 * and never through a symbolic link: a user who can write to the directory
 * above could make root give away another one. */
static int
directory_give(const char *path, const struct stat *owner, mode_t mode)
{
    char plain[PATH_MAX];
    size_t len = (size_t)snprintf(plain, sizeof(plain), "%s", path);
    struct stat st;
    int fd, rc = OK;

    /* a slash at the end would follow a link */
    while (len > 1 && len < sizeof(plain) && plain[len - 1] == '/') {
        plain[--len] = '\0';
    }

    fd = open(plain, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0) {
        return errno == ELOOP || errno == ENOTDIR ? OK : ERROR;
    }

    if (fstat(fd, &st) != 0) {
        rc = ERROR;

    } else if (st.st_uid == 0
               && directory_is_empty(openat(fd, ".", O_RDONLY | O_CLOEXEC))
               && (fchown(fd, owner->st_uid, owner->st_gid) != 0
                   || fchmod(fd, mode & owner->st_mode) != 0)) {
        rc = ERROR;
    }

    close(fd);

    return rc;
}


int
store_root_make(const char *path, const char *like, mode_t mode,
                const char **path_r)
{
    struct stat owner;
    bool is_made = mkdir(path, mode) == 0;

    if ((!is_made && errno != EEXIST) || owner_find(like, &owner) != 0) {
        log_error("cannot make %s: %s", path, strerror(errno));
        return ERROR;
    }

    if (geteuid() == 0 && owner.st_uid != 0
        && directory_give(path, &owner, mode) != OK) {
        log_error("cannot give %s to the owner of %s: %s", path, like,
                  strerror(errno));
        return ERROR;
    }

    return store_root_find(path, path_r) == OK ? OK : ERROR;
}


/* The file of a lock and its directory, made where they are missing. */
static int
lock_open(const char *path)
{
    char directory[PATH_MAX];
    int fd;

    snprintf(directory, sizeof(directory), "%.*s",
             (int)(strrchr(path, '/') - path), path);

    if (mkdir(directory, DIRECTORY_MODE) != 0 && errno != EEXIST
        && errno != EROFS) {
        log_error("cannot make %s: %s", directory, strerror(errno));
        return -1;
    }

    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);

    if (fd < 0) {
        log_warn("cannot open %s: %s", path, strerror(errno));
    }

    return fd;
}


/* The time that a touch gives to what is open. */
static int
time_read(int fd, struct timespec *now_r)
{
    struct stat st;

    if (futimens(fd, NULL) != 0 || fstat(fd, &st) != 0) {
        return ERROR;
    }

    *now_r = st.st_mtim;

    return OK;
}


int
store_root_lock(const char *root, const char *key, bool is_shared,
                struct timespec *now_r)
{
    char path[PATH_MAX];
    int fd, rc = OK;

    snprintf(path, sizeof(path), "%s%s", root, key);
    fd = lock_open(path);

    if (fd < 0) {
        return errno == EROFS && is_shared
                       && clock_gettime(CLOCK_REALTIME_COARSE, now_r) == 0
                   ? OK
                   : ERROR;
    }

    if (flock(fd, (is_shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
        rc = errno == EWOULDBLOCK ? DECLINED : ERROR;
    }

    if (rc == OK) {
        rc = time_read(fd, now_r);
    }

    if (rc == ERROR) {
        log_error("cannot lock %s: %s", path, strerror(errno));
    }

    if (rc != OK) {
        close(fd);
    }

    return rc;
}
