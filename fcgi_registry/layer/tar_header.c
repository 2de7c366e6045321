/* tar_header.c: one block of a tar header, and the records of pax. */

#include "layer/tar_header.h"

#include <ctype.h>

#define NUMBER_DIGITS 21 /* octal digits of 63 bits */

/* Fields of a header block: POSIX.1-2017 pax, "ustar Interchange Format". */
enum {
    NAME = 0,
    MODE = 100,
    UID = 108,
    GID = 116,
    SIZE = 124,
    MTIME = 136,
    CHECKSUM = 148,
    TYPEFLAG = 156,
    LINKNAME = 157,
    MAGIC = 257,
    UNAME = 265,
    GNAME = 297,
    DEVMAJOR = 329,
    DEVMINOR = 337,
    PREFIX = 345,
    STAR_TRAILER = 508
};

enum {
    NAME_LEN = 100,
    ID_LEN = 8,
    SIZE_LEN = 12,
    OWNER_LEN = 32,
    PREFIX_LEN = 155,
    STAR_PREFIX_LEN = 131,
    GNU_TIME_LEN = 12 /* atime and ctime stand where ustar has the prefix */
};


bool
tar_block_is_empty(const unsigned char *block)
{
    static const unsigned char empty[TAR_BLOCK];

    return memcmp(block, empty, TAR_BLOCK) == 0;
}


/* --- fields -------------------------------------------------------------- */


/* Text up to a NUL or the field's end. */
static str_t
field_text(const unsigned char *block, size_t at, size_t len)
{
    return (str_t){ strnlen((const char *)block + at, len),
                    (unsigned char *)block + at };
}


/* Two's complement, the first bit being set for any number of this kind. */
static int
number_base256(const unsigned char *field, size_t len, int64_t *number_r)
{
    bool is_negative = (field[0] & 0x40) != 0;
    uint64_t number = is_negative ? UINT64_MAX : 0;
    unsigned char sign = is_negative ? 0xff : 0;

    for (size_t i = 0; i < len; i++) {
        unsigned char c = field[i];

        if (i == 0) {
            c = is_negative ? c : c & 0x7f;
        }

        if (i + 8 < len && c != sign) {
            return ERROR;
        }

        number = (number << 8) | c;
    }

    *number_r = (int64_t)number;

    return (*number_r < 0) == is_negative ? OK : ERROR;
}


static bool
is_filler(unsigned char c)
{
    return c == ' ' || c == '\0';
}


/* Octal, with blanks and NULs around it; an empty field is 0.  A NUL ends
 * it. */
static int
number_octal(const unsigned char *field, size_t len, int64_t *number_r)
{
    uint64_t number = 0;
    size_t from = 0, to;

    while (from < len && is_filler(field[from])) {
        from++;
    }

    for (to = from; to < len && !is_filler(field[to]); to++) {
        if (field[to] < '0' || field[to] > '7' || to - from >= NUMBER_DIGITS) {
            return ERROR;
        }

        number = number * 8 + (uint64_t)(field[to] - '0');
    }

    while (to < len && field[to] == ' ') {
        to++;
    }

    *number_r = (int64_t)number;

    return to == len || field[to] == '\0' ? OK : ERROR;
}


int
tar_number(const unsigned char *field, size_t len, int64_t *number_r)
{
    return (field[0] & 0x80) != 0 ? number_base256(field, len, number_r)
                                  : number_octal(field, len, number_r);
}


/* --- a header ------------------------------------------------------------ */


/* The sum of all bytes, the sum's own being blanks.  Old programs took the
 * bytes as signed. */
static int
checksum_check(const unsigned char *block)
{
    int64_t expected, sum = 0, sum_signed = 0;

    for (size_t i = 0; i < TAR_BLOCK; i++) {
        unsigned char c =
            i >= CHECKSUM && i < CHECKSUM + ID_LEN ? ' ' : block[i];

        sum += c;
        sum_signed += (signed char)c;
    }

    return tar_number(block + CHECKSUM, ID_LEN, &expected) == OK
                   && (expected == sum || expected == sum_signed)
               ? OK
               : ERROR;
}


static tar_format_t
format_of(const unsigned char *block)
{
    if (memcmp(block + MAGIC, "ustar  ", 8) == 0) {
        return TAR_GNU;
    }

    if (memcmp(block + MAGIC, "ustar", 6) != 0) {
        return TAR_V7;
    }

    return memcmp(block + STAR_TRAILER, "tar", 4) == 0 ? TAR_STAR : TAR_USTAR;
}


static bool
is_ascii(str_t text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] >= 0x80) {
            return false;
        }
    }

    return true;
}


/* The first part of a name.  GNU has none: what stands there are times, but Go
 * up to 1.7, and so docker, wrote a prefix below GNU's magic. */
static str_t
prefix_of(const unsigned char *block, tar_format_t format,
          unsigned char typeflag)
{
    str_t prefix = field_text(block, PREFIX, PREFIX_LEN);
    int64_t time;

    switch (format) {
    case TAR_USTAR:
        return prefix;
    case TAR_STAR:
        return field_text(block, PREFIX, STAR_PREFIX_LEN);
    case TAR_GNU:
        if (typeflag != 'S' && is_ascii(prefix)
            && (tar_number(block + PREFIX, GNU_TIME_LEN, &time) != OK
                || tar_number(block + PREFIX + GNU_TIME_LEN, GNU_TIME_LEN,
                              &time)
                       != OK)) {
            return prefix;
        }
        return reg_str("");
    default:
        return reg_str("");
    }
}


