-- invitation.sql: what was offered to accounts, and grants nothing yet.

-- A new one takes the place of an old one for the same thing.
-- invitation_put(namespace_id u64, account_id u64, repository_id u64, pattern str, role u64, is_owner bool, invited_by u64?, now i64, expires_at i64) exec
INSERT INTO invitation (namespace_id, account_id, repository_id, pattern, role,
    is_owner, invited_by, invited_at, expires_at)
VALUES (:namespace_id, :account_id, :repository_id, :pattern, :role, :is_owner,
    :invited_by, :now, :expires_at)
ON DUPLICATE KEY UPDATE role = :role, is_owner = :is_owner,
    invited_by = :invited_by, invited_at = :now, expires_at = :expires_at;

-- invitation_find(namespace_id u64, account_id u64, repository_id u64, pattern str) one {id u64}
SELECT id FROM invitation
WHERE namespace_id = :namespace_id AND account_id = :account_id
  AND repository_id = :repository_id AND pattern = :pattern;

-- invitation_count(namespace_id u64) one {n u64}
SELECT CAST(COUNT(*) AS UNSIGNED) AS n FROM invitation
WHERE namespace_id = :namespace_id;

-- invitation_by_id(id u64, now i64) one invitation {id u64, namespace str, account_id u64, login str, repository_id u64, repository str?, pattern str, role u64, is_owner bool, invited_by str?, invited_at i64, expires_at i64}
SELECT i.id, n.name AS namespace, i.account_id, a.login, i.repository_id,
    r.name AS repository, i.pattern, i.role, i.is_owner,
    b.login AS invited_by, i.invited_at, i.expires_at
FROM invitation i
JOIN namespace n ON n.id = i.namespace_id
JOIN account a ON a.id = i.account_id
LEFT JOIN account b ON b.id = i.invited_by
LEFT JOIN repository r ON r.id = i.repository_id
WHERE i.id = :id AND i.expires_at > :now;

-- What an account has been offered.
-- invitation_of_account(account_id u64, after u64, now i64, limit u64) many invitation {id u64, namespace str, account_id u64, login str, repository_id u64, repository str?, pattern str, role u64, is_owner bool, invited_by str?, invited_at i64, expires_at i64}
SELECT i.id, n.name AS namespace, i.account_id, a.login, i.repository_id,
    r.name AS repository, i.pattern, i.role, i.is_owner,
    b.login AS invited_by, i.invited_at, i.expires_at
FROM invitation i
JOIN namespace n ON n.id = i.namespace_id
JOIN account a ON a.id = i.account_id
LEFT JOIN account b ON b.id = i.invited_by
LEFT JOIN repository r ON r.id = i.repository_id
WHERE i.account_id = :account_id AND i.id > :after AND i.expires_at > :now
ORDER BY i.id LIMIT :limit;

-- What a namespace has offered.
-- invitation_of_namespace(namespace_id u64, after u64, now i64, limit u64) many invitation {id u64, namespace str, account_id u64, login str, repository_id u64, repository str?, pattern str, role u64, is_owner bool, invited_by str?, invited_at i64, expires_at i64}
SELECT i.id, n.name AS namespace, i.account_id, a.login, i.repository_id,
    r.name AS repository, i.pattern, i.role, i.is_owner,
    b.login AS invited_by, i.invited_at, i.expires_at
FROM invitation i
JOIN namespace n ON n.id = i.namespace_id
JOIN account a ON a.id = i.account_id
LEFT JOIN account b ON b.id = i.invited_by
LEFT JOIN repository r ON r.id = i.repository_id
WHERE i.namespace_id = :namespace_id AND i.id > :after AND i.expires_at > :now
ORDER BY i.id LIMIT :limit;

-- What was offered on a repository.
-- invitation_of_repository(namespace_id u64, repository_id u64, after u64, now i64, limit u64) many invitation {id u64, namespace str, account_id u64, login str, repository_id u64, repository str?, pattern str, role u64, is_owner bool, invited_by str?, invited_at i64, expires_at i64}
SELECT i.id, n.name AS namespace, i.account_id, a.login, i.repository_id,
    r.name AS repository, i.pattern, i.role, i.is_owner,
    b.login AS invited_by, i.invited_at, i.expires_at
FROM invitation i
JOIN namespace n ON n.id = i.namespace_id
JOIN account a ON a.id = i.account_id
LEFT JOIN account b ON b.id = i.invited_by
LEFT JOIN repository r ON r.id = i.repository_id
WHERE i.namespace_id = :namespace_id AND i.repository_id = :repository_id
  AND i.id > :after AND i.expires_at > :now
ORDER BY i.id LIMIT :limit;

-- invitation_delete(id u64) exec
DELETE FROM invitation WHERE id = :id;

-- Those to an account, and those that it has sent.
-- invitation_delete_account(namespace_id u64, account_id u64) exec
DELETE FROM invitation
WHERE namespace_id = :namespace_id
  AND (account_id = :account_id OR invited_by = :account_id);

-- invitation_purge(now i64, limit u64) exec
DELETE FROM invitation WHERE expires_at <= :now
ORDER BY expires_at LIMIT :limit;
