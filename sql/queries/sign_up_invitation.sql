-- sign_up_invitation.sql: secrets with which a person may sign up.

-- created_by 0: the operator made it.
-- sign_up_invitation_add(key_hash str, note str, created_by u64, now i64, expires_at i64) exec
INSERT INTO sign_up_invitation (key_hash, note, created_by, created_at,
    expires_at)
VALUES (:key_hash, :note, :created_by, :now, :expires_at);

-- sign_up_invitation_id(key_hash str) one {id u64}
SELECT id FROM sign_up_invitation WHERE key_hash = :key_hash;

-- One that is good, held until the transaction ends.
-- sign_up_invitation_find(key_hash str, now i64) one {id u64}
SELECT id FROM sign_up_invitation
WHERE key_hash = :key_hash AND used_at IS NULL AND expires_at > :now
FOR UPDATE;

-- sign_up_invitation_use(id u64, account_id u64, now i64) exec
UPDATE sign_up_invitation SET used_at = :now, used_by = :account_id
WHERE id = :id;

-- sign_up_invitation_list(after u64, limit u64) many {id u64, note str, created_by str?, created_at i64, expires_at i64, used_at i64?, used_by str?}
SELECT i.id, i.note, a.login AS created_by, i.created_at, i.expires_at,
    i.used_at, u.login AS used_by
FROM sign_up_invitation i
LEFT JOIN account a ON a.id = i.created_by
LEFT JOIN account u ON u.id = i.used_by
WHERE i.id > :after ORDER BY i.id LIMIT :limit;

-- sign_up_invitation_lock(id u64) one {id u64}
SELECT id FROM sign_up_invitation WHERE id = :id FOR UPDATE;

-- sign_up_invitation_delete(id u64) exec
DELETE FROM sign_up_invitation WHERE id = :id;
