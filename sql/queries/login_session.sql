-- login_session.sql: browsers that are logged in.

-- login_session_add(key_hash str, account_id u64, revision u64, now i64, expires_at i64, address str, agent str) exec
INSERT INTO session (key_hash, account_id, revision, created_at, confirmed_at,
    used_at, expires_at, address, agent)
VALUES (:key_hash, :account_id, :revision, :now, :now, :now, :expires_at,
    :address, :agent);

-- One that has not been used since "idle" has ended.
-- login_session_find(key_hash str, now i64, idle i64) one {id u64, account_id u64, login str, revision u64, is_admin bool, confirmed_at i64}
SELECT s.id, a.id AS account_id, a.login, a.revision, a.is_admin,
    s.confirmed_at
FROM session s
JOIN account a ON a.id = s.account_id
WHERE s.key_hash = :key_hash AND s.expires_at > :now AND s.used_at > :idle
  AND a.revision = s.revision AND NOT a.is_disabled;

-- Written at most once in five minutes.
-- login_session_used(id u64, now i64) exec
UPDATE session SET used_at = :now WHERE id = :id AND used_at <= :now - 300;

-- The password was shown, or changed: another cookie, and the account as it is
-- now.
-- login_session_renew(id u64, key_hash str, revision u64, now i64) exec
UPDATE session SET key_hash = :key_hash, revision = :revision,
    confirmed_at = :now, used_at = :now
WHERE id = :id;

-- login_session_list(account_id u64, now i64, idle i64, after u64, limit u64) many {id u64, created_at i64, used_at i64, expires_at i64, address str, agent str}
SELECT s.id, s.created_at, s.used_at, s.expires_at, s.address, s.agent
FROM session s
JOIN account a ON a.id = s.account_id AND a.revision = s.revision
WHERE s.account_id = :account_id AND s.id > :after AND s.expires_at > :now
  AND s.used_at > :idle
ORDER BY s.id LIMIT :limit;

-- login_session_hold(id u64, account_id u64) one {id u64}
SELECT id FROM session WHERE id = :id AND account_id = :account_id FOR UPDATE;

-- login_session_end(id u64) exec
DELETE FROM session WHERE id = :id;

-- login_session_purge(now i64, limit u64) exec
DELETE FROM session WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit;

-- login_session_end_all(account_id u64) exec
DELETE FROM session WHERE account_id = :account_id;
