/* layer_files.c: the list of the files of a layer. */

#include "layer/layer_files.h"

#include <inttypes.h>

#define FIRST_SIZE ((size_t)4096)
#define ESCAPED 6       /* bytes of JSON for one byte */
#define WHITEOUT ".wh." /* before the name of a file that the layer deletes */
#define WHITEOUT_META ".wh..wh." /* what aufs keeps for itself */

struct layer_files_s {
    pool_t *pool;
    pool_t *scratch; /* of an entry */
    size_t len, size;
    char *text;
};


static void
scratch_destroy(void *data)
{
    pool_destroy(data);
}


layer_files_t *
layer_files_open(pool_t *pool)
{
    layer_files_t *files = pool_new(pool, layer_files_t);

    files->pool = pool;
    files->scratch = pool_create();
    pool_cleanup(pool, scratch_destroy, files->scratch);

    return files;
}


static void
text_add(layer_files_t *files, str_t text)
{
    if (text.len > files->size - files->len) {
        size_t size = files->size == 0 ? FIRST_SIZE : 2 * files->size;
        char *larger;

        while (size - files->len < text.len) {
            size *= 2;
        }

        larger = pool_alloc(files->pool, size);

        if (files->len != 0) {
            memcpy(larger, files->text, files->len);
        }

        files->text = larger;
        files->size = size;
    }

    memcpy(files->text + files->len, text.data, text.len);
    files->len += text.len;
}


/* As Python's tarfile names types, which the first registry was written
 * with. */
static char
type_of(unsigned char typeflag)
{
    switch (typeflag) {
    case '\0':
    case '0':
        return 'f';
    case '1':
        return 'l';
    case '2':
        return 's';
    case '3':
        return 'c';
    case '4':
        return 'b';
    case '5':
        return 'd';
    case '6':
        return 'i';
    case '7':
        return 't';
    case 'S':
        return 'S';
    default:
        return 'u';
    }
}


static bool
has_prefix(str_t text, const char *prefix)
{
    size_t len = strlen(prefix);

    return text.len >= len && memcmp(text.data, prefix, len) == 0;
}


/* "./a/b/" is "/a/b", "." and "./" are "/". */
static str_t
name_normalize(pool_t *pool, str_t name)
{
    while (name.len > 1 && name.data[name.len - 1] == '/') {
        name.len--;
    }

    if (reg_str_eq(name, reg_str("."))) {
        return reg_str("/");
    }

    if (has_prefix(name, "./")) {
        return reg_cstr(pool_printf(pool, "%.*s", (int)name.len - 1,
                                    (char *)name.data + 1));
    }

    return name;
}


/* The last part of a name; *len_r bytes are before it. */
static str_t
name_last(str_t name, size_t *len_r)
{
    size_t at = name.len;

    while (at > 0 && name.data[at - 1] != '/') {
        at--;
    }

    *len_r = at;

    return (str_t){ name.len - at, name.data + at };
}


/* Whether a name is that of something of aufs, or below it. */
static bool
is_meta(str_t name)
{
    for (;;) {
        unsigned char *slash = memchr(name.data, '/', name.len);

        if (has_prefix(name, WHITEOUT_META)) {
            return true;
        }

        if (slash == NULL) {
            return false;
        }

        name.len -= (size_t)(slash + 1 - name.data);
        name.data = slash + 1;
    }
}


static void
entry_add(layer_files_t *files, const tar_entry_t *entry, str_t name,
          bool is_deleted)
{
    size_t size = ESCAPED * name.len + sizeof("\"\"");
    char *json = pool_alloc(files->scratch, size);
    int len = reg_json_string(json, size, name); /* there is room for it */

    text_add(files, reg_cstr(pool_printf(
                        files->scratch,
                        "%c[%.*s,\"%c\",%s,%" PRId64 ",%" PRId64 ",%" PRId64
                        ",%" PRId64 ",%" PRId64 "]",
                        files->len == 0 ? '[' : ',', len, json,
                        type_of(entry->typeflag), is_deleted ? "true" : "false",
                        entry->size, entry->mtime, entry->mode, entry->uid,
                        entry->gid)));
}


int
layer_files_add(layer_files_t *files, const tar_entry_t *entry)
{
    str_t name = name_normalize(files->scratch, entry->name), last;
    size_t directory_len;
    bool is_deleted;

    last = name_last(name, &directory_len);

    /* a global header of pax describes files, and is none */
    if (is_meta(name) || entry->typeflag == 'g') {
        return OK;
    }

    is_deleted = has_prefix(last, WHITEOUT);

    if (is_deleted) {
        size_t skip = sizeof(WHITEOUT) - 1;

        name = reg_cstr(pool_printf(
            files->scratch, "%.*s%.*s", (int)directory_len, (char *)name.data,
            (int)(last.len - skip), (char *)last.data + skip));
    }

    entry_add(files, entry, name, is_deleted);
    pool_reset(files->scratch);

    return files->len <= LAYER_FILES_MAX ? OK : ERROR;
}


str_t
layer_files_text(layer_files_t *files)
{
    text_add(files, files->len == 0 ? reg_str("[]") : reg_str("]"));

    return (str_t){ files->len, (unsigned char *)files->text };
}
