/* test_path.c: the layout of the store. */

#include "reg_unit.h"
#include "common/path.h"

#define HEX256                                                                 \
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEX512                                                                 \
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"         \
    "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
#define ID "01234567-89ab-4cde-8f01-23456789abcd"
#define REPO "/r/docker/registry/v2/repositories/a/b"

#define ROOT reg_str("/r")
#define NAME reg_str("a/b")


static int
print_path(int which, char *buf, size_t size)
{
    const reg_digest_t d256 = { REG_SHA256, reg_str(HEX256) };
    const reg_digest_t d512 = { REG_SHA512, reg_str(HEX512) };

    switch (which) {
    case 0:
        return reg_path_blob(buf, size, ROOT, &d256);
    case 1:
        return reg_path_blob(buf, size, ROOT, &d512);
    case 2:
        return reg_path_repositories(buf, size, ROOT);
    case 3:
        return reg_path_repository(buf, size, ROOT, NAME, NULL);
    case 4:
        return reg_path_repository(buf, size, ROOT, NAME, "_layers");
    case 5:
        return reg_path_layer_link(buf, size, ROOT, NAME, &d256);
    case 6:
        return reg_path_revision_link(buf, size, ROOT, NAME, &d512);
    case 7:
        return reg_path_revision_sparse(buf, size, ROOT, NAME, &d256);
    case 8:
        return reg_path_tag(buf, size, ROOT, NAME, reg_str("v1"));
    case 9:
        return reg_path_tag_current(buf, size, ROOT, NAME, reg_str("v1"));
    case 10:
        return reg_path_tag_index(buf, size, ROOT, NAME, reg_str("v1"), &d256);
    case 11:
        return reg_path_upload(buf, size, ROOT, NAME, reg_str(ID), NULL);
    case 12:
        return reg_path_upload(buf, size, ROOT, NAME, reg_str(ID), "data");
    case 13:
        return reg_path_hash_state(buf, size, ROOT, NAME, reg_str(ID),
                                   REG_SHA256, 0);
    case 14:
        return reg_path_hash_state(buf, size, ROOT, NAME, reg_str(ID),
                                   REG_SHA512, 10737418240u);
    case 15:
        return reg_path_referrers(buf, size, ROOT, NAME, &d256, NULL);
    case 16:
        return reg_path_referrers(buf, size, ROOT, NAME, &d256, &d512);
    case 17:
        return reg_path_pulls(buf, size, ROOT, 15);
    case 18:
        return reg_path_revision_v1(buf, size, ROOT, NAME, &d256);
    case 19:
        return reg_path_image_v1(buf, size, ROOT, NAME, reg_str(HEX256), NULL);
    case 20:
        return reg_path_image_v1(buf, size, ROOT, NAME, reg_str(HEX256),
                                 "json");
    default:
        return reg_path_revision_descriptor(buf, size, ROOT, NAME, &d256);
    }
}


/* In the order of print_path(). */
static const char *const paths[] = {
    "/r/docker/registry/v2/blobs/sha256/e3/" HEX256 "/data",
    "/r/docker/registry/v2/blobs/sha512/cf/" HEX512 "/data",
    "/r/docker/registry/v2/repositories",
    REPO,
    REPO "/_layers",
    REPO "/_layers/sha256/" HEX256 "/link",
    REPO "/_manifests/revisions/sha512/" HEX512 "/link",
    REPO "/_manifests/revisions/sha256/" HEX256 "/sparse",
    REPO "/_manifests/tags/v1",
    REPO "/_manifests/tags/v1/current/link",
    REPO "/_manifests/tags/v1/index/sha256/" HEX256 "/link",
    REPO "/_uploads/" ID,
    REPO "/_uploads/" ID "/data",
    REPO "/_uploads/" ID "/hashstates/sha256/0",
    REPO "/_uploads/" ID "/hashstates/sha512/10737418240",
    REPO "/_referrers/sha256/" HEX256,
    REPO "/_referrers/sha256/" HEX256 "/sha512/" HEX512 "/link",
    "/r/slipway/events/pulls-15",
    REPO "/_manifests/revisions/sha256/" HEX256 "/v1",
    REPO "/_v1/" HEX256,
    REPO "/_v1/" HEX256 "/json",
};


static void
paths_are_distributions(void **state)
{
    char buf[REG_PATH_MAX];

    (void)state;

    for (size_t i = 0; i < N(paths); i++) {
        check(print_path((int)i, buf, sizeof(buf)) == (int)strlen(paths[i]), i,
              paths[i]);
        assert_string_equal(buf, paths[i]);
    }
}


static void
what_does_not_fit_is_an_error(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(paths); i++) {
        size_t len = strlen(paths[i]);

        for (size_t size = 0; size <= len + 1; size++) {
            char *buf = malloc(size);
            int rc = print_path((int)i, buf, size);

            check(rc == (size <= len ? REG_ERROR : (int)len), i, paths[i]);
            free(buf);
        }
    }
}


