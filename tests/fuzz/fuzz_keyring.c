/* fuzz_keyring.c: the files of a token server's keys: a JWKS or PEM. */

#include "reg_fuzz.h"
#include "fcgi_core/keyring.h"

#include <sys/mman.h>
#include <unistd.h>


/* The input as a file, and its path. */
static int
file_make(const uint8_t *data, size_t size, char *path, size_t path_size)
{
    int fd = memfd_create("keys", 0);

    must(fd >= 0);
    must(write(fd, data, size) == (ssize_t)size);
    snprintf(path, path_size, "/proc/self/fd/%d", fd);

    return fd;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned is_pem = fuzz_byte(&data, &size) % 2;
    pool_t *pool = pool_create();
    const keyring_t *ring = NULL;
    const keyring_key_t *key = NULL;
    char path[64];
    int fd = file_make(data, size, path, sizeof(path));
    int rc = keyring_load(pool, is_pem ? path : "", is_pem ? "" : path, &ring);

    if (rc == OK && keyring_by_id(ring, reg_str("a"), &key) == OK) {
        must(keyring_verify(key, reg_str("none"), reg_str("text"), reg_str(""))
             == DECLINED);
        must(keyring_verify(key, reg_str("RS256"), reg_str("text"),
                            reg_str("signature"))
             == DECLINED);
    }

    close(fd);
    pool_destroy(pool);

    return 0;
}
