-- repository.sql: repositories that the index knows.

-- Before its first push, or during it.
-- repository_add(namespace str, name str, now i64) exec
INSERT INTO repository (namespace_id, name, is_private, privacy, created_at)
SELECT n.id, :name, n.is_private, n.privacy, :now FROM namespace n
WHERE n.name = :namespace
ON DUPLICATE KEY UPDATE repository.name = repository.name;

-- repository_set_visibility(id u64, is_private bool, privacy u64) exec
UPDATE repository SET is_private = :is_private, privacy = :privacy
WHERE id = :id;

-- repository_list(after str, limit u64) many {name str, visibility u64, owner str?, is_stored bool, created_at i64}
SELECT r.name,
    CAST(IF(r.is_private, r.privacy, 0) AS UNSIGNED) AS visibility,
    a.login AS owner, r.is_stored, r.created_at
FROM repository r
STRAIGHT_JOIN namespace n ON n.id = r.namespace_id
LEFT JOIN account a ON a.id = n.account_id
WHERE r.name > :after ORDER BY r.name LIMIT :limit;
