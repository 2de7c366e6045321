/* decompress.c: a layer's bytes without their compression, as they come. */

#include "layer/decompress.h"

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#define OUTPUT_SIZE ((size_t)(64 * 1024))
#define INPUT_MAX                                                              \
    ((size_t)(1024 * 1024)) /* at a time: a library counts in int */
#define MEMORY_MAX ((uint64_t)(128 * 1024 * 1024))
#define WINDOW_LOG_MAX 27 /* of zstd: 128 MiB */
#define MAGIC_MAX 6

typedef enum { STEP_MORE, STEP_END, STEP_BROKEN } step_t;

typedef struct codec_s codec_t;

/* Of a format: what a step takes off the input and puts into the output. */
struct codec_s {
    size_t magic_len;
    const char *magic;
    bool (*open)(decompress_t *d);
    step_t (*step)(decompress_t *d, bool is_last);
    void (*close)(decompress_t *d); /* NULL: nothing to give back */
};

struct decompress_s {
    pool_t *pool;
    decompress_fn fn;
    void *data;
    const codec_t *codec; /* NULL until the first bytes are there */
    int rc;               /* what it ended with */

    size_t head_len; /* bytes that wait until the format is known */
    unsigned char head[MAGIC_MAX];

    const unsigned char *in;
    size_t in_len;
    unsigned char *out;
    size_t out_len;  /* bytes of it that are filled */
    bool is_between; /* a member has ended, and no byte came since */

    union {
        z_stream gzip;
        lzma_stream xz;
        bz_stream bzip2;
        ZSTD_DStream *zstd;
    } u;
};


/* --- the formats --------------------------------------------------------- */


static bool
gzip_open(decompress_t *d)
{
    return inflateInit2(&d->u.gzip, 16 + MAX_WBITS) == Z_OK;
}


static step_t
gzip_step(decompress_t *d, bool is_last)
{
    z_stream *z = &d->u.gzip;
    size_t n = d->in_len < INPUT_MAX ? d->in_len : INPUT_MAX;
    int rc;

    (void)is_last;
    z->next_in = (unsigned char *)d->in;
    z->avail_in = (unsigned)n;
    z->next_out = d->out;
    z->avail_out = OUTPUT_SIZE;
    rc = inflate(z, Z_NO_FLUSH);
    d->in += n - z->avail_in;
    d->in_len -= n - z->avail_in;
    d->out_len = OUTPUT_SIZE - z->avail_out;

    if (rc == Z_STREAM_END) {
        return inflateReset(z) == Z_OK ? STEP_END : STEP_BROKEN;
    }

    return rc == Z_OK || rc == Z_BUF_ERROR ? STEP_MORE : STEP_BROKEN;
}


static void
gzip_close(decompress_t *d)
{
    inflateEnd(&d->u.gzip);
}


static bool
xz_open(decompress_t *d)
{
    d->u.xz = (lzma_stream)LZMA_STREAM_INIT;

    return lzma_stream_decoder(&d->u.xz, MEMORY_MAX, LZMA_CONCATENATED)
           == LZMA_OK;
}


/* liblzma goes from one member to the next by itself. */
static step_t
xz_step(decompress_t *d, bool is_last)
{
    lzma_stream *xz = &d->u.xz;
    lzma_ret rc;

    xz->next_in = d->in;
    xz->avail_in = d->in_len;
    xz->next_out = d->out;
    xz->avail_out = OUTPUT_SIZE;
    rc = lzma_code(xz, is_last ? LZMA_FINISH : LZMA_RUN);
    d->in = xz->next_in;
    d->in_len = xz->avail_in;
    d->out_len = OUTPUT_SIZE - xz->avail_out;

    if (rc == LZMA_STREAM_END) {
        return STEP_END;
    }

    return rc == LZMA_OK || (rc == LZMA_BUF_ERROR && !is_last) ? STEP_MORE
                                                               : STEP_BROKEN;
}


static void
xz_close(decompress_t *d)
{
    lzma_end(&d->u.xz);
}


static bool
bzip2_open(decompress_t *d)
{
    d->u.bzip2 = (bz_stream){ .next_in = NULL };

    return BZ2_bzDecompressInit(&d->u.bzip2, 0, 0) == BZ_OK;
}


static void
bzip2_close(decompress_t *d)
{
    BZ2_bzDecompressEnd(&d->u.bzip2);
}


static step_t
bzip2_step(decompress_t *d, bool is_last)
{
    bz_stream *bz = &d->u.bzip2;
    size_t n = d->in_len < INPUT_MAX ? d->in_len : INPUT_MAX;
    int rc;

    (void)is_last;
    bz->next_in = (char *)d->in;
    bz->avail_in = (unsigned)n;
    bz->next_out = (char *)d->out;
    bz->avail_out = OUTPUT_SIZE;
    rc = BZ2_bzDecompress(bz);
    d->in += n - bz->avail_in;
    d->in_len -= n - bz->avail_in;
    d->out_len = OUTPUT_SIZE - bz->avail_out;

    if (rc == BZ_STREAM_END) {
        bzip2_close(d);
        return bzip2_open(d) ? STEP_END : STEP_BROKEN;
    }

    return rc == BZ_OK ? STEP_MORE : STEP_BROKEN;
}


