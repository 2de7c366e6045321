/* test_tar.c: what headers of each format say, and what is no tar.  Sums over
 * whole archives are in test_unpack.c. */

#include "reg_unit.h"
#include "fcgi_registry/layer/tar.h"

#define BLOCK 512
#define SIZE 8192

/* What was read, as text. */
typedef struct {
    char text[4096];
    size_t stop; /* after so many entries; 0: never */
    size_t n;
} log_t;


static bool
entry(void *data, const tar_entry_t *e)
{
    log_t *log = data;
    size_t len = strlen(log->text);

    snprintf(log->text + len, sizeof(log->text) - len,
             "%.*s|%c|%lld|%lld|%lld|%lld|%lld|%.*s|%.*s|%.*s|%lld|%lld:",
             STR(e->name), e->typeflag == 0 ? '@' : e->typeflag,
             (long long)e->mode, (long long)e->uid, (long long)e->gid,
             (long long)e->size, (long long)e->mtime, STR(e->linkname),
             STR(e->uname), STR(e->gname), (long long)e->devmajor,
             (long long)e->devminor);

    return true;
}


static bool
content(void *data, const unsigned char *bytes, size_t n)
{
    log_t *log = data;
    size_t len = strlen(log->text);

    for (size_t i = 0; i < n && len < sizeof(log->text) - 1; i++) {
        log->text[len++] = bytes[i] == 0 ? '.' : (char)bytes[i];
    }

    return true;
}


static bool
entry_end(void *data)
{
    log_t *log = data;

    size_t len = strlen(log->text);

    snprintf(log->text + len, sizeof(log->text) - len, ";");

    return ++log->n != log->stop;
}


static const tar_handler_t handler = { entry, content, entry_end };


/* A ustar header of a file. */
static void
header(unsigned char *block, const char *name, char typeflag, unsigned size)
{
    memset(block, 0, BLOCK);
    snprintf((char *)block, 100, "%s", name);
    snprintf((char *)block + 100, 8, "%07o", 0644);
    snprintf((char *)block + 108, 8, "%07o", 1);
    snprintf((char *)block + 116, 8, "%07o", 2);
    snprintf((char *)block + 124, 12, "%011o", size);
    snprintf((char *)block + 136, 12, "%011o", 3);
    block[156] = (unsigned char)typeflag;
    memcpy(block + 257,
           "ustar\0"
           "00",
           8);
}


static void
seal(unsigned char *block)
{
    unsigned sum = 0;

    memset(block + 148, ' ', 8);

    for (size_t i = 0; i < BLOCK; i++) {
        sum += block[i];
    }

    snprintf((char *)block + 148, 8, "%06o", sum);
}


static int
read_all(const unsigned char *archive, size_t len, log_t *log)
{
    pool_t *pool = pool_create();
    tar_t *tar = tar_open(pool, &handler, log);
    int rc;

    for (size_t i = 0; i < len; i++) {
        tar_push(tar, archive + i, 1);
    }

    rc = tar_finish(tar);
    assert_true((rc == ERROR) == (tar_error(tar) != NULL));
    pool_destroy(pool);

    return rc;
}


