/* walk.h: goes through the whole store, one name after another, in no order and
 * without ever holding a list of names.
 *
 * What is added or removed meanwhile may be seen or not; what is there all the
 * time is seen.  Names that have no place in the layout are passed to stray,
 * and what is below them is left alone. */

#ifndef WALK_H
#define WALK_H

#include "store/store.h"

/* What a directory of repositories/ has: one that has none of these is only on
 * the way to others. */
#define WALK_LAYERS 1
#define WALK_MANIFESTS 2
#define WALK_UPLOADS 4
#define WALK_REFERRERS 8
#define WALK_IMAGES_V1 16

typedef struct {
    store_op_t *op; /* its pool is not used: the callbacks may reset it */
    void *data;     /* for all callbacks */
    void (*stray)(void *data, const char *key); /* NULL: no one minds */
} walk_t;

typedef void (*walk_repository_fn)(void *data, str_t name, unsigned has);
typedef void (*walk_digest_fn)(void *data, const reg_digest_t *digest);
typedef void (*walk_name_fn)(void *data, const char *name);

/* The functions return ERROR, logged, where a directory could not be read,
 * after they went through all others. */

/* Every repository, and "_v1", where uploads of the original protocol are whose
 * repository is not known.  A name may break the grammar, but is safe as a
 * path; one that is too long is an ERROR.  Repositories come after those in
 * directories below their own. */
int walk_repositories(const walk_t *walk, walk_repository_fn fn);

/* Every <alg>/<hex> below key, a directory of links.  The digest is the
 * callback's until it returns. */
int walk_digests(const walk_t *walk, const char *key, walk_digest_fn fn);

/* Every digest below blobs/, whether or not it has data. */
int walk_blobs(const walk_t *walk, walk_digest_fn fn);

/* Every name right below key, leftovers of a crash as well.  DECLINED where
 * that is no directory. */
int walk_names(const walk_t *walk, const char *key, walk_name_fn fn);

#endif
