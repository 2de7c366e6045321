/* policy.h: what the operator allows: the switches of a location that nginx
 * cannot apply itself (conf/registry_params).
 *
 * They are read once, before a request that changes the store reads its body.
 * A value that cannot be understood never means the weaker of two answers: it
 * refuses the request and says so in the log. */

#ifndef POLICY_H
#define POLICY_H

#include "request/registry.h"
#include "manifest/manifest_parse.h"

typedef enum { POLICY_OFF, POLICY_ON, POLICY_INDEX } policy_switch_t;

struct policy_s {
    policy_switch_t events;        /* on: changes are written to the spool */
    policy_switch_t manifest_urls; /* off: content is kept nowhere else */
    policy_switch_t sparse; /* manifests, or only image indexes, may come before
                               what they refer to */
    uint64_t events_size;   /* bytes that the spool may have */
    const char *immutable_tags; /* a pattern of "name:tag"; "" for none.  Its
                                   faults show where it is matched. */
};

/* Reads all switches.  ERROR, logged and recorded, where one of them cannot be
 * understood. */
int policy_read(req_t *rq, policy_t *policy_r);

/* Whether a push must be alone among the pushes of its repository: where the
 * order of events is to be that of the changes, or where no tag may come to be
 * between the answer of policy_tag() and its use. */
bool policy_is_exclusive(const policy_t *policy);

/* Whether a manifest may come before what it refers to. */
bool policy_allows_sparse(const policy_t *policy, const manifest_t *manifest);

/* OK where a tag may be pointed to a manifest or, where digest is NULL, be
 * deleted: it is not immutable, or does not exist, or points there already.
 * Else DENIED is recorded. */
int policy_tag(req_t *rq, str_t tag, const reg_digest_t *digest);

/* OK where manifest_urls allows what a manifest says of content that is kept
 * elsewhere, else DENIED is recorded. */
int policy_urls(req_t *rq, const manifest_t *manifest);

#endif
