/* test_agent.c */

#include "reg_unit.h"
#include "common/agent.h"

#define DOCKER                                                                 \
    "docker/1.6.2 go/go1.4.2 git-commit/7c8fca2 kernel/3.16.0-4-amd64 "        \
    "os/linux arch/amd64"

static const struct {
    const char *agent, *product, *version; /* NULL: declined */
} cases[] = {
    { DOCKER, "docker", "1.6.2" },
    { DOCKER, "go", "go1.4.2" },
    { DOCKER, "kernel", "3.16.0-4-amd64" },
    { DOCKER, "os", "linux" },
    { DOCKER, "arch", "amd64" },
    { DOCKER, "git", NULL },
    { DOCKER " UpstreamClient(Docker-Client/1.10.3 \\(linux\\))", "docker",
      "1.6.2" },
    { "  Docker/1.0  GO/go1  ", "docker", "1.0" },
    { "  Docker/1.0  GO/go1  ", "go", "go1" },
    { "docker/1 docker/2", "docker", "1" },
    { "docker/a/b", "docker", "a/b" },
    { "docker/", "docker", NULL },
    { "docker/ docker/2", "docker", NULL },
    { "docker", "docker", NULL },
    { "xdocker/1 dockerx/2", "docker", NULL },
    { "docker/1\t2", "docker", NULL },
    { "docker/\xc3\xa4", "docker", NULL },
    { "", "docker", NULL },
    { "   ", "docker", NULL },
};


static void
test_version(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        reg_str_t version = { 0, NULL };
        int rc = reg_agent_version(reg_cstr(cases[i].agent), cases[i].product,
                                   &version);

        if (cases[i].version == NULL) {
            assert_int_equal(rc, REG_DECLINED);
        } else {
            assert_int_equal(rc, REG_OK);
            assert_true(reg_str_eq(version, reg_cstr(cases[i].version)));
        }
    }
}


static void
test_long(void **state)
{
    char agent[sizeof("go/") + REG_AGENT_VERSION_MAX + 1] = "go/";
    reg_str_t version;

    (void)state;
    memset(agent + 3, '1', REG_AGENT_VERSION_MAX + 1);
    assert_int_equal(reg_agent_version((reg_str_t){ 3 + REG_AGENT_VERSION_MAX,
                                                    (unsigned char *)agent },
                                       "go", &version),
                     REG_OK);
    assert_int_equal(reg_agent_version((reg_str_t){ 4 + REG_AGENT_VERSION_MAX,
                                                    (unsigned char *)agent },
                                       "go", &version),
                     REG_DECLINED);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
