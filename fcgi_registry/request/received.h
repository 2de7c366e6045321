/* received.h: the bytes that nginx has written to an upload for a request, and
 * how they become a blob.  docs/storage.md has the order of writes. */

#ifndef RECEIVED_H
#define RECEIVED_H

#include "repository/upload_dir.h"
#include "request/registry.h"

/* Called once, before processes begin: at most half of them read an upload
 * again at a time.  ERROR, logged. */
int received_open(pool_t *pool, long processes);

/* Locks the upload that nginx has just written this request's bytes to;
 * *offset_r is how many it had before.  DECLINED where there is no such
 * upload.  OK with upload_r->lock still -1 where another request has continued
 * it: upload_r->size is what it has now. */
int received_lock(req_t *rq, str_t id, upload_t *upload_r, uint64_t *offset_r);

/* The state of the hash over all bytes of the upload, where nginx knows one;
 * else DECLINED. */
int received_state(req_t *rq, const upload_t *upload, reg_hash_t *hash_r);

/* The hash of all bytes, as hex and a NUL in hex[REG_DIGEST_HEX_MAX + 1]: from
 * nginx's state, or by reading the file again.  DECLINED where a client has
 * cancelled the upload in the meantime. */
int received_hash(req_t *rq, const upload_t *upload, uint64_t offset,
                  reg_algorithm_t algorithm, char *hex);

/* The bytes, whose digest it is, become a blob of the repository: data, link
 * and event, all durable.  The upload is still there.  DECLINED as above. */
int received_store(req_t *rq, const upload_t *upload,
                   const reg_digest_t *digest);

#endif
