/* referrer.c: which manifests name another one as their subject.
 *
 * What is remembered are hints where to look: a manifest is a referrer if it
 * is in the repository and names the subject.  What it says is read from the
 *note next to its link; a manifest that has none yet gets one. */

#include "repository/referrer.h"
#include "repository/descriptor_note.h"
#include "repository/link.h"
#include "repository/manifest.h"


int
referrer_put(store_op_t *op, str_t name, const reg_digest_t *subject,
             const reg_digest_t *digest)
{
    store_key_t key = key_referrers(name, subject, digest);

    return link_put(op, key.text, digest);
}


/* The links of one algorithm: directories named by hex. */
static int
links_collect(store_op_t *op, const char *directory, const char *algorithm,
              json_t *candidates)
{
    store_names_t names;
    int rc = store_list(op, directory, &names);

    for (size_t i = 0; rc == OK && i < names.n; i++) {
        const char *text =
            pool_printf(op->pool, "%s:%s", algorithm, names.items[i]);

        json_object_set_new(candidates, text, json_true());
    }

    return rc == ERROR ? ERROR : OK;
}


int
referrer_links(store_op_t *op, str_t name, const reg_digest_t *subject,
               json_t *candidates)
{
    store_key_t key = key_referrers(name, subject, NULL);

    for (int i = 0; i < REG_ALGORITHM_N; i++) {
        const char *algorithm =
            (char *)reg_algorithm_name((reg_algorithm_t)i).data;

        if (links_collect(op,
                          pool_printf(op->pool, "%s/%s", key.text, algorithm),
                          algorithm, candidates)
            != OK) {
            return ERROR;
        }
    }

    return OK;
}


/* For a manifest without a note: it is parsed, once. */
static int
note_make(store_op_t *op, str_t name, const reg_digest_t *digest,
          descriptor_note_t *note_r)
{
    manifest_t manifest;
    str_t content;
    int rc = manifest_read(op, name, digest, &content, &manifest);

    *note_r = (descriptor_note_t){ .descriptor = NULL };

    /* what cannot be understood today may be tomorrow */
    if (rc == OK) {
        *note_r =
            descriptor_note_make(op->pool, digest, content.len, &manifest);
        descriptor_note_put(op, name, digest, note_r);
    }

    return rc == ERROR ? ERROR : OK;
}


/* DECLINED where more than max bytes would have to be read. */
static int
note_find(store_op_t *op, str_t name, const reg_digest_t *digest, size_t max,
          size_t *bytes, descriptor_note_t *note_r)
{
    size_t read = 0;
    uint64_t size;
    int rc = descriptor_note_get(op, name, digest, &read, note_r);

    *bytes += read;

    if (rc != DECLINED) {
        return rc;
    }

    rc = manifest_stat(op, name, digest, &size);

    if (rc != OK || size > max) {
        return rc == ERROR ? ERROR : DECLINED;
    }

    *bytes += (size_t)size;

    return note_make(op, name, digest, note_r);
}


/* In memory for one manifest. */
static int
candidate_read(store_op_t *op, str_t name, const reg_digest_t *subject,
               const char *text, size_t max, size_t *bytes, json_t **model_r)
{
    char named[REG_DIGEST_MAX + 1];
    descriptor_note_t note;
    reg_digest_t digest, stored;
    int rc;

    *model_r = NULL;

    if (reg_digest_parse(reg_cstr(text), &digest) != OK) {
        return DECLINED;
    }

    rc = manifest_find(op, name, &digest, &stored);

    if (rc != OK) {
        return rc;
    }

    rc = note_find(op, name, &digest, max, bytes, &note);

    if (rc != OK) {
        return rc == DECLINED ? OK : ERROR;
    }

    reg_digest_print(subject, named);

    if (!reg_str_eq(note.subject, reg_cstr(named))) {
        return DECLINED;
    }

    *model_r = json_incref(note.descriptor);

    return OK;
}


int
referrer_describe(store_op_t *op, str_t name, const reg_digest_t *subject,
                  const char *text, size_t max, size_t *bytes, json_t **model_r)
{
    store_op_t part = store_part_begin(op);
    int rc = candidate_read(&part, name, subject, text, max, bytes, model_r);

    store_part_end(&part, op);

    return rc;
}


static int
text_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}


const char **
referrer_sort(pool_t *pool, json_t *candidates)
{
    size_t n = 0, size = json_object_size(candidates);
    const char **texts = pool_alloc(pool, (size + 1) * sizeof(char *));
    const char *key;
    json_t *value;

    json_object_foreach(candidates, key, value)
    {
        texts[n++] = key;
    }

    qsort(texts, n, sizeof(char *), text_compare);

    return texts;
}
