-- repository_list.sql: a namespace's repositories that an account may read.

-- A repository is named to those with a role on it ("is_all": on all of them),
-- as access_find has it, and beside them, where it is public or internal, to
-- everybody, or to all accounts (me; 0: no one).
-- repository_list_named(namespace_id u64, me u64, is_all bool, after str, limit u64) many repository_item {id u64, name str, visibility u64, description str?, topics str?, is_stored bool, created_at i64, pushed_at i64?, pushed_by str?, updated_at i64}
SELECT r.id, r.name, CAST(IF(r.is_private, r.privacy, 0) AS UNSIGNED)
        AS visibility, p.description, p.topics, r.is_stored,
    r.created_at, m.pushed_at, m.pushed_by,
    COALESCE(m.updated_at, 0) AS updated_at
FROM repository r
LEFT JOIN repository_profile p ON p.repository_id = r.id
LEFT JOIN mirror_repository m ON m.repository_id = r.id
WHERE r.namespace_id = :namespace_id AND r.name > :after
  AND r.removed_at IS NULL
  AND (:is_all OR r.visibility = 0 OR (r.visibility = 2 AND :me <> 0)
    OR EXISTS (SELECT 1 FROM access a
        WHERE a.namespace_id = :namespace_id AND a.team_id = 0
          AND a.account_id = :me
          AND (a.repository_id = r.id OR (a.repository_id = 0
            AND SUBSTRING(r.name, LOCATE('/', CONCAT(r.name, '/')) + 1)
                LIKE a.pattern)))
    OR EXISTS (SELECT 1 FROM team_member t
        JOIN access b ON b.namespace_id = :namespace_id
          AND b.team_id = t.team_id AND b.account_id = 0
        WHERE t.account_id = :me
          AND (b.repository_id = r.id OR (b.repository_id = 0
            AND SUBSTRING(r.name, LOCATE('/', CONCAT(r.name, '/')) + 1)
                LIKE b.pattern))))
ORDER BY r.name LIMIT :limit;

-- The same, the last push first, from one on.
-- repository_list_updated(namespace_id u64, me u64, is_all bool, at i64, id u64, limit u64) many repository_item {id u64, name str, visibility u64, description str?, topics str?, is_stored bool, created_at i64, pushed_at i64?, pushed_by str?, updated_at i64}
SELECT r.id, r.name, CAST(IF(r.is_private, r.privacy, 0) AS UNSIGNED)
        AS visibility, p.description, p.topics, r.is_stored,
    r.created_at, m.pushed_at, m.pushed_by,
    COALESCE(m.updated_at, 0) AS updated_at
FROM mirror_repository m
JOIN repository r ON r.id = m.repository_id
LEFT JOIN repository_profile p ON p.repository_id = r.id
WHERE m.namespace_id = :namespace_id AND m.updated_at <= :at
  AND (m.updated_at < :at OR m.repository_id < :id)
  AND r.removed_at IS NULL
  AND (:is_all OR r.visibility = 0 OR (r.visibility = 2 AND :me <> 0)
    OR EXISTS (SELECT 1 FROM access a
        WHERE a.namespace_id = :namespace_id AND a.team_id = 0
          AND a.account_id = :me
          AND (a.repository_id = r.id OR (a.repository_id = 0
            AND SUBSTRING(r.name, LOCATE('/', CONCAT(r.name, '/')) + 1)
                LIKE a.pattern)))
    OR EXISTS (SELECT 1 FROM team_member t
        JOIN access b ON b.namespace_id = :namespace_id
          AND b.team_id = t.team_id AND b.account_id = 0
        WHERE t.account_id = :me
          AND (b.repository_id = r.id OR (b.repository_id = 0
            AND SUBSTRING(r.name, LOCATE('/', CONCAT(r.name, '/')) + 1)
                LIKE b.pattern))))
ORDER BY m.updated_at DESC, m.repository_id DESC LIMIT :limit;
