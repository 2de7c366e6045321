/* fuzz_token_request.c: a query, an Authorization header or a form that asks
 * for a token. */

#include "reg_fuzz.h"
#include "fcgi_index/token/token_request.h"


static void
request_check(const token_request_t *request)
{
    must(request->grants.n <= REG_VERDICT_GRANTS_MAX);
    must(request->service.len <= TOKEN_FIELD_MAX);

    for (size_t i = 0; i < request->grants.n; i++) {
        const grant_t *grant = &request->grants.grants[i];

        must(strlen(grant->name) == grant->scope.name.len);
        must(grant->is_catalog || reg_name_is_valid(grant->scope.name));
        must(grant->granted == 0);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const reg_str_t none = { 0, (unsigned char *)"" };
    unsigned kind = fuzz_byte(&data, &size) % 3;
    pool_t *pool = pool_create();
    token_request_t *request = pool_new(pool, token_request_t);
    token_fault_t fault = { NULL, NULL };
    str_t text = reg_cstr(pool_strndup(pool, fuzz_str(data, size)));
    int rc;

    if (kind == 0) {
        rc = token_request_query(pool, text, none, request, &fault);
    } else if (kind == 1) {
        rc = token_request_query(pool, none, text, request, &fault);
    } else {
        rc = token_request_form(pool, fuzz_str(data, size), request, &fault);
    }

    if (rc == OK) {
        request_check(request);
    } else {
        must(fault.code != NULL && fault.message != NULL);
    }

    pool_destroy(pool);

    return 0;
}
