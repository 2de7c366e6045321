-- namespace.sql: the first components of names.

-- A transaction that changes rights in a namespace begins here.
-- namespace_by_name(name str) one {id u64, account_id u64?, kind u64}
SELECT id, account_id, kind FROM namespace WHERE name = :name FOR UPDATE;

-- namespace_revise(id u64) exec
UPDATE namespace SET revision = revision + 1 WHERE id = :id;

-- Makes a namespace that no one owns the account's; another's stays its.
-- namespace_take(name str, account_id u64, now i64) exec
INSERT INTO namespace (name, account_id, created_at)
VALUES (:name, :account_id, :now)
ON DUPLICATE KEY UPDATE
    account_id = IF(kind = 0, COALESCE(account_id, :account_id), account_id),
    revision = revision + 1;

-- namespace_add(name str, now i64) exec
INSERT INTO namespace (name, created_at) VALUES (:name, :now)
ON DUPLICATE KEY UPDATE name = name;

-- NULL: it stays as it is.
-- namespace_set(id u64, is_private bool?, privacy u64?, base_role u64?, writers_delete bool?, description str?) exec
UPDATE namespace SET is_private = COALESCE(:is_private, is_private),
    privacy = COALESCE(:privacy, privacy),
    base_role = COALESCE(:base_role, base_role),
    writers_delete = COALESCE(:writers_delete, writers_delete),
    description = COALESCE(:description, description)
WHERE id = :id;

-- namespace_set_owner(id u64, account_id u64?) exec
UPDATE namespace SET account_id = :account_id WHERE id = :id;

-- kind 1.
-- namespace_set_organization(id u64) exec
UPDATE namespace SET kind = 1 WHERE id = :id;

-- DECLINED where the name is taken.
-- organization_add(name str, now i64) exec
INSERT INTO namespace (name, kind, created_at) VALUES (:name, 1, :now);

-- Members, teams, roles and invitations go with it.
-- organization_delete(id u64) exec
DELETE FROM namespace WHERE id = :id AND kind = 1;

-- organization_repository(id u64) one {id u64}
SELECT id FROM repository WHERE namespace_id = :id LIMIT 1;

-- namespace_find(name str) one namespace {id u64, name str, kind u64, owner str?, visibility u64, base_role u64, writers_delete bool, revision u64, created_at i64, description str}
SELECT n.id, n.name, n.kind, a.login AS owner,
    CAST(IF(n.is_private, n.privacy, 0) AS UNSIGNED) AS visibility,
    n.base_role, n.writers_delete, n.revision, n.created_at,
    n.description
FROM namespace n
LEFT JOIN account a ON a.id = n.account_id
WHERE n.name = :name;

-- namespace_list(after str, limit u64) many namespace {id u64, name str, kind u64, owner str?, visibility u64, base_role u64, writers_delete bool, revision u64, created_at i64, description str}
SELECT n.id, n.name, n.kind, a.login AS owner,
    CAST(IF(n.is_private, n.privacy, 0) AS UNSIGNED) AS visibility,
    n.base_role, n.writers_delete, n.revision, n.created_at,
    n.description
FROM namespace n
LEFT JOIN account a ON a.id = n.account_id
WHERE n.name > :after ORDER BY n.name LIMIT :limit;

-- Those that an account owns, or is a member of.
-- namespace_of_account(account_id u64, after str, limit u64) many namespace {id u64, name str, kind u64, owner str?, visibility u64, base_role u64, writers_delete bool, revision u64, created_at i64, description str}
SELECT n.id, n.name, n.kind, a.login AS owner,
    CAST(IF(n.is_private, n.privacy, 0) AS UNSIGNED) AS visibility,
    n.base_role, n.writers_delete, n.revision, n.created_at,
    n.description
FROM (SELECT o.id FROM namespace o
      WHERE o.account_id = :account_id AND o.name > :after
      UNION
      SELECT m.namespace_id AS id FROM namespace_member m
      WHERE m.account_id = :account_id) x
JOIN namespace n ON n.id = x.id
LEFT JOIN account a ON a.id = n.account_id
WHERE n.name > :after ORDER BY n.name LIMIT :limit;

-- The next repository of a visibility between two texts in the order of
-- sort_name: whether a namespace has one, and which namespaces have.
-- namespace_listed(visibility u64, first str, last str) one {name str}
SELECT name FROM repository
WHERE is_stored = TRUE AND visibility = :visibility
  AND sort_name >= :first AND sort_name < :last AND removed_at IS NULL
ORDER BY sort_name LIMIT 1;

-- namespace_owned(account_id u64, limit u64) many {id u64, name str}
SELECT id, name FROM namespace WHERE account_id = :account_id
ORDER BY name LIMIT :limit;

-- Whether something is stored in the namespaces of an account.
-- namespace_stored(account_id u64) one {name str}
SELECT r.name
FROM namespace n
JOIN repository r ON r.namespace_id = n.id AND r.is_stored = TRUE
WHERE n.account_id = :account_id
LIMIT 1;

-- namespace_give(id u64, account_id u64?) exec
UPDATE namespace SET account_id = :account_id, revision = revision + 1
WHERE id = :id;
