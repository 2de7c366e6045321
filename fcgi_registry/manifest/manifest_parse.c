/* manifest_parse.c: what a manifest says. */

#include "manifest/manifest_parse.h"
#include "manifest/descriptor_type.h"

#include "common/manifest_reduce.h"
#include "common/manifest_scan.h"

#include <stdlib.h>
#include <strings.h>

typedef struct {
    pool_t *pool;
    json_t *root;
    bool is_push;
    manifest_t *manifest;
    const char **error_r;
} parser_t;

static const struct {
    const char *name;
    bool is_index;
} media_types[] = {
    { REG_MT_OCI_MANIFEST, false },
    { REG_MT_OCI_INDEX, true },
    { REG_MT_DOCKER_MANIFEST, false },
    { REG_MT_DOCKER_LIST, true },
};

static const char *nondistributable[] = {
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
};


bool
manifest_is_type(str_t media_type)
{
    for (size_t i = 0; i < sizeof(media_types) / sizeof(media_types[0]); i++) {
        if (reg_str_eq(media_type, reg_cstr(media_types[i].name))) {
            return true;
        }
    }

    return false;
}


static int refuse(const parser_t *parser, const char *format, ...)
    PRINTF_LIKE(2, 3);

static int
refuse(const parser_t *parser, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    *parser->error_r = pool_vprintf(parser->pool, format, args);
    va_end(args);

    return ERROR;
}


/* A member that is there and not null. */
static json_t *
member(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    return json_is_null(value) ? NULL : value;
}


/* Go's readers match keys in any case: one that differs from ours in that
 * alone would mean something to them that it does not mean to us. */
static int
keys_check(const parser_t *parser, json_t *object)
{
    static const char *known[] = { "schemaVersion", "mediaType",   "config",
                                   "layers",        "manifests",   "subject",
                                   "artifactType",  "annotations", "digest",
                                   "size",          "urls",        "platform",
                                   "fsLayers" };
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
            if (reg_manifest_key_is(key, known[i])
                && strcmp(key, known[i]) != 0) {
                return refuse(parser, "%s is written %s", key, known[i]);
            }
        }
    }

    return OK;
}


/* --- descriptors --------------------------------------------------------- */


static bool
is_nondistributable(str_t media_type)
{
    for (size_t i = 0;
         i < sizeof(nondistributable) / sizeof(nondistributable[0]); i++) {
        if (reg_str_eq(media_type, reg_cstr(nondistributable[i]))) {
            return true;
        }
    }

    return false;
}


static int
digest_read(const parser_t *parser, const char *where, descriptor_t *descriptor)
{
    int rc = reg_digest_parse(descriptor->text, &descriptor->digest);

    descriptor->is_known = rc == OK;

    return rc == ERROR ? refuse(parser, "%s has an invalid digest", where) : OK;
}


static int
types_check(const parser_t *parser, json_t *value, const char *where)
{
    const char *key = parser->is_push ? descriptor_type_misfit(value) : NULL;

    return key == NULL ? OK
                       : refuse(parser, "%s has an invalid %s", where, key);
}


/* where: the key that holds it. */
static int
descriptor_read(const parser_t *parser, json_t *value, const char *where,
                descriptor_t *descriptor_r)
{
    json_t *size = json_object_get(value, "size");

    *descriptor_r = (descriptor_t){ .is_known = false };

    if (!json_is_object(value)) {
        return refuse(parser, "%s is no descriptor", where);
    }

    if (keys_check(parser, value) != OK
        || types_check(parser, value, where) != OK) {
        return ERROR;
    }

    if (json_member_string(value, "mediaType", &descriptor_r->media_type)
        == ERROR) {
        return refuse(parser, "%s has an invalid mediaType", where);
    }

    if (json_is_integer(size) && json_integer_value(size) >= 0) {
        descriptor_r->size = (uint64_t)json_integer_value(size);

    } else if (parser->is_push) {
        return refuse(parser, "%s has no valid size", where);
    }

    if (json_member_string(value, "digest", &descriptor_r->text) != OK) {
        return refuse(parser, "%s has no digest", where);
    }

    descriptor_r->is_optional = is_nondistributable(descriptor_r->media_type);

    if (member(value, "urls") != NULL) {
        parser->manifest->has_urls = true;
    }

    if (member(value, "platform") != NULL) {
        parser->manifest->has_platforms = true;
        descriptor_r->platform = member(value, "platform");
    }

    return digest_read(parser, where, descriptor_r);
}


