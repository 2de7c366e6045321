/* store_mark.h: how a store without file locks keeps content that is used from
 * a garbage collection that removes it at the same time.
 *
 * Each blob has two marks, which are empty objects next to the tree:
 * slipway/used/A/HH/H, put by a process that uses the blob, and
 * slipway/doomed/A/HH/H, put by one that removes it.  The one puts "used" and
 * then checks "doomed"; the other puts "doomed" and then checks "used".  Since
 * a store shows what was put to all who read after that, at least one of them
 * sees the mark of the other. */

#ifndef STORE_MARK_H
#define STORE_MARK_H

#include "store/store_driver.h"

/* The keys are those of blobs' data (object_is_blob()). */

/* Marks a blob as used.  DECLINED where it is being removed, and counts as
 * gone. */
int mark_use(store_op_t *op, const char *key);

/* The same for content that is about to be put: waits until it is gone, for as
 * long as op->wait says.  ERROR, op->err being EAGAIN, where that takes
 * longer. */
int mark_use_wait(store_op_t *op, const char *key);

/* The mark of a blob that is used; DECLINED where it never was. */
int mark_check(store_op_t *op, const char *key, store_stat_t *used_r);

/* Before the removal of a blob that has not been used since a time: DECLINED
 * where it has, by now. */
int mark_doom(store_op_t *op, const char *key, const struct timespec *before);

/* After it, or instead of it: is_gone where the blob was removed. */
int mark_end(store_op_t *op, const char *key, bool is_gone);

#endif
