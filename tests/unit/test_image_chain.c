/* test_image_chain.c: an image as a chain of images, and as a config and a
 * manifest, both ways. */

#include "reg_unit.h"
#include "fcgi_registry/manifest/image_chain.h"

#define HEX16(c) c c c c c c c c c c c c c c c c
#define HEX64(c) HEX16(c) HEX16(c) HEX16(c) HEX16(c)
#define A "sha256:" HEX64("a")
#define B "sha256:" HEX64("b")
#define C "sha256:" HEX64("c")
#define D "sha256:" HEX64("d")

#define OCI "application/vnd.oci.image."
#define DOCKER "application/vnd.docker.image.rootfs.diff.tar"
#define OCI_CONFIG OCI "config.v1+json"

#define LAYER(type, digest)                                                    \
    "{\"mediaType\":\"" type "\",\"size\":7,\"digest\":\"" digest "\"}"
#define MANIFEST(config_type, layers)                                          \
    "{\"schemaVersion\":2,\"mediaType\":\"" OCI                                \
    "manifest.v1+json\",\"config\":" LAYER(config_type,                        \
                                           C) ",\"layers\":[" layers "]}"


static void
config_and_manifest(void **state)
{
    static const chain_image_t images[] = {
        { .json = reg_str("{\"id\":\"1\",\"created\":\"2015\",\"container_"
                          "config\":{\"Cmd\":[\"/bin/sh\",\"-c\",\"x y\"]},"
                          "\"Size\":3}"),
          .blob = reg_str(A),
          .diff_id = reg_str(B),
          .size = 7 },
        { .json = reg_str("{\"parent\":\"1\",\"id\":\"2\",\"author\":\"me\","
                          "\"comment\":\"c\",\"config\":{\"Cmd\":null},"
                          "\"os\":\"linux\",\"architecture\":\"arm\","
                          "\"Size\":3,\"throwaway\":true}"),
          .blob = reg_str(B),
          .diff_id = reg_str(A),
          .size = 8,
          .is_plain = true },
    };
    pool_t *pool = pool_create();
    const char *error = NULL;
    str_t config, manifest;

    (void)state;
    assert_int_equal(image_chain_config(pool, images, 2, &config, &error), OK);
    assert_string_equal(
        (char *)config.data,
        "{\"author\":\"me\",\"comment\":\"c\",\"config\":{\"Cmd\":null},"
        "\"os\":\"linux\",\"architecture\":\"arm\",\"rootfs\":{\"type\":"
        "\"layers\",\"diff_ids\":[\"" B "\",\"" A "\"]},\"history\":[{"
        "\"created\":\"2015\",\"created_by\":\"/bin/sh -c x y\"},{\"author\":"
        "\"me\",\"comment\":\"c\"}]}");
    manifest = image_chain_manifest(pool, images, 2, reg_str("{}"));
    assert_string_equal(
        (char *)manifest.data,
        "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.docker."
        "distribution.manifest.v2+json\",\"config\":{\"mediaType\":"
        "\"application/vnd.docker.container.image.v1+json\",\"size\":2,"
        "\"digest\":\"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310"
        "c060f61caaff8a\"},\"layers\":[{\"mediaType\":\"" DOCKER
        ".gzip\",\"size\":7,\"digest\":\"" A "\"},{\"mediaType\":\"" DOCKER
        "\",\"size\":8,\"digest\":\"" B "\"}]}");
    pool_destroy(pool);
}


/* The first dockers wrote no architecture. */
static void
config_has_a_platform(void **state)
{
    static const chain_image_t image = { .json = reg_str("{\"os\":\"\"}"),
                                         .diff_id = reg_str(A) };
    pool_t *pool = pool_create();
    const char *error = NULL;
    str_t config;

    (void)state;
    assert_int_equal(image_chain_config(pool, &image, 1, &config, &error), OK);
    assert_string_equal((char *)config.data,
                        "{\"os\":\"linux\",\"architecture\":\"amd64\","
                        "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" A
                        "\"]},\"history\":[{}]}");
    pool_destroy(pool);
}


static void
broken_jsons(void **state)
{
    static const char *const texts[] = { "", "[]", "{", "{\"a\":\"\\u0000\"}",
                                         "{\"a\":1,\"a\":2}" };
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < N(texts); i++) {
        const chain_image_t image = { .json = reg_cstr(texts[i]) };
        const char *error = NULL;
        str_t config;

        check(image_chain_config(pool, &image, 1, &config, &error) == ERROR, i,
              texts[i]);
        assert_non_null(error);
    }

    pool_destroy(pool);
}


static int
derive(pool_t *pool, const char *manifest, const char *config,
       chain_image_t **images, size_t *n, const char **error)
{
    manifest_t parsed;

    if (manifest_parse(pool, reg_cstr(manifest), NULL, &parsed, error) != OK) {
        fail_msg("%s", *error);
    }

    return image_chain_derive(pool, &parsed, reg_cstr(config), images, n,
                              error);
}


/* Ids are those of distribution's schema 1: sums of the layer's digest, the
 * parent's id and, of the leaf, the config. */