/* One header, changed at one place. */
static void
fields(void **state)
{
    static const struct {
        size_t at;
        size_t len;
        const char *bytes;
        char typeflag;
        const char *expected; /* NULL: refused */
    } cases[] = {
        { 0, 0, "", '0', "f|0|420|1|2|0|3||||0|0:;" },
        { 0, 0, "", '\0', "f|@|420|1|2|0|3||||0|0:;" },
        { 345, 4, "dir", '0', "dir/f|0|420|1|2|0|3||||0|0:;" },
        { 108, 8, "\x80\0\0\0\0\0\1\2", '0', "f|0|420|258|2|0|3||||0|0:;" },
        { 108, 8, "\xff\xff\xff\xff\xff\xff\xff\xfe", '0',
          "f|0|420|-2|2|0|3||||0|0:;" },
        { 136, 12, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", '0',
          "f|0|420|1|2|0|-1||||0|0:;" },
        { 136, 12, "\x80\0\0\0\x80\0\0\0\0\0\0\0", '0', NULL }, /* 2^63 */
        { 136, 12, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", '0',
          NULL },
        { 124, 12, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", '0',
          NULL }, /* a size of -1 */
        { 108, 8, "\0\0\0\0\0\0\0\0", '0', "f|0|420|0|2|0|3||||0|0:;" },
        { 108, 8, "    12 \0", '0', "f|0|420|10|2|0|3||||0|0:;" },
        { 108, 8, "77777777", '0', "f|0|420|16777215|2|0|3||||0|0:;" },
        { 108, 8, "0000008\0", '0', NULL },
        { 108, 8, "1 2    \0", '0', NULL },
        { 108, 8, "-000001\0", '0', NULL },
        { 329, 8, "0000007\0", '3', "f|3|420|1|2|0|3||||7|0:;" },
        { 329, 8, "0000007\0", '0', "f|0|420|1|2|0|3||||0|0:;" },
        { 329, 8, "rubbish\0", '0', "f|0|420|1|2|0|3||||0|0:;" },
        { 265, 5, "user", '0', "f|0|420|1|2|0|3||user||0|0:;" },
        { 257, 8, "\0\0\0\0\0\0\0\0", '0', "f|0|420|1|2|0|3||||0|0:;" },
        /* links, directories and devices have no content */
        { 124, 12, "00000000777\0", '1', "f|1|420|1|2|0|3||||0|0:;" },
        { 124, 12, "00000000777\0", '5', "f|5|420|1|2|0|3||||0|0:;" },
        { 157, 2, "t", '2', "f|2|420|1|2|0|3|t|||0|0:;" },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        unsigned char archive[3 * BLOCK] = { 0 };
        log_t log = { .n = 0 };
        int rc;

        header(archive, "f", cases[i].typeflag, 0);
        memcpy(archive + cases[i].at, cases[i].bytes, cases[i].len);
        seal(archive);
        rc = read_all(archive, sizeof(archive), &log);
        check(rc == (cases[i].expected == NULL ? ERROR : OK), i, log.text);
        check(rc != OK || strcmp(log.text, cases[i].expected) == 0, i,
              log.text);
    }
}


/* Go before 1.8, and so docker, put the start of a long name where GNU has
 * times. */
static void
prefixes(void **state)
{
    static const struct {
        const char *magic, *prefix, *name;
    } cases[] = {
        { "ustar  ", "some/where", "some/where/f" },
        { "ustar  ", "00000000017", "f" }, /* atime; no ctime */
        { "ustar  ", "", "f" },
        { "ustar", "some/where", "some/where/f" },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        unsigned char archive[3 * BLOCK] = { 0 };
        log_t log = { .n = 0 };

        header(archive, "f", '0', 0);
        memcpy(archive + 257, cases[i].magic, strlen(cases[i].magic) + 1);
        memcpy(archive + 345, cases[i].prefix, strlen(cases[i].prefix));
        seal(archive);
        assert_int_equal(read_all(archive, sizeof(archive), &log), OK);
        *strchr(log.text, '|') = '\0';
        assert_string_equal(log.text, cases[i].name);
    }
}


