/* problem.c: errors of the API. */

#include "api/problem.h"
#include "common/error.h"
#include "fcgi_core/reply.h"

#define RETRY_AFTER 2 /* seconds; as long as db.c leaves a database alone */

static const problem_info_t infos[PROBLEM_N] = {
#define PROBLEM(name, code, status, title)                                     \
    [PROBLEM_##name] = { code, status, title },
#include "api/problem.def"
#undef PROBLEM
};

static const char *const codes[] = {
#define PROBLEM(name, code, status, title) code,
#include "api/problem.def"
#undef PROBLEM
    NULL
};

static const field_t fields[] = {
    { .name = "type", .type = FIELD_STRING, .help = "Always about:blank." },
    { .name = "title",
      .type = FIELD_STRING,
      .help = "The code in words, for people." },
    { .name = "status", .type = FIELD_INTEGER, .help = "The HTTP status." },
    { .name = "code",
      .type = FIELD_STRING,
      .values = codes,
      .help = "What went wrong, for programs." },
    { .name = "detail",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "More about this one, for people." },
    { .name = "field",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "The field or parameter at fault." },
    { .name = "request_id",
      .type = FIELD_STRING,
      .help = "What the logs call this request." },
    { .name = NULL },
};

const model_t problem_model = { "Problem", fields };

/* What code below the API says. */
static const struct {
    reg_err_t err;
    int status; /* 0: any */
    problem_t problem;
} failures[] = {
    { REG_ERR_SIZE_INVALID, 413, PROBLEM_TOO_LARGE },
    { REG_ERR_SIZE_INVALID, 0, PROBLEM_MALFORMED },
    { REG_ERR_TOOMANYREQUESTS, 0, PROBLEM_LIMIT },
    { REG_ERR_UNAVAILABLE, 0, PROBLEM_UNAVAILABLE },
};


const problem_info_t *
problem_info(problem_t problem)
{
    return &infos[problem];
}


int
problem_fail(api_t *api, problem_t problem, const char *field,
             const char *format, ...)
{
    va_list args;

    if (api->is_failed || api->rq->is_failed) {
        return ERROR;
    }

    api->is_failed = true;
    api->problem = (unsigned)problem;
    api->problem_field = field;
    api->problem_detail = NULL;

    if (format != NULL) {
        va_start(args, format);
        api->problem_detail = pool_vprintf(api->pool, format, args);
        va_end(args);
    }

    return ERROR;
}


int
problem_database(api_t *api)
{
    if (!api->is_failed && api->rq->retry_after == 0) {
        api->rq->retry_after = RETRY_AFTER;
    }

    return problem_fail(api,
                        db_failure(api->db) == DB_FAILURE_STATEMENT
                            ? PROBLEM_INTERNAL
                            : PROBLEM_UNAVAILABLE,
                        NULL, NULL);
}


int
problem_change(api_t *api, int rc, const change_t *change)
{
    static const problem_t problems[] = {
        [FAULT_NONE] = PROBLEM_INTERNAL,
        [FAULT_NOT_FOUND] = PROBLEM_NOT_FOUND,
        [FAULT_FORBIDDEN] = PROBLEM_FORBIDDEN,
        [FAULT_STALE] = PROBLEM_UNAUTHENTICATED,
        [FAULT_INVALID] = PROBLEM_FIELD,
        [FAULT_RESERVED] = PROBLEM_FIELD,
        [FAULT_TAKEN] = PROBLEM_EXISTS,
        [FAULT_CONFLICT] = PROBLEM_CONFLICT,
        [FAULT_LIMIT] = PROBLEM_CONFLICT,
    };

    if (rc == OK) {
        return OK;
    }

    return rc == DECLINED
               ? problem_fail(api, problems[change->fault], change->field,
                              change->message != NULL ? "%s" : NULL,
                              change->message)
               : problem_database(api);
}


static problem_t
problem_of(const req_t *rq)
{
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        if (failures[i].err == rq->err
            && (failures[i].status == 0
                || failures[i].status == rq->err_status)) {
            return failures[i].problem;
        }
    }

    return PROBLEM_INTERNAL;
}


void
problem_reply(api_t *api)
{
    req_t *rq = api->rq;
    const problem_info_t *info;

    if (!api->is_failed) {
        problem_fail(api, PROBLEM_INTERNAL, NULL, NULL);
    }

    if (rq->is_failed) {
        api->problem = (unsigned)problem_of(rq);
        api->problem_field = NULL;
        api->problem_detail = rq->err_message;
        rq->is_failed = false;
    }

    info = &infos[api->problem];

    if (info->status == 401) {
        reply_header(rq, "WWW-Authenticate", "Bearer realm=\"slipway\"");
    }

    if (rq->retry_after != 0) {
        reply_header(rq, "Retry-After", "%u", rq->retry_after);
    }

    reply_json_as(rq, info->status, "application/problem+json",
                  json_pack("{s:s, s:s, s:i, s:s, s:o, s:o, s:o}", "type",
                            "about:blank", "title", info->title, "status",
                            info->status, "code", info->code, "detail",
                            api_string_or_null(api->problem_detail), "field",
                            api_string_or_null(api->problem_field),
                            "request_id", api_string_or_null(rq->request_id)));
}
