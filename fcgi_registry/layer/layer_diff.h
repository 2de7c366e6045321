/* layer_diff.h: what a layer changes of those below it, as GET
 * /v1/images/ID/diff answers it. */

#ifndef LAYER_DIFF_H
#define LAYER_DIFF_H

#include "fcgi_core/pool.h"

typedef struct layer_diff_s layer_diff_t;

/* Of a layer's list of files (layer_files.h), which is used until the end.
 * NULL where it is none. */
layer_diff_t *layer_diff_open(pool_t *pool, str_t files);

/* The list of the next ancestor, the parent first.  OK; DECLINED where no
 * further ancestor could change anything; ERROR where it is no such list.  Used
 * during the call only. */
int layer_diff_ancestor(layer_diff_t *diff, str_t files);

/* {"deleted":{…},"changed":{…},"created":{…}}, in the pool. */
str_t layer_diff_text(layer_diff_t *diff);

#endif
