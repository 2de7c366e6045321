-- repository.sql: repositories that the index knows.

-- One query whether the repository is there or not, so that both take the
-- same time; no row where not even the namespace is there.  Holds what it
-- found until the transaction ends.
-- repository_find(namespace str, name str) one {owner_id u64?, id u64?, is_private bool?}
SELECT n.account_id AS owner_id, r.id, r.is_private
FROM namespace n
LEFT JOIN repository r ON r.name = :name AND r.namespace_id = n.id
WHERE n.name = :namespace
LOCK IN SHARE MODE;

-- Before its first push, or beside it.
-- repository_add(namespace str, name str, now i64) exec
INSERT INTO repository (namespace_id, name, is_private, privacy, created_at)
SELECT n.id, :name, n.is_private, n.privacy, :now FROM namespace n
WHERE n.name = :namespace
ON DUPLICATE KEY UPDATE repository.name = repository.name;

-- repository_set_private(name str, is_private bool) exec
UPDATE repository SET is_private = :is_private, privacy = 3 WHERE name = :name;

-- repository_list(after str, limit u64) many {name str, is_private bool, owner str?, is_stored bool, created_at i64}
SELECT r.name, r.is_private, a.login AS owner, r.is_stored, r.created_at
FROM repository r
JOIN namespace n ON n.id = r.namespace_id
LEFT JOIN account a ON a.id = n.account_id
WHERE r.name > :after ORDER BY r.name LIMIT :limit;
