/* referrers_tag.c: the tag under which clients of a registry without the
 * referrers API keep the list of a manifest's referrers. */

#include "repository/referrers_tag.h"

#include "common/manifest_scan.h"

#define HEX_MAX 64 /* as the specification cuts it; our names are no longer */


char *
referrers_tag_name(pool_t *pool, const reg_digest_t *subject)
{
    str_t hex = subject->hex;
    str_t algorithm = reg_algorithm_name(subject->algorithm);

    return pool_printf(pool, "%.*s-%.*s", STR(algorithm),
                       (int)(hex.len < HEX_MAX ? hex.len : HEX_MAX), hex.data);
}


int
referrers_tag_parse(str_t tag, reg_digest_t *start_r)
{
    const unsigned char *dash =
        tag.len == 0 ? NULL : memchr(tag.data, '-', tag.len);
    size_t len = dash == NULL ? 0 : (size_t)(dash - tag.data);

    if (dash == NULL || tag.len - len - 1 != HEX_MAX
        || reg_algorithm_parse((str_t){ len, tag.data }, &start_r->algorithm)
               != OK) {
        return DECLINED;
    }

    start_r->hex = (str_t){ HEX_MAX, tag.data + len + 1 };

    for (size_t i = 0; i < HEX_MAX; i++) {
        if (strchr("0123456789abcdef", start_r->hex.data[i]) == NULL) {
            return DECLINED;
        }
    }

    return OK;
}


bool
referrers_tag_is_of(const reg_digest_t *start, const reg_digest_t *digest)
{
    return start->algorithm == digest->algorithm
           && digest->hex.len >= start->hex.len
           && memcmp(start->hex.data, digest->hex.data, start->hex.len) == 0;
}


bool
referrers_tag_may_list(const manifest_t *manifest)
{
    return reg_str_eq(manifest->media_type, reg_str(REG_MT_OCI_INDEX))
           && !manifest->has_platforms;
}


bool
referrers_tag_is_list(const reg_digest_t *start, const reg_digest_t *digest,
                      const manifest_t *manifest)
{
    return referrers_tag_may_list(manifest)
           && !referrers_tag_is_of(start, digest);
}
