/* pull.c: a batch of counts of pulls. */

#include "pull.h"
#include "digest.h"
#include "name.h"
#include "range.h"
#include "writer.h"

#define HEAD "slipway-pulls 1 "
#define END "end\n"


/* --- printing ------------------------------------------------------------- */

int
reg_pull_head_print(char *buf, size_t size, const reg_pull_head_t *head)
{
    reg_writer_t w = reg_writer(buf, size);

    reg_put_cstr(&w, HEAD);
    reg_put(&w, head->id);
    reg_put_char(&w, ' ');
    reg_put_number(&w, head->limit);
    reg_put_char(&w, '\n');

    return reg_writer_len(&w);
}


int
reg_pull_print(char *buf, size_t size, const reg_pull_t *pull)
{
    reg_writer_t w = reg_writer(buf, size);

    reg_put_number(&w, pull->count);
    reg_put_char(&w, ' ');
    reg_put_number(&w, pull->last);
    reg_put_char(&w, ' ');
    reg_put(&w, pull->repository);
    reg_put_char(&w, ' ');
    reg_put(&w, pull->reference);
    reg_put_char(&w, '\n');

    return reg_writer_len(&w);
}


int
reg_pull_end_print(char *buf, size_t size)
{
    reg_writer_t w = reg_writer(buf, size);

    reg_put_cstr(&w, END);

    return reg_writer_len(&w);
}


/* --- reading -------------------------------------------------------------- */

/* The bytes before the next separator, which are taken off the text with it;
 * false where there is none. */
static bool
take(reg_str_t *text, char separator, reg_str_t *part_r)
{
    unsigned char *end =
        text->len == 0 ? NULL : memchr(text->data, separator, text->len);

    if (end == NULL) {
        return false;
    }

    part_r->data = text->data;
    part_r->len = (size_t)(end - text->data);
    text->data = end + 1;
    text->len -= part_r->len + 1;

    return true;
}


static bool
take_number(reg_str_t *text, char separator, uint64_t *number_r)
{
    reg_str_t part;

    return take(text, separator, &part)
           && reg_number_parse(part, number_r) == REG_OK;
}


static bool
is_id(reg_str_t id)
{
    for (size_t i = 0; i < id.len; i++) {
        unsigned char c = id.data[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
    }

    return id.len == REG_PULL_ID_LEN;
}


static bool
is_reference(reg_str_t reference)
{
    reg_digest_t digest;

    return reg_tag_is_valid(reference)
           || reg_digest_parse(reference, &digest) == REG_OK;
}


bool
reg_pull_is_complete(reg_str_t batch)
{
    size_t len = sizeof("\n" END) - 1;

    return batch.len >= len
           && memcmp(batch.data + batch.len - len, "\n" END, len) == 0;
}


int
reg_pull_head_take(reg_str_t *batch, reg_pull_head_t *head_r)
{
    size_t len = sizeof(HEAD) - 1;

    if (batch->len < len || memcmp(batch->data, HEAD, len) != 0) {
        return REG_ERROR;
    }

    batch->data += len;
    batch->len -= len;

    return take(batch, ' ', &head_r->id) && is_id(head_r->id)
                   && take_number(batch, '\n', &head_r->limit)
               ? REG_OK
               : REG_ERROR;
}


/* "COUNT LAST REPOSITORY REFERENCE" */
static bool
read_line(reg_str_t line, reg_pull_t *pull_r)
{
    if (!take_number(&line, ' ', &pull_r->count)
        || !take_number(&line, ' ', &pull_r->last)
        || !take(&line, ' ', &pull_r->repository)) {
        return false;
    }

    pull_r->reference = line;

    return pull_r->count != 0 && pull_r->count <= REG_PULL_COUNT_MAX
           && reg_name_is_valid(pull_r->repository) && is_reference(line);
}


int
reg_pull_take(reg_str_t *batch, reg_pull_t *pull_r)
{
    reg_str_t line;

    if (reg_str_eq(*batch, reg_str(END))) {
        return REG_DECLINED;
    }

    return take(batch, '\n', &line) && read_line(line, pull_r) ? REG_OK
                                                               : REG_ERROR;
}
