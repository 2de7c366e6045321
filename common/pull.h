/* pull.h: a batch of counts of pulls, as nginx leaves it in the directory of
 * events and slipway-registry reads it (docs/layout.md):
 *
 *     slipway-pulls 1 6f1c...(32 hex) 1073741824
 *     3 1785585600 alice/app 1.0
 *     1 1785585590 alice/app sha256:f18b...
 *     end
 *
 * The first line has an id that no other batch has, and how many bytes of
 * events may wait; each of the others how many pulls there were, when the last
 * one was (seconds since 1970), the repository, and the tag or digest that the
 * client asked for.  A batch without the last line is not complete. */

#ifndef REG_PULL_H
#define REG_PULL_H

#include "reg.h"

#define REG_PULL_ID_LEN 32
#define REG_PULL_BATCH_MAX (64 * 1024) /* bytes of a batch */
#define REG_PULL_LINE_MAX 512
#define REG_PULL_COUNT_MAX 1000000000000u

typedef struct {
    reg_str_t id;
    uint64_t limit;
} reg_pull_head_t;

typedef struct {
    uint64_t count; /* 1 to REG_PULL_COUNT_MAX */
    uint64_t last;
    reg_str_t repository;
    reg_str_t reference; /* a tag or a digest */
} reg_pull_t;

/* Print a line with its LF, and no NUL, into buf[size]; return its length, or
 * REG_ERROR where it does not fit. */
int reg_pull_head_print(char *buf, size_t size, const reg_pull_head_t *head);
int reg_pull_print(char *buf, size_t size, const reg_pull_t *pull);
int reg_pull_end_print(char *buf, size_t size);

/* Whether a batch has its last line. */
bool reg_pull_is_complete(reg_str_t batch);

/* Take the next line of a batch off its front; what they return are views into
 * it, and valid.  REG_DECLINED for the last line, REG_ERROR for a line that is
 * none of these. */
int reg_pull_head_take(reg_str_t *batch, reg_pull_head_t *head_r);
int reg_pull_take(reg_str_t *batch, reg_pull_t *pull_r);

#endif
