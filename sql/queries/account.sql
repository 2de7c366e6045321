-- account.sql: people and robots.

-- account_by_login(login str) one {id u64, password_hash str, revision u64, is_admin bool, is_disabled bool}
SELECT id, password_hash, revision, is_admin, is_disabled
FROM account WHERE login = :login AND deleted_at IS NULL;

-- Holds the account as it was found until the transaction ends.
-- account_hold(id u64, revision u64) one {id u64}
SELECT id FROM account
WHERE id = :id AND revision = :revision AND NOT is_disabled
LOCK IN SHARE MODE;

-- account_add(login str, password_hash str, is_admin bool, display_name str?, email str?, now i64) exec
INSERT INTO account (login, password_hash, is_admin, display_name, email,
    created_at)
VALUES (:login, :password_hash, :is_admin, :display_name, :email, :now);

-- account_id(login str) one {id u64}
SELECT id FROM account WHERE login = :login;

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
FROM account
WHERE login > :after AND deleted_at IS NULL AND robot_of IS NULL
ORDER BY login LIMIT :limit;

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

-- Written at most once in five minutes.
-- account_logged_in(id u64, now i64) exec
UPDATE account SET login_at = :now
WHERE id = :id AND (login_at IS NULL OR login_at <= :now - 300);

-- One that was deleted is none.
-- account_get(login str) one account_item {id u64, login str, display_name str?, email str?, is_admin bool, is_disabled bool, edition u64, created_at i64, login_at i64?, used_at i64?}
SELECT id, login, display_name, email, is_admin, is_disabled, edition,
    created_at, login_at,
    (SELECT CAST(NULLIF(GREATEST(
        COALESCE((SELECT MAX(t.used_at) FROM access_token t
            WHERE t.account_id = account.id), 0),
        COALESCE((SELECT MAX(r.used_at) FROM refresh_token r
            WHERE r.account_id = account.id), 0)), 0) AS SIGNED)) AS used_at
FROM account
WHERE login = :login AND deleted_at IS NULL AND robot_of IS NULL;

-- account_page(after str, limit u64) many account_item {id u64, login str, display_name str?, email str?, is_admin bool, is_disabled bool, edition u64, created_at i64, login_at i64?, used_at i64?}
SELECT id, login, display_name, email, is_admin, is_disabled, edition,
    created_at, login_at,
    (SELECT CAST(NULLIF(GREATEST(
        COALESCE((SELECT MAX(t.used_at) FROM access_token t
            WHERE t.account_id = account.id), 0),
        COALESCE((SELECT MAX(r.used_at) FROM refresh_token r
            WHERE r.account_id = account.id), 0)), 0) AS SIGNED)) AS used_at
FROM account
WHERE login > :after AND deleted_at IS NULL AND robot_of IS NULL
ORDER BY login LIMIT :limit;

-- Logins from first to before last.
-- account_page_prefix(after str, first str, last str, limit u64) many account_item {id u64, login str, display_name str?, email str?, is_admin bool, is_disabled bool, edition u64, created_at i64, login_at i64?, used_at i64?}
SELECT id, login, display_name, email, is_admin, is_disabled, edition,
    created_at, login_at,
    (SELECT CAST(NULLIF(GREATEST(
        COALESCE((SELECT MAX(t.used_at) FROM access_token t
            WHERE t.account_id = account.id), 0),
        COALESCE((SELECT MAX(r.used_at) FROM refresh_token r
            WHERE r.account_id = account.id), 0)), 0) AS SIGNED)) AS used_at
FROM account
WHERE login > :after AND login >= :first AND login < :last AND deleted_at IS NULL AND robot_of IS NULL
ORDER BY login LIMIT :limit;

-- account_lock(id u64) one {edition u64}
SELECT edition FROM account WHERE id = :id AND deleted_at IS NULL FOR UPDATE;

-- account_edit(id u64, display_name str?, email str?) exec
UPDATE account SET display_name = :display_name, email = :email,
    edition = edition + 1
WHERE id = :id;

-- The account where it is the only administrator.
-- account_last_admin(id u64) one {id u64}
SELECT a.id FROM account a
WHERE a.id = :id AND a.is_admin AND NOT a.is_disabled
  AND NOT EXISTS (SELECT 1 FROM account o FORCE INDEX (account_admin)
      WHERE o.is_admin = TRUE AND NOT o.is_disabled AND o.id <> a.id);

-- An organization that no one else owns.
-- account_last_owner(id u64) one {name str}
SELECT n.name
FROM namespace_member m
JOIN namespace n ON n.id = m.namespace_id
WHERE m.account_id = :id AND m.is_owner
  AND NOT EXISTS (SELECT 1 FROM namespace_member o
      WHERE o.namespace_id = m.namespace_id AND o.is_owner
        AND o.account_id <> m.account_id)
LIMIT 1;

-- account_forget(id u64, now i64) exec
UPDATE account SET deleted_at = :now, is_disabled = TRUE, is_admin = FALSE,
    password_hash = '', display_name = NULL, email = NULL,
    revision = revision + 1, edition = edition + 1
WHERE id = :id;

-- account_forget_members(id u64) exec
DELETE FROM namespace_member WHERE account_id = :id;

-- account_forget_teams(id u64) exec
DELETE FROM team_member WHERE account_id = :id;

-- account_forget_access(id u64) exec
DELETE FROM access WHERE account_id = :id;

-- account_forget_invitations(id u64) exec
DELETE FROM invitation WHERE account_id = :id;

-- account_forget_addresses(id u64) exec
DELETE FROM account_address WHERE account_id = :id;
