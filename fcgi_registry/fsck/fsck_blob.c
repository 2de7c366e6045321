/* fsck_blob.c: whether blobs are what their digests say. */

#include "fsck/fsck.h"
#include "upkeep/upkeep.h"

#include "common/hash.h"

#include <errno.h>

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


/* Content that is read. */
typedef struct {
    fsck_t *fsck;
    reg_hash_t hash;
} reader_t;


static bool
bytes_pass(void *data, const unsigned char *bytes, size_t n)
{
    reader_t *reader = data;

    reg_hash_update(&reader->hash, bytes, n);
    pace(reader->fsck, n);
    fsck_progress(reader->fsck);

    return true;
}


/* Below the root, but not where a store is looked for. */
static char *
aside_key(fsck_t *fsck, const reg_digest_t *digest, int number)
{
    char *key = pool_printf(fsck->op.pool, UPKEEP_DIRECTORY "/corrupt/%s/%.*s",
                            (char *)reg_algorithm_name(digest->algorithm).data,
                            STR(digest->hex));

    return number == 0 ? key : pool_printf(fsck->op.pool, "%s.%d", key, number);
}


bool
fsck_is_aside(fsck_t *fsck, const reg_digest_t *digest)
{
    return store_check(&fsck->op, aside_key(fsck, digest, 0)) == OK;
}


/* A key that is free for one more corrupt content of a digest; of many, the
 * last one goes.  NULL where that cannot be done. */
static const char *
aside_find(fsck_t *fsck, const reg_digest_t *digest)
{
    const char *key = NULL;
    int rc = OK;

    for (int i = 0; rc == OK && i < ASIDE_MAX; i++) {
        key = aside_key(fsck, digest, i);
        rc = store_check(&fsck->op, key);
    }

    if (rc == OK) {
        rc = store_drop(&fsck->op, key, 0);
    }

    return rc == ERROR ? NULL : key;
}


/* Takes what was read away from its name, unless it has lost it to another push
 * already. */
static bool
blob_quarantine(fsck_t *fsck, const char *key, const char *etag,
                const reg_digest_t *digest)
{
    const char *to = aside_find(fsck, digest);

    return to != NULL && store_move_aside(&fsck->op, key, etag, to) != ERROR;
}


static void
corrupt_report(fsck_t *fsck, const char *key, const store_stat_t *stat,
               const reg_digest_t *digest)
{
    char text[REG_DIGEST_MAX + 1];

    if (!fsck->is_first_look) {
        digest_set_add(fsck->bad, digest);
    }

    reg_digest_print(digest, text);
    fsck_report(
        fsck, FSCK_CORRUPT_BLOB, (str_t){ 0, NULL }, text,
        fsck_may_repair(fsck) && blob_quarantine(fsck, key, stat->etag, digest),
        "its %llu bytes have another digest", (unsigned long long)stat->size);
}


int
fsck_blob(fsck_t *fsck, const reg_digest_t *digest)
{
    reader_t reader = { .fsck = fsck };
    store_key_t key;
    char hex[REG_DIGEST_HEX_MAX + 1];
    store_stat_t stat;
    int rc;

    if (digest_set_has(fsck->good, digest)) {
        return OK;
    }

    /* every manifest that refers to it leads here */
    if (digest_set_has(fsck->bad, digest)) {
        return DECLINED;
    }

    key = key_blob(digest);
    reg_hash_init(&reader.hash, digest->algorithm);
    rc = store_read(&fsck->op, key.text, 0, bytes_pass, &reader, &stat);

    if (rc != OK) {
        fsck->has_failed |= rc == ERROR;
        return rc;
    }

    reg_hash_hex(&reader.hash, hex);

    if (!reg_str_eq(reg_cstr(hex), digest->hex)) {
        corrupt_report(fsck, key.text, &stat, digest);
        return DECLINED;
    }

    digest_set_add(fsck->good, digest);

    return OK;
}


static void
blob_pass(void *data, const reg_digest_t *digest)
{
    fsck_t *fsck = data;
    store_stat_t stat;
    store_key_t key = key_blob(digest);

    if (store_stat(&fsck->op, key.text, &stat) == OK) {
        fsck->blobs++;

        if (fsck->is_verify
            || (stat.size == 0 && !reg_hash_fits(reg_str(""), digest))) {
            fsck_blob(fsck, digest);
        }
    }

    key = key_parent(key.text);
    fsck_directory(fsck, (str_t){ 0, NULL }, key.text, "data");
    fsck_next(fsck);
    fsck_progress(fsck);
}


void
fsck_blobs(fsck_t *fsck)
{
    walk_t walk = { &fsck->op, fsck, fsck_stray };

    if (walk_blobs(&walk, blob_pass) == ERROR) {
        fsck->has_failed = true;
    }
}
