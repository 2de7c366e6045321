/* query.h: arguments of a query string or of a form body. */

#ifndef REG_QUERY_H
#define REG_QUERY_H

#include "reg.h"

/* What a plus is: in the query of a URI, a plus (RFC 3986; "application/x+json"
 * is sent as it is); in a form, a space.  GET /token is a form, too: Go's
 * clients send "scope=a+b" and "service=My+registry" there, and a plus that is
 * meant as "%2B". */
typedef enum { REG_QUERY_URI, REG_QUERY_FORM } reg_query_kind_t;

/* Finds the next argument called key at or after *pos (start with 0) and
 * decodes its value into buf.  REG_OK with *value_r a view into buf and *pos
 * behind the argument; REG_DECLINED where there is none left; REG_ERROR where
 * the value is badly encoded or longer than size (then *pos is behind it too).
 * A key without "=" has an empty value.  Keys are compared decoded ("%6b" is
 * "k") and may have 64 bytes; only '&' separates. */
int reg_query_next(reg_query_kind_t kind, reg_str_t query, const char *key,
                   size_t *pos, unsigned char *buf, size_t size,
                   reg_str_t *value_r);

/* The first argument called key; as reg_query_next() otherwise. */
int reg_query_arg(reg_query_kind_t kind, reg_str_t query, const char *key,
                  unsigned char *buf, size_t size, reg_str_t *value_r);

#endif
