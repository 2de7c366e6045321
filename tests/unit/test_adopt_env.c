/* test_adopt_env.c: the environment over a configuration of registry:2. */

#include "reg_unit.h"
#include "fcgi_registry/adopt/adopt_env.h"

#define ENV_MAX 6


static const struct {
    const char *before;
    const char *env[ENV_MAX];
    const char *after; /* NULL: refused */
} cases[] = {
    { "{}",
      { "PATH=/bin", "REGISTRY=x", "REGISTRY_=x", "XREGISTRY_A=b" },
      "{}" },
    { "{\"http\":{\"addr\":\":1\",\"net\":\"tcp\"}}",
      { "REGISTRY_HTTP_ADDR=':2'" },
      "{\"http\":{\"addr\":\":2\",\"net\":\"tcp\"}}" },
    { "{}",
      { "REGISTRY_HTTP_TLS_KEY=/k" },
      "{\"http\":{\"tls\":{\"key\":\"/k\"}}}" },
    { "{\"http\":null}",
      { "REGISTRY_HTTP_ADDR=x" },
      "{\"http\":{\"addr\":\"x\"}}" },
    { "{\"http\":\"x\"}",
      { "REGISTRY_HTTP_ADDR=x" },
      "{\"http\":{\"addr\":\"x\"}}" },
    { "{\"http\":{\"headers\":{\"X-Frame\":[\"a\"]}}}",
      { "REGISTRY_HTTP_HEADERS_X-FRAME=[b, c]" },
      "{\"http\":{\"headers\":{\"X-Frame\":[\"b\",\"c\"]}}}" },
    { "{}",
      { "REGISTRY_LOG={level: debug}" },
      "{\"log\":{\"level\":\"debug\"}}" },
    { "{}",
      { "REGISTRY_A_0_B=x", "REGISTRY_A_1_B=y", "REGISTRY_A_9_B=z" },
      "{\"a\":[{\"b\":\"x\"},{\"b\":\"y\"}]}" },
    { "{\"a\":[{\"b\":\"x\",\"c\":\"y\"}]}",
      { "REGISTRY_A_0_B=z" },
      "{\"a\":[{\"b\":\"z\",\"c\":\"y\"}]}" },
    { "{\"a\":[\"x\",\"y\"]}", { "REGISTRY_A_1=z" }, "{\"a\":[\"x\",\"z\"]}" },
    { "{\"a\":[\"x\"]}", { "REGISTRY_A_B=z" }, "{\"a\":{\"b\":\"z\"}}" },
    /* in the order of names, not of the environment */
    { "{}",
      { "REGISTRY_A_B=x", "REGISTRY_A={c: y}" },
      "{\"a\":{\"b\":\"x\",\"c\":\"y\"}}" },
    { "{\"auth\":{\"token\":{\"realm\":\"r\"}}}",
      { "REGISTRY_AUTH=htpasswd", "REGISTRY_AUTH_HTPASSWD_PATH=/p" },
      "{\"auth\":{\"htpasswd\":{\"path\":\"/p\"}}}" },
    { "{\"storage\":{\"filesystem\":{\"rootdirectory\":\"/r\"},"
      "\"delete\":{\"enabled\":\"true\"}}}",
      { "REGISTRY_STORAGE_S3_BUCKET=b" },
      "{\"storage\":{\"s3\":{\"bucket\":\"b\"},"
      "\"delete\":{\"enabled\":\"true\"}}}" },
    { "{\"storage\":{\"filesystem\":{\"rootdirectory\":\"/r\"},"
      "\"delete\":{\"enabled\":\"true\"}}}",
      { "REGISTRY_STORAGE=s3" },
      "{\"storage\":{\"s3\":{}}}" },
    { "{\"storage\":{\"filesystem\":{\"rootdirectory\":\"/r\"}}}",
      { "REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=redis" },
      "{\"storage\":{\"filesystem\":{\"rootdirectory\":\"/r\"},"
      "\"cache\":{\"blobdescriptor\":\"redis\"}}}" },
    { "{}", { "REGISTRY_CONFIGURATION_PATH=/x" }, "{}" },
    { "{}", { "REGISTRY__A___B_=x" }, "{\"a\":{\"b\":\"x\"}}" },
    { "{}", { "REGISTRY_A=[" }, NULL },
};


static void
variables_are_laid_over_the_file(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        pool_t *pool = pool_create();
        json_t *root = json_loads(cases[i].before, 0, NULL);
        const char *error = NULL;
        int rc =
            adopt_env_apply(pool, root, (char *const *)cases[i].env, &error);

        check((rc == OK) == (cases[i].after != NULL), i, cases[i].env[0]);

        if (rc == OK) {
            json_t *wanted = json_loads(cases[i].after, 0, NULL);

            check(json_equal(root, wanted), i, cases[i].env[0]);
            json_decref(wanted);
        }

        json_decref(root);
        pool_destroy(pool);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_are_laid_over_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
