/* json.h: jansson, and the limits that we set on JSON from outside.  The only
 * file that includes it. */

#ifndef JSON_H
#define JSON_H

#include "fcgi_core/pool.h"
#include "common/json_scan.h"

#include <jansson.h>

/* Makes jansson end the process where memory is out, as pools do.  Called once
 * at the start of a program. */
void json_open(void);

/* Releases the value with the pool (takes the reference); returns it. */
json_t *json_pooled(pool_t *pool, json_t *value);

/* A new JSON string; U+FFFD where s is not valid UTF-8.  Never NULL. */
json_t *json_str(str_t s);

/* A moment (seconds since 1970) as RFC 3339 has it; null for NULL. */
json_t *json_time(int64_t seconds);
json_t *json_time_or_null(const int64_t *seconds);

/* A number, a text of the database; null for NULL. */
json_t *json_number_or_null(const uint64_t *number);
json_t *json_text_or_null(const char *text);

/* The value as compact JSON, in the pool. */
const char *json_text(pool_t *pool, const json_t *value);

/* Prints the value to stdout as a line of its own, and releases it. */
void json_print(json_t *value);

/* A sentence about a position of a text, in the pool; returns ERROR. */
int json_error_at(pool_t *pool, str_t text, size_t pos, const char *error,
                  const char **error_r);

/* reg_json_measure() whose error says where, in the pool. */
int json_measure(pool_t *pool, str_t text, const reg_json_limit_t *limit,
                 const char **error_r);

/* Parses text, of which no more is asked than of what was stored before
 * (common/json_scan.h).  Duplicate keys, NULs, trailing bytes, invalid UTF-8
 * and numbers that cannot be held are refused.  ERROR with *error_r (in the
 * pool) saying what and where.  The value is released with the pool. */
int json_parse(pool_t *pool, str_t text, json_t **value_r,
               const char **error_r);

/* A string member as a view, DECLINED where it is missing or null, ERROR
 * where it is something else. */
int json_member_string(json_t *object, const char *key, str_t *value_r);

#endif
