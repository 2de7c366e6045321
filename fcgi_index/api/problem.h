/* problem.h: errors of the API: application/problem+json (RFC 9457) with a
 * code for programs and, where one is at fault, the name of the field. */

#ifndef PROBLEM_H
#define PROBLEM_H

#include "api/api.h"

typedef enum {
#define PROBLEM(name, code, status, title) PROBLEM_##name,
#include "api/problem.def"
#undef PROBLEM
    PROBLEM_N
} problem_t;

typedef struct {
    const char *code;
    int status;
    const char *title;
} problem_info_t;

const problem_info_t *problem_info(problem_t problem);

/* The object that every failure answers; for the OpenAPI document. */
extern const model_t problem_model;

/* Records why the request fails and returns ERROR; the first reason stays.
 * field: the name of the field or parameter at fault, or NULL.  format NULL:
 * the title says it all.  The text is for people, and has no secret in it. */
int problem_fail(api_t *api, problem_t problem, const char *field,
                 const char *format, ...) PRINTF_LIKE(4, 5);

/* The database failed: 503 with Retry-After, or 500.  Returns ERROR. */
int problem_database(api_t *api);

/* What a model of access/change.h returned: OK, or ERROR with the problem that
 * its fault is. */
int problem_change(api_t *api, int rc, const change_t *change);

/* Makes the answer of what problem_fail() recorded, or of what req_fail() did
 * in code that knows nothing of the API. */
void problem_reply(api_t *api);

#endif
