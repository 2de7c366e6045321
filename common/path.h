/* path.h: the layout of the store, distribution's to the letter
 * (docs/layout.md is the contract).
 *
 * Every function writes a path and a NUL into buf[size] and returns its
 * length, or REG_ERROR where it does not fit.  Names, tags, digests and ids
 * must have been found valid before: nothing from outside is concatenated
 * unchecked.  root is the driver's root directory, without a final slash. */

#ifndef REG_PATH_H
#define REG_PATH_H

#include "digest.h"

/* A root of up to REG_ROOT_MAX bytes leaves room for every path. */
#define REG_ROOT_MAX 512
#define REG_PATH_MAX 1152
#define REG_PATH_PREFIX "/docker/registry/v2"

/* Absolute, of at most REG_ROOT_MAX bytes, not "/", without a final slash and
 * without ".." in it. */
bool reg_root_is_valid(reg_str_t root);

/* A root that came with a request: valid, somewhere below a directory, with
 * nothing in it that could lead elsewhere: each further part is a name, not
 * empty, "." or "..", without control characters. */
bool reg_root_is_below(reg_str_t root, reg_str_t directory);

/* <root>/docker/registry/v2/blobs/<alg>/<xx>/<hex>/data */
int reg_path_blob(char *buf, size_t size, reg_str_t root,
                  const reg_digest_t *digest);

/* .../repositories */
int reg_path_repositories(char *buf, size_t size, reg_str_t root);

/* .../repositories/<name>, and below it sub where that is not NULL */
int reg_path_repository(char *buf, size_t size, reg_str_t root, reg_str_t name,
                        const char *sub);

/* .../repositories/<name>/_layers/<alg>/<hex>/link */
int reg_path_layer_link(char *buf, size_t size, reg_str_t root, reg_str_t name,
                        const reg_digest_t *digest);

/* .../repositories/<name>/_manifests/revisions/<alg>/<hex>/link */
int reg_path_revision_link(char *buf, size_t size, reg_str_t root,
                           reg_str_t name, const reg_digest_t *digest);

/* .../_manifests/revisions/<alg>/<hex>/sparse: the manifest came before some of
 * what it refers to.  Slipway's own, ignored by registry:2. */
int reg_path_revision_sparse(char *buf, size_t size, reg_str_t root,
                             reg_str_t name, const reg_digest_t *digest);

/* .../_manifests/revisions/<alg>/<hex>/descriptor: what a list of referrers
 * says of it.  Slipway's own, too. */
int reg_path_revision_descriptor(char *buf, size_t size, reg_str_t root,
                                 reg_str_t name, const reg_digest_t *digest);

/* .../_manifests/revisions/<alg>/<hex>/v1: the id that the image has in the
 * original protocol.  Slipway's own, too. */
int reg_path_revision_v1(char *buf, size_t size, reg_str_t root, reg_str_t name,
                         const reg_digest_t *digest);

/* .../repositories/<name>/_v1/<id>, an image of the original protocol, and
 * below it sub where that is not NULL ("json", "ancestry", "layer",
 * "inprogress", "sums", "files").  Slipway's own, ignored by registry:2. */
int reg_path_image_v1(char *buf, size_t size, reg_str_t root, reg_str_t name,
                      reg_str_t id, const char *sub);

/* .../repositories/<name>/_manifests/tags/<tag> */
int reg_path_tag(char *buf, size_t size, reg_str_t root, reg_str_t name,
                 reg_str_t tag);

/* .../tags/<tag>/current/link */
int reg_path_tag_current(char *buf, size_t size, reg_str_t root, reg_str_t name,
                         reg_str_t tag);

/* .../tags/<tag>/index/<alg>/<hex>/link */
int reg_path_tag_index(char *buf, size_t size, reg_str_t root, reg_str_t name,
                       reg_str_t tag, const reg_digest_t *digest);

/* .../repositories/<name>/_uploads/<id>, and below it sub where that is not
 * NULL ("data", "startedat") */
int reg_path_upload(char *buf, size_t size, reg_str_t root, reg_str_t name,
                    reg_str_t id, const char *sub);

/* .../_uploads/<id>/hashstates/<alg>/<offset> */
int reg_path_hash_state(char *buf, size_t size, reg_str_t root, reg_str_t name,
                        reg_str_t id, reg_algorithm_t algorithm,
                        uint64_t offset);

/* .../repositories/<name>/_referrers/<alg>/<hex of subject>, and below it
 * <alg>/<hex of referrer>/link where referrer is not NULL.  Slipway's own,
 * ignored by registry:2, rebuilt from the manifests. */
int reg_path_referrers(char *buf, size_t size, reg_str_t root, reg_str_t name,
                       const reg_digest_t *subject,
                       const reg_digest_t *referrer);

/* <root>/slipway/events/pulls-<n>: a batch of counts of pulls (pull.h), n from
 * 0 to REG_PATH_PULLS - 1.  Slipway's own. */
#define REG_PATH_PULLS 16
int reg_path_pulls(char *buf, size_t size, reg_str_t root, unsigned n);

/* Reads the content of a link file: "alg:hex", white space around it
 * tolerated.  As reg_digest_parse(); an empty link is REG_ERROR. */
int reg_link_parse(reg_str_t content, reg_digest_t *digest_r);

#endif
