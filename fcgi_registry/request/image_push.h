/* image_push.h: an image of the original protocol gets a tag, and so becomes
 * one that version 2 can pull. */

#ifndef IMAGE_PUSH_H
#define IMAGE_PUSH_H

#include "request/registry.h"

/* Makes the config and the manifest of an image of the repository, and stores
 * them, with the tag, as the push of a manifest does: policies, events.  The
 * manifest of an image that has one already is used.  Nothing is answered.  OK;
 * DECLINED where there is no such image; ERROR, recorded, where it is refused:
 * also where the upload of its chain has not ended. */
int image_push(req_t *rq, str_t id, str_t tag);

#endif
