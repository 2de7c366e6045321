/* pull_batch.c: counts of pulls become events of the spool. */

#include "spool/pull_batch.h"
#include "spool/record.h"
#include "spool/spool.h"

#include "common/hash.h"
#include "common/path.h"
#include "common/pull.h"

#include "fcgi_core/clock.h"
#include "fcgi_core/file.h"
#include "fcgi_core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNFINISHED_SECONDS 60

typedef struct {
    pool_t *pool;
    const char *root;
    const char *path;
    reg_str_t batch;
} pull_batch_t;


static int
failed(const pull_batch_t *b, const char *doing)
{
    log_error("cannot %s %s: %s", doing, b->path, strerror(errno));

    return ERROR;
}


static int
batch_del(const pull_batch_t *b)
{
    return unlink(b->path) == 0 || errno == ENOENT ? OK : failed(b, "remove");
}


/* --- events -------------------------------------------------------------- */


/* An event has the same id each time that it is made. */
static void
id_make(char *id, const reg_pull_head_t *head, size_t number)
{
    char hex[REG_DIGEST_HEX_MAX + 1];
    reg_hash_t hash;

    reg_hash_init(&hash, REG_SHA256);
    reg_hash_update(&hash, head->id.data, head->id.len);
    reg_hash_update(&hash, &number, sizeof(number));
    reg_hash_hex(&hash, hex);

    /* version 8, which is for ids of any making */
    snprintf(id, UUID_LEN + 1, "%.8s-%.4s-8%.3s-8%.3s-%.12s", hex, hex + 8,
             hex + 12, hex + 15, hex + 18);
}


static record_t
record_make(pool_t *pool, const reg_pull_head_t *head, size_t number,
            const reg_pull_t *pull)
{
    record_pull_t *counted = pool_new(pool, record_pull_t);
    reg_digest_t *digest = pool_new(pool, reg_digest_t);
    record_t record = { .action = REG_EVENT_PULL,
                        .repository = pull->repository,
                        .pull = counted };

    id_make(counted->id, head, number);
    counted->count = pull->count;
    counted->last = (int64_t)pull->last;

    if (reg_digest_parse(pull->reference, digest) == REG_OK) {
        record.digest = digest;
    } else {
        record.tag = pull->reference;
    }

    return record;
}


static size_t
lines_count(reg_str_t text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        n += text.data[i] == '\n';
    }

    return n;
}


/* DECLINED where the batch is none. */
static int
lines_make(const pull_batch_t *b, const reg_pull_head_t *head, reg_str_t rest,
           str_t *lines_r)
{
    record_t *records =
        pool_alloc(b->pool, lines_count(rest) * sizeof(record_t));
    reg_pull_t pull;
    size_t n = 0;
    int rc;

    while ((rc = reg_pull_take(&rest, &pull)) == REG_OK) {
        records[n] = record_make(b->pool, head, n, &pull);
        n++;
    }

    return rc == REG_DECLINED ? record_print(b->pool, records, n, NULL, lines_r)
                              : DECLINED;
}


/* --- a batch ------------------------------------------------------------- */


/* DECLINED where so many events wait that pushes need the rest. */
static int
room_check(const pull_batch_t *b, uint64_t limit)
{
    uint64_t size;

    if (spool_size(b->pool, b->root, &size) != OK) {
        return failed(b, "find room for");
    }

    return size < limit / 2 ? OK : DECLINED;
}


/* The batch is removed when its events are durable. */
static int
batch_move(const pull_batch_t *b)
{
    lock_wait_t wait = LOCK_WAIT_UPKEEP;
    reg_str_t rest = b->batch;
    reg_pull_head_t head;
    str_t lines;
    int rc = reg_pull_head_take(&rest, &head) == REG_OK ? OK : DECLINED;

    if (rc == OK && room_check(b, head.limit) != OK) {
        return OK;
    }

    if (rc == OK) {
        rc = lines_make(b, &head, rest, &lines);
    }

    if (rc == DECLINED) {
        log_warn("%s is not a batch of pulls, and is removed", b->path);
        return batch_del(b);
    }

    if (rc == ERROR) {
        return ERROR;
    }

    return spool_append(b->pool, b->root, lines, spool_segment_size(head.limit),
                        &wait)
                   == OK
               ? batch_del(b)
               : failed(b, "write events of");
}


/* nginx writes a batch at once; one that stays unfinished is of a process that
 * was killed, or of a machine that lost its power.  One from the future was
 * written before the clock was set back, and would keep counts waiting. */
static int
unfinished_check(const pull_batch_t *b, const struct stat *st)
{
    if (llabs(clock_now() - st->st_mtime) < UNFINISHED_SECONDS) {
        return OK;
    }

    log_warn("%s was never finished, and is removed", b->path);

    return batch_del(b);
}


static int
batch_read(pull_batch_t *b, int fd)
{
    struct stat st;
    ssize_t n;

    b->batch.data = pool_alloc(b->pool, REG_PULL_BATCH_MAX + 1);
    n = read(fd, b->batch.data, REG_PULL_BATCH_MAX + 1);

    if (n < 0 || fstat(fd, &st) != 0) {
        return failed(b, "read");
    }

    b->batch.len = (size_t)n;

    return reg_pull_is_complete(b->batch) && n <= REG_PULL_BATCH_MAX
               ? batch_move(b)
               : unfinished_check(b, &st);
}


/* Under a lock of the file: each batch is moved once, as long as no one is
 * killed. */
static int
batch_open(pull_batch_t *b)
{
    int fd = open(b->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int rc = OK;

    if (fd < 0) {
        return errno == ENOENT ? OK : failed(b, "open");
    }

    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && file_is_named(fd, b->path) == OK) {
        rc = batch_read(b, fd);
    }

    close(fd);

    return rc;
}


void
pull_batches_move(pool_t *pool, const char *root)
{
    for (unsigned n = 0; n < REG_PATH_PULLS; n++) {
        char path[REG_PATH_MAX];
        pull_batch_t batch = { .pool = pool, .root = root, .path = path };

        if (reg_path_pulls(path, sizeof(path), reg_cstr(root), n) == REG_ERROR
            || batch_open(&batch) == ERROR) {
            return;
        }
    }
}
