-- access.sql: who may do what.

-- All that decides an account's rights (me; 0: no one) on a name, of which
-- "rest" is what stands behind the first slash; no row where not even the
-- namespace is there.  Holds the namespace and the repository until the
-- transaction ends: a change of rights begins with the namespace's revision.
-- Each part of the role is a look-up by a prefix of a primary key.
-- access_find(namespace str, name str, rest str, me u64) one {namespace_id u64, revision u64, kind i64, owner_id u64?, base_role i64, writers_delete bool, is_owner bool?, repository_id u64?, visibility i64?, granted_role u64}
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
            WHERE t.account_id = :me), 0)) AS UNSIGNED) AS granted_role
FROM namespace n
LEFT JOIN namespace_member m ON m.namespace_id = n.id AND m.account_id = :me
LEFT JOIN repository r ON r.name = :name AND r.namespace_id = n.id
WHERE n.name = :namespace
LOCK IN SHARE MODE;
