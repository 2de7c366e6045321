/* layer_unpack.h: a layer of the original protocol is unpacked, within the
 * limits of serve-layers. */

#ifndef LAYER_UNPACK_H
#define LAYER_UNPACK_H

#include "layer/unpack.h"
#include "repository/image_v1.h"
#include "request/registry.h"

/* Sets the limits, once, before processes begin; limit is used until the
 * end. */
void layer_limit_set(const unpack_limit_t *limit);

/* Unpacks what has a key in a store, whose image has a json.  DECLINED where it
 * is not there; ERROR is recorded where it exceeds a limit or is broken. */
int layer_unpack(req_t *rq, store_op_t *op, const char *key, str_t json,
                 unpacked_t *unpacked_r);

/* The list of an image's files, of a layer that is unpacked now if it never
 * was: it came by version 2.  ERROR is recorded, also where there is no such
 * image, or its layer has no files. */
int layer_files_find(req_t *rq, str_t id, str_t *files_r);

#endif
