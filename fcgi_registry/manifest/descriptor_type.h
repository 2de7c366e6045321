/* descriptor_type.h: the types of a descriptor's fields other than media
 * type, size and digest (OCI image-spec "Descriptors").
 *
 * Nothing of it is read here, but registry:2 and 3 read all of it, and where
 * the type is another they neither serve the manifest nor collect garbage. */

#ifndef DESCRIPTOR_TYPE_H
#define DESCRIPTOR_TYPE_H

#include "fcgi_core/json.h"

/* The first member that is of no type for it; NULL where all are. */
const char *descriptor_type_misfit(json_t *descriptor);

#endif
