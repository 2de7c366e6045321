/* redirect.c: signatures by which a registry sends a client to an edge. */

#include "redirect.h"
#include "hash.h"
#include "name.h"
#include "writer.h"

#define MAC_LEN 43 /* REG_HMAC_SIZE bytes in base64url, without padding */
#define TEXT_MAX (4 * REG_REDIRECT_VALUE_MAX)


/* --- an edge -------------------------------------------------------------- */

static bool
is_host(reg_str_t text)
{
    bool is_bracketed =
        text.len > 2 && text.data[0] == '[' && text.data[text.len - 1] == ']';
    size_t end = text.len - is_bracketed;

    for (size_t i = is_bracketed; i < end; i++) {
        unsigned char c = text.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.'
              || (is_bracketed ? c == ':' : c == '-' || c == '_'))) {
            return false;
        }
    }

    return text.len != 0;
}


bool
reg_redirect_edge_is_valid(reg_str_t edge)
{
    reg_str_t host = edge;
    size_t n = edge.len;

    if (edge.len > REG_REDIRECT_EDGE_MAX) {
        return false;
    }

    while (n > 0 && edge.data[n - 1] != ':' && edge.data[n - 1] != ']') {
        n--;
    }

    if (n > 0 && edge.data[n - 1] == ':') {
        if (!reg_port_is_valid((reg_str_t){ edge.len - n, edge.data + n })) {
            return false;
        }

        host.len = n - 1;
    }

    return is_host(host);
}


/* --- the signature -------------------------------------------------------- */

static bool
put_value(reg_writer_t *w, const char *name, reg_str_t value)
{
    if (value.len == 0 || value.len > REG_REDIRECT_VALUE_MAX) {
        return false;
    }

    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] <= ' ' || value.data[i] >= 0x7f) {
            return false;
        }
    }

    reg_put_cstr(w, name);
    reg_put(w, value);
    reg_put_char(w, '\n');

    return true;
}


/* Five bits are left over: the last character has four of the MAC. */
static void
base64url(const unsigned char *mac, char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789-_";

    for (size_t i = 0; i < MAC_LEN; i++) {
        size_t bit = 6 * i;
        unsigned pair = (unsigned)mac[bit / 8] << 8;

        if (bit / 8 + 1 < REG_HMAC_SIZE) {
            pair |= mac[bit / 8 + 1];
        }

        text[i] = digits[(pair >> (10 - bit % 8)) & 0x3f];
    }
}


static int
mac_print(const reg_redirect_t *redirect, int64_t expires, reg_str_t secret,
          char *text)
{
    char buf[TEXT_MAX];
    unsigned char mac[REG_HMAC_SIZE];
    reg_writer_t w = reg_writer(buf, sizeof(buf));
    int len;

    reg_put_cstr(&w, "slipway-redirect 1\n");

    if (!put_value(&w, "edge ", redirect->edge)
        || !put_value(&w, "method ", redirect->method)
        || !put_value(&w, "repository ", redirect->repository)
        || !put_value(&w, "digest ", redirect->digest)) {
        return REG_ERROR;
    }

    reg_put_cstr(&w, "expires ");
    reg_put_number(&w, (uint64_t)expires);
    reg_put_char(&w, '\n');
    len = reg_writer_len(&w);

    if (len == REG_ERROR) {
        return REG_ERROR;
    }

    reg_hmac(secret, (reg_str_t){ (size_t)len, (unsigned char *)buf }, mac);
    base64url(mac, text);

    return REG_OK;
}


int
reg_redirect_sign(char *buf, size_t size, const reg_redirect_t *redirect,
                  int64_t expires, reg_str_t secret)
{
    reg_writer_t w = reg_writer(buf, size);
    char mac[MAC_LEN];

    if (expires <= 0 || secret.len == 0
        || mac_print(redirect, expires, secret, mac) != REG_OK) {
        return REG_ERROR;
    }

    reg_put_number(&w, (uint64_t)expires);
    reg_put_char(&w, '.');
    reg_put(&w, (reg_str_t){ sizeof(mac), (unsigned char *)mac });

    return reg_writer_len(&w);
}


/* Digits without a zero in front of them, and a dot. */
static bool
take_time(reg_str_t *text, int64_t *time_r)
{
    size_t n = 0;

    *time_r = 0;

    while (n < text->len && n <= REG_REDIRECT_DIGITS && text->data[n] >= '0'
           && text->data[n] <= '9') {
        *time_r = *time_r * 10 + (text->data[n++] - '0');
    }

    if (n == 0 || n > REG_REDIRECT_DIGITS || text->data[0] == '0'
        || n == text->len || text->data[n] != '.') {
        return false;
    }

    text->data += n + 1;
    text->len -= n + 1;

    return true;
}


int
reg_redirect_check(reg_str_t text, const reg_redirect_t *redirect, int64_t now,
                   reg_str_t secret)
{
    unsigned char differs = 0;
    char mac[MAC_LEN];
    int64_t expires;

    if (secret.len == 0 || !take_time(&text, &expires) || text.len != MAC_LEN
        || mac_print(redirect, expires, secret, mac) != REG_OK) {
        return REG_ERROR;
    }

    for (size_t i = 0; i < MAC_LEN; i++) {
        differs |= text.data[i] ^ (unsigned char)mac[i];
    }

    if (differs != 0) {
        return REG_ERROR;
    }

    return expires > now ? REG_OK : REG_DECLINED;
}