/* An array of descriptors behind those that are there already; where it is
 * missing there are none. */
static int
descriptors_read(const parser_t *parser, const char *key)
{
    manifest_t *manifest = parser->manifest;
    json_t *array = member(parser->root, key);
    json_t *value;
    size_t i;

    if (array != NULL && !json_is_array(array)) {
        return refuse(parser, "%s is no array", key);
    }

    json_array_foreach(array, i, value)
    {
        if (descriptor_read(parser, value, key,
                            &manifest->references[manifest->n++])
            != OK) {
            return ERROR;
        }
    }

    return OK;
}


/* --- the parts of a manifest --------------------------------------------- */


static int
version_check(const parser_t *parser)
{
    json_t *version = json_object_get(parser->root, "schemaVersion");

    return json_is_integer(version) && json_integer_value(version) == 2
               ? OK
               : refuse(parser, "schemaVersion is not 2");
}


/* mediaType, or what the shape says, exactly as the type is read from stored
 * bytes later. */
static int
type_read(const parser_t *parser)
{
    manifest_t *manifest = parser->manifest;
    int rc =
        json_member_string(parser->root, "mediaType", &manifest->media_type);

    if (rc == ERROR) {
        return refuse(parser, "mediaType is not a string");
    }

    if (rc == DECLINED || manifest->media_type.len == 0) {
        manifest->media_type =
            reg_cstr(json_is_array(member(parser->root, "manifests"))
                         ? REG_MT_OCI_INDEX
                         : REG_MT_OCI_MANIFEST);
    }

    for (size_t i = 0; i < sizeof(media_types) / sizeof(media_types[0]); i++) {
        if (reg_str_eq(manifest->media_type, reg_cstr(media_types[i].name))) {
            manifest->is_index = media_types[i].is_index;
            return OK;
        }
    }

    return refuse(parser, "manifests of this mediaType are not served");
}


static int
type_check(const parser_t *parser, const char *content_type)
{
    str_t type = parser->manifest->media_type;

    if (content_type == NULL || content_type[0] == '\0'
        || (strlen(content_type) == type.len
            && strncasecmp(content_type, (char *)type.data, type.len) == 0)) {
        return OK;
    }

    return refuse(parser, "Content-Type is not the type of the manifest, %.*s",
                  STR(type));
}


/* The same bytes must not be an image to one reader and an index to another
 * (CVE-2021-41190). */
static int
shape_check(const parser_t *parser)
{
    static const char *not_of_index[] = { "config", "layers", "fsLayers" };

    if (!parser->manifest->is_index) {
        return member(parser->root, "manifests") == NULL
                   ? OK
                   : refuse(parser, "an image manifest has no manifests");
    }

    for (size_t i = 0; i < sizeof(not_of_index) / sizeof(not_of_index[0]);
         i++) {
        if (member(parser->root, not_of_index[i]) != NULL) {
            return refuse(parser, "an index has no %s", not_of_index[i]);
        }
    }

    return OK;
}


static int
text_compare(const void *a, const void *b)
{
    const descriptor_t *x = *(descriptor_t *const *)a;
    const descriptor_t *y = *(descriptor_t *const *)b;
    int order;

    if (x->text.len != y->text.len) {
        return x->text.len < y->text.len ? -1 : 1;
    }

    order = memcmp(x->text.data, y->text.data, x->text.len);

    return order != 0 ? order : x < y ? -1 : 1;
}


void
manifest_group(pool_t *pool, manifest_t *manifest)
{
    size_t n = manifest->n;
    descriptor_t **sorted = pool_alloc(pool, (n + 1) * sizeof(descriptor_t *));

    for (size_t i = 0; i < n; i++) {
        sorted[i] = &manifest->references[i];
    }

    qsort(sorted, n, sizeof(descriptor_t *), text_compare);

    for (size_t i = 0; i < n; i++) {
        bool is_first =
            i == 0 || !reg_str_eq(sorted[i - 1]->text, sorted[i]->text);

        sorted[i]->first = is_first ? (size_t)(sorted[i] - manifest->references)
                                    : sorted[i - 1]->first;
    }
}


