/* fuzz_manifest_parse.c: a manifest as a push reads it, and as garbage
 * collection reads it again: what a push has accepted must name the same
 * content later. */

#include "reg_fuzz.h"
#include "fcgi_registry/manifest/manifest_parse.h"


static void
manifest_check(const manifest_t *manifest)
{
    must(manifest->n == 0 || manifest->references != NULL);

    for (size_t i = 0; i < manifest->n; i++) {
        const descriptor_t *reference = &manifest->references[i];

        must(!reference->is_known || reference->digest.hex.len != 0);
    }
}


static void
same_check(const manifest_t *pushed, const manifest_t *stored)
{
    must(pushed->n == stored->n && pushed->is_index == stored->is_index);

    for (size_t i = 0; i < pushed->n; i++) {
        must(
            reg_str_eq(pushed->references[i].text, stored->references[i].text));
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pool_t *pool = pool_create();
    str_t content = fuzz_str(data, size);
    const char *error = NULL;
    manifest_t pushed, stored;
    int rc = manifest_parse(pool, content, "", &pushed, &error);

    must(rc == OK || error != NULL);

    if (rc == OK) {
        manifest_check(&pushed);
        must(manifest_parse(pool, content, NULL, &stored, &error) == OK);
        same_check(&pushed, &stored);

    } else if (manifest_parse(pool, content, NULL, &stored, &error) == OK) {
        manifest_check(&stored);
    }

    pool_destroy(pool);

    return 0;
}
