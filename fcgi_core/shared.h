/* shared.h: memory that all processes of a program share. */

#ifndef SHARED_H
#define SHARED_H

#include "fcgi_core/core.h"

/* Zeroed bytes, for as long as the program runs; before the fork.  NULL,
 * logged, where there is no memory. */
void *shared_create(size_t size);

#endif
