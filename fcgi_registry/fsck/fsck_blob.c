/* fsck_blob.c: whether blobs are what their digests say. */

#include "fsck/fsck.h"
#include "fcgi_core/file.h"
#include "upkeep/upkeep.h"

#include "common/hash.h"
#include "fcgi_core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_STEP (256 * 1024)
#define ASIDE_MAX 100 /* corrupt files of one digest that are kept */
#define NANOSECONDS 1000000000ULL


/* Waits until as much may have been read as has been. */
static void
pace(fsck_t *fsck, size_t bytes)
{
    struct timespec until = fsck->from;
    uint64_t ns;

    fsck->bytes += bytes;

    if (fsck->rate == 0) {
        return;
    }

    ns = (uint64_t)until.tv_nsec
         + fsck->bytes % fsck->rate * NANOSECONDS / fsck->rate;
    until.tv_sec += (time_t)(fsck->bytes / fsck->rate + ns / NANOSECONDS);
    until.tv_nsec = (long)(ns % NANOSECONDS);

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL)
           == EINTR) {
    }
}


/* OK where the bytes are those of the digest, DECLINED where they are not. */
static int
content_check(fsck_t *fsck, int fd, const reg_digest_t *digest)
{
    static unsigned char buf[READ_STEP];
    char hex[REG_DIGEST_HEX_MAX + 1];
    reg_hash_t hash;
    ssize_t n;

    reg_hash_init(&hash, digest->algorithm);

    while ((n = read(fd, buf, sizeof(buf))) > 0) {
        reg_hash_update(&hash, buf, (size_t)n);
        pace(fsck, (size_t)n);
        fsck_progress(fsck);
    }

    if (n < 0) {
        return ERROR;
    }

    reg_hash_hex(&hash, hex);

    return reg_str_eq(reg_cstr(hex), digest->hex) ? OK : DECLINED;
}


/* Below the root, but not where a store is looked for. */
static char *
aside_path(fsck_t *fsck, const reg_digest_t *digest, int number)
{
    char *path = pool_printf(fsck->store.pool,
                             "%s" UPKEEP_DIRECTORY "/corrupt/%s/"
                             "%.*s",
                             fsck->store.root,
                             (char *)reg_algorithm_name(digest->algorithm).data,
                             (int)digest->hex.len, digest->hex.data);

    return number == 0 ? path
                       : pool_printf(fsck->store.pool, "%s.%d", path, number);
}


bool
fsck_is_aside(fsck_t *fsck, const reg_digest_t *digest)
{
    return access(aside_path(fsck, digest, 0), F_OK) == 0;
}


static int
directory_make_for(fsck_t *fsck, const char *path)
{
    char *directory = pool_strdup(fsck->store.pool, path);

    *strrchr(directory, '/') = '\0';

    return directory_make(fsck->store.pool, directory);
}


/* Takes the file that is open away from its name, unless it has lost it to
 * another push already. */
static bool
blob_quarantine(fsck_t *fsck, int fd, const char *path,
                const reg_digest_t *digest)
{
    char *to = aside_path(fsck, digest, 0);

    for (int i = 1; access(to, F_OK) == 0 && i < ASIDE_MAX; i++) {
        to = aside_path(fsck, digest, i);
    }

    if (directory_make_for(fsck, to) != OK
        || lock_take(fd, LOCK_EX, &fsck->store.wait) != OK) {
        log_error("fsck: cannot move %s aside: %s", path, strerror(errno));
        return false;
    }

    if (file_is_named(fd, path) != OK) {
        return true;
    }

    if (file_rename(fsck->store.pool, path, to) != OK
        || file_sync_name(fsck->store.pool, to) == ERROR
        || file_sync_name(fsck->store.pool, path) == ERROR) {
        log_error("fsck: cannot move %s to %s: %s", path, to, strerror(errno));
        return false;
    }

    return true;
}


static void
corrupt_tell(fsck_t *fsck, int fd, const char *path, const reg_digest_t *digest)
{
    char text[REG_DIGEST_MAX + 1];
    struct stat st = { .st_size = 0 };

    if (!fsck->is_first_look) {
        digest_set_add(fsck->bad, digest);
    }

    reg_digest_print(digest, text);
    fstat(fd, &st);
    fsck_tell(fsck, FSCK_CORRUPT_BLOB, (str_t){ 0, NULL }, text,
              fsck_may_repair(fsck) && blob_quarantine(fsck, fd, path, digest),
              "its %llu bytes have another digest",
              (unsigned long long)st.st_size);
}


int
fsck_blob(fsck_t *fsck, const reg_digest_t *digest)
{
    char path[REG_PATH_MAX];
    int fd, rc;

    if (digest_set_has(fsck->good, digest)) {
        return OK;
    }

    /* every manifest that refers to it leads here */
    if (digest_set_has(fsck->bad, digest)) {
        return DECLINED;
    }

    reg_path_blob(path, sizeof(path), reg_cstr(fsck->store.root), digest);
    fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 && errno == EROFS) {
        fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    }

    if (fd < 0) {
        if (errno == ENOENT) {
            return DECLINED;
        }

        log_error("fsck: cannot open %s: %s", path, strerror(errno));
        fsck->has_failed = true;
        return ERROR;
    }

    rc = content_check(fsck, fd, digest);

    if (rc == OK) {
        digest_set_add(fsck->good, digest);

    } else if (rc == DECLINED) {
        corrupt_tell(fsck, fd, path, digest);

    } else {
        log_error("fsck: cannot read %s: %s", path, strerror(errno));
        fsck->has_failed = true;
    }

    close(fd);

    return rc;
}


static void
blob_pass(void *data, const reg_digest_t *digest)
{
    fsck_t *fsck = data;
    char key[REG_PATH_MAX];
    struct stat st;

    reg_path_blob(key, sizeof(key), NO_ROOT, digest);

    if (lstat(store_path(&fsck->store, key), &st) == 0) {
        fsck->blobs++;

        if (fsck->is_verify
            || (st.st_size == 0 && !reg_hash_fits(reg_str(""), digest))) {
            fsck_blob(fsck, digest);
        }
    }

    *strrchr(key, '/') = '\0';
    fsck_directory(fsck, (str_t){ 0, NULL }, key, "data");
    fsck_next(fsck);
    fsck_progress(fsck);
}


void
fsck_blobs(fsck_t *fsck)
{
    walk_t walk = { &fsck->store, fsck, fsck_stray };

    if (walk_blobs(&walk, blob_pass) == ERROR) {
        fsck->has_failed = true;
    }
}
