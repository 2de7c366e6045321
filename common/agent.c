/* agent.c: what a client of the original protocol says of itself. */

#include "agent.h"


/* The next part of a text that spaces separate; empty at its end. */
static reg_str_t
part_take(reg_str_t *text)
{
    reg_str_t part;

    while (text->len != 0 && text->data[0] == ' ') {
        text->data++;
        text->len--;
    }

    part = (reg_str_t){ 0, text->data };

    while (part.len < text->len && text->data[part.len] != ' ') {
        part.len++;
    }

    text->data += part.len;
    text->len -= part.len;

    return part;
}


static unsigned char
lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 'a' - 'A') : c;
}


/* Takes "product/" off the front of a part. */
static bool
take_product(reg_str_t *part, const char *product)
{
    size_t len = strlen(product);

    if (part->len <= len || part->data[len] != '/') {
        return false;
    }

    for (size_t i = 0; i < len; i++) {
        if (lower(part->data[i]) != (unsigned char)product[i]) {
            return false;
        }
    }

    part->data += len + 1;
    part->len -= len + 1;

    return true;
}


static bool
is_version(reg_str_t version)
{
    for (size_t i = 0; i < version.len; i++) {
        if (version.data[i] <= ' ' || version.data[i] >= 0x7f) {
            return false;
        }
    }

    return version.len != 0 && version.len <= REG_AGENT_VERSION_MAX;
}


int
reg_agent_version(reg_str_t agent, const char *product, reg_str_t *version_r)
{
    for (;;) {
        reg_str_t part = part_take(&agent);

        if (part.len == 0) {
            return REG_DECLINED;
        }

        if (take_product(&part, product)) {
            *version_r = part;
            return is_version(part) ? REG_OK : REG_DECLINED;
        }
    }
}