/* Records of pax, or a long name of GNU, before an empty file. */
static void
extensions(void **state)
{
    static const struct {
        char typeflag;
        const char *text;
        const char *expected; /* NULL: refused */
    } cases[] = {
        { 'x', "", "f|0|420|1|2|0|3||||0|0:;" },
        { 'x', "9 path=b\n", "b|0|420|1|2|0|3||||0|0:;" },
        { 'x', "9 path=b\n9 path=c\n", "c|0|420|1|2|0|3||||0|0:;" },
        { 'x', "9 path=b\n8 path=\n", "f|0|420|1|2|0|3||||0|0:;" },
        { 'x', "14 linkpath=t\n", "f|0|420|1|2|0|3|t|||0|0:;" },
        { 'x', "11 uname=u\n11 gname=g\n", "f|0|420|1|2|0|3||u|g|0|0:;" },
        { 'x', "10 uid=77\n10 gid=88\n", "f|0|420|77|88|0|3||||0|0:;" },
        { 'x', "13 mtime=1.9\n", "f|0|420|1|2|0|1||||0|0:;" },
        { 'x', "14 mtime=-1.5\n", "f|0|420|1|2|0|-2||||0|0:;" },
        { 'x', "14 mtime=-1.0\n", "f|0|420|1|2|0|-1||||0|0:;" },
        { 'x', "14 anything=b\n", "f|0|420|1|2|0|3||||0|0:;" },
        { 'x', "13 mtime=1.x\n", NULL },
        { 'x', "11 mtime=x\n", NULL },
        { 'x', "11 size=-1\n", NULL },
        { 'x', "8 path=b\n", NULL },
        { 'x', "11 path=b\n", NULL },
        { 'x', "9 path=b", NULL },
        { 'x', "path=b\n", NULL },
        { 'x', "7 path\n", NULL },
        { 'x', "5 =b\n", NULL },
        { 'x', "99999999999999999999999 path=b\n", NULL },
        { 'x', "0 ", NULL },
        { 'x', "31 uid=9223372036854775807999\n", NULL },
        { 'L', "long", "long|0|420|1|2|0|3||||0|0:;" },
        { 'K', "long", "f|0|420|1|2|0|3|long|||0|0:;" },
        { 'L', "", "f|0|420|1|2|0|3||||0|0:;" },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        unsigned char archive[5 * BLOCK] = { 0 };
        size_t len = strlen(cases[i].text), at = len == 0 ? BLOCK : 2 * BLOCK;
        log_t log = { .n = 0 };
        int rc;

        header(archive, "x", cases[i].typeflag, (unsigned)len);
        seal(archive);
        memcpy(archive + BLOCK, cases[i].text, len);
        header(archive + at, "f", '0', 0);
        seal(archive + at);
        rc = read_all(archive, sizeof(archive), &log);
        check(rc == (cases[i].expected == NULL ? ERROR : OK), i, log.text);
        check(rc != OK || strcmp(log.text, cases[i].expected) == 0, i,
              log.text);
    }
}


/* A name of n bytes, by GNU and by pax. */
static void
long_names(void **state)
{
    static const struct {
        char typeflag;
        size_t n;
        int rc;
    } cases[] = {
        { 'L', TAR_NAME_MAX, OK },        { 'K', TAR_NAME_MAX, OK },
        { 'L', TAR_NAME_MAX + 1, ERROR }, { 'K', TAR_NAME_MAX + 1, ERROR },
        { 'L', TAR_NAME_MAX + 2, ERROR }, { 'x', TAR_NAME_MAX, OK },
        { 'x', TAR_NAME_MAX + 1, ERROR },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        unsigned char archive[2 * SIZE] = { 0 };
        size_t at = BLOCK, len = cases[i].n;
        log_t log = { .n = 0 };

        if (cases[i].typeflag == 'x') {
            len += sizeof("4106 path=\n") - 1;
            at +=
                (size_t)snprintf((char *)archive + at, BLOCK, "%zu path=", len);
        }

        header(archive, "x", cases[i].typeflag, (unsigned)len);
        seal(archive);
        memset(archive + at, 'n', cases[i].n);

        if (cases[i].typeflag == 'x') {
            archive[at + cases[i].n] = '\n';
        }

        at = BLOCK + (len + BLOCK - 1) / BLOCK * BLOCK;
        header(archive + at, "f", '0', 0);
        seal(archive + at);
        check(read_all(archive, sizeof(archive), &log) == cases[i].rc, i,
              log.text);
    }
}


