/* tar.c: reads a tar archive as its bytes come.
 *
 * A machine of a few states: each takes what it needs of the bytes and says
 * what comes next.  Sources: POSIX.1-2017 pax; "Basic Tar Format" and "Storing
 * Sparse Files" of GNU tar's manual; what Go's archive/tar makes of both. */

#include "layer/tar.h"
#include "layer/tar_header.h"
#include "layer/tar_sparse.h"

#define EXTENSION_MAX ((size_t)(1024 * 1024)) /* records of pax of an entry */
#define ZEROS ((size_t)(64 * 1024))

/* In a header block of GNU's old sparse format, and in those that continue
 * it. */
enum {
    GNU_PARTS = 386,
    GNU_PARTS_N = 4,
    GNU_IS_CONTINUED = 482,
    GNU_REAL_SIZE = 483,
    GNU_REAL_SIZE_LEN = 12,
    GNU_MORE_PARTS_N = 21,
    GNU_MORE_IS_CONTINUED = 504
};

typedef enum {
    AT_HEADER,
    AT_EXTENSION,    /* the content of an entry that describes the next one */
    AT_SPARSE_BLOCK, /* more parts, in GNU's old format */
    AT_SPARSE_MAP,   /* parts, at the start of the content: pax 1.0 */
    AT_CONTENT,
    AT_PADDING,
    AT_END
} at_t;

/* Records of pax that are of interest. */
typedef enum {
    PATH,
    LINKPATH,
    UNAME,
    GNAME,
    UID,
    GID,
    SIZE,
    MTIME,
    SPARSE_MAJOR,
    SPARSE_MINOR,
    SPARSE_NAME,
    SPARSE_REAL_SIZE,
    SPARSE_SIZE,
    SPARSE_MAP,
    SPARSE_OFFSET,
    SPARSE_LENGTH,
    RECORD_N
} record_key_t;

static const char *const record_keys[RECORD_N] = {
    [PATH] = "path",
    [LINKPATH] = "linkpath",
    [UNAME] = "uname",
    [GNAME] = "gname",
    [UID] = "uid",
    [GID] = "gid",
    [SIZE] = "size",
    [MTIME] = "mtime",
    [SPARSE_MAJOR] = "GNU.sparse.major",
    [SPARSE_MINOR] = "GNU.sparse.minor",
    [SPARSE_NAME] = "GNU.sparse.name",
    [SPARSE_REAL_SIZE] = "GNU.sparse.realsize",
    [SPARSE_SIZE] = "GNU.sparse.size",
    [SPARSE_MAP] = "GNU.sparse.map",
    [SPARSE_OFFSET] = "GNU.sparse.offset",
    [SPARSE_LENGTH] = "GNU.sparse.numbytes",
};

/* The map of pax 1.0: decimal numbers, a line each, the first one says how many
 * pairs follow. */
typedef struct {
    uint64_t left;  /* numbers yet to come */
    bool has_count; /* the first number was there */
    bool has_digit; /* of the number that is being read */
    int64_t number;
    int64_t offset; /* of the pair that is being read */
} map_t;

struct tar_s {
    pool_t *pool;
    const tar_handler_t *handler;
    void *data;
    at_t at;
    int rc; /* what it ended with */
    const char *error;

    unsigned char block[TAR_BLOCK];
    size_t block_len;
    unsigned char header[TAR_BLOCK]; /* of the entry, which has views into it */
    unsigned n_empty;                /* empty blocks right before */

    tar_entry_t entry;
    tar_format_t format;
    char parts[TAR_BLOCK]; /* a name in two parts */

    /* what describes the next entry; NULL or empty: nothing */
    unsigned char extension_type;
    unsigned char *extension; /* where its bytes go */
    size_t extension_len;
    unsigned char *records_text;
    str_t records[RECORD_N];
    unsigned char gnu_name[TAR_NAME_MAX + 1], gnu_linkname[TAR_NAME_MAX + 1];

    uint64_t left; /* stored bytes yet to come */
    size_t padding;
    bool is_sparse;
    tar_sparse_t sparse;
    map_t map;
    size_t part; /* that the next byte belongs to */
    int64_t pos; /* in the content of a sparse file */
};


