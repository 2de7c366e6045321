/* store_fs.h: the store as a directory of a filesystem. */

#ifndef STORE_FS_H
#define STORE_FS_H

#include "store/store_driver.h"

extern const store_driver_t store_fs;

#endif