/* Where an archive may end, and what is behind its end. */
static void
ends(void **state)
{
    static const struct {
        size_t len;
        int rc;
    } cases[] = {
        { 0, OK },
        { 1, ERROR },
        { BLOCK - 1, ERROR },
        { BLOCK, ERROR },     /* the content is missing */
        { BLOCK + 3, ERROR }, /* the padding is */
        { 2 * BLOCK, OK },
        { 3 * BLOCK, OK },
        { 4 * BLOCK, OK },
        { 5 * BLOCK, OK }, /* anything */
    };
    unsigned char archive[5 * BLOCK] = { 0 };
    log_t log = { .n = 0 };

    (void)state;
    header(archive, "f", '0', 3);
    seal(archive);
    memcpy(archive + BLOCK, "abc", 3);
    memset(archive + 4 * BLOCK, 'x', BLOCK);

    for (size_t i = 0; i < N(cases); i++) {
        log_t each = { .n = 0 };

        check(read_all(archive, cases[i].len, &each) == cases[i].rc, i, "");
    }

    /* one empty block is no end */
    memset(archive + 3 * BLOCK, 'x', BLOCK);
    assert_int_equal(read_all(archive, sizeof(archive), &log), ERROR);
}


/* The first format of GNU has its map in the header. */
static void
sparse_gnu(void **state)
{
    static const struct {
        const char *map; /* offset and length of up to two parts */
        const char *size;
        unsigned stored;
        const char *expected; /* NULL: refused */
    } cases[] = {
        { "00000000002\0"
          "00000000003\0",
          "00000000007\0", 3, "f|S|420|1|2|7|3||||0|0:..abc..;" },
        { "00000000000\0"
          "00000000001\0"
          "00000000003\0"
          "00000000002\0",
          "00000000005\0", 3, "f|S|420|1|2|5|3||||0|0:a..bc;" },
        { "00000000004\0"
          "00000000000\0",
          "00000000004\0", 0, "f|S|420|1|2|4|3||||0|0:....;" },
        /* overlapping, beyond the end, more or less than stored */
        { "00000000000\0"
          "00000000002\0"
          "00000000001\0"
          "00000000001\0",
          "00000000005\0", 3, NULL },
        { "00000000002\0"
          "00000000003\0",
          "00000000004\0", 3, NULL },
        { "00000000002\0"
          "00000000002\0",
          "00000000007\0", 3, NULL },
        { "00000000002\0"
          "00000000004\0",
          "00000000007\0", 3, NULL },
        { "0000000000x\0"
          "00000000003\0",
          "00000000007\0", 3, NULL },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        unsigned char archive[4 * BLOCK] = { 0 };
        log_t log = { .n = 0 };
        int rc;

        header(archive, "f", 'S', cases[i].stored);
        memcpy(archive + 257, "ustar  ", 8);
        memcpy(archive + 386, cases[i].map, i == 1 || i == 3 ? 48 : 24);
        memcpy(archive + 483, cases[i].size, 12);
        seal(archive);
        memcpy(archive + BLOCK, "abc", cases[i].stored);
        rc = read_all(archive, sizeof(archive), &log);
        check(rc == (cases[i].expected == NULL ? ERROR : OK), i, log.text);
        check(rc != OK || strcmp(log.text, cases[i].expected) == 0, i,
              log.text);
    }
}


/* The handler ends the reading. */
static void
stops(void **state)
{
    unsigned char archive[4 * BLOCK] = { 0 };
    log_t log = { .stop = 1 };
    pool_t *pool = pool_create();
    tar_t *tar = tar_open(pool, &handler, &log);

    (void)state;
    header(archive, "a", '0', 0);
    seal(archive);
    header(archive + BLOCK, "b", '0', 0);
    seal(archive + BLOCK);
    assert_int_equal(tar_push(tar, archive, sizeof(archive)), DECLINED);
    assert_int_equal(tar_push(tar, archive, sizeof(archive)), DECLINED);
    assert_int_equal(tar_finish(tar), DECLINED);
    assert_int_equal(log.n, 1);
    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),     cmocka_unit_test(prefixes),
        cmocka_unit_test(extensions), cmocka_unit_test(long_names),
        cmocka_unit_test(ends),       cmocka_unit_test(sparse_gnu),
        cmocka_unit_test(stops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
