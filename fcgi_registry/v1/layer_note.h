/* layer_note.h: what was found in a layer is kept with its image. */

#ifndef LAYER_NOTE_H
#define LAYER_NOTE_H

#include "layer/unpack.h"
#include "repository/image_v1.h"

/* Notes what was found, the sums last: with them all is there. */
int layer_note(store_op_t *op, str_t name, str_t id, str_t json,
               const unpacked_t *unpacked);

#endif
