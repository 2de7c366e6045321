/* layer_diff.c: what a layer changes of those below it.
 *
 * Lists of files are read token by token, and names are compared as they stand
 * there: one program wrote them all. */

#include "layer/layer_diff.h"

#include "common/json_scan.h"

#include <stdlib.h>

#define FIRST_SIZE 256

typedef enum { UNDECIDED, DELETED, CHANGED, CREATED } state_t;

/* A file of the layer: views into its list. */
typedef struct {
    str_t name;  /* a JSON string with its quotes */
    str_t facts; /* what follows: type,deleted,… */
    size_t at;   /* its place in the list */
    bool is_deleted;
    state_t state;
} file_t;

struct layer_diff_s {
    pool_t *pool;
    size_t n, size;
    file_t *files; /* sorted by name */
    size_t n_undecided;
};

typedef void (*file_fn)(layer_diff_t *diff, const file_t *file);


/* --- a list -------------------------------------------------------------- */


/* The next token must be of a type. */
static int
token_take(reg_json_scan_t *scan, reg_json_type_t type, str_t *text_r)
{
    reg_json_token_t token;

    if (reg_json_next(scan, &token) != REG_OK || token.type != type) {
        return ERROR;
    }

    *text_r = (str_t){ token.to - token.from, scan->text.data + token.from };

    return OK;
}


/* [name, type, deleted, size, mtime, mode, uid, gid], of which the bracket is
 * read. */
static int
file_read(reg_json_scan_t *scan, file_t *file_r)
{
    enum { DELETED_AT = 1, FACTS = 7 };
    str_t text;

    if (token_take(scan, REG_JSON_SCALAR, &file_r->name) != OK
        || file_r->name.data[0] != '"') {
        return ERROR;
    }

    for (int i = 0; i < FACTS; i++) {
        if (token_take(scan, REG_JSON_COMMA, &text) != OK
            || token_take(scan, REG_JSON_SCALAR, &text) != OK) {
            return ERROR;
        }

        if (i == 0) {
            file_r->facts = text;
        }

        if (i == DELETED_AT) {
            file_r->is_deleted = reg_str_eq(text, reg_str("true"));
        }
    }

    file_r->facts.len = (size_t)(text.data + text.len - file_r->facts.data);

    return token_take(scan, REG_JSON_END, &text);
}


static int
list_read(layer_diff_t *diff, str_t files, file_fn fn)
{
    reg_json_scan_t scan;
    reg_json_token_t token;
    str_t text;
    int rc;

    reg_json_scan_init(&scan, files);

    if (token_take(&scan, REG_JSON_ARRAY, &text) != OK) {
        return ERROR;
    }

    while ((rc = reg_json_next(&scan, &token)) == REG_OK) {
        file_t file = { .state = UNDECIDED };

        if (token.type == REG_JSON_COMMA || token.type == REG_JSON_END) {
            continue;
        }

        if (token.type != REG_JSON_ARRAY || file_read(&scan, &file) != OK) {
            return ERROR;
        }

        fn(diff, &file);
    }

    return rc == REG_DECLINED ? OK : ERROR;
}


/* --- the layer's own ----------------------------------------------------- */


/* "/a" and "a" are the same file. */
static str_t
name_of(const file_t *file)
{
    size_t skip = file->name.len > 2 && file->name.data[1] == '/' ? 2 : 1;

    return (str_t){ file->name.len - skip, file->name.data + skip };
}


static int
name_compare(const file_t *a, const file_t *b)
{
    str_t left = name_of(a), right = name_of(b);
    size_t len = left.len < right.len ? left.len : right.len;
    int rc = memcmp(left.data, right.data, len);

    if (rc != 0) {
        return rc;
    }

    return left.len < right.len ? -1 : left.len > right.len;
}


/* Of a name that comes twice the last one is first. */
static int
file_compare(const void *a, const void *b)
{
    const file_t *left = a, *right = b;
    int rc = name_compare(left, right);

    return rc != 0 ? rc : left->at > right->at ? -1 : 1;
}