static str_t
name_join(str_t prefix, str_t name, char buf[TAR_BLOCK])
{
    if (prefix.len == 0) {
        return name;
    }

    memcpy(buf, prefix.data, prefix.len);
    buf[prefix.len] = '/';
    memcpy(buf + prefix.len + 1, name.data, name.len);

    return (str_t){ prefix.len + 1 + name.len, (unsigned char *)buf };
}


static int
numbers_read(const unsigned char *block, tar_format_t format,
             tar_entry_t *entry)
{
    const struct {
        size_t at, len;
        int64_t *number;
    } fields[] = {
        { MODE, ID_LEN, &entry->mode },
        { UID, ID_LEN, &entry->uid },
        { GID, ID_LEN, &entry->gid },
        { SIZE, SIZE_LEN, &entry->size },
        { MTIME, SIZE_LEN, &entry->mtime },
        { DEVMAJOR, ID_LEN, &entry->devmajor },
        { DEVMINOR, ID_LEN, &entry->devminor },
    };
    bool is_device = entry->typeflag == '3' || entry->typeflag == '4';
    size_t n = sizeof(fields) / sizeof(fields[0]);

    if (format == TAR_V7 || !is_device) {
        n -= 2;
    }

    for (size_t i = 0; i < n; i++) {
        if (tar_number(block + fields[i].at, fields[i].len, fields[i].number)
            != OK) {
            return ERROR;
        }
    }

    return entry->size >= 0 ? OK : ERROR;
}


int
tar_header_read(const unsigned char *block, tar_entry_t *entry_r,
                tar_format_t *format_r, char name_r[TAR_BLOCK])
{
    unsigned char typeflag = block[TYPEFLAG];
    tar_format_t format = format_of(block);

    *format_r = format;
    *entry_r = (tar_entry_t){ .typeflag = typeflag };
    entry_r->name = name_join(prefix_of(block, format, typeflag),
                              field_text(block, NAME, NAME_LEN), name_r);
    entry_r->linkname = field_text(block, LINKNAME, NAME_LEN);

    if (format != TAR_V7) {
        entry_r->uname = field_text(block, UNAME, OWNER_LEN);
        entry_r->gname = field_text(block, GNAME, OWNER_LEN);
    }

    return checksum_check(block) == OK ? numbers_read(block, format, entry_r)
                                       : ERROR;
}


/* --- pax ----------------------------------------------------------------- */


int
tar_record_next(str_t text, size_t *pos, str_t *key_r, str_t *value_r)
{
    size_t len = 0, at = *pos, end;
    unsigned char *equals;

    if (at == text.len) {
        return DECLINED;
    }

    for (; at < text.len && isdigit(text.data[at]); at++) {
        len = len * 10 + (size_t)(text.data[at] - '0');

        if (len > text.len) {
            return ERROR;
        }
    }

    /* digits, a blank, a key, "=", "\n" */
    end = *pos + len;

    if (at == *pos || at == text.len || text.data[at] != ' '
        || len > text.len - *pos || end < at + 3
        || text.data[end - 1] != '\n') {
        return ERROR;
    }

    at++;
    equals = memchr(text.data + at, '=', end - 1 - at);

    if (equals == NULL || equals == text.data + at) {
        return ERROR;
    }

    *key_r = (str_t){ (size_t)(equals - text.data) - at, text.data + at };
    at += key_r->len + 1;
    *value_r = (str_t){ end - 1 - at, text.data + at };
    *pos = end;

    return OK;
}


static int
digits_read(str_t text, size_t *pos, int64_t *number_r)
{
    size_t from = *pos;
    int64_t number = 0;

    for (; *pos < text.len && isdigit(text.data[*pos]); (*pos)++) {
        int digit = text.data[*pos] - '0';

        if (number > (INT64_MAX - digit) / 10) {
            return ERROR;
        }

        number = number * 10 + digit;
    }

    *number_r = number;

    return *pos != from ? OK : ERROR;
}


/* Whether what follows is a fraction; *is_zero_r: one of nothing. */
static bool
fraction_skip(str_t text, size_t *pos, bool *is_zero_r)
{
    *is_zero_r = true;

    if (*pos == text.len) {
        return true;
    }

    if (text.data[*pos] != '.') {
        return false;
    }

    for (++*pos; *pos < text.len; ++*pos) {
        if (!isdigit(text.data[*pos])) {
            return false;
        }

        *is_zero_r = *is_zero_r && text.data[*pos] == '0';
    }

    return true;
}


int
tar_decimal(str_t text, int64_t *number_r)
{
    bool is_negative = text.len != 0 && text.data[0] == '-', is_zero;
    size_t pos = is_negative ? 1 : 0;

    if (digits_read(text, &pos, number_r) != OK
        || !fraction_skip(text, &pos, &is_zero)) {
        return ERROR;
    }

    if (is_negative) {
        *number_r = -*number_r - (is_zero ? 0 : 1);
    }

    return OK;
}
