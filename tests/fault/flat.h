/* flat.h: a driver of the store without directories. */

#ifndef FLAT_H
#define FLAT_H

#include "fcgi_registry/store/store_driver.h"

/* The driver where the environment names its directory, or NULL. */
const store_driver_t *flat_driver(void);

#endif
