-- namespace.sql: the first components of names.

-- namespace_by_name(name str) one {id u64, account_id u64?}
SELECT id, account_id FROM namespace WHERE name = :name FOR UPDATE;

-- Makes a namespace that no one owns the account's; another's stays its.
-- namespace_take(name str, account_id u64, now i64) exec
INSERT INTO namespace (name, account_id, created_at)
VALUES (:name, :account_id, :now)
ON DUPLICATE KEY UPDATE account_id = COALESCE(account_id, :account_id);

-- namespace_add(name str, now i64) exec
INSERT INTO namespace (name, created_at) VALUES (:name, :now)
ON DUPLICATE KEY UPDATE name = name;

-- namespace_set_private(id u64, is_private bool) exec
UPDATE namespace SET is_private = :is_private WHERE id = :id;

-- namespace_set_owner(id u64, account_id u64?) exec
UPDATE namespace SET account_id = :account_id WHERE id = :id;

-- namespace_list(after str, limit u64) many {name str, is_private bool, owner str?, created_at i64}
SELECT n.name, n.is_private, a.login AS owner, n.created_at
FROM namespace n
LEFT JOIN account a ON a.id = n.account_id
WHERE n.name > :after ORDER BY n.name LIMIT :limit;
