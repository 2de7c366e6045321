/* digest_set.c: which digests were seen, many of them in little memory. */

#include "store/digest_set.h"

#include "fcgi_core/log.h"
#include "common/encode.h"

#include <stdlib.h>
#include <sys/random.h>

#define WORDS 4          /* of 64 bits: what is kept of a digest */
#define FIRST_BITS 10    /* 1024 places, 32 KiB */
#define LOAD_NUMERATOR 3 /* of four places */

typedef struct {
    uint64_t words[WORDS]; /* all zero: a free place */
} entry_t;

struct digest_set_s {
    entry_t *entries;
    unsigned bits; /* there are 2^bits places */
    size_t n;      /* that are taken */
    bool has_zero; /* the digest whose entry would look free */
    uint64_t key[WORDS + 1];
};


static void *
allocate(size_t n, size_t size)
{
    void *p = calloc(n, size);

    if (p == NULL) {
        log_error("out of memory (%zu times %zu bytes): the process ends", n,
                  size);
        _Exit(EXIT_FAILURE);
    }

    return p;
}


digest_set_t *
digest_set_create(void)
{
    digest_set_t *set = allocate(1, sizeof(digest_set_t));

    set->bits = FIRST_BITS;
    set->entries = allocate((size_t)1 << set->bits, sizeof(entry_t));

    /* up to 256 bytes are never cut short; without a key it is only slower */
    if (getrandom(set->key, sizeof(set->key), 0) < 0) {
        log_warn("no random numbers for a table");
    }

    return set;
}


static entry_t
entry_of(const reg_digest_t *digest)
{
    unsigned char raw[REG_DIGEST_RAW_MAX] = { 0 };
    uint64_t folded[2 * WORDS];
    entry_t entry;
    size_t len;

    reg_hex_decode(digest->hex, raw, sizeof(raw), &len);
    memcpy(folded, raw, sizeof(folded));

    for (size_t i = 0; i < WORDS; i++) {
        entry.words[i] = folded[i] ^ folded[WORDS + i];
    }

    return entry;
}


static bool
is_zero(const entry_t *entry)
{
    return (entry->words[0] | entry->words[1] | entry->words[2]
            | entry->words[3])
           == 0;
}


/* A universal hash (NH of UMAC, then multiplicative): a client that does not
 * know the key finds no two digests that share a place more often than by
 * chance. */
static size_t
place_of(const digest_set_t *set, const entry_t *entry)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < WORDS; i += 2) {
        sum += (entry->words[i] + set->key[i])
               * (entry->words[i + 1] + set->key[i + 1]);
    }

    return (size_t)((sum * (set->key[WORDS] | 1)) >> (64 - set->bits));
}


/* Where an entry is, or the free place where it would be. */
static entry_t *
entry_find(const digest_set_t *set, const entry_t *entry)
{
    size_t mask = ((size_t)1 << set->bits) - 1;
    size_t place = place_of(set, entry);

    while (!is_zero(&set->entries[place])
           && memcmp(&set->entries[place], entry, sizeof(*entry)) != 0) {
        place = (place + 1) & mask;
    }

    return &set->entries[place];
}


static void
set_grow(digest_set_t *set)
{
    entry_t *old = set->entries;
    size_t size = (size_t)1 << set->bits;

    set->bits++;
    set->entries = allocate((size_t)1 << set->bits, sizeof(entry_t));

    for (size_t i = 0; i < size; i++) {
        if (!is_zero(&old[i])) {
            *entry_find(set, &old[i]) = old[i];
        }
    }

    free(old);
}


bool
digest_set_add(digest_set_t *set, const reg_digest_t *digest)
{
    entry_t entry = entry_of(digest);
    entry_t *found;

    if (is_zero(&entry)) {
        bool is_new = !set->has_zero;

        set->has_zero = true;
        return is_new;
    }

    found = entry_find(set, &entry);

    if (!is_zero(found)) {
        return false;
    }

    *found = entry;
    set->n++;

    if (set->n > ((size_t)LOAD_NUMERATOR << set->bits) / 4) {
        set_grow(set);
    }

    return true;
}


bool
digest_set_has(const digest_set_t *set, const reg_digest_t *digest)
{
    entry_t entry = entry_of(digest);

    return is_zero(&entry) ? set->has_zero : !is_zero(entry_find(set, &entry));
}


size_t
digest_set_count(const digest_set_t *set)
{
    return set->n + (set->has_zero ? 1 : 0);
}


void
digest_set_clear(digest_set_t *set)
{
    if (set->bits != FIRST_BITS) {
        free(set->entries);
        set->bits = FIRST_BITS;
        set->entries = allocate((size_t)1 << set->bits, sizeof(entry_t));

    } else if (set->n != 0) {
        memset(set->entries, 0, sizeof(entry_t) << set->bits);
    }

    set->n = 0;
    set->has_zero = false;
}


void
digest_set_destroy(digest_set_t *set)
{
    free(set->entries);
    free(set);
}
