-- webhook_hold.sql: what webhooks get at the end of a push.

-- webhook_hold_begin(repository_id u64, actor str, until i64) exec
INSERT INTO webhook_hold (repository_id, actor, until_at)
VALUES (:repository_id, :actor, :until)
ON DUPLICATE KEY UPDATE until_at = :until;

-- Whether a push is under way, which does not end before the transaction does.
-- webhook_hold_find(repository_id u64, actor str, now i64) one {until_at i64}
SELECT until_at FROM webhook_hold
WHERE repository_id = :repository_id AND actor = :actor AND until_at > :now
LOCK IN SHARE MODE;

-- webhook_hold_end(repository_id u64, actor str) exec
DELETE FROM webhook_hold
WHERE repository_id = :repository_id AND actor = :actor;

-- webhook_hold_purge(now i64, limit u64) exec
DELETE FROM webhook_hold WHERE until_at <= :now
ORDER BY until_at LIMIT :limit;

-- webhook_held_add(repository_id u64, actor str, tag str?, digest str, media_type str?, size u64?, at i64, due_at i64) exec
INSERT INTO webhook_held (repository_id, actor, tag, digest, media_type, size,
    at, due_at)
VALUES (:repository_id, :actor, :tag, :digest, :media_type, :size, :at,
    :due_at);

-- All of a push are due.
-- webhook_held_release(repository_id u64, actor str) exec
UPDATE webhook_held SET due_at = 0
WHERE repository_id = :repository_id AND actor = :actor;

-- webhook_held_list(repository_id u64, actor str, limit u64) many webhook_held {id u64, repository_id u64, actor str, tag str?, digest str, media_type str?, size u64?, at i64}
SELECT id, repository_id, actor, tag, digest, media_type, size, at
FROM webhook_held
WHERE repository_id = :repository_id AND actor = :actor
ORDER BY id LIMIT :limit FOR UPDATE;

-- Of every push; those that another process has are left to it.
-- webhook_held_due(now i64, limit u64) many webhook_held {id u64, repository_id u64, actor str, tag str?, digest str, media_type str?, size u64?, at i64}
SELECT id, repository_id, actor, tag, digest, media_type, size, at
FROM webhook_held WHERE due_at <= :now
ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED;

-- webhook_held_delete(id u64) exec
DELETE FROM webhook_held WHERE id = :id;
