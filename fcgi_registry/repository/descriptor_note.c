/* descriptor_note.c: what a list of referrers says of a manifest. */

#include "repository/descriptor_note.h"

/* in addition to the descriptor: its subject, and braces */
#define NOTE_MAX (DESCRIPTOR_MAX + 1024)


static json_t *
descriptor_make(const reg_digest_t *digest, size_t size,
                const manifest_t *manifest)
{
    char text[REG_DIGEST_MAX + 1];
    json_t *model;

    reg_digest_print(digest, text);
    model = json_pack("{s:o, s:s, s:I}", "mediaType",
                      json_str(manifest->media_type), "digest", text, "size",
                      (json_int_t)size);

    if (manifest->artifact_type.len != 0) {
        json_object_set_new(model, "artifactType",
                            json_str(manifest->artifact_type));
    }

    if (manifest->annotations != NULL) {
        json_object_set(model, "annotations", manifest->annotations);
    }

    if (json_dumpb(model, NULL, 0, JSON_COMPACT) > DESCRIPTOR_MAX) {
        json_object_del(model, "annotations");
    }

    return model;
}


descriptor_note_t
descriptor_note_make(pool_t *pool, const reg_digest_t *digest, size_t size,
                     const manifest_t *manifest)
{
    if (!manifest->has_subject || manifest->subject.text.len > REG_DIGEST_MAX) {
        return (descriptor_note_t){ .descriptor = NULL };
    }

    return (descriptor_note_t){
        .subject = manifest->subject.text,
        .descriptor =
            json_pooled(pool, descriptor_make(digest, size, manifest)),
    };
}


static json_t *
note_print(const descriptor_note_t *note)
{
    return note->descriptor == NULL
               ? json_object()
               : json_pack("{s:o, s:O}", "subject", json_str(note->subject),
                           "descriptor", note->descriptor);
}


void
descriptor_note_put(store_op_t *op, str_t name, const reg_digest_t *digest,
                    const descriptor_note_t *note)
{
    json_t *model = json_pooled(op->pool, note_print(note));
    size_t len = json_dumpb(model, NULL, 0, JSON_COMPACT);
    char *text = pool_alloc(op->pool, len);
    store_key_t key = key_revision_descriptor(name, digest);

    json_dumpb(model, text, len, JSON_COMPACT);
    store_put_hint(op, key.text, (str_t){ len, (unsigned char *)text });
}


static int
note_parse(pool_t *pool, str_t content, descriptor_note_t *note_r)
{
    const char *error;
    json_t *model;

    *note_r = (descriptor_note_t){ .descriptor = NULL };

    if (json_parse(pool, content, &model, &error) != OK
        || !json_is_object(model)) {
        return DECLINED;
    }

    note_r->descriptor = json_object_get(model, "descriptor");

    if (note_r->descriptor == NULL) {
        return json_object_size(model) == 0 ? OK : DECLINED;
    }

    return json_is_object(note_r->descriptor)
                   && json_member_string(model, "subject", &note_r->subject)
                          == OK
               ? OK
               : DECLINED;
}


int
descriptor_note_get(store_op_t *op, str_t name, const reg_digest_t *digest,
                    size_t *bytes_r, descriptor_note_t *note_r)
{
    str_t content;
    store_key_t key = key_revision_descriptor(name, digest);
    int rc = store_get(op, key.text, NOTE_MAX, &content);

    if (rc != OK) {
        return rc;
    }

    *bytes_r = content.len;

    return note_parse(op->pool, content, note_r);
}
