-- catalog.sql: pages of repositories that the store holds, in the order of
-- sort_name.  No statement looks at more than it returns, but for namespaces
-- in which the store holds nothing.

-- catalog_public(after str, limit u64) many catalog_name {name str}
SELECT name FROM repository
WHERE is_stored = TRUE AND is_private = FALSE AND sort_name > :after
ORDER BY sort_name LIMIT :limit;

-- The next namespace, at "first" or behind it, in which the store holds
-- something; of no one where account_id is NULL.
-- catalog_namespace(account_id u64?, first str) one {id u64, name str}
SELECT n.id, n.name FROM namespace n
WHERE n.account_id <=> :account_id AND n.name >= :first
  AND (SELECT r.id FROM repository r
       WHERE r.namespace_id = n.id AND r.is_stored = TRUE
       LIMIT 1) IS NOT NULL
ORDER BY n.name LIMIT 1;

-- catalog_of_namespace(namespace_id u64, after str, limit u64) many catalog_name {name str}
SELECT name FROM repository
WHERE namespace_id = :namespace_id AND is_stored = TRUE AND sort_name > :after
ORDER BY sort_name LIMIT :limit;
