-- refresh_token.sql: what a client keeps instead of a password.

-- refresh_token_add(key_hash str, account_id u64, service str, now i64, expires_at i64) exec
INSERT INTO refresh_token (key_hash, account_id, service, issued_at, expires_at)
VALUES (:key_hash, :account_id, :service, :now, :expires_at);

-- refresh_token_account(key_hash str, service str, now i64) one {id u64, login str, revision u64, is_admin bool, is_revoked bool}
SELECT a.id, a.login, a.revision, a.is_admin,
    t.revoked_at IS NOT NULL AS is_revoked
FROM refresh_token t
JOIN account a ON a.id = t.account_id
WHERE t.key_hash = :key_hash AND t.service = :service AND t.expires_at > :now
  AND NOT a.is_disabled;

-- Written at most once in five minutes.
-- refresh_token_used(key_hash str, now i64) exec
UPDATE refresh_token SET used_at = :now
WHERE key_hash = :key_hash AND (used_at IS NULL OR used_at <= :now - 300);

-- refresh_token_list(after str, now i64, limit u64) many {key_hash str, login str, service str, issued_at i64, used_at i64?, expires_at i64}
SELECT t.key_hash, a.login, t.service, t.issued_at, t.used_at, t.expires_at
FROM refresh_token t
JOIN account a ON a.id = t.account_id
WHERE t.key_hash > :after AND t.expires_at > :now AND t.revoked_at IS NULL
ORDER BY t.key_hash LIMIT :limit;

-- Those from "first" (inclusive) to "last" (exclusive).
-- refresh_token_find(first str, last str, now i64, limit u64) many {key_hash str}
SELECT key_hash FROM refresh_token
WHERE key_hash >= :first AND key_hash < :last AND expires_at > :now
  AND revoked_at IS NULL
LIMIT :limit FOR UPDATE;

-- refresh_token_revoke(key_hash str, now i64) exec
UPDATE refresh_token SET revoked_at = :now
WHERE key_hash = :key_hash AND revoked_at IS NULL;

-- refresh_token_revoke_all(account_id u64, now i64) exec
UPDATE refresh_token SET revoked_at = :now
WHERE account_id = :account_id AND revoked_at IS NULL;

-- refresh_token_purge(now i64, limit u64) exec
DELETE FROM refresh_token WHERE expires_at <= :now
ORDER BY expires_at LIMIT :limit;
