/* waiting.h: how many of a program's processes wait for the same thing.
 *
 * The processes behind one socket share nothing but this: a place for each,
 * in which it writes what it waits for while it waits.  The master clears the
 * place of a process that ended, however it ended, so no place stays taken. */

#ifndef WAITING_H
#define WAITING_H

#include "fcgi_core/core.h"

typedef struct {
    uint64_t thing; /* that is waited for; 0: the waiting is not counted */
    uint64_t owner; /* of this and of other things; 0: no one */
} waiting_t;

/* Makes places for n processes, in the master, before the first fork. */
int waiting_open(long n);

/* In a process that was just started: its place is the one at index. */
void waiting_place(long index);

/* In the master: the process of that index has ended. */
void waiting_clear(long index);

/* A number, never 0, for a name of two parts. */
uint64_t waiting_key(str_t first, str_t second);

/* Whether as many processes wait for a thing as may, so many percent of all,
 * rounded down; or for all that its owner has, this thing among them.  false
 * for a thing that none waits for, and in a command, where there are no places.
 */
bool waiting_is_full(const waiting_t *what, long percent, long owner_percent);

/* Takes the place of the process.  false, with nothing taken, where one more
 * would be more than percent of all processes for the thing, or owner_percent
 * for all that its owner has. */
bool waiting_begin(const waiting_t *what, long percent, long owner_percent);
void waiting_end(void);

#endif
