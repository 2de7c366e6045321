/* cursor.h: pages of lists, in the order of a key.
 *
 *     const char *after = cursor_text(api);      // or cursor_number()
 *     size_t limit = cursor_limit(api);
 *     ... read limit + 1 rows behind it, make an item of each
 *     return cursor_reply(api, items, text of the key of the last one);
 */

#ifndef CURSOR_H
#define CURSOR_H

#include "api/api.h"

/* Items of the page at most; one more row shows whether there is another
 * page. */
size_t cursor_limit(const api_t *api);

/* What the page comes behind: the text that cursor_reply() got, fallback
 * on the first page.  NULL with a problem for a cursor that is none of ours. */
const char *cursor_text(api_t *api, const char *fallback);

/* The same for keys that are numbers.  OK or ERROR. */
int cursor_number(api_t *api, uint64_t fallback, uint64_t *number_r);

/* The text of a key that is a number, for cursor_reply(). */
const char *cursor_key_number(const api_t *api, uint64_t number);

/* The same for lists whose order is a moment, the latest first, and then a key:
 * where there is no cursor, INT64_MAX and NULL.  OK or ERROR. */
int cursor_moment(api_t *api, int64_t *at_r, const char **key_r);
const char *cursor_key_moment(const api_t *api, int64_t at, const char *key);

#define CURSOR_LINES "application/x-ndjson"

/* Answers 200 with {"items": items} (takes the reference), and where last is
 * not NULL a Link to the page behind it.  Of a route with ROUTE_LINES a client
 * that accepts CURSOR_LINES gets the items alone, one a line. */
int cursor_reply(api_t *api, json_t *items, const char *last);

#endif
