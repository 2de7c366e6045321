/* manifest_push.h: a manifest becomes one of a repository: what every push of
 * one has to pass, and what it writes, whatever the protocol.  docs/storage.md
 * has the order of writes. */

#ifndef MANIFEST_PUSH_H
#define MANIFEST_PUSH_H

#include "request/registry.h"
#include "manifest/manifest_parse.h"

#define MANIFEST_PUSH_TAGS_MAX 32 /* of one request */

/* A manifest on its way in. */
typedef struct {
    str_t content;
    manifest_t manifest; /* what it says */
    reg_digest_t digest; /* of the content; its hex is below */
    char hex[REG_DIGEST_HEX_MAX + 1];
    size_t n; /* tags that will point to it */
    str_t tags[MANIFEST_PUSH_TAGS_MAX];

    bool is_sparse;  /* some of what it refers to is missing, and may be */
    json_t *missing; /* errors of OCI distribution: what must not be */
} manifest_push_t;

/* Sets the digest of the content. */
void manifest_push_hash(manifest_push_t *push, reg_algorithm_t algorithm);

/* Checks it by the policies of the location, and stores it with its tags and
 * events; all is durable after OK.  ERROR is recorded where it is refused.
 * DECLINED where something that it refers to is missing: push->missing. Whether
 * there is room for events (event_check()) is checked before by the caller. */
int manifest_push(req_t *rq, manifest_push_t *push);

#endif
