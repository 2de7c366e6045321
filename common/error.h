/* error.h: errors of the protocol and their JSON. */

#ifndef REG_ERROR_H
#define REG_ERROR_H

#include "reg.h"

typedef enum {
#define REG_ERR(name, status, message) REG_ERR_##name,
#include "errors.def"
#undef REG_ERR
    REG_ERR_N
} reg_err_t;

#define REG_ERROR_BODY_MAX 2048

typedef struct {
    const char *code; /* "BLOB_UNKNOWN" */
    int status;       /* HTTP */
    const char *message;
} reg_error_info_t;

const reg_error_info_t *reg_error_info(reg_err_t err);

/* The code that fits best to an HTTP status that nginx itself raised. */
reg_err_t reg_error_from_status(int status);

/* Writes {"errors":[{"code":...,"message":...,"detail":...}]} into buf[size]
 * and returns its length; size should be REG_ERROR_BODY_MAX.  message NULL
 * means the code's own.  detail is JSON as it stands, or empty for none.
 * What does not fit is left out, first detail, then message: the answer is
 * always whole JSON, without a NUL, or 0 where not even the code fits. */
size_t reg_error_body(char *buf, size_t size, reg_err_t err,
                      const char *message, reg_str_t detail);

/* The same as the original protocol has it: {"error":"message"}, a flat object
 * of strings; where the message does not fit, the code's own stands there. */
size_t reg_error_flat_body(char *buf, size_t size, reg_err_t err,
                           const char *message);

/* Writes s as a JSON string with its quotes; bytes that are not valid UTF-8
 * become U+FFFD.  Returns the length, or REG_ERROR where it does not fit. */
int reg_json_string(char *buf, size_t size, reg_str_t s);

#endif
