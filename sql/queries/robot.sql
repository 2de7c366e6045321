-- robot.sql: robots of namespaces and of repositories.

-- robot_add(login str, namespace_id u64, repository_id u64?, description str, now i64) exec
INSERT INTO account (login, password_hash, display_name, robot_of,
    robot_repository, created_at)
VALUES (:login, '', :description, :namespace_id, :repository_id, :now);

-- One of a namespace, or of a repository of it; repository_id NULL: of either.
-- robot_get(namespace_id u64, repository_id u64?, login str) one robot_item {id u64, login str, namespace_id u64, repository_id u64?, repository str?, description str, is_disabled bool, is_held bool, token_id u64, hint str, edition u64, created_at i64, expires_at i64?, used_at i64?}
SELECT a.id, a.login, n.id AS namespace_id,
    a.robot_repository AS repository_id, r.name AS repository,
    COALESCE(a.display_name, '') AS description,
    a.is_disabled, a.is_held, t.id AS token_id, t.hint,
    a.edition + a.revision + t.edition AS edition, a.created_at, t.expires_at,
    t.used_at
FROM account a
JOIN access_token t ON t.account_id = a.id AND t.revoked_at IS NULL
JOIN namespace n ON n.id = a.robot_of
LEFT JOIN repository r ON r.id = a.robot_repository
WHERE a.robot_of = :namespace_id AND a.login = :login
  AND a.robot_repository <=> COALESCE(:repository_id, a.robot_repository);

-- All of a namespace, those of its repositories too.
-- robot_list(namespace_id u64, after str, limit u64) many robot_item {id u64, login str, namespace_id u64, repository_id u64?, repository str?, description str, is_disabled bool, is_held bool, token_id u64, hint str, edition u64, created_at i64, expires_at i64?, used_at i64?}
SELECT a.id, a.login, n.id AS namespace_id,
    a.robot_repository AS repository_id, r.name AS repository,
    COALESCE(a.display_name, '') AS description,
    a.is_disabled, a.is_held, t.id AS token_id, t.hint,
    a.edition + a.revision + t.edition AS edition, a.created_at, t.expires_at,
    t.used_at
FROM account a
JOIN access_token t ON t.account_id = a.id AND t.revoked_at IS NULL
JOIN namespace n ON n.id = a.robot_of
LEFT JOIN repository r ON r.id = a.robot_repository
WHERE a.robot_of = :namespace_id AND a.login > :after
ORDER BY a.login LIMIT :limit;

-- robot_list_repository(repository_id u64, after str, limit u64) many robot_item {id u64, login str, namespace_id u64, repository_id u64?, repository str?, description str, is_disabled bool, is_held bool, token_id u64, hint str, edition u64, created_at i64, expires_at i64?, used_at i64?}
SELECT a.id, a.login, n.id AS namespace_id,
    a.robot_repository AS repository_id, r.name AS repository,
    COALESCE(a.display_name, '') AS description,
    a.is_disabled, a.is_held, t.id AS token_id, t.hint,
    a.edition + a.revision + t.edition AS edition, a.created_at, t.expires_at,
    t.used_at
FROM account a
JOIN access_token t ON t.account_id = a.id AND t.revoked_at IS NULL
JOIN namespace n ON n.id = a.robot_of
LEFT JOIN repository r ON r.id = a.robot_repository
WHERE a.robot_repository = :repository_id AND a.login > :after
ORDER BY a.login LIMIT :limit;

-- robot_hold(namespace_id u64, login str) one {id u64}
SELECT id FROM account
WHERE robot_of = :namespace_id AND login = :login
FOR UPDATE;

-- Whether only the operator may enable it.
-- robot_set_held(id u64, is_held bool) exec
UPDATE account SET is_held = :is_held, edition = edition + 1 WHERE id = :id;

-- robot_expire(token_id u64, expires_at i64?) exec
UPDATE access_token SET expires_at = :expires_at, edition = edition + 1
WHERE id = :token_id;

-- robot_delete_tokens(id u64) exec
DELETE FROM access_token WHERE account_id = :id;

-- robot_delete(id u64) exec
DELETE FROM account WHERE id = :id AND robot_of IS NOT NULL;

-- Before their namespace is deleted.
-- robot_delete_all_tokens(namespace_id u64) exec
DELETE t FROM access_token t
JOIN account a ON a.id = t.account_id
WHERE a.robot_of = :namespace_id;

-- robot_delete_all(namespace_id u64) exec
DELETE FROM account WHERE robot_of = :namespace_id;