static void
file_add(layer_diff_t *diff, const file_t *file)
{
    if (diff->n == diff->size) {
        size_t size = diff->size == 0 ? FIRST_SIZE : 2 * diff->size;
        file_t *files = pool_alloc(diff->pool, size * sizeof(file_t));

        if (diff->n != 0) {
            memcpy(files, diff->files, diff->n * sizeof(file_t));
        }

        diff->files = files;
        diff->size = size;
    }

    diff->files[diff->n] = *file;
    diff->files[diff->n].at = diff->n;
    diff->n++;
}


/* Leaves one of each name. */
static void
files_sort(layer_diff_t *diff)
{
    size_t n = 0;

    if (diff->n == 0) {
        return;
    }

    qsort(diff->files, diff->n, sizeof(file_t), file_compare);

    for (size_t i = 0; i < diff->n; i++) {
        if (n == 0 || name_compare(&diff->files[n - 1], &diff->files[i]) != 0) {
            diff->files[n++] = diff->files[i];
        }
    }

    diff->n = n;
}


layer_diff_t *
layer_diff_open(pool_t *pool, str_t files)
{
    layer_diff_t *diff = pool_new(pool, layer_diff_t);

    diff->pool = pool;

    if (list_read(diff, files, file_add) != OK) {
        return NULL;
    }

    files_sort(diff);

    for (size_t i = 0; i < diff->n; i++) {
        if (diff->files[i].is_deleted) {
            diff->files[i].state = DELETED;

        } else {
            diff->n_undecided++;
        }
    }

    return diff;
}


/* --- those below --------------------------------------------------------- */


static int
key_compare(const void *key, const void *item)
{
    return name_compare(key, item);
}


/* The nearest ancestor that has the file decides; of a name that comes twice in
 * it, the last one. */
static void
ancestor_file(layer_diff_t *diff, const file_t *ancestor)
{
    file_t *file = diff->n == 0 ? NULL
                                : bsearch(ancestor, diff->files, diff->n,
                                          sizeof(file_t), key_compare);

    if (file == NULL || (file->state != UNDECIDED && file->at != SIZE_MAX)) {
        return;
    }

    if (file->state == UNDECIDED) {
        diff->n_undecided--;
    }

    file->state = ancestor->is_deleted ? CREATED : CHANGED;
    file->at = SIZE_MAX; /* decided by this ancestor */
}


int
layer_diff_ancestor(layer_diff_t *diff, str_t files)
{
    if (list_read(diff, files, ancestor_file) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < diff->n; i++) {
        if (diff->files[i].at == SIZE_MAX) {
            diff->files[i].at = 0;
        }
    }

    return diff->n_undecided != 0 ? OK : DECLINED;
}


/* --- the answer ---------------------------------------------------------- */


static void
put(char *text, size_t *len, str_t part)
{
    if (text != NULL && part.len != 0) {
        memcpy(text + *len, part.data, part.len);
    }

    *len += part.len;
}


/* Writes the text, or where it is NULL only counts; returns its length. */
static size_t
print(const layer_diff_t *diff, char *text)
{
    static const struct {
        state_t state;
        const char *start;
    } groups[] = {
        { DELETED, "{\"deleted\":{" },
        { CHANGED, "},\"changed\":{" },
        { CREATED, "},\"created\":{" },
    };
    size_t len = 0;

    for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
        const char *comma = "";

        put(text, &len, reg_cstr(groups[g].start));

        for (size_t i = 0; i < diff->n; i++) {
            const file_t *file = &diff->files[i];
            state_t state = file->state == UNDECIDED ? CREATED : file->state;

            if (state == groups[g].state) {
                put(text, &len, reg_cstr(comma));
                put(text, &len, file->name);
                put(text, &len, reg_str(":["));
                put(text, &len, file->facts);
                put(text, &len, reg_str("]"));
                comma = ",";
            }
        }
    }

    put(text, &len, reg_str("}}"));

    return len;
}


str_t
layer_diff_text(layer_diff_t *diff)
{
    size_t len = print(diff, NULL);
    char *text = pool_alloc(diff->pool, len + 1);

    print(diff, text);

    return (str_t){ len, (unsigned char *)text };
}
