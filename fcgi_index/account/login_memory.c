/* login_memory.c: passwords that were right or wrong not long ago.
 *
 * There is no lock that a process could leave behind: words are written one by
 * one, and what is half of one print and half of another equals none. */

#include "account/login_memory.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/shared.h"

#include <stdatomic.h>

#define SLOTS 4096

typedef struct {
    _Atomic uint64_t words[PASSWORD_PRINT_WORDS];
    _Atomic int64_t until; /* clock_ms() */
} slot_t;

static const int64_t kept_ms[LOGIN_N] = {
    [LOGIN_RIGHT] = 60 * 1000,
    [LOGIN_WRONG] = 60 * 60 * 1000,
};

static slot_t (*slots)[SLOTS];


int
login_memory_open(void)
{
    slots = shared_create(LOGIN_N * sizeof(*slots));

    return slots != NULL ? OK : ERROR;
}


static slot_t *
slot_of(login_memory_t kind, const password_fingerprint_t *print)
{
    return &slots[kind][print->words[0] % SLOTS];
}


bool
login_memory_has(login_memory_t kind, const password_fingerprint_t *print)
{
    slot_t *slot = slot_of(kind, print);
    uint64_t differences = 0;

    for (size_t i = 0; i < PASSWORD_PRINT_WORDS; i++) {
        differences |= slot->words[i] ^ print->words[i];
    }

    return differences == 0 && clock_ms() < slot->until;
}


void
login_memory_add(login_memory_t kind, const password_fingerprint_t *print)
{
    slot_t *slot = slot_of(kind, print);

    for (size_t i = 0; i < PASSWORD_PRINT_WORDS; i++) {
        slot->words[i] = print->words[i];
    }

    slot->until = clock_ms() + kept_ms[kind];
}