tar_t *
tar_open(pool_t *pool, const tar_handler_t *handler, void *data)
{
    tar_t *tar = pool_new(pool, tar_t);

    tar->pool = pool;
    tar->handler = handler;
    tar->data = data;

    return tar;
}


const char *
tar_error(const tar_t *tar)
{
    return tar->error;
}


static int
fail(tar_t *tar, const char *error)
{
    tar->error = error;

    return ERROR;
}


/* --- content ------------------------------------------------------------- */


static int
content_give(tar_t *tar, const unsigned char *bytes, size_t n)
{
    return tar->handler->content(tar->data, bytes, n) ? OK : DECLINED;
}


static int
hole_give(tar_t *tar, int64_t to)
{
    static const unsigned char zeros[ZEROS];

    while (tar->pos < to) {
        uint64_t left = (uint64_t)(to - tar->pos);
        size_t n = left < ZEROS ? (size_t)left : ZEROS;

        if (content_give(tar, zeros, n) != OK) {
            return DECLINED;
        }

        tar->pos += (int64_t)n;
    }

    return OK;
}


/* The parts of a sparse file have as many bytes as are stored. */
static int
parts_give(tar_t *tar, const unsigned char *bytes, size_t n)
{
    while (n != 0) {
        const tar_part_t *part = &tar->sparse.items[tar->part];
        uint64_t left;
        size_t len;

        if (hole_give(tar, part->offset) != OK) {
            return DECLINED;
        }

        left = (uint64_t)(part->offset + part->len - tar->pos);
        len = left < n ? (size_t)left : n;

        if (len != 0 && content_give(tar, bytes, len) != OK) {
            return DECLINED;
        }

        tar->pos += (int64_t)len;
        bytes += len;
        n -= len;

        if (len == left) {
            tar->part++;
        }
    }

    return OK;
}


static int
entry_end(tar_t *tar)
{
    if (tar->is_sparse && hole_give(tar, tar->entry.size) != OK) {
        return DECLINED;
    }

    memset(tar->records, 0, sizeof(tar->records));
    tar->gnu_name[0] = '\0';
    tar->gnu_linkname[0] = '\0';
    tar->is_sparse = false;
    tar_sparse_reset(&tar->sparse);
    tar->at = tar->padding != 0 ? AT_PADDING : AT_HEADER;

    return tar->handler->entry_end(tar->data) ? OK : DECLINED;
}


static int
entry_begin(tar_t *tar)
{
    if (tar->is_sparse
        && (tar->sparse.end > tar->entry.size
            || (uint64_t)tar->sparse.stored != tar->left)) {
        return fail(tar, "the parts of a sparse file are not those stored");
    }

    tar->part = 0;
    tar->pos = 0;
    tar->at = AT_CONTENT;

    if (!tar->handler->entry(tar->data, &tar->entry)) {
        return DECLINED;
    }

    return tar->left == 0 ? entry_end(tar) : OK;
}


static int
content_take(tar_t *tar, const unsigned char **bytes, size_t *n)
{
    size_t len = tar->left < *n ? (size_t)tar->left : *n;
    int rc = tar->is_sparse ? parts_give(tar, *bytes, len)
                            : content_give(tar, *bytes, len);

    *bytes += len;
    *n -= len;
    tar->left -= len;

    return rc == OK && tar->left == 0 ? entry_end(tar) : rc;
}


static int
padding_take(tar_t *tar, const unsigned char **bytes, size_t *n)
{
    size_t len = tar->padding < *n ? tar->padding : *n;

    *bytes += len;
    *n -= len;
    tar->padding -= len;

    if (tar->padding == 0) {
        tar->at = AT_HEADER;
    }

    return OK;
}


/* --- what describes an entry --------------------------------------------- */


static bool
has_nul(str_t text)
{
    return text.len != 0 && memchr(text.data, '\0', text.len) != NULL;
}


