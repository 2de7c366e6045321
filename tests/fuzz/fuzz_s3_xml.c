/* fuzz_s3_xml.c: what a store, or a server in its place, answers. */

#include "reg_fuzz.h"
#include "fcgi_registry/s3/s3_xml.h"


static void
element_check(void *data, const char *parent, const char *name, str_t text)
{
    size_t *n = data;

    must(strlen(parent) < 64 && strlen(name) < 64 && name[0] != '\0');
    must(text.len <= 8192);
    ++*n;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n = 0;

    if (s3_xml_read(fuzz_str(data, size), element_check, &n) == OK) {
        must(n != 0);
    }

    return 0;
}