static int
references_read(const parser_t *parser)
{
    manifest_t *manifest = parser->manifest;
    const char *key = manifest->is_index ? "manifests" : "layers";
    size_t n = json_array_size(member(parser->root, key));

    if (parser->is_push && n > MANIFEST_REFERENCES_MAX) {
        return refuse(parser, "more than %d %s", MANIFEST_REFERENCES_MAX, key);
    }

    manifest->references =
        pool_alloc(parser->pool, (n + 1) * sizeof(descriptor_t));

    if (!manifest->is_index
        && descriptor_read(parser, json_object_get(parser->root, "config"),
                           "config", &manifest->references[manifest->n++])
               != OK) {
        return ERROR;
    }

    if (descriptors_read(parser, key) != OK) {
        return ERROR;
    }

    manifest_group(parser->pool, manifest);

    return OK;
}


static int
subject_read(const parser_t *parser)
{
    json_t *value = member(parser->root, "subject");

    if (value == NULL) {
        return OK;
    }

    parser->manifest->has_subject =
        descriptor_read(parser, value, "subject", &parser->manifest->subject)
        == OK;

    return parser->manifest->has_subject || !parser->is_push ? OK : ERROR;
}


static int
artifact_type_read(const parser_t *parser)
{
    manifest_t *manifest = parser->manifest;

    if (json_member_string(parser->root, "artifactType",
                           &manifest->artifact_type)
            == ERROR
        && parser->is_push) {
        return refuse(parser, "artifactType is not a string");
    }

    if (manifest->artifact_type.len == 0 && !manifest->is_index) {
        manifest->artifact_type = manifest->references[0].media_type;
    }

    return OK;
}


static int
annotations_check(const parser_t *parser, json_t *annotations)
{
    const char *key;
    json_t *value;

    if (annotations != NULL && !json_is_object(annotations)) {
        return refuse(parser, "annotations is not an object");
    }

    json_object_foreach(annotations, key, value)
    {
        if (!json_is_string(value)) {
            return refuse(parser, "an annotation is not a string");
        }
    }

    return OK;
}


static int
annotations_read(const parser_t *parser)
{
    json_t *annotations = member(parser->root, "annotations");

    if (annotations_check(parser, annotations) == OK) {
        parser->manifest->annotations = annotations;

    } else if (parser->is_push) {
        return ERROR;
    }

    return OK;
}


int
manifest_json(pool_t *pool, str_t content, bool is_push, json_t **root_r,
              const char **error_r)
{
    str_t known = { content.len, (unsigned char *)pool_strndup(pool, content) };
    const char *error;
    size_t pos;

    if (is_push
        && json_measure(pool, content, &reg_json_entering, error_r) != OK) {
        return ERROR;
    }

    if (reg_manifest_reduce(known, &error, &pos) != OK) {
        return json_error_at(pool, content, pos, error, error_r);
    }

    return json_parse(pool, known, root_r, error_r);
}


int
manifest_parse(pool_t *pool, str_t content, const char *content_type,
               manifest_t *manifest_r, const char **error_r)
{
    parser_t parser = { .pool = pool,
                        .is_push = content_type != NULL,
                        .manifest = manifest_r,
                        .error_r = error_r };

    *manifest_r = (manifest_t){ .n = 0 };

    if (manifest_json(pool, content, parser.is_push, &parser.root, error_r)
        != OK) {
        return ERROR;
    }

    if (!json_is_object(parser.root)) {
        return refuse(&parser, "a manifest is a JSON object");
    }

    if (keys_check(&parser, parser.root) != OK || version_check(&parser) != OK
        || type_read(&parser) != OK || type_check(&parser, content_type) != OK
        || shape_check(&parser) != OK || references_read(&parser) != OK
        || subject_read(&parser) != OK || artifact_type_read(&parser) != OK) {
        return ERROR;
    }

    return annotations_read(&parser);
}
