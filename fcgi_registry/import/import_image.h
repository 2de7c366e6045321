/* import_image.h: an image of the first registry's storage,
 * images/<id>/{json,layer,ancestry,_inprogress,_checksum}. */

#ifndef IMPORT_IMAGE_H
#define IMPORT_IMAGE_H

#include "repository/image_v1.h"
#include "store/digest_set.h"

/* What was done, for the last lines. */
typedef struct {
    uint64_t images, there; /* imported, and there before the run */
    uint64_t verified;      /* of those imported: by their own checksum */
    uint64_t bytes;         /* of their layers */
} import_count_t;

typedef struct {
    store_op_t op;    /* of the store; a tag at a time */
    const char *from; /* the storage's directory */
    str_t name;       /* the repository that is imported, as the store has it */
    digest_set_t *seen; /* ids of the repository's images, each counted once */
    import_count_t n;
} import_t;

/* Imports an image and all that it descends from, the root first.  What is
 * there already is left, so that a run that ended early is run again.  DECLINED
 * with *why_r a sentence where that cannot be; ERROR, logged. */
int import_chain(import_t *import, str_t id, const char **why_r);

#endif
