/* upkeep.c: what the commands that care for a store share. */

#include "upkeep/upkeep.h"
#include "store/store_owner.h"

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
#define LOCK "lock"


/* realpath() into memory for the life of the process. */
static int
path_resolve(const char *path, const char **root_r)
{
    char *root = realpath(path, NULL);

    if (root == NULL) {
        log_error("%s: %s", path, strerror(errno));
        return ERROR;
    }

    if (strlen(root) > REG_ROOT_MAX) {
        log_error("%s is longer than a root may be, %d bytes", root,
                  REG_ROOT_MAX);
        return ERROR;
    }

    *root_r = root;

    return OK;
}


int
upkeep_find(const char *path, const char **root_r)
{
    char inside[PATH_MAX + sizeof(REG_PATH_PREFIX)];

    if (path_resolve(path, root_r) != OK) {
        return ERROR;
    }

    snprintf(inside, sizeof(inside), "%s" REG_PATH_PREFIX, *root_r);

    if (access(inside, F_OK) == 0) {
        return OK;
    }

    /* another user's store is one all the same */
    if (errno == ENOENT) {
        log_error("%s holds no store (there is no %s): ROOT is what nginx's "
                  "registry_root names",
                  *root_r, inside);
    } else {
        log_error("%s: %s", inside, strerror(errno));
    }

    return ERROR;
}


/* Whether a path leads into a store, not to its root. */
static bool
is_inside(const char *path)
{
    static const char *const below[] = { "/registry/v2", "/v2/repositories",
                                         "/repositories", "/blobs" };
    char name[PATH_MAX + sizeof("/v2/repositories")];

    for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
        snprintf(name, sizeof(name), "%s%s", path, below[i]);

        if (access(name, F_OK) == 0) {
            return true;
        }
    }

    return false;
}


/* The first push makes a root, and the store in it. */
static bool
is_absent(const char *path)
{
    char inside[PATH_MAX + sizeof(REG_PATH_PREFIX)];

    snprintf(inside, sizeof(inside), "%s" REG_PATH_PREFIX, path);

    return access(inside, F_OK) != 0 && errno == ENOENT && !is_inside(path);
}


int
upkeep_root(const char *word, const char **root_r)
{
    if (is_absent(word)) {
        log_info("%s holds no store: nothing was pushed to it yet, if it is "
                 "what nginx's registry_root names, and there is nothing to do",
                 word);
        return DECLINED;
    }

    return upkeep_find(word, root_r) == OK ? store_owner_become(*root_r)
                                           : ERROR;
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
upkeep_is_empty(const char *path)
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
upkeep_directory(const char *path, const char *like, mode_t mode,
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

    return path_resolve(path, path_r);
}


/* The lock's file, made where it is missing. */
static int
lock_open(const char *root, const char *name)
{
    char path[PATH_MAX + 32];
    int fd;

    snprintf(path, sizeof(path), "%s" UPKEEP_DIRECTORY, root);

    if (mkdir(path, DIRECTORY_MODE) != 0 && errno != EEXIST && errno != EROFS) {
        log_error("cannot make %s: %s", path, strerror(errno));
        return -1;
    }

    snprintf(path, sizeof(path), "%s" UPKEEP_DIRECTORY "/%s", root, name);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);

    if (fd < 0) {
        log_warn("cannot open %s: %s", path, strerror(errno));
    }

    return fd;
}


/* Until the descriptor is closed. */
static int
lock_try(const char *root, const char *name, int fd, int operation)
{
    if (flock(fd, operation | LOCK_NB) == 0) {
        return OK;
    }

    if (errno == EWOULDBLOCK) {
        log_error("another %s works on %s",
                  strcmp(name, LOCK) == 0 ? "gc or fsck, a backup or a restore"
                                          : name,
                  root);

    } else {
        log_error("cannot lock %s" UPKEEP_DIRECTORY "/%s: %s", root, name,
                  strerror(errno));
    }

    close(fd);

    return ERROR;
}


int
upkeep_alone(const char *root, const char *name)
{
    int fd = lock_open(root, name);

    return fd < 0 ? ERROR : lock_try(root, name, fd, LOCK_EX);
}


int
upkeep_lock(const char *root, bool is_shared, struct timespec *now_r)
{
    int fd = lock_open(root, LOCK);
    struct stat st;

    if (fd < 0 && errno == EROFS && is_shared) {
        return clock_gettime(CLOCK_REALTIME_COARSE, now_r) == 0 ? OK : ERROR;
    }

    if (fd < 0) {
        return ERROR;
    }

    if (lock_try(root, LOCK, fd, is_shared ? LOCK_SH : LOCK_EX) != OK) {
        return ERROR;
    }

    if (futimens(fd, NULL) != 0 || fstat(fd, &st) != 0) {
        log_error("cannot touch %s" UPKEEP_DIRECTORY "/lock: %s", root,
                  strerror(errno));
        close(fd);
        return ERROR;
    }

    *now_r = st.st_mtim;

    return OK;
}


static bool
is_there(const char *root, const char *key)
{
    char path[PATH_MAX + 32];

    snprintf(path, sizeof(path), "%s" REG_PATH_PREFIX "%s", root, key);

    return access(path, F_OK) == 0;
}


int
upkeep_check(const char *root)
{
    if (is_there(root, "/blobs") && !is_there(root, "/repositories")) {
        log_error("%s has blobs, but no repositories", root);
        return ERROR;
    }

    return OK;
}


bool
upkeep_is_time(time_t *last)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);

    if (*last == 0) {
        *last = now.tv_sec;
    }

    if (now.tv_sec == *last) {
        return false;
    }

    *last = now.tv_sec;

    return true;
}


bool
upkeep_is_young(const char *path, const struct timespec *since)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        return false;
    }

    return st.st_mtim.tv_sec != since->tv_sec
               ? st.st_mtim.tv_sec > since->tv_sec
               : st.st_mtim.tv_nsec >= since->tv_nsec;
}
