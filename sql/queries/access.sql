-- access.sql: who may do what.

-- All that decides an account's rights (me; 0: no one) on a name, of which
-- "rest" is what stands behind the first slash; no row where not even the
-- namespace is there.  Holds the namespace and the repository until the
-- transaction ends: a change of rights begins with the namespace's revision.
-- Each part of the role is a look-up by a prefix of a primary key.
-- access_find(namespace str, name str, rest str, me u64) one {namespace_id u64, revision u64, kind i64, owner_id u64?, base_role i64, writers_delete bool, is_owner bool?, repository_id u64?, visibility i64?, granted_role u64, is_removed bool}
SELECT n.id AS namespace_id, n.revision, n.kind, n.account_id AS owner_id,
    n.base_role, n.writers_delete, m.is_owner, r.id AS repository_id,
    r.visibility,
    CAST(GREATEST(
        COALESCE((SELECT MAX(a.role) FROM access a
            WHERE a.namespace_id = n.id AND a.team_id = 0
              AND a.account_id = :me AND a.repository_id = r.id), 0),
        COALESCE((SELECT MAX(a.role) FROM access a
            WHERE a.namespace_id = n.id AND a.team_id = 0
              AND a.account_id = :me AND a.repository_id = 0
              AND :rest LIKE a.pattern), 0),
        COALESCE((SELECT MAX(a.role) FROM team_member t
            JOIN access a ON a.namespace_id = n.id AND a.team_id = t.team_id
              AND a.account_id = 0 AND a.repository_id = r.id
            WHERE t.account_id = :me), 0),
        COALESCE((SELECT MAX(a.role) FROM team_member t
            JOIN access a ON a.namespace_id = n.id AND a.team_id = t.team_id
              AND a.account_id = 0 AND a.repository_id = 0
              AND :rest LIKE a.pattern
            WHERE t.account_id = :me), 0)) AS UNSIGNED) AS granted_role,
    r.removed_at IS NOT NULL AS is_removed
FROM namespace n
LEFT JOIN namespace_member m ON m.namespace_id = n.id AND m.account_id = :me
LEFT JOIN repository r ON r.name = :name AND r.namespace_id = n.id
WHERE n.name = :namespace
LOCK IN SHARE MODE;

-- access_role(namespace_id u64, team_id u64, account_id u64, repository_id u64, pattern str) one {role u64}
SELECT role FROM access
WHERE namespace_id = :namespace_id AND team_id = :team_id
  AND account_id = :account_id AND repository_id = :repository_id
  AND pattern = :pattern;

-- Roles on patterns that a team or an account has in a namespace.
-- Whether an account has a role of its own on anything in a namespace.
-- access_any(namespace_id u64, account_id u64) one {role u64}
SELECT role FROM access
WHERE namespace_id = :namespace_id AND team_id = 0 AND account_id = :account_id
LIMIT 1;

-- access_count(namespace_id u64, team_id u64, account_id u64) one {n u64}
SELECT CAST(COUNT(*) AS UNSIGNED) AS n FROM access
WHERE namespace_id = :namespace_id AND team_id = :team_id
  AND account_id = :account_id AND repository_id = 0;

-- access_put(namespace_id u64, team_id u64, account_id u64, repository_id u64, pattern str, role u64, granted_by u64?, now i64) exec
INSERT INTO access (namespace_id, team_id, account_id, repository_id, pattern,
    role, granted_by, granted_at)
VALUES (:namespace_id, :team_id, :account_id, :repository_id, :pattern, :role,
    :granted_by, :now)
ON DUPLICATE KEY UPDATE role = :role, granted_by = :granted_by,
    granted_at = :now;

-- access_delete(namespace_id u64, team_id u64, account_id u64, repository_id u64, pattern str) exec
DELETE FROM access
WHERE namespace_id = :namespace_id AND team_id = :team_id
  AND account_id = :account_id AND repository_id = :repository_id
  AND pattern = :pattern;

-- access_delete_team(namespace_id u64, team_id u64) exec
DELETE FROM access WHERE namespace_id = :namespace_id AND team_id = :team_id;

-- access_delete_account(namespace_id u64, account_id u64) exec
DELETE FROM access
WHERE namespace_id = :namespace_id AND team_id = 0
  AND account_id = :account_id;

-- The roles in a namespace, in the order of the primary key, behind one: of
-- teams (account_id is 0) and of accounts.
-- access_list(namespace_id u64, team_id u64, account_id u64, repository_id u64, pattern str, limit u64) many collaborator {team_id u64, account_id u64, repository_id u64, pattern str, role u64, team str?, login str?, repository str?, granted_at i64}
SELECT c.team_id, c.account_id, c.repository_id, c.pattern, c.role,
    t.name AS team, a.login, r.name AS repository, c.granted_at
FROM access c
LEFT JOIN team t ON t.id = c.team_id
LEFT JOIN account a ON a.id = c.account_id
LEFT JOIN repository r ON r.id = c.repository_id
WHERE c.namespace_id = :namespace_id AND (c.team_id > :team_id
    OR (c.team_id = :team_id AND (c.account_id > :account_id
        OR (c.account_id = :account_id AND (c.repository_id > :repository_id
            OR (c.repository_id = :repository_id AND c.pattern > :pattern))))))
ORDER BY c.team_id, c.account_id, c.repository_id, c.pattern LIMIT :limit;

-- The same of one repository, whether by id (then pattern is "") or by a
-- pattern: team, account and pattern are the order.
-- access_list_repository(namespace_id u64, repository_id u64, rest str, team_id u64, account_id u64, pattern str, limit u64) many collaborator {team_id u64, account_id u64, repository_id u64, pattern str, role u64, team str?, login str?, repository str?, granted_at i64}
SELECT c.team_id, c.account_id, c.repository_id, c.pattern, c.role,
    t.name AS team, a.login, r.name AS repository, c.granted_at
FROM access c
LEFT JOIN team t ON t.id = c.team_id
LEFT JOIN account a ON a.id = c.account_id
LEFT JOIN repository r ON r.id = c.repository_id
WHERE c.namespace_id = :namespace_id
  AND (c.repository_id = :repository_id
    OR (c.repository_id = 0 AND :rest LIKE c.pattern))
  AND (c.team_id > :team_id
    OR (c.team_id = :team_id AND (c.account_id > :account_id
        OR (c.account_id = :account_id AND c.pattern > :pattern))))
ORDER BY c.team_id, c.account_id, c.pattern LIMIT :limit;