static void
roots(void **state)
{
    static const struct {
        const char *root;
        bool is_valid;
    } rows[] = {
        { "/var/lib/registry", true },
        { "/a", true },
        { "/...", true },
        { "/a/..b", true },
        { "/a/b..", true },
        { "/a/./b", true },
        { "", false },
        { "/", false },
        { "a", false },
        { "a/b", false },
        { "/a/", false },
        { "/..", false },
        { "/../a", false },
        { "/a/..", false },
        { "/a/../b", false },
    };
    reg_str_t longest = { REG_ROOT_MAX, malloc(REG_ROOT_MAX + 1) };

    (void)state;

    for (size_t i = 0; i < N(rows); i++) {
        reg_str_t root = exact(rows[i].root);

        check(reg_root_is_valid(root) == rows[i].is_valid, i, rows[i].root);
        free(root.data);
    }

    memset(longest.data, '/', 1);
    memset(longest.data + 1, 'a', REG_ROOT_MAX);
    assert_true(reg_root_is_valid(longest));
    longest.len++;
    assert_false(reg_root_is_valid(longest));
    free(longest.data);
}


/* The longest of all, with the longest root and the longest names. */
static void
roots_of_requests(void **state)
{
    static const struct {
        const char *root, *directory;
        bool is_below;
    } rows[] = {
        { "/srv/a", "/srv", true },
        { "/srv/a/b", "/srv", true },
        { "/srv/a/b", "/srv/a", true },
        { "/srv/a.example:5000", "/srv", true },
        { "/srv/..a", "/srv", true },
        { "/srv/...", "/srv", true },
        { "/srv/\xc3\xa9", "/srv", true },
        { "/srv/a b", "/srv", true },
        { "/srv", "/srv", false },
        { "/srv/", "/srv", false },
        { "/srv//a", "/srv", false },
        { "/srv/a/", "/srv", false },
        { "/srv/a//b", "/srv", false },
        { "/srva", "/srv", false },
        { "/srva/b", "/srv", false },
        { "/sr", "/srv", false },
        { "srv/a", "/srv", false },
        { "a", "/srv", false },
        { "", "/srv", false },
        { "/srv/.", "/srv", false },
        { "/srv/..", "/srv", false },
        { "/srv/./a", "/srv", false },
        { "/srv/a/.", "/srv", false },
        { "/srv/../a", "/srv", false },
        { "/srv/a/..", "/srv", false },
        { "/srv/a/../b", "/srv", false },
        { "/srv/a\n", "/srv", false },
        { "/srv/a\x7f/b", "/srv", false },
        { "/srv/\x01", "/srv", false },
        { "/a", "/", false },
        { "/a", "", false },
        { "/srv/a", "/srv/", false },
        { "/srv/a", "srv", false },
    };

    (void)state;

    for (size_t i = 0; i < N(rows); i++) {
        reg_str_t root = exact(rows[i].root);

        check(reg_root_is_below(root, reg_cstr(rows[i].directory))
                  == rows[i].is_below,
              i, rows[i].root);
        free(root.data);
    }

    assert_false(reg_root_is_below(reg_str("/srv/a\0b"), reg_str("/srv")));
}


static void
longest_path_fits(void **state)
{
    char buf[REG_PATH_MAX];
    unsigned char a[REG_ROOT_MAX];
    const reg_digest_t digest = { REG_SHA512, reg_str(HEX512) };
    reg_str_t root = { sizeof(a), a }, name = { 255, a }, tag = { 128, a };

    (void)state;

    memset(a, 'a', sizeof(a));
    assert_true(reg_path_tag_index(buf, sizeof(buf), root, name, tag, &digest)
                > 0);
    assert_true(
        reg_path_referrers(buf, sizeof(buf), root, name, &digest, &digest) > 0);
}


static void
links_are_read_leniently(void **state)
{
    static const struct {
        const char *content;
        int rc;
    } cases[] = {
        { "sha256:" HEX256, REG_OK },
        { "sha512:" HEX512, REG_OK },
        { "sha256:" HEX256 "\n", REG_OK },
        { "\r\n \tsha256:" HEX256 " \t\r\n", REG_OK },
        { "", REG_ERROR },
        { " \n", REG_ERROR },
        { "sha256:", REG_ERROR },
        { "sha256:e3b0", REG_ERROR },
        { HEX256, REG_ERROR },
        { "sha256: " HEX256, REG_ERROR },
        { "sha256:" HEX256 "\nsha256:" HEX256, REG_ERROR },
        { "sha256:" HEX256 "\v", REG_ERROR },
        { "../../../etc/passwd", REG_ERROR },
        { "blake3:" HEX256, REG_DECLINED },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        reg_str_t content = exact(cases[i].content);
        reg_digest_t digest;

        check(reg_link_parse(content, &digest) == cases[i].rc, i,
              cases[i].content);
        free(content.data);
    }

    /* a link preallocated by a crash: zeros */
    unsigned char zeros[71] = { 0 };
    reg_digest_t digest;

    assert_int_equal(reg_link_parse((reg_str_t){ 71, zeros }, &digest),
                     REG_ERROR);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_distributions),
        cmocka_unit_test(what_does_not_fit_is_an_error),
        cmocka_unit_test(roots),
        cmocka_unit_test(roots_of_requests),
        cmocka_unit_test(longest_path_fits),
        cmocka_unit_test(links_are_read_leniently),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
