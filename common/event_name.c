/* event_name.c: the words of an event. */

#include "event_name.h"

static const char *const events[REG_EVENT_N] = {
#define EVENT_ACTION(NAME, action) #action,
#include "event.def"
};

static const char *const snapshots[REG_SNAPSHOT_N] = {
#define EVENT_SNAPSHOT(NAME, of) #of,
#include "event.def"
};


/* The place of a word among n names, n where it is none of them. */
static int
name_find(const char *const *names, int n, reg_str_t word)
{
    int i = 0;

    while (i < n && !reg_str_eq(word, reg_cstr(names[i]))) {
        i++;
    }

    return i;
}


const char *
reg_event_name(reg_event_t event)
{
    return events[event];
}


reg_event_t
reg_event_find(reg_str_t name)
{
    return (reg_event_t)name_find(events, REG_EVENT_N, name);
}


const char *
reg_snapshot_name(reg_snapshot_t snapshot)
{
    return snapshots[snapshot];
}


reg_snapshot_t
reg_snapshot_find(reg_str_t name)
{
    return (reg_snapshot_t)name_find(snapshots, REG_SNAPSHOT_N, name);
}
