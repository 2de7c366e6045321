/* store_s3.h: the store as objects of a bucket of the S3 protocol. */

#ifndef STORE_S3_H
#define STORE_S3_H

#include "store/store_driver.h"

extern const store_driver_t store_s3;

#endif
