/* fuzz_digest.c: a digest, and the content of a link. */

#include "reg_fuzz.h"
#include "common/path.h"


static void
check_digest(reg_str_t text, const reg_digest_t *digest)
{
    char buf[REG_DIGEST_MAX + 1], path[REG_PATH_MAX];
    reg_digest_t again;
    size_t len = reg_digest_print(digest, buf);
    int path_len;

    must(is_within(digest->hex, text));
    must(digest->hex.len == reg_algorithm_hex_len(digest->algorithm));
    must(len <= REG_DIGEST_MAX && buf[len] == '\0');
    must(reg_digest_parse(fuzz_str((uint8_t *)buf, len), &again) == REG_OK);
    must(reg_digest_eq(digest, &again));

    path_len = reg_path_blob(path, sizeof(path), reg_str("/r"), digest);
    must(path_len > 0 && strlen(path) == (size_t)path_len);
    must(strstr(path, "..") == NULL && strstr(path, "//") == NULL);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reg_str_t text = fuzz_str(data, size);
    reg_digest_t digest, linked;
    int rc = reg_digest_parse(text, &digest);
    int link_rc = reg_link_parse(text, &linked);

    must(rc == REG_OK || rc == REG_DECLINED || rc == REG_ERROR);

    /* a link is as strict as a digest but for the white space around it */
    must(rc == REG_ERROR || link_rc == rc);

    if (rc == REG_OK) {
        char buf[REG_DIGEST_MAX + 1];

        check_digest(text, &digest);
        must(reg_digest_eq(&digest, &linked));
        must(reg_str_eq(
            fuzz_str((uint8_t *)buf, reg_digest_print(&digest, buf)), text));
    }

    if (link_rc == REG_OK) {
        check_digest(text, &linked);
    }

    return 0;
}
