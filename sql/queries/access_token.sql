-- access_token.sql: personal access tokens, and secrets of robots.

-- access_token_add(key_hash str, account_id u64, name str, hint str, actions u64, patterns str, now i64, address str, expires_at i64?) exec
INSERT INTO access_token (key_hash, account_id, name, hint, actions, patterns,
    created_at, created_from, expires_at)
VALUES (:key_hash, :account_id, :name, :hint, :actions, :patterns, :now,
    :address, :expires_at);

-- access_token_id(key_hash str) one {id u64}
SELECT id FROM access_token WHERE key_hash = :key_hash;

-- access_token_by_key(key_hash str, now i64) one access_token_use {id u64, account_id u64, login str, revision u64, is_admin bool, actions u64, patterns str, expires_at i64?, used_at i64?, edition u64}
SELECT t.id, a.id AS account_id, a.login, a.revision, a.is_admin,
    CAST(t.actions AS UNSIGNED) AS actions, t.patterns, t.expires_at, t.used_at,
    t.edition
FROM access_token t
JOIN account a ON a.id = t.account_id
WHERE t.key_hash = :key_hash AND t.revoked_at IS NULL AND NOT a.is_disabled
  AND (t.expires_at IS NULL OR t.expires_at > :now);

-- The secret before the last rotation, while that one is still good.
-- access_token_by_old_key(key_hash str, now i64) one access_token_use {id u64, account_id u64, login str, revision u64, is_admin bool, actions u64, patterns str, expires_at i64?, used_at i64?, edition u64}
SELECT t.id, a.id AS account_id, a.login, a.revision, a.is_admin,
    CAST(t.actions AS UNSIGNED) AS actions, t.patterns,
    LEAST(COALESCE(t.expires_at, t.old_until), t.old_until) AS expires_at,
    t.used_at, t.edition
FROM access_token t
JOIN account a ON a.id = t.account_id
WHERE t.old_key_hash = :key_hash AND t.old_until > :now
  AND t.revoked_at IS NULL AND NOT a.is_disabled
  AND (t.expires_at IS NULL OR t.expires_at > :now);

-- Locks it as it was found: a transaction that revokes or edits it waits.
-- The account is held first, as account_hold does.
-- access_token_hold(id u64, edition u64, account_id u64, revision u64) one {id u64}
SELECT t.id FROM account a
STRAIGHT_JOIN access_token t ON t.id = :id
WHERE a.id = :account_id AND a.revision = :revision AND NOT a.is_disabled
  AND t.account_id = :account_id AND t.revoked_at IS NULL
  AND t.edition = :edition
LOCK IN SHARE MODE;

-- Written at most once in five minutes.
-- access_token_used(id u64, now i64, address str) exec
UPDATE access_token SET used_at = :now, used_from = :address
WHERE id = :id AND (used_at IS NULL OR used_at <= :now - 300);

-- access_token_count(account_id u64, now i64) one {n u64}
SELECT CAST(COUNT(*) AS UNSIGNED) AS n FROM access_token
WHERE account_id = :account_id AND revoked_at IS NULL
  AND (expires_at IS NULL OR expires_at > :now);

-- access_token_get(account_id u64, id u64) one access_token_item {id u64, name str, hint str, actions u64, patterns str, edition u64, created_at i64, created_from str, expires_at i64?, used_at i64?, used_from str?}
SELECT id, name, hint, CAST(actions AS UNSIGNED) AS actions, patterns, edition,
    created_at, created_from, expires_at, used_at, used_from
FROM access_token
WHERE id = :id AND account_id = :account_id AND revoked_at IS NULL;

-- access_token_list(account_id u64, after u64, limit u64) many access_token_item {id u64, name str, hint str, actions u64, patterns str, edition u64, created_at i64, created_from str, expires_at i64?, used_at i64?, used_from str?}
SELECT id, name, hint, CAST(actions AS UNSIGNED) AS actions, patterns, edition,
    created_at, created_from, expires_at, used_at, used_from
FROM access_token
WHERE account_id = :account_id AND id > :after AND revoked_at IS NULL
ORDER BY id LIMIT :limit;

-- access_token_lock(account_id u64, id u64) one {edition u64}
SELECT edition FROM access_token
WHERE id = :id AND account_id = :account_id AND revoked_at IS NULL
FOR UPDATE;

-- access_token_edit(id u64, name str, actions u64, patterns str) exec
UPDATE access_token SET name = :name, actions = :actions, patterns = :patterns,
    edition = edition + 1
WHERE id = :id;

-- access_token_rotate(id u64, key_hash str, hint str, old_until i64, expires_at i64?) exec
UPDATE access_token SET old_key_hash = key_hash, old_until = :old_until,
    key_hash = :key_hash, hint = :hint, expires_at = :expires_at,
    edition = edition + 1
WHERE id = :id;

-- access_token_revoke(id u64, now i64) exec
UPDATE access_token SET revoked_at = :now, old_key_hash = NULL,
    edition = edition + 1
WHERE id = :id AND revoked_at IS NULL;

-- access_token_revoke_all(account_id u64, now i64) exec
UPDATE access_token SET revoked_at = :now, old_key_hash = NULL,
    edition = edition + 1
WHERE account_id = :account_id AND revoked_at IS NULL;