/* An empty value takes a record back. */
static int
record_keep(tar_t *tar, record_key_t key, str_t value)
{
    tar->records[key] = value;

    if (key <= GNAME || key == SPARSE_NAME) {
        return value.len > TAR_NAME_MAX || has_nul(value)
                   ? fail(tar, "a name is too long or has a NUL")
                   : OK;
    }

    if (key == SPARSE_LENGTH) { /* pax 0.0: a pair of records a part */
        int64_t offset, len;

        if (tar_decimal(tar->records[SPARSE_OFFSET], &offset) != OK
            || tar_decimal(value, &len) != OK
            || tar_sparse_add(tar->pool, &tar->sparse, offset, len) != OK) {
            return fail(tar, "a part of a sparse file is wrong");
        }
    }

    return OK;
}


static int
records_read(tar_t *tar, str_t text)
{
    size_t pos = 0;
    str_t key, value;
    int rc;

    memset(tar->records, 0, sizeof(tar->records));
    tar_sparse_reset(&tar->sparse);

    while ((rc = tar_record_next(text, &pos, &key, &value)) == OK) {
        for (int i = 0; i < RECORD_N; i++) {
            if (reg_str_eq(key, reg_cstr(record_keys[i]))
                && record_keep(tar, (record_key_t)i, value) != OK) {
                return ERROR;
            }
        }
    }

    return rc == DECLINED ? OK : fail(tar, "a record of pax is broken");
}


static int
extension_begin(tar_t *tar)
{
    bool is_pax = tar->entry.typeflag == 'x';

    if (tar->left > (is_pax ? EXTENSION_MAX : TAR_NAME_MAX + 1)) {
        return fail(tar, is_pax ? "the records of pax are too long"
                                : "a name is too long or has a NUL");
    }

    if (is_pax && tar->records_text == NULL) {
        tar->records_text = pool_alloc(tar->pool, EXTENSION_MAX);
    }

    switch (tar->entry.typeflag) {
    case 'L':
        tar->extension = tar->gnu_name;
        break;
    case 'K':
        tar->extension = tar->gnu_linkname;
        break;
    default:
        tar->extension = tar->records_text;
    }

    tar->extension_len = 0;
    tar->extension_type = tar->entry.typeflag;
    tar->at = AT_EXTENSION;

    return OK;
}


/* A long name may end in a NUL, and must end before the buffer does. */
static int
extension_end(tar_t *tar)
{
    tar->at = tar->padding != 0 ? AT_PADDING : AT_HEADER;

    if (tar->extension_type == 'x') {
        return records_read(tar,
                            (str_t){ tar->extension_len, tar->records_text });
    }

    if (tar->extension_len <= TAR_NAME_MAX) {
        tar->extension[tar->extension_len] = '\0';
    }

    return tar->extension[TAR_NAME_MAX] == '\0'
                   || strnlen((char *)tar->extension, TAR_NAME_MAX + 1)
                          <= TAR_NAME_MAX
               ? OK
               : fail(tar, "a name is too long or has a NUL");
}


static int
extension_take(tar_t *tar, const unsigned char **bytes, size_t *n)
{
    size_t len = tar->left < *n ? (size_t)tar->left : *n;

    memcpy(tar->extension + tar->extension_len, *bytes, len);
    tar->extension_len += len;
    *bytes += len;
    *n -= len;
    tar->left -= len;

    return tar->left == 0 ? extension_end(tar) : OK;
}


static int
texts_apply(tar_t *tar)
{
    const struct {
        record_key_t key;
        str_t *text;
    } texts[] = {
        { PATH, &tar->entry.name },
        { LINKPATH, &tar->entry.linkname },
        { UNAME, &tar->entry.uname },
        { GNAME, &tar->entry.gname },
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (tar->records[texts[i].key].len != 0) {
            *texts[i].text = tar->records[texts[i].key];
        }
    }

    if (tar->gnu_name[0] != '\0') {
        tar->entry.name = reg_cstr((char *)tar->gnu_name);
    }

    if (tar->gnu_linkname[0] != '\0') {
        tar->entry.linkname = reg_cstr((char *)tar->gnu_linkname);
    }

    return OK;
}


static int
numbers_apply(tar_t *tar)
{
    const struct {
        record_key_t key;
        int64_t *number;
    } numbers[] = {
        { UID, &tar->entry.uid },
        { GID, &tar->entry.gid },
        { SIZE, &tar->entry.size },
        { MTIME, &tar->entry.mtime },
    };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        str_t text = tar->records[numbers[i].key];

        if (text.len != 0 && tar_decimal(text, numbers[i].number) != OK) {
            return fail(tar, "a number of pax is wrong");
        }
    }

    return tar->entry.size >= 0 ? OK : fail(tar, "a size is negative");
}


