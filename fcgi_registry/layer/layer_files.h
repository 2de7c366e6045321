/* layer_files.h: the list of the files of a layer, as GET /v1/images/ID/files
 * answers it: a JSON array of [name, type, deleted, size, mtime, mode, uid,
 * gid]. */

#ifndef LAYER_FILES_H
#define LAYER_FILES_H

#include "layer/tar_entry.h"

#define LAYER_FILES_MAX ((size_t)(64 * 1024 * 1024)) /* bytes of the list */

typedef struct layer_files_s layer_files_t;

/* A new one, in the pool. */
layer_files_t *layer_files_open(pool_t *pool);

/* Adds an entry of the layer; a whiteout, at whatever level, as the file that
 * it deletes.  ERROR where the list would be too long. */
int layer_files_add(layer_files_t *files, const tar_entry_t *entry);

/* The list, in the pool.  Called once. */
str_t layer_files_text(layer_files_t *files);

#endif
