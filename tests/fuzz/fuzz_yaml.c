/* fuzz_yaml.c: a configuration file of registry:2. */

#include "reg_fuzz.h"
#include "fcgi_registry/adopt/yaml.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pool_t *pool = pool_create();
    const char *error = NULL;
    json_t *value = NULL;

    if (yaml_read(pool, fuzz_str(data, size), &value, &error) == OK) {
        must(value != NULL);
    } else {
        must(error != NULL);
    }

    pool_destroy(pool);

    return 0;
}