/* --- sparse files -------------------------------------------------------- */


static int
sparse_begin_old(tar_t *tar)
{
    const unsigned char *block = tar->block;

    tar->is_sparse = true;
    tar_sparse_reset(&tar->sparse);

    if (tar_number(block + GNU_REAL_SIZE, GNU_REAL_SIZE_LEN, &tar->entry.size)
            != OK
        || tar->entry.size < 0
        || tar_sparse_add_fields(tar->pool, &tar->sparse, block + GNU_PARTS,
                                 GNU_PARTS_N)
               != OK) {
        return fail(tar, "a part of a sparse file is wrong");
    }

    if (block[GNU_IS_CONTINUED] != 0) {
        tar->at = AT_SPARSE_BLOCK;
        return OK;
    }

    return entry_begin(tar);
}


static int
sparse_continue_old(tar_t *tar)
{
    if (tar_sparse_add_fields(tar->pool, &tar->sparse, tar->block,
                              GNU_MORE_PARTS_N)
        != OK) {
        return fail(tar, "a part of a sparse file is wrong");
    }

    return tar->block[GNU_MORE_IS_CONTINUED] != 0 ? OK : entry_begin(tar);
}


static int
map_end(tar_t *tar)
{
    /* a map fills its last block */
    tar->map.left = 0;

    return entry_begin(tar);
}


/* A number of the map is complete. */
static int
map_number(tar_t *tar)
{
    map_t *map = &tar->map;

    if (!map->has_count) {
        map->has_count = true;
        map->left = 2 * (uint64_t)map->number;

        return map->number <= TAR_SPARSE_MAX ? OK : ERROR;
    }

    map->left--;

    if (map->left % 2 == 1) {
        map->offset = map->number;
        return OK;
    }

    return tar_sparse_add(tar->pool, &tar->sparse, map->offset, map->number);
}


static int
map_byte(tar_t *tar, unsigned char c)
{
    map_t *map = &tar->map;
    int rc;

    if (c >= '0' && c <= '9' && map->number < INT64_MAX / 10 - 1) {
        map->number = map->number * 10 + (c - '0');
        map->has_digit = true;
        return OK;
    }

    if (c != '\n' || !map->has_digit) {
        return ERROR;
    }

    rc = map_number(tar);
    map->number = 0;
    map->has_digit = false;

    return rc;
}


/* The map is read a block at a time, and its last block is full of it. */
static int
map_take_block(tar_t *tar)
{
    if (tar->left < TAR_BLOCK) {
        return fail(tar, "the map of a sparse file is cut short");
    }

    tar->left -= TAR_BLOCK;

    for (size_t i = 0; i < TAR_BLOCK; i++) {
        if (map_byte(tar, tar->block[i]) != OK) {
            return fail(tar, "the map of a sparse file is wrong");
        }

        if (tar->map.has_count && tar->map.left == 0) {
            return map_end(tar);
        }
    }

    return OK;
}


/* The names and sizes of a sparse file of pax are in records of its own. */
static int
sparse_apply(tar_t *tar)
{
    str_t name = tar->records[SPARSE_NAME];
    str_t size = tar->records[SPARSE_REAL_SIZE].len != 0
                     ? tar->records[SPARSE_REAL_SIZE]
                     : tar->records[SPARSE_SIZE];

    tar->is_sparse = true;

    if (name.len != 0) {
        tar->entry.name = name;
    }

    return tar_decimal(size, &tar->entry.size) == OK && tar->entry.size >= 0
               ? OK
               : fail(tar, "the size of a sparse file is wrong");
}


