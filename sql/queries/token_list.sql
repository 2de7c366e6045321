-- token_list.sql: lists of grants that do not fit into a token's text.

-- token_list_expiry(list_hash str) one {expires_at i64}
SELECT expires_at FROM token_list WHERE list_hash = :list_hash;

-- The bytes of an account's lists that have not ended; account 0: of all that
-- are anonymous.
-- token_list_used(account_id u64, now i64) one {size u64}
SELECT CAST(COALESCE(SUM(size), 0) AS UNSIGNED) AS size
FROM token_list WHERE account_id = :account_id AND expires_at > :now;

-- token_list_add(list_hash str, account_id u64, grants str, size u64, expires_at i64) exec
INSERT INTO token_list (list_hash, account_id, grants, size, expires_at)
VALUES (:list_hash, :account_id, :grants, :size, :expires_at)
ON DUPLICATE KEY UPDATE
    expires_at = GREATEST(token_list.expires_at, :expires_at);

-- token_list_name_add(list_hash str, name str) exec
INSERT INTO token_list_name (list_hash, name) VALUES (:list_hash, :name)
ON DUPLICATE KEY UPDATE name = :name;

-- token_list_grants(list_hash str) one {grants str}
SELECT grants FROM token_list WHERE list_hash = :list_hash;

-- token_list_purge(now i64, limit u64) exec
DELETE FROM token_list WHERE expires_at <= :now
ORDER BY expires_at LIMIT :limit;
