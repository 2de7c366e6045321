-- refresh_token.sql: what a client keeps instead of a password.

-- refresh_token_add(key_hash str, account_id u64, service str, now i64, expires_at i64) exec
INSERT INTO refresh_token (key_hash, account_id, service, issued_at, expires_at)
VALUES (:key_hash, :account_id, :service, :now, :expires_at);

-- refresh_token_account(key_hash str, service str, now i64) one {id u64, login str, revision u64, is_admin bool}
SELECT a.id, a.login, a.revision, a.is_admin
FROM refresh_token t
JOIN account a ON a.id = t.account_id
WHERE t.key_hash = :key_hash AND t.service = :service AND t.expires_at > :now
  AND NOT a.is_disabled;

-- refresh_token_revoke(account_id u64) exec
DELETE FROM refresh_token WHERE account_id = :account_id;

-- refresh_token_purge(now i64, limit u64) exec
DELETE FROM refresh_token WHERE expires_at <= :now
ORDER BY expires_at LIMIT :limit;
