/* test_key.c: the keys of the store. */

#include "reg_unit.h"
#include "fcgi_registry/store/key.h"

#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA256 "/sha256/" HEX
#define REPOSITORY "/docker/registry/v2/repositories/a/b"


static void
keys_have_no_root(void **state)
{
    const reg_digest_t digest = { REG_SHA256, reg_str(HEX) };
    const str_t name = reg_str("a/b"), tag = reg_str("1");
    const struct {
        store_key_t key;
        const char *expected;
    } cases[] = {
        { key_blob(&digest),
          "/docker/registry/v2/blobs/sha256/e3/" HEX "/data" },
        { key_repositories(), "/docker/registry/v2/repositories" },
        { key_repository(name, NULL), REPOSITORY },
        { key_repository(name, "_layers"), REPOSITORY "/_layers" },
        { key_layer_link(name, &digest), REPOSITORY "/_layers" SHA256 "/link" },
        { key_revision_link(name, &digest),
          REPOSITORY "/_manifests/revisions" SHA256 "/link" },
        { key_revision_sparse(name, &digest),
          REPOSITORY "/_manifests/revisions" SHA256 "/sparse" },
        { key_revision_descriptor(name, &digest),
          REPOSITORY "/_manifests/revisions" SHA256 "/descriptor" },
        { key_revision_v1(name, &digest),
          REPOSITORY "/_manifests/revisions" SHA256 "/v1" },
        { key_image_v1(name, reg_str("id"), "json"),
          REPOSITORY "/_v1/id/json" },
        { key_tag(name, tag), REPOSITORY "/_manifests/tags/1" },
        { key_tag_current(name, tag),
          REPOSITORY "/_manifests/tags/1/current/link" },
        { key_tag_index(name, tag, &digest),
          REPOSITORY "/_manifests/tags/1/index" SHA256 "/link" },
        { key_upload(name, reg_str("id"), NULL), REPOSITORY "/_uploads/id" },
        { key_referrers(name, &digest, NULL), REPOSITORY "/_referrers" SHA256 },
        { key_referrers(name, &digest, &digest),
          REPOSITORY "/_referrers" SHA256 SHA256 "/link" },
        { key_below("/a/b", "c"), "/a/b/c" },
        { key_parent("/a/b/c"), "/a/b" },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        check(strcmp(cases[i].key.text, cases[i].expected) == 0, i,
              cases[i].key.text);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_have_no_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
