-- audit.sql: who did what.

-- audit_add(now i64, actor_id u64?, actor str, actor_kind str, token_id u64?, address str, action str, namespace_id u64?, repository_id u64?, target str, data str) exec
INSERT INTO audit (at, actor_id, actor, actor_kind, token_id, address, action,
    namespace_id, repository_id, target, data)
VALUES (:now, :actor_id, :actor, :actor_kind, :token_id, :address, :action,
    :namespace_id, :repository_id, :target, :data);

-- The first of its kind makes a row; those that follow are counted in it.
-- audit_fold(fold_key str, now i64, actor_kind str, address str, action str, target str) exec
INSERT INTO audit (fold_key, at, actor, actor_kind, address, action, target,
    data)
VALUES (:fold_key, :now, '', :actor_kind, :address, :action, :target, '{}')
ON DUPLICATE KEY UPDATE n = n + 1, last_at = :now;

-- The newest first, all of them or those of an account; of those numbers, times
-- and of what is not NULL.
-- audit_list(first u64, before u64, since i64, until i64, action str?, address str?, target str?, limit u64) many audit_item {id u64, at i64, actor str, actor_kind str, token_id u64?, address str, action str, target str, data str, n u64, last_at i64?}
SELECT id, at, actor, actor_kind, token_id, address, action, target, data,
    CAST(n AS UNSIGNED) AS n, last_at
FROM audit
WHERE id >= :first AND id < :before
  AND at >= :since AND at < :until
  AND (:action IS NULL OR action = :action)
  AND (:address IS NULL OR address = :address)
  AND (:target IS NULL OR INSTR(target, :target) > 0)
ORDER BY id DESC LIMIT :limit;

-- audit_list_of_actor(actor_id u64, first u64, before u64, since i64, until i64, action str?, address str?, target str?, limit u64) many audit_item {id u64, at i64, actor str, actor_kind str, token_id u64?, address str, action str, target str, data str, n u64, last_at i64?}
SELECT id, at, actor, actor_kind, token_id, address, action, target, data,
    CAST(n AS UNSIGNED) AS n, last_at
FROM audit
WHERE actor_id = :actor_id AND id >= :first AND id < :before
  AND at >= :since AND at < :until
  AND (:action IS NULL OR action = :action)
  AND (:address IS NULL OR address = :address)
  AND (:target IS NULL OR INSTR(target, :target) > 0)
ORDER BY id DESC LIMIT :limit;

-- The one behind so many that are older than a number.
-- audit_behind(before u64, number u64) one audit_id {id u64}
SELECT id FROM audit WHERE id < :before ORDER BY id DESC LIMIT 1 OFFSET :number;

-- audit_behind_of_actor(actor_id u64, before u64, number u64) one audit_id {id u64}
SELECT id FROM audit WHERE actor_id = :actor_id AND id < :before
ORDER BY id DESC LIMIT 1 OFFSET :number;

-- The last one before a moment, and the first one at it or later.
-- audit_last_before(at i64) one audit_id {id u64}
SELECT id FROM audit WHERE at < :at ORDER BY at DESC, id DESC LIMIT 1;

-- audit_first_from(at i64) one audit_id {id u64}
SELECT id FROM audit WHERE at >= :at ORDER BY at, id LIMIT 1;

-- The oldest first, for an export; of an actor or an action alone where that is
-- not NULL.
-- audit_export(after u64, since i64, actor str?, action str?, limit u64) many audit_item {id u64, at i64, actor str, actor_kind str, token_id u64?, address str, action str, target str, data str, n u64, last_at i64?}
SELECT id, at, actor, actor_kind, token_id, address, action, target, data,
    CAST(n AS UNSIGNED) AS n, last_at
FROM audit
WHERE id > :after AND at >= :since AND (:actor IS NULL OR actor = :actor)
  AND (:action IS NULL OR action = :action)
ORDER BY id LIMIT :limit;

-- audit_purge(before i64, limit u64) exec
DELETE FROM audit WHERE at < :before ORDER BY at LIMIT :limit;
