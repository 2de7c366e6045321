/* fuzz_agent.c: a User-Agent. */

#include "reg_fuzz.h"
#include "common/agent.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const products[] = { "docker", "go", "arch", "os",
                                            "kernel" };
    reg_str_t agent = fuzz_str(data, size), version;

    for (size_t i = 0; i < sizeof(products) / sizeof(products[0]); i++) {
        if (reg_agent_version(agent, products[i], &version) != REG_OK) {
            continue;
        }

        must(is_within(version, agent));
        must(version.len != 0 && version.len <= REG_AGENT_VERSION_MAX);
        must(memchr(version.data, ' ', version.len) == NULL);
        must(memchr(version.data, '\0', version.len) == NULL);
    }

    return 0;
}
