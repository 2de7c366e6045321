/* digest.h: digests, "algorithm:hex" (OCI image-spec, "Digests"). */

#ifndef REG_DIGEST_H
#define REG_DIGEST_H

#include "reg.h"

typedef enum { REG_SHA256 = 0, REG_SHA512, REG_ALGORITHM_N } reg_algorithm_t;

#define REG_DIGEST_RAW_MAX 64                   /* bytes of the longest hash */
#define REG_DIGEST_HEX_MAX 128                  /* the same in hex */
#define REG_DIGEST_MAX (7 + REG_DIGEST_HEX_MAX) /* "sha512:" and the hex */

/* A digest that was found well-formed; hex is a view into what was parsed. */
typedef struct {
    reg_algorithm_t algorithm;
    reg_str_t hex;
} reg_digest_t;

/* The name of an algorithm as it stands before the colon and in paths. */
reg_str_t reg_algorithm_name(reg_algorithm_t algorithm);

/* REG_OK and the algorithm, or REG_DECLINED for an unknown name. */
int reg_algorithm_parse(reg_str_t name, reg_algorithm_t *algorithm_r);

/* Length in hex characters. */
size_t reg_algorithm_hex_len(reg_algorithm_t algorithm);

/* REG_OK; REG_DECLINED for a digest that is well-formed by the grammar but of
 * an algorithm that we do not know; REG_ERROR for anything else.  Hex must be
 * lower case and of the algorithm's length. */
int reg_digest_parse(reg_str_t text, reg_digest_t *digest_r);

/* Writes "algorithm:hex" and a NUL into buf[REG_DIGEST_MAX + 1]; returns the
 * length without the NUL.  hex must be of the algorithm's length. */
size_t reg_digest_print(const reg_digest_t *digest, char *buf);

bool reg_digest_eq(const reg_digest_t *a, const reg_digest_t *b);

#endif