static int
sparse_begin_pax(tar_t *tar)
{
    bool is_1 = reg_str_eq(tar->records[SPARSE_MAJOR], reg_str("1"))
                && reg_str_eq(tar->records[SPARSE_MINOR], reg_str("0"));
    str_t map = tar->records[SPARSE_MAP];

    if (!is_1 && map.len == 0 && tar->sparse.n == 0) {
        return entry_begin(tar);
    }

    if (sparse_apply(tar) != OK) {
        return ERROR;
    }

    if (is_1) {
        tar_sparse_reset(&tar->sparse);
        tar->map = (map_t){ .left = 0 };
        tar->at = AT_SPARSE_MAP;
        return OK;
    }

    if (map.len != 0) {
        tar_sparse_reset(&tar->sparse);
    }

    return tar_sparse_add_text(tar->pool, &tar->sparse, map) == OK
               ? entry_begin(tar)
               : fail(tar, "a part of a sparse file is wrong");
}


/* --- headers ------------------------------------------------------------- */


/* Links, devices, directories and fifos have no content, whatever their size
 * says. */
static bool
has_content(unsigned char typeflag)
{
    return typeflag < '1' || typeflag > '6';
}


static int
entry_describe(tar_t *tar)
{
    tar_entry_t *entry = &tar->entry;

    if (texts_apply(tar) != OK || numbers_apply(tar) != OK) {
        return ERROR;
    }

    if (!has_content(entry->typeflag)) {
        entry->size = 0;
    }

    tar->left = (uint64_t)entry->size;
    tar->padding = (size_t)(-tar->left % TAR_BLOCK);

    if (entry->typeflag == 'S' && tar->format == TAR_GNU) {
        return sparse_begin_old(tar);
    }

    return entry->typeflag == '0' || entry->typeflag == '\0'
               ? sparse_begin_pax(tar)
               : entry_begin(tar);
}


static int
header_take(tar_t *tar)
{
    if (tar_block_is_empty(tar->block)) {
        if (++tar->n_empty == 2) {
            tar->at = AT_END;
        }

        return OK;
    }

    memcpy(tar->header, tar->block, TAR_BLOCK);

    if (tar->n_empty != 0
        || tar_header_read(tar->header, &tar->entry, &tar->format, tar->parts)
               != OK) {
        return fail(tar, "a header is wrong");
    }

    switch (tar->entry.typeflag) {
    case 'L':
    case 'K':
    case 'x':
        tar->left = (uint64_t)tar->entry.size;
        tar->padding = (size_t)(-tar->left % TAR_BLOCK);
        return extension_begin(tar) == OK
                   ? tar->left == 0 ? extension_end(tar) : OK
                   : ERROR;
    default:
        return entry_describe(tar);
    }
}


/* --- bytes --------------------------------------------------------------- */


/* Fills the block; DECLINED where it is not full yet. */
static int
block_take(tar_t *tar, const unsigned char **bytes, size_t *n)
{
    size_t len = TAR_BLOCK - tar->block_len;

    len = len < *n ? len : *n;
    memcpy(tar->block + tar->block_len, *bytes, len);
    tar->block_len += len;
    *bytes += len;
    *n -= len;

    if (tar->block_len < TAR_BLOCK) {
        return DECLINED;
    }

    tar->block_len = 0;

    return OK;
}


static int
bytes_take(tar_t *tar, const unsigned char **bytes, size_t *n)
{
    switch (tar->at) {
    case AT_EXTENSION:
        return extension_take(tar, bytes, n);
    case AT_CONTENT:
        return content_take(tar, bytes, n);
    case AT_PADDING:
        return padding_take(tar, bytes, n);
    case AT_END:
        *n = 0;
        return OK;
    default:
        break;
    }

    if (block_take(tar, bytes, n) != OK) {
        return OK;
    }

    switch (tar->at) {
    case AT_SPARSE_BLOCK:
        return sparse_continue_old(tar);
    case AT_SPARSE_MAP:
        return map_take_block(tar);
    default:
        return header_take(tar);
    }
}


int
tar_push(tar_t *tar, const unsigned char *bytes, size_t n)
{
    while (n != 0 && tar->rc == OK) {
        tar->rc = bytes_take(tar, &bytes, &n);
    }

    return tar->rc;
}


int
tar_finish(tar_t *tar)
{
    bool is_whole =
        tar->at == AT_END || (tar->at == AT_HEADER && tar->block_len == 0);

    if (tar->rc == OK && !is_whole) {
        tar->rc = fail(tar, "it is cut short");
    }

    return tar->rc;
}
