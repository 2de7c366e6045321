/* test_unpack.c: sums of layers of every kind, whatever the portions, and what
 * exceeds a limit.  The sums in tests/vectors/layers.json are those that Go's
 * archive/tar gives, which docker's own are made of; the layers stand in
 * tests/fuzz/corpus/unpack/, behind one byte that only the fuzzer reads. */

#include "reg_unit.h"
#include "fcgi_registry/layer/unpack.h"

#define JSON                                                                   \
    "{\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"  \
    "aaa\"}"
#define LAYER_MAX 65536
#define MIB ((uint64_t)(1024 * 1024))

static const unpack_limit_t generous = {
    .output = 1024 * MIB, .ratio = 1100, .entries = 1000, .seconds = 600
};


static str_t
layer_load(const char *name, unsigned char *buf)
{
    char path[256];
    FILE *file;
    size_t len;

    snprintf(path, sizeof(path), "tests/fuzz/corpus/unpack/%s", name);
    file = fopen(path, "rb");
    assert_non_null(file);
    len = fread(buf, 1, LAYER_MAX, file);
    fclose(file);
    assert_in_range(len, 1, LAYER_MAX - 1);

    return (str_t){ len - 1, buf + 1 };
}


static int
unpack(pool_t *pool, str_t layer, size_t portion, const unpack_limit_t *limit,
       unpacked_t *unpacked, const char **error)
{
    unpack_t *unpack = unpack_open(pool, reg_str(JSON), limit);

    for (size_t at = 0; at < layer.len; at += portion) {
        size_t left = layer.len - at;
        str_t part = exact_n(layer.data + at, left < portion ? left : portion);
        bool is_wanted = unpack_push(unpack, part.data, part.len);

        free(part.data);

        if (!is_wanted) {
            break;
        }
    }

    return unpack_finish(unpack, unpacked, error);
}


static void
vector_check(const char *name, json_t *vector, size_t portion)
{
    unsigned char buf[LAYER_MAX];
    str_t layer = layer_load(name, buf);
    pool_t *pool = pool_create();
    json_t *tarsum = json_object_get(vector, "tarsum");
    const char *error = NULL;
    unpacked_t u;
    int rc = unpack(pool, layer, portion, &generous, &u, &error);

    check(rc == OK, portion, name);
    check(u.size == layer.len, portion, name);
    check(u.uncompressed
              == (uint64_t)json_integer_value(
                  json_object_get(vector, "uncompressed")),
          portion, name);
    assert_string_equal(u.payload,
                        json_string_value(json_object_get(vector, "payload")));
    assert_string_equal(u.diff_id,
                        json_string_value(json_object_get(vector, "diff_id")));
    check(u.is_tar == json_is_string(tarsum), portion, name);
    check(!u.is_tar || strcmp(u.tarsum, json_string_value(tarsum)) == 0,
          portion, name);
    pool_destroy(pool);
}


static void
sums(void **state)
{
    static const size_t portions[] = { 1, 7, 512, 10000, LAYER_MAX };
    json_t *vectors = vectors_load("layers.json"), *vector;
    const char *name;

    (void)state;

    json_object_foreach(vectors, name, vector)
    {
        for (size_t i = 0; i < N(portions); i++) {
            vector_check(name, vector, portions[i]);
        }
    }

    json_decref(vectors);
}


/* Of docker 1.6.2. */
static void
sums_of_docker(void **state)
{
    static const unsigned char zeros[1024];
    pool_t *pool = pool_create();
    const char *error = NULL;
    unpacked_t u;

    (void)state;
    assert_int_equal(unpack(pool, (str_t){ 1024, (unsigned char *)zeros }, 1024,
                            &generous, &u, &error),
                     OK);
    assert_string_equal(u.payload, "sha256:581472b4307e173ca222c013ad346d4d55c3"
                                   "e84edc334bec605e3edcb8cab6e3");
    assert_string_equal(u.tarsum,
                        "tarsum+sha256:d561730190e99254d474d840d9013e14ceef3005"
                        "414abfdb62dcbfb9f5e44823");
    assert_true(reg_str_eq(u.files, reg_str("[]")));
    pool_destroy(pool);
}


static void
broken(void **state)
{
    static const char *const names[] = { "plain.gz", "plain.xz", "plain.bz2",
                                         "plain.zst" };

    (void)state;

    for (size_t i = 0; i < N(names); i++) {
        unsigned char buf[LAYER_MAX];
        str_t layer = layer_load(names[i], buf);
        pool_t *pool = pool_create();
        const char *error = NULL;
        unpacked_t u;

        /* cut short anywhere behind the magic */
        for (size_t len = 6; len < layer.len; len++) {
            check(unpack(pool, (str_t){ len, layer.data }, 64, &generous, &u,
                         &error)
                      == ERROR,
                  len, names[i]);
            pool_reset(pool);
        }

        /* something else behind it */
        layer.data[layer.len] = 'x';
        check(unpack(pool, (str_t){ layer.len + 1, layer.data }, 64, &generous,
                     &u, &error)
                  == ERROR,
              i, names[i]);

        /* the checksum of the content; zstd's command writes one, too */
        layer.data[layer.len - 5] ^= 1;
        check(unpack(pool, layer, layer.len, &generous, &u, &error) == ERROR, i,
              names[i]);
        assert_string_equal(error, "the layer's compression is broken");
        pool_destroy(pool);
    }
}


static void
limits(void **state)
{
    static const struct {
        const char *name;
        unpack_limit_t limit;
        const char *error; /* NULL: none */
    } cases[] = {
        { "plain.xz", { 6656, 1, 10, 600 }, NULL },
        { "plain.xz",
          { 6655, 1, 100, 600 },
          "the layer is too large without compression" },
        { "ustar.tar",
          { 6655, 1, 100, 600 },
          "the layer is too large without compression" },
        { "plain.gz", { 6656, 1, 9, 600 }, "the layer has too many files" },
        { "ustar.tar", { 6656, 1, 9, 600 }, "the layer has too many files" },
        /* the file is larger than its archive */
        { "sparse-gnu.tar.gz", { 3000000, 1, 1, 600 }, NULL },
        { "sparse-gnu.tar.gz",
          { 2999999, 1, 1, 600 },
          "the layer's files are too large" },
        { "sparse-pax-1.0.tar.gz",
          { 2999999, 1, 1, 600 },
          "the layer's files are too large" },
        { "ustar.tar",
          { 6656, 1, 100, 0 },
          "the layer takes too long to unpack" },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        unsigned char buf[LAYER_MAX];
        str_t layer = layer_load(cases[i].name, buf);
        pool_t *pool = pool_create();
        const char *error = NULL;
        unpacked_t u;
        int rc = unpack(pool, layer, layer.len, &cases[i].limit, &u, &error);

        check(rc == (cases[i].error == NULL ? OK : DECLINED), i, cases[i].name);
        check(rc == OK || strcmp(error, cases[i].error) == 0, i, error);
        pool_destroy(pool);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums),
        cmocka_unit_test(sums_of_docker),
        cmocka_unit_test(broken),
        cmocka_unit_test(limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
