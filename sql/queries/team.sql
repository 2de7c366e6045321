-- team.sql: teams of organizations.

-- team_find(namespace_id u64, name str) one {id u64, created_at i64}
SELECT id, created_at FROM team
WHERE namespace_id = :namespace_id AND name = :name;

-- DECLINED where the name is taken.
-- team_add(namespace_id u64, name str, now i64) exec
INSERT INTO team (namespace_id, name, created_at)
VALUES (:namespace_id, :name, :now);

-- team_count(namespace_id u64) one {n u64}
SELECT CAST(COUNT(*) AS UNSIGNED) AS n FROM team
WHERE namespace_id = :namespace_id;

-- Its members go with it; its roles go first (access_delete_team).
-- team_delete(id u64) exec
DELETE FROM team WHERE id = :id;

-- team_list(namespace_id u64, after str, limit u64) many team {id u64, name str, created_at i64}
SELECT id, name, created_at FROM team
WHERE namespace_id = :namespace_id AND name > :after
ORDER BY name LIMIT :limit;

-- team_member_add(team_id u64, account_id u64) exec
INSERT INTO team_member (team_id, account_id) VALUES (:team_id, :account_id)
ON DUPLICATE KEY UPDATE team_id = :team_id;

-- team_member_find(team_id u64, account_id u64) one {team_id u64}
SELECT team_id FROM team_member
WHERE team_id = :team_id AND account_id = :account_id;

-- team_member_delete(team_id u64, account_id u64) exec
DELETE FROM team_member WHERE team_id = :team_id AND account_id = :account_id;

-- Out of all teams of a namespace.
-- team_member_delete_all(namespace_id u64, account_id u64) exec
DELETE m FROM team_member m JOIN team t ON t.id = m.team_id
WHERE m.account_id = :account_id AND t.namespace_id = :namespace_id;

-- team_member_list(team_id u64, after str, limit u64) many team_member {account_id u64, login str}
SELECT m.account_id, a.login
FROM team_member m
JOIN account a ON a.id = m.account_id
WHERE m.team_id = :team_id AND a.login > :after ORDER BY a.login LIMIT :limit;

-- team_accounts(team_id u64, limit u64) many team_account {account_id u64}
SELECT account_id FROM team_member WHERE team_id = :team_id LIMIT :limit;
