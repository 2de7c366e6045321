-- catalog.sql: pages of repositories that the store holds, in the order of
-- sort_name.  No statement reads more than it returns, but for namespaces
-- in which the store holds nothing.

-- Of a visibility: 0 public, 2 internal.
-- catalog_visible(visibility u64, after str, limit u64) many catalog_name {name str}
SELECT name FROM repository
WHERE is_stored = TRUE AND visibility = :visibility AND sort_name > :after
  AND removed_at IS NULL
ORDER BY sort_name LIMIT :limit;

-- The next namespace, at "first" or behind it, in which the store holds
-- something; of no one where account_id is NULL.
-- catalog_namespace(account_id u64?, first str) one {id u64, name str}
SELECT n.id, n.name FROM namespace n
WHERE n.account_id <=> :account_id AND n.kind = 0 AND n.name >= :first
  AND (SELECT r.id FROM repository r
       WHERE r.namespace_id = n.id AND r.is_stored = TRUE
       LIMIT 1) IS NOT NULL
ORDER BY n.name LIMIT 1;

-- Namespaces at "first" or behind it in which an account is a member or has a
-- role, itself or by a team.
-- catalog_shared(me u64, first str, limit u64) many {id u64, name str}
SELECT n.id, n.name
FROM (SELECT m.namespace_id AS id FROM namespace_member m
      WHERE m.account_id = :me
      UNION
      SELECT a.namespace_id AS id FROM access a
      WHERE a.account_id = :me AND a.team_id = 0
      UNION
      SELECT b.namespace_id AS id FROM team_member t
      JOIN access b ON b.team_id = t.team_id AND b.account_id = 0
      WHERE t.account_id = :me) x
JOIN namespace n ON n.id = x.id
WHERE n.name >= :first ORDER BY n.name LIMIT :limit;

-- Those of a namespace on which an account has a role of its own or by a team,
-- as access_find has it.
-- catalog_granted(namespace_id u64, me u64, after str, limit u64) many catalog_name {name str}
SELECT r.name FROM repository r
WHERE r.namespace_id = :namespace_id AND r.is_stored = TRUE
  AND r.sort_name > :after AND r.removed_at IS NULL
  AND (EXISTS (SELECT 1 FROM access a
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
ORDER BY r.sort_name LIMIT :limit;

-- catalog_of_namespace(namespace_id u64, after str, limit u64) many catalog_name {name str}
SELECT name FROM repository
WHERE namespace_id = :namespace_id AND is_stored = TRUE AND sort_name > :after
  AND removed_at IS NULL
ORDER BY sort_name LIMIT :limit;
