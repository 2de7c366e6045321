/* fuzz_hash_state.c: a hash state, and behind it bytes to go on with. */

#include "reg_fuzz.h"
#include "common/hash.h"


/* Everything but the bytes of the block that are not in use yet. */
static void
check_export(const reg_hash_t *hash, reg_str_t state)
{
    unsigned char raw[REG_HASH_STATE_MAX];
    bool is_512 = hash->algorithm == REG_SHA512;
    size_t block = is_512 ? SHA512_CBLOCK : SHA256_CBLOCK;
    size_t used = (is_512 ? 68 : 36) + hash->length % block;

    must(reg_hash_state_export(hash, raw) == state.len);
    must(memcmp(raw, state.data, used) == 0);
    must(memcmp(raw + state.len - 8, state.data + state.len - 8, 8) == 0);
}


/* Hashed in one piece, or cut with the state put down and taken up between:
 * the same. */
static void
check_pieces(reg_hash_t hash, const uint8_t *data, size_t size)
{
    unsigned char raw[REG_HASH_STATE_MAX];
    char a[REG_DIGEST_HEX_MAX + 1], b[REG_DIGEST_HEX_MAX + 1];
    size_t cut = size == 0 ? 0 : data[0] % (size + 1);
    reg_hash_t other = hash, taken_up;
    size_t len;

    /* a forged state may stand just below the length that is refused */
    if (hash.length > (UINT64_MAX >> 3) - size) {
        return;
    }

    reg_hash_update(&hash, data, size);
    reg_hash_update(&other, data, cut);
    len = reg_hash_state_export(&other, raw);
    must(reg_hash_state_import(&taken_up, fuzz_str(raw, len)) == REG_OK);
    reg_hash_update(&taken_up, data + cut, size - cut);
    reg_hash_hex(&hash, a);
    reg_hash_hex(&taken_up, b);
    must(strcmp(a, b) == 0);
    must(strlen(a) == reg_algorithm_hex_len(hash.algorithm));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t lens[] = { REG_HASH_STATE_SHA256,
                                   REG_HASH_STATE_SHA512 };
    reg_hash_t hash;

    (void)reg_hash_state_import(&hash, fuzz_str(data, size));

    for (int i = 0; i < REG_ALGORITHM_N; i++) {
        reg_str_t state = fuzz_str(data, lens[i]);

        reg_hash_init(&hash, (reg_algorithm_t)i);
        check_pieces(hash, data, size);

        if (size >= lens[i] && reg_hash_state_import(&hash, state) == REG_OK) {
            must(hash.algorithm == (reg_algorithm_t)i);
            check_export(&hash, state);
            check_pieces(hash, data + lens[i], size - lens[i]);
        }
    }

    return 0;
}
