/* fuzz_manifest_reduce.c: a manifest. */

#include "reg_fuzz.h"
#include "common/json_scan.h"
#include "common/manifest_reduce.h"


static bool
is_json(reg_str_t text)
{
    reg_json_scan_t scan;
    reg_json_token_t token;
    int rc;

    reg_json_scan_init(&scan, text);

    while ((rc = reg_json_next(&scan, &token)) == REG_OK) {
    }

    return rc == REG_DECLINED;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reg_str_t text = { size, malloc(size + 1) };
    reg_str_t again = { size, malloc(size + 1) };
    const char *error = NULL;
    size_t pos = 0;
    int rc;

    memcpy(text.data, data, size);
    rc = reg_manifest_reduce(text, &error, &pos);
    must((rc == REG_OK) == is_json(fuzz_str(data, size)));
    must((rc == REG_OK) == (error == NULL));

    /* what is left is JSON, of the same bytes, and there is no less to it */
    if (rc == REG_OK) {
        must(is_json(text));

        for (size_t i = 0; i < size; i++) {
            must(text.data[i] == data[i] || text.data[i] == ' ');
        }

        memcpy(again.data, text.data, size);
        must(reg_manifest_reduce(again, &error, &pos) == REG_OK);
        must(memcmp(again.data, text.data, size) == 0);
    }

    free(again.data);
    free(text.data);

    return 0;
}
