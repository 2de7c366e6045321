-- member.sql: members of organizations.

-- member_find(namespace_id u64, account_id u64) one {is_owner bool}
SELECT is_owner FROM namespace_member
WHERE namespace_id = :namespace_id AND account_id = :account_id;

-- member_put(namespace_id u64, account_id u64, is_owner bool, now i64) exec
INSERT INTO namespace_member (namespace_id, account_id, is_owner, joined_at)
VALUES (:namespace_id, :account_id, :is_owner, :now)
ON DUPLICATE KEY UPDATE is_owner = :is_owner;

-- member_delete(namespace_id u64, account_id u64) exec
DELETE FROM namespace_member
WHERE namespace_id = :namespace_id AND account_id = :account_id;

-- Another owner than this account; the namespace is held.
-- member_other_owner(namespace_id u64, account_id u64) one {account_id u64}
SELECT account_id FROM namespace_member
WHERE namespace_id = :namespace_id AND is_owner AND account_id <> :account_id
LIMIT 1;

-- member_list(namespace_id u64, after str, limit u64) many member {account_id u64, login str, is_owner bool, joined_at i64}
SELECT m.account_id, a.login, m.is_owner, m.joined_at
FROM namespace_member m
JOIN account a ON a.id = m.account_id
WHERE m.namespace_id = :namespace_id AND a.login > :after
ORDER BY a.login LIMIT :limit;

-- member_get(namespace_id u64, login str) one member {account_id u64, login str, is_owner bool, joined_at i64}
SELECT m.account_id, a.login, m.is_owner, m.joined_at
FROM account a
JOIN namespace_member m
    ON m.namespace_id = :namespace_id AND m.account_id = a.id
WHERE a.login = :login;
