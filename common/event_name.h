/* event_name.h: the words of an event (docs/events.md; the rows are in
 * event.def). */

#ifndef REG_EVENT_NAME_H
#define REG_EVENT_NAME_H

#include "reg.h"

/* The media type of a blob: its content type is unknown. */
#define REG_EVENT_BLOB "application/octet-stream"

/* REG_EVENT_PUSH ...: what happened. */
typedef enum {
#define EVENT_ACTION(NAME, action) REG_EVENT_##NAME,
#include "event.def"
    REG_EVENT_N
} reg_event_t;

/* REG_SNAPSHOT_BEGIN ...: what a snapshot says. */
typedef enum {
#define EVENT_SNAPSHOT(NAME, of) REG_SNAPSHOT_##NAME,
#include "event.def"
    REG_SNAPSHOT_N
} reg_snapshot_t;

/* reg_member_media_type is "mediaType", and so on. */
#define EVENT_MEMBER(name, member)                                             \
    static const char reg_member_##name[] = member;
#include "event.def"

/* The words of both, and back: REG_EVENT_N or REG_SNAPSHOT_N for any other
 * word. */
const char *reg_event_name(reg_event_t event);
reg_event_t reg_event_find(reg_str_t name);
const char *reg_snapshot_name(reg_snapshot_t snapshot);
reg_snapshot_t reg_snapshot_find(reg_str_t name);

#endif
