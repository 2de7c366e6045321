/* fuzz_manifest_scan.c: four bytes that say how a manifest is cut, and the
 * manifest. */

#include "reg_fuzz.h"
#include "common/manifest_scan.h"


/* Pieces of 0 to 15 bytes as a generator of numbers, seeded, has it. */
static void
feed_pieces(reg_manifest_scan_t *scan, const uint8_t *data, size_t size,
            uint32_t seed)
{
    while (size != 0) {
        size_t n;

        seed = seed * 1664525 + 1013904223;
        n = seed >> 28;
        n = n < size ? n : size;
        reg_manifest_scan_feed(scan, data, n);
        data += n;
        size -= n;
    }
}


static bool
is_header_safe(const char *type)
{
    for (const char *p = type; *p != '\0'; p++) {
        if (*p <= ' ' || *p >= 0x7f || *p == ';' || *p == ',' || *p == '"') {
            return false;
        }
    }

    return strncmp(type, "application/vnd.", 16) == 0
           && strlen(type) <= REG_MEDIA_TYPE_MAX;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reg_manifest_scan_t whole, pieces, bytes;
    uint32_t seed = 0;

    for (int i = 0; i < 4; i++) {
        seed = seed << 8 | fuzz_byte(&data, &size);
    }

    reg_manifest_scan_init(&whole);
    reg_manifest_scan_init(&pieces);
    reg_manifest_scan_init(&bytes);
    reg_manifest_scan_feed(&whole, data, size);
    feed_pieces(&pieces, data, size, seed);

    for (size_t i = 0; i < size; i++) {
        reg_manifest_scan_feed(&bytes, data + i, 1);
        must(is_header_safe(reg_manifest_scan_type(&bytes)));
    }

    must(strcmp(reg_manifest_scan_type(&whole), reg_manifest_scan_type(&pieces))
         == 0);
    must(strcmp(reg_manifest_scan_type(&whole), reg_manifest_scan_type(&bytes))
         == 0);

    return 0;
}
