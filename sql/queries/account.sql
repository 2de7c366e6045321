-- account.sql: people and robots.

-- account_by_login(login str) one {id u64, password_hash str, revision u64, is_admin bool, is_disabled bool}
SELECT id, password_hash, revision, is_admin, is_disabled
FROM account WHERE login = :login;

-- Holds the account as it was found until the transaction ends.
-- account_hold(id u64, revision u64) one {id u64}
SELECT id FROM account
WHERE id = :id AND revision = :revision AND NOT is_disabled
LOCK IN SHARE MODE;

-- account_add(login str, password_hash str, is_admin bool, now i64) exec
INSERT INTO account (login, password_hash, is_admin, created_at)
VALUES (:login, :password_hash, :is_admin, :now);

-- account_set_password(id u64, password_hash str) exec
UPDATE account SET password_hash = :password_hash, revision = revision + 1
WHERE id = :id;

-- The same password, hashed again: nothing that was found out changes.
-- account_rehash(id u64, revision u64, password_hash str) exec
UPDATE account SET password_hash = :password_hash
WHERE id = :id AND revision = :revision;

-- account_set_disabled(id u64, is_disabled bool) exec
UPDATE account SET is_disabled = :is_disabled, revision = revision + 1
WHERE id = :id;

-- account_set_admin(id u64, is_admin bool) exec
UPDATE account SET is_admin = :is_admin, revision = revision + 1
WHERE id = :id;

-- account_list(after str, limit u64) many {login str, is_admin bool, is_disabled bool, created_at i64}
SELECT login, is_admin, is_disabled, created_at
FROM account WHERE login > :after ORDER BY login LIMIT :limit;

-- Written at most once a day for a network.
-- account_address_add(account_id u64, network str, now i64) exec
INSERT INTO account_address (account_id, network, seen_at)
VALUES (:account_id, :network, :now)
ON DUPLICATE KEY UPDATE seen_at = IF(seen_at < :now - 86400, :now, seen_at);

-- account_address_find(login str, network str, after i64) one {account_id u64}
SELECT d.account_id
FROM account a
JOIN account_address d ON d.account_id = a.id AND d.network = :network
WHERE a.login = :login AND d.seen_at > :after;

-- account_address_purge(before i64, limit u64) exec
DELETE FROM account_address WHERE seen_at <= :before
ORDER BY seen_at LIMIT :limit;

-- Tokens of admins that are being made end first, and others wait.
-- account_hold_admins() one {n u64}
SELECT CAST(COUNT(*) AS UNSIGNED) AS n FROM account FORCE INDEX (account_admin)
WHERE is_admin = TRUE FOR UPDATE;

-- account_logged_in(id u64, now i64) exec
UPDATE account SET login_at = :now WHERE id = :id;
