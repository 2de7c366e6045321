-- token.sql: live bearer tokens, and what revokes them.

-- token_add(key_hash str, account_id u64?, access_token_id u64?, list_hash str?, now i64, expires_at i64) exec
INSERT INTO token (key_hash, account_id, access_token_id, list_hash, issued_at,
    expires_at)
VALUES (:key_hash, :account_id, :access_token_id, :list_hash, :now,
    :expires_at);

-- token_grant_add(key_hash str, name str) exec
INSERT INTO token_grant (key_hash, name) VALUES (:key_hash, :name)
ON DUPLICATE KEY UPDATE name = :name;

-- Locks the token: a revocation waits until the transaction ends.
-- token_hold(key_hash str) one {is_revoked bool}
SELECT is_revoked FROM token WHERE key_hash = :key_hash LOCK IN SHARE MODE;

-- token_by_account(account_id u64, now i64, limit u64) many token_key {key_hash str}
SELECT key_hash FROM token
WHERE account_id = :account_id AND expires_at > :now AND NOT is_revoked
LIMIT :limit;

-- Those that were bought with an access token.
-- token_by_access_token(access_token_id u64, now i64, limit u64) many token_key {key_hash str}
SELECT key_hash FROM token
WHERE access_token_id = :access_token_id AND expires_at > :now
  AND NOT is_revoked
LIMIT :limit;

-- All but those of the owner, whose rights do not hang on the visibility.
-- token_by_repository(name str, owner_id u64, now i64, limit u64) many token_key {key_hash str}
SELECT t.key_hash FROM token_grant g
JOIN token t ON t.key_hash = g.key_hash
WHERE g.name = :name AND t.expires_at > :now AND NOT t.is_revoked
  AND (t.account_id IS NULL OR t.account_id <> :owner_id)
UNION
SELECT t.key_hash FROM token_list_name l
JOIN token t ON t.list_hash = l.list_hash
WHERE l.name = :name AND t.expires_at > :now AND NOT t.is_revoked
  AND (t.account_id IS NULL OR t.account_id <> :owner_id)
LIMIT :limit;

-- Names from "first" (inclusive) to "last" (exclusive).
-- token_by_names(first str, last str, now i64, limit u64) many token_key {key_hash str}
SELECT t.key_hash FROM token_grant g
JOIN token t ON t.key_hash = g.key_hash
WHERE g.name >= :first AND g.name < :last AND t.expires_at > :now
  AND NOT t.is_revoked
UNION
SELECT t.key_hash FROM token_list_name l
JOIN token t ON t.list_hash = l.list_hash
WHERE l.name >= :first AND l.name < :last AND t.expires_at > :now
  AND NOT t.is_revoked
LIMIT :limit;

-- Of one account, and the namespace's own name or names from "first"
-- (inclusive) to "last" (exclusive).
-- token_by_account_names(account_id u64, namespace str, first str, last str, now i64, limit u64) many token_key {key_hash str}
SELECT t.key_hash FROM token t
JOIN token_grant g ON g.key_hash = t.key_hash
WHERE t.account_id = :account_id AND t.expires_at > :now AND NOT t.is_revoked
  AND (g.name = :namespace OR (g.name >= :first AND g.name < :last))
UNION
SELECT t.key_hash FROM token t
JOIN token_list_name l ON l.list_hash = t.list_hash
WHERE t.account_id = :account_id AND t.expires_at > :now AND NOT t.is_revoked
  AND (l.name = :namespace OR (l.name >= :first AND l.name < :last))
LIMIT :limit;

-- token_revoke(key_hash str) exec
UPDATE token SET is_revoked = TRUE WHERE key_hash = :key_hash;

-- token_purge(now i64, limit u64) exec
DELETE FROM token WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit;

-- token_find(key_hash str) one {is_revoked bool}
SELECT is_revoked FROM token WHERE key_hash = :key_hash;
