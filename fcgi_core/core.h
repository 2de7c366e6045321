/* core.h: what every file of the two FastCGI programs includes first. */

#ifndef CORE_H
#define CORE_H

#include "common/reg.h"
#include "common/error.h"
#include "common/banned.h"

#define SLIPWAY_VERSION "0.1.0"

#define OK REG_OK
#define ERROR REG_ERROR
#define DECLINED REG_DECLINED

typedef reg_str_t str_t;

/* The two arguments of "%.*s". */
#define STR(s) (int)(s).len, (const char *)(s).data

#define PRINTF_LIKE(f, first) __attribute__((format(printf, f, first)))

#endif
