/* image_copy.h: images of the original protocol of one repository become those
 * of another one. */

#ifndef IMAGE_COPY_H
#define IMAGE_COPY_H

#include "store/store.h"

/* Makes an image and all of its ancestors images of the repository called to,
 * the root first, with the same layers; one that is there already stays as it
 * is.  The caller may read what it copies.  DECLINED where the repository
 * called from does not have all of it, complete. */
int image_copy(store_op_t *op, str_t from, str_t to, str_t id);

#endif
