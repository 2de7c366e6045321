-- audit.sql: who did what.

-- audit_add(now i64, actor_id u64?, actor str, actor_kind str, token_id u64?, address str, action str, namespace_id u64?, repository_id u64?, target str, data str) exec
INSERT INTO audit (at, actor_id, actor, actor_kind, token_id, address, action,
    namespace_id, repository_id, target, data)
VALUES (:now, :actor_id, :actor, :actor_kind, :token_id, :address, :action,
    :namespace_id, :repository_id, :target, :data);

-- The newest first, all of them or those of an account.
-- audit_list(before u64, limit u64) many audit_item {id u64, at i64, actor str, actor_kind str, token_id u64?, address str, action str, target str, data str}
SELECT id, at, actor, actor_kind, token_id, address, action, target, data
FROM audit WHERE id < :before ORDER BY id DESC LIMIT :limit;

-- audit_list_of_actor(actor_id u64, before u64, limit u64) many audit_item {id u64, at i64, actor str, actor_kind str, token_id u64?, address str, action str, target str, data str}
SELECT id, at, actor, actor_kind, token_id, address, action, target, data
FROM audit WHERE actor_id = :actor_id AND id < :before
ORDER BY id DESC LIMIT :limit;

-- audit_purge(before i64, limit u64) exec
DELETE FROM audit WHERE at < :before ORDER BY at LIMIT :limit;
