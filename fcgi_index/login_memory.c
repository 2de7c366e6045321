/* login_memory.c: passwords that were right, for a minute.
 *
 * There is no lock that a process could leave behind: words are written one by
 * one, and what is half of one print and half of another equals none. */

#include "login_memory.h"
#include "../fcgi_core/clock.h"
#include "../fcgi_core/shared.h"

#include <stdatomic.h>

#define SLOTS 4096
#define KEPT_MS 60000

typedef struct {
    _Atomic uint64_t words[PASSWORD_PRINT_WORDS];
    _Atomic int64_t until; /* clock_ms() */
} slot_t;

static slot_t *slots;


int
login_memory_open(void)
{
    slots = shared_create(SLOTS * sizeof(slot_t));

    return slots != NULL ? OK : ERROR;
}


static slot_t *
slot_of(const password_print_t *print)
{
    return &slots[print->words[0] % SLOTS];
}


bool
login_memory_has(const password_print_t *print)
{
    slot_t *slot = slot_of(print);
    uint64_t differences = 0;

    for (size_t i = 0; i < PASSWORD_PRINT_WORDS; i++) {
        differences |= slot->words[i] ^ print->words[i];
    }

    return differences == 0 && clock_ms() < slot->until;
}


void
login_memory_add(const password_print_t *print)
{
    slot_t *slot = slot_of(print);

    for (size_t i = 0; i < PASSWORD_PRINT_WORDS; i++) {
        slot->words[i] = print->words[i];
    }

    slot->until = clock_ms() + KEPT_MS;
}