static bool
zstd_open(decompress_t *d)
{
    d->u.zstd = ZSTD_createDStream();

    return d->u.zstd != NULL
           && !ZSTD_isError(ZSTD_DCtx_setParameter(
               d->u.zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX));
}


static step_t
zstd_step(decompress_t *d, bool is_last)
{
    ZSTD_inBuffer in = { d->in, d->in_len, 0 };
    ZSTD_outBuffer out = { d->out, OUTPUT_SIZE, 0 };
    size_t rc = ZSTD_decompressStream(d->u.zstd, &out, &in);

    (void)is_last;
    d->in += in.pos;
    d->in_len -= in.pos;
    d->out_len = out.pos;

    if (ZSTD_isError(rc)) {
        return STEP_BROKEN;
    }

    return rc == 0 ? STEP_END : STEP_MORE;
}


static void
zstd_close(decompress_t *d)
{
    ZSTD_freeDStream(d->u.zstd);
}


static const codec_t codecs[] = {
    { 3, "\x1f\x8b\x08", gzip_open, gzip_step, gzip_close },
    { 6,
      "\xfd"
      "7zXZ\0",
      xz_open, xz_step, xz_close },
    { 3, "BZh", bzip2_open, bzip2_step, bzip2_close },
    { 4, "\x28\xb5\x2f\xfd", zstd_open, zstd_step, zstd_close },
};

static const codec_t plain = { .magic = NULL };


/* --- any format ---------------------------------------------------------- */


decompress_t *
decompress_open(pool_t *pool, decompress_fn fn, void *data)
{
    decompress_t *d = pool_new(pool, decompress_t);

    d->pool = pool;
    d->fn = fn;
    d->data = data;
    d->out = pool_alloc(pool, OUTPUT_SIZE);

    return d;
}


static const codec_t *
codec_find(const unsigned char *head, size_t len)
{
    for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
        const codec_t *codec = &codecs[i];

        if (len >= codec->magic_len
            && memcmp(head, codec->magic, codec->magic_len) == 0) {
            return codec;
        }
    }

    return &plain;
}


static void
codec_close(void *data)
{
    decompress_t *d = data;

    d->codec->close(d);
}


static int
codec_start(decompress_t *d)
{
    d->codec = codec_find(d->head, d->head_len);

    if (d->codec == &plain) {
        return OK;
    }

    if (!d->codec->open(d)) {
        return ERROR;
    }

    pool_cleanup(d->pool, codec_close, d);

    return OK;
}


static int
output_give(decompress_t *d)
{
    return d->out_len == 0 || d->fn(d->data, d->out, d->out_len) ? OK
                                                                 : DECLINED;
}


/* Steps until the library wants more input than there is. */
static int
input_use(decompress_t *d)
{
    size_t before;

    do {
        step_t step;
        int rc;

        before = d->in_len;
        step = d->codec->step(d, false);
        rc = output_give(d);

        if (rc != OK || step == STEP_BROKEN) {
            return rc != OK ? rc : ERROR;
        }

        if (step == STEP_END) {
            d->is_between = true;

        } else if (before != d->in_len) {
            d->is_between = false;
        }
    } while (before != d->in_len || d->out_len != 0);

    return d->in_len == 0 ? OK : ERROR;
}


static int
bytes_use(decompress_t *d, const unsigned char *bytes, size_t n)
{
    if (n == 0) {
        return OK;
    }

    if (d->codec == &plain) {
        return d->fn(d->data, bytes, n) ? OK : DECLINED;
    }

    d->in = bytes;
    d->in_len = n;

    return input_use(d);
}


/* The format is known now: what waited goes first. */
static int
head_use(decompress_t *d)
{
    int rc = codec_start(d);

    return rc == OK ? bytes_use(d, d->head, d->head_len) : rc;
}


int
decompress_push(decompress_t *d, const unsigned char *bytes, size_t n)
{
    while (d->codec == NULL && d->rc == OK && n != 0) {
        d->head[d->head_len++] = *bytes++;
        n--;

        if (d->head_len == MAGIC_MAX) {
            d->rc = head_use(d);
        }
    }

    if (d->rc == OK) {
        d->rc = bytes_use(d, bytes, n);
    }

    return d->rc;
}


/* What the library still has; only xz has to know that this is the end. */
static int
rest_use(decompress_t *d)
{
    step_t step;

    if (d->codec == &plain || d->is_between) {
        return OK;
    }

    if (d->codec->step != xz_step) {
        return ERROR;
    }

    do {
        int rc;

        step = d->codec->step(d, true);
        rc = output_give(d);

        if (rc != OK || step == STEP_BROKEN) {
            return rc != OK ? rc : ERROR;
        }
    } while (step != STEP_END);

    return OK;
}


int
decompress_finish(decompress_t *d)
{
    if (d->rc == OK && d->codec == NULL) {
        d->rc = head_use(d);
    }

    if (d->rc == OK) {
        d->rc = rest_use(d);
    }

    return d->rc;
}


bool
decompress_is_plain(const decompress_t *d)
{
    return d->codec == &plain;
}
