/* cursor.c: pages of lists. */

#include "api/cursor.h"
#include "api/fields.h"
#include "api/problem.h"
#include "common/encode.h"
#include "common/query.h"
#include "common/range.h"
#include "common/writer.h"
#include "fcgi_core/base64.h"
#include "fcgi_core/reply.h"

#define LINK_MAX 8192


size_t
cursor_limit(const api_t *api)
{
    return (size_t)api_integer(api, "limit", FIELDS_LIMIT_DEFAULT);
}


/* Every key is made of names and numbers.  The database refuses to compare a
 * name with other characters. */
static bool
is_key(const unsigned char *key, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (key[i] < ' ' || key[i] > '~') {
            return false;
        }
    }

    return true;
}


const char *
cursor_text(api_t *api, const char *fallback)
{
    str_t text = api_text(api, "after");
    unsigned char *key;
    size_t len;

    if (!api_has(api, "after")) {
        return fallback;
    }

    key = pool_alloc(api->pool, text.len + 1);

    if (base64_decode(BASE64_URL, text, key, &len) != OK || !is_key(key, len)) {
        problem_fail(api, PROBLEM_CURSOR, "after", NULL);
        return NULL;
    }

    return (const char *)key;
}


int
cursor_number(api_t *api, uint64_t fallback, uint64_t *number_r)
{
    const char *text = cursor_text(api, "");

    if (text == NULL) {
        return ERROR;
    }

    *number_r = fallback;

    if (text[0] != '\0'
        && reg_number_parse(reg_cstr(text), number_r) != REG_OK) {
        return problem_fail(api, PROBLEM_CURSOR, "after", NULL);
    }

    return OK;
}


const char *
cursor_key_number(const api_t *api, uint64_t number)
{
    return pool_printf(api->pool, "%llu", (unsigned long long)number);
}


int
cursor_moment(api_t *api, int64_t *at_r, const char **key_r)
{
    const char *text = cursor_text(api, "");
    size_t len;
    uint64_t at;

    *at_r = INT64_MAX;
    *key_r = NULL;

    if (text == NULL || text[0] == '\0') {
        return text != NULL ? OK : ERROR;
    }

    len = strcspn(text, " ");

    if (text[len] == '\0'
        || reg_number_parse((str_t){ len, (unsigned char *)text }, &at)
               != REG_OK) {
        return problem_fail(api, PROBLEM_CURSOR, "after", NULL);
    }

    *at_r = (int64_t)at;
    *key_r = text + len + 1;

    return OK;
}


const char *
cursor_key_moment(const api_t *api, int64_t at, const char *key)
{
    return pool_printf(api->pool, "%lld %s", (long long)at, key);
}


/* The query of this page without its cursor, as the client wrote it. */
static void
put_query(reg_writer_t *w, const char *query)
{
    while (*query != '\0') {
        size_t len = strcspn(query, "&");

        if (len != 0 && strncmp(query, "after=", 6) != 0) {
            reg_put(w, (str_t){ len, (unsigned char *)query });
            reg_put_char(w, '&');
        }

        query += len;
        query += *query == '&';
    }
}


/* The path as the client wrote it: it was matched as it is. */
static void
put_path(reg_writer_t *w, const char *uri)
{
    reg_put(w, (str_t){ strcspn(uri, "?#"), (unsigned char *)uri });
    reg_put_char(w, '?');
}


/* --- lines ---------------------------------------------------------------- */

static void
read_accept(void *data, str_t value)
{
    bool *wants_lines = data;

    while (value.len != 0) {
        const unsigned char *comma = memchr(value.data, ',', value.len);
        size_t len = comma != NULL ? (size_t)(comma - value.data) : value.len;
        str_t type = { len, value.data };

        value.data += len + (comma != NULL);
        value.len -= len + (comma != NULL);

        while (type.len != 0 && type.data[0] == ' ') {
            type.data++;
            type.len--;
        }

        if (type.len >= sizeof(CURSOR_LINES) - 1
            && strncasecmp((const char *)type.data, CURSOR_LINES,
                           sizeof(CURSOR_LINES) - 1)
                   == 0) {
            *wants_lines = true;
        }
    }
}


static bool
wants_lines(const api_t *api)
{
    bool is_wanted = false;

    if ((api->route->flags & ROUTE_LINES) != 0) {
        reply_header(api->rq, "Vary", "Accept");
        req_param_each(api->rq, "HTTP_ACCEPT", read_accept, &is_wanted);
    }

    return is_wanted;
}


static int
reply_lines(api_t *api, json_t *items)
{
    str_t text = { 0, NULL };
    json_t *item;
    size_t i;

    json_pooled(api->pool, items);

    json_array_foreach(items, i, item)
    {
        size_t len = json_dumpb(item, NULL, 0, JSON_COMPACT);

        text.len += len + 1;
    }

    text.data = pool_alloc(api->pool, text.len + 1);
    text.len = 0;

    json_array_foreach(items, i, item)
    {
        text.len +=
            json_dumpb(item, (char *)text.data + text.len,
                       json_dumpb(item, NULL, 0, JSON_COMPACT), JSON_COMPACT);
        text.data[text.len++] = '\n';
    }

    return reply_bytes(api->rq, 200, CURSOR_LINES, text);
}


int
cursor_reply(api_t *api, json_t *items, const char *last)
{
    req_t *rq = api->rq;
    reg_writer_t w = reg_writer(pool_alloc(api->pool, LINK_MAX), LINK_MAX);

    if (last != NULL) {
        str_t key = reg_cstr(last);
        str_t text = { BASE64_LEN(key.len), NULL };

        text.data = pool_alloc(api->pool, text.len + 1);
        base64_url_encode(key, (char *)text.data);

        put_path(&w, req_param(rq, "REQUEST_URI"));
        put_query(&w, rq->query);
        reg_put_cstr(&w, "after=");
        reg_put(&w, text);

        if (reg_writer_finish(&w) > 0) {
            reply_header(rq, "Link", "<%s>; rel=\"next\"", w.buf);
        }
    }

    return wants_lines(api)
               ? reply_lines(api, items)
               : reply_json(rq, 200, json_pack("{s:o}", "items", items));
}
