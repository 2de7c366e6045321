/* manifest_scan.h: finds the media type of a stored manifest in its bytes,
 * piece by piece and in constant memory.
 *
 * Nothing but the bytes is stored (see docs/layout.md), so the type is derived
 * as registry:2 derives it: "mediaType" at the top level; without one,
 * an image index where "manifests" is an array, else an OCI image manifest;
 * schemaVersion 1 is Docker's schema 1, whatever else is said.  Of several
 * members with one key the last one counts, as everywhere; keys are compared
 * after their escapes are resolved, and exactly: Go's decoder would take
 * "MEDIATYPE", too, but the check at a push does not, and both must see the
 * same manifest.  Not a validator: manifests were checked when they came in. */

#ifndef REG_MANIFEST_SCAN_H
#define REG_MANIFEST_SCAN_H

#include "reg.h"

#define REG_MEDIA_TYPE_MAX 255 /* bytes; a longer one is ignored */

#define REG_MT_OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define REG_MT_OCI_INDEX "application/vnd.oci.image.index.v1+json"
#define REG_MT_DOCKER_MANIFEST                                                 \
    "application/vnd.docker.distribution.manifest.v2+json"
#define REG_MT_DOCKER_LIST                                                     \
    "application/vnd.docker.distribution.manifest.list.v2+json"
#define REG_MT_DOCKER_V1 "application/vnd.docker.distribution.manifest.v1+json"
#define REG_MT_DOCKER_V1_SIGNED                                                \
    "application/vnd.docker.distribution.manifest.v1+prettyjws"

typedef struct {
    unsigned state;  /* where in the JSON text; private to the .c file */
    unsigned escape; /* where in an escape of a string */
    unsigned code;   /* of a \uXXXX, as far as it was read */
    unsigned key;    /* which top-level key the value belongs to */
    size_t depth;    /* open brackets below the top level */
    bool has_media_type;
    bool has_manifests;
    bool has_signatures;
    unsigned schema_version;
    size_t token_len;
    char token[32];                          /* a key or a literal */
    char media_type[REG_MEDIA_TYPE_MAX + 1]; /* NUL-terminated */
} reg_manifest_scan_t;

void reg_manifest_scan_init(reg_manifest_scan_t *scan);
void reg_manifest_scan_feed(reg_manifest_scan_t *scan, const void *data,
                            size_t len);

/* The type: a constant, or scan->media_type, valid as long as scan is.  Never
 * NULL, and safe to send in a header: the client that pushes writes
 * "mediaType", and browsers trust it, so only "application/vnd...+json" (or
 * "+prettyjws") of RFC 6838's characters is believed, others are ignored.  May
 * be asked at any time: what stands in the bytes seen so far counts, and what
 * follows an error in the JSON does not. */
const char *reg_manifest_scan_type(const reg_manifest_scan_t *scan);

#endif
