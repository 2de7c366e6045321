/* manifest_parse.h: what a manifest says (OCI image-spec "Image Manifest",
 * "Image Index"; Docker image manifest version 2, schema 2).
 *
 * Strict where two readers could understand the same bytes differently, and
 * of a push where registry:2 would not understand them at all; lenient about
 * all else that we do not read: unknown fields, whatever is in them, unknown
 * types of layers and configs, unknown digest algorithms. */

#ifndef MANIFEST_PARSE_H
#define MANIFEST_PARSE_H

#include "fcgi_core/json.h"
#include "common/digest.h"

/* Layers, or children of an index, that a push may bring: each distinct one
 * costs a lookup in the store. */
#define MANIFEST_REFERENCES_MAX 20000

#define MANIFEST_BYTES_MAX (64 * 1024 * 1024) /* of one in a store */

/* A reference from a manifest to other content. */
typedef struct {
    str_t media_type; /* empty where it is missing */
    str_t text;       /* the digest as it stands */
    uint64_t size;
    reg_digest_t digest;
    size_t first;     /* index of the first reference with this digest */
    bool is_known;    /* of an algorithm that we know: digest is set */
    bool is_optional; /* may be kept elsewhere: a nondistributable layer */
    const json_t *platform; /* where it runs: an object, or NULL; lives as long
                               as the pool */
} descriptor_t;

typedef struct {
    str_t media_type; /* the type of the manifest itself */
    bool is_index;
    size_t n; /* config and layers, or children of an index */
    descriptor_t *references;
    bool has_urls;      /* a descriptor says where else its content is */
    bool has_platforms; /* a descriptor says where it runs */
    bool has_subject;
    descriptor_t subject;
    str_t artifact_type; /* its own, else that of its config; may be empty */
    json_t *annotations; /* an object, or NULL; lives as long as the pool */
} manifest_t;

/* Whether a media type is one of the manifests that are served. */
bool manifest_is_type(str_t media_type);

/* The JSON of a manifest without the fields that we do not know, in which
 * anything is allowed that is JSON.  is_push: by the limits of what enters, and
 * all of it in UTF-8; else by those of what was stored before. */
int manifest_json(pool_t *pool, str_t content, bool is_push, json_t **root_r,
                  const char **error_r);

/* Sets first of each reference. */
void manifest_group(pool_t *pool, manifest_t *manifest);

/* Views into the pool.  ERROR with *error_r a sentence for people: no JSON, a
 * type that we do not serve, a shape that fits two types, a broken descriptor,
 * more of them than MANIFEST_REFERENCES_MAX, or a content_type (bare and
 * lower-case; empty where the client sent none) that is not the type of the
 * bytes.  A content_type of NULL: they are stored already, and members that
 * registry:2 does not read (sizes, subject, annotations and artifactType)
 * count as missing if they are broken, so that the references of the manifest
 * can still be read. */
int manifest_parse(pool_t *pool, str_t content, const char *content_type,
                   manifest_t *manifest_r, const char **error_r);

#endif