static void
chain(void **state)
{
    static const char config[] =
        "{\"architecture\":\"arm64\",\"os\":\"linux\",\"id\":\"x\","
        "\"config\":{\"Env\":[\"A=1\"]},\"created\":\"2020\",\"rootfs\":"
        "{\"type\":\"layers\",\"diff_ids\":[\"" C "\",\"" D "\"]},\"history\":"
        "[{\"created\":\"2019\",\"created_by\":\"first\"},{\"empty_layer\":"
        "true,\"created_by\":\"ENV\"},{\"created_by\":\"second\"}]}";
    pool_t *pool = pool_create();
    chain_image_t *images = NULL;
    const char *error = NULL;
    size_t n = 0;

    (void)state;
    assert_int_equal(
        derive(pool,
               MANIFEST(OCI_CONFIG, LAYER(OCI "layer.v1.tar+gzip",
                                          A) "," LAYER(OCI "layer.v1.tar", B)),
               config, &images, &n, &error),
        OK);
    assert_int_equal(n, 2);
    assert_string_equal(
        images[0].id,
        "852bb21bbaf5b804a9879a584a3e6b69eb213d9bdfeac64bae767f5828623bfd");
    assert_string_equal(
        images[1].id,
        "2fbf0a06da7dbce0f0f43530bcf3a39d8548bcce8dc59f0c419f71261e6e43fd");
    assert_true(reg_str_eq(images[0].diff_id, reg_str(C)));
    assert_true(reg_str_eq(images[1].blob, reg_str(B)));
    assert_false(images[0].is_plain);
    assert_true(images[1].is_plain);
    assert_string_equal(
        (char *)images[0].json.data,
        pool_printf(pool,
                    "{\"id\":\"%s\",\"created\":\"2019\",\"container_config\":"
                    "{\"Cmd\":[\"first\"]},\"architecture\":\"arm64\",\"os\":"
                    "\"linux\"}",
                    images[0].id));
    assert_string_equal(
        (char *)images[1].json.data,
        pool_printf(pool,
                    "{\"id\":\"%s\",\"parent\":\"%s\",\"architecture\":"
                    "\"arm64\",\"os\":\"linux\",\"config\":{\"Env\":[\"A=1\"]},"
                    "\"created\":\"2020\",\"container_config\":{\"Cmd\":["
                    "\"second\"]}}",
                    images[1].id, images[0].id));
    pool_destroy(pool);
}


/* docker has written it, and knows best. */
static void
a_container_config_stays(void **state)
{
    /* a config, and what follows the id in the json */
    static const char *const configs[][2] = {
        { "{\"container_config\":{\"Cmd\":[\"own\"]},\"history\":[{"
          "\"created_by\":\"other\"}]}",
          ",\"container_config\":{\"Cmd\":[\"own\"]}}" },
        { "{\"container_config\":null,\"history\":[{\"created_by\":\"a\"}]}",
          ",\"container_config\":{\"Cmd\":[\"a\"]}}" },
        { "{\"history\":[{\"created_by\":1}]}", "}" },
        { "{\"history\":[{\"created_by\":\"a\"},{\"created_by\":\"b\"}]}",
          "}" },
    };

    (void)state;

    for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
        pool_t *pool = pool_create();
        chain_image_t *images = NULL;
        const char *error = NULL;
        size_t n = 0;

        assert_int_equal(
            derive(pool, MANIFEST(OCI_CONFIG, LAYER(OCI "layer.v1.tar", A)),
                   configs[i][0], &images, &n, &error),
            OK);
        assert_string_equal(
            (char *)images[0].json.data,
            pool_printf(pool, "{\"id\":\"%s\"%s", images[0].id, configs[i][1]));
        pool_destroy(pool);
    }
}


static void
what_docker_1_cannot_read(void **state)
{
    static const struct {
        const char *manifest, *config;
        const char *error; /* NULL: it can */
    } cases[] = {
        { MANIFEST(OCI_CONFIG, ""), "{}", NULL },
        { MANIFEST(OCI_CONFIG, LAYER(DOCKER ".gzip", A)), "{}", NULL },
        { MANIFEST(OCI_CONFIG, LAYER(DOCKER, A)), "{\"history\":3}", NULL },
        { MANIFEST("application/vnd.cncf.helm.config.v1+json",
                   LAYER(OCI "layer.v1.tar", A)),
          "{}", "this is no image that docker 1.x could run" },
        { MANIFEST(OCI_CONFIG, LAYER(OCI "layer.v1.tar+zstd", A)), "{}",
          "docker 1.x cannot read a layer of the type \"" OCI
          "layer.v1.tar+zstd\"" },
        { MANIFEST(OCI_CONFIG,
                   LAYER("application/vnd.docker.image.rootfs.foreign.diff.tar."
                         "gzip",
                         A)),
          "{}",
          "docker 1.x cannot read a layer of the type \"application/vnd.docker."
          "image.rootfs.foreign.diff.tar.gzip\"" },
        { MANIFEST(OCI_CONFIG, LAYER(DOCKER, "sha512:" HEX64("a") HEX64("a"))),
          "{}", "docker 1.x knows no digest but sha256" },
        { MANIFEST(OCI_CONFIG, ""), "[]",
          "the image's config is no JSON object" },
    };
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        chain_image_t *images;
        const char *error = NULL;
        size_t n = 0;
        int rc = derive(pool, cases[i].manifest, cases[i].config, &images, &n,
                        &error);

        check(rc == (cases[i].error == NULL ? OK : ERROR), i, error);
        check(rc != OK || n == 1, i, "");
        check(rc == OK || strcmp(error, cases[i].error) == 0, i, error);
    }

    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_and_manifest),
        cmocka_unit_test(config_has_a_platform),
        cmocka_unit_test(broken_jsons),
        cmocka_unit_test(chain),
        cmocka_unit_test(a_container_config_stays),
        cmocka_unit_test(what_docker_1_cannot_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
