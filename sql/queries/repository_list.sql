-- repository_list.sql: the repositories that an account may see in lists.

-- --- of a namespace ---------------------------------------------------------

-- Of visibilities from low to high, those on which the account (me; 0: no one)
-- has at least a role ("is_all": on all of them), as access_find has it, and
-- where is_open also what is public, or internal and asked for by an account.
-- repository_list_named(namespace_id u64, me u64, is_all bool, is_open bool, least u64, low u64, high u64, after str, limit u64) many repository_item {id u64, name str, visibility u64, description str?, topics str?, is_stored bool, created_at i64, pushed_at i64?, pushed_by str?, updated_at i64, stars u64, pulls u64, pulled_at i64?}
SELECT r.id, r.name, CAST(IF(r.is_private, r.privacy, 0) AS UNSIGNED)
        AS visibility, p.description, p.topics, r.is_stored,
    r.created_at, m.pushed_at, m.pushed_by,
    COALESCE(m.updated_at, 0) AS updated_at,
    CAST(COALESCE(c.stars, 0) AS UNSIGNED) AS stars,
    CAST(COALESCE(q.pulls, 0) AS UNSIGNED) AS pulls, q.pulled_at
FROM repository r
LEFT JOIN repository_profile p ON p.repository_id = r.id
LEFT JOIN mirror_repository m ON m.repository_id = r.id
LEFT JOIN repository_count c ON c.repository_id = r.id
LEFT JOIN repository_pull q ON q.repository_id = r.id
WHERE r.namespace_id = :namespace_id AND r.name > :after
  AND r.removed_at IS NULL
  AND IF(r.is_private, r.privacy, 0) BETWEEN :low AND :high
  AND (:is_all
    OR (:is_open AND (r.visibility = 0 OR (r.visibility = 2 AND :me <> 0)))
    OR EXISTS (SELECT 1 FROM access a
        WHERE a.namespace_id = :namespace_id AND a.team_id = 0
          AND a.account_id = :me AND a.role >= :least
          AND (a.repository_id = r.id OR (a.repository_id = 0
            AND SUBSTRING(r.name, LOCATE('/', CONCAT(r.name, '/')) + 1)
                LIKE a.pattern)))
    OR EXISTS (SELECT 1 FROM team_member t
        JOIN access b ON b.namespace_id = :namespace_id
          AND b.team_id = t.team_id AND b.account_id = 0 AND b.role >= :least
        WHERE t.account_id = :me
          AND (b.repository_id = r.id OR (b.repository_id = 0
            AND SUBSTRING(r.name, LOCATE('/', CONCAT(r.name, '/')) + 1)
                LIKE b.pattern))))
ORDER BY r.name LIMIT :limit;

-- The same, the last push first, from one on.
-- repository_list_updated(namespace_id u64, me u64, is_all bool, is_open bool, least u64, low u64, high u64, at i64, id u64, limit u64) many repository_item {id u64, name str, visibility u64, description str?, topics str?, is_stored bool, created_at i64, pushed_at i64?, pushed_by str?, updated_at i64, stars u64, pulls u64, pulled_at i64?}
SELECT r.id, r.name, CAST(IF(r.is_private, r.privacy, 0) AS UNSIGNED)
        AS visibility, p.description, p.topics, r.is_stored,
    r.created_at, m.pushed_at, m.pushed_by,
    COALESCE(m.updated_at, 0) AS updated_at,
    CAST(COALESCE(c.stars, 0) AS UNSIGNED) AS stars,
    CAST(COALESCE(q.pulls, 0) AS UNSIGNED) AS pulls, q.pulled_at
FROM mirror_repository m
JOIN repository r ON r.id = m.repository_id
LEFT JOIN repository_profile p ON p.repository_id = r.id
LEFT JOIN repository_count c ON c.repository_id = r.id
LEFT JOIN repository_pull q ON q.repository_id = r.id
WHERE m.namespace_id = :namespace_id AND m.updated_at <= :at
  AND (m.updated_at < :at OR m.repository_id < :id)
  AND r.removed_at IS NULL
  AND IF(r.is_private, r.privacy, 0) BETWEEN :low AND :high
  AND (:is_all
    OR (:is_open AND (r.visibility = 0 OR (r.visibility = 2 AND :me <> 0)))
    OR EXISTS (SELECT 1 FROM access a
        WHERE a.namespace_id = :namespace_id AND a.team_id = 0
          AND a.account_id = :me AND a.role >= :least
          AND (a.repository_id = r.id OR (a.repository_id = 0
            AND SUBSTRING(r.name, LOCATE('/', CONCAT(r.name, '/')) + 1)
                LIKE a.pattern)))
    OR EXISTS (SELECT 1 FROM team_member t
        JOIN access b ON b.namespace_id = :namespace_id
          AND b.team_id = t.team_id AND b.account_id = 0 AND b.role >= :least
        WHERE t.account_id = :me
          AND (b.repository_id = r.id OR (b.repository_id = 0
            AND SUBSTRING(r.name, LOCATE('/', CONCAT(r.name, '/')) + 1)
                LIKE b.pattern))))
ORDER BY m.updated_at DESC, m.repository_id DESC LIMIT :limit;

-- The same, the most stars first, from one on.
-- repository_list_starred(namespace_id u64, me u64, is_all bool, is_open bool, least u64, low u64, high u64, at u64, id u64, limit u64) many repository_item {id u64, name str, visibility u64, description str?, topics str?, is_stored bool, created_at i64, pushed_at i64?, pushed_by str?, updated_at i64, stars u64, pulls u64, pulled_at i64?}
SELECT r.id, r.name, CAST(IF(r.is_private, r.privacy, 0) AS UNSIGNED)
        AS visibility, p.description, p.topics, r.is_stored,
    r.created_at, m.pushed_at, m.pushed_by,
    COALESCE(m.updated_at, 0) AS updated_at,
    CAST(l.stars AS UNSIGNED) AS stars,
    CAST(COALESCE(q.pulls, 0) AS UNSIGNED) AS pulls, q.pulled_at
FROM repository_listing l
JOIN repository r ON r.id = l.repository_id
LEFT JOIN repository_profile p ON p.repository_id = r.id
LEFT JOIN mirror_repository m ON m.repository_id = r.id
LEFT JOIN repository_pull q ON q.repository_id = r.id
WHERE l.namespace_id = :namespace_id AND l.stars <= :at
  AND (l.stars < :at OR l.repository_id < :id)
  AND r.removed_at IS NULL
  AND IF(r.is_private, r.privacy, 0) BETWEEN :low AND :high
  AND (:is_all
    OR (:is_open AND (r.visibility = 0 OR (r.visibility = 2 AND :me <> 0)))
    OR EXISTS (SELECT 1 FROM access a
        WHERE a.namespace_id = :namespace_id AND a.team_id = 0
          AND a.account_id = :me AND a.role >= :least
          AND (a.repository_id = r.id OR (a.repository_id = 0
            AND SUBSTRING(r.name, LOCATE('/', CONCAT(r.name, '/')) + 1)
                LIKE a.pattern)))
    OR EXISTS (SELECT 1 FROM team_member t
        JOIN access b ON b.namespace_id = :namespace_id
          AND b.team_id = t.team_id AND b.account_id = 0 AND b.role >= :least
        WHERE t.account_id = :me
          AND (b.repository_id = r.id OR (b.repository_id = 0
            AND SUBSTRING(r.name, LOCATE('/', CONCAT(r.name, '/')) + 1)
                LIKE b.pattern))))
ORDER BY l.stars DESC, l.repository_id DESC LIMIT :limit;

-- The same, the most pulls first, from one on.
-- repository_list_pulled(namespace_id u64, me u64, is_all bool, is_open bool, least u64, low u64, high u64, at u64, id u64, limit u64) many repository_item {id u64, name str, visibility u64, description str?, topics str?, is_stored bool, created_at i64, pushed_at i64?, pushed_by str?, updated_at i64, stars u64, pulls u64, pulled_at i64?}
SELECT r.id, r.name, CAST(IF(r.is_private, r.privacy, 0) AS UNSIGNED)
        AS visibility, p.description, p.topics, r.is_stored,
    r.created_at, m.pushed_at, m.pushed_by,
    COALESCE(m.updated_at, 0) AS updated_at,
    CAST(COALESCE(c.stars, 0) AS UNSIGNED) AS stars,
    CAST(l.pulls AS UNSIGNED) AS pulls, q.pulled_at
FROM repository_listing l
JOIN repository r ON r.id = l.repository_id
LEFT JOIN repository_profile p ON p.repository_id = r.id
LEFT JOIN mirror_repository m ON m.repository_id = r.id
LEFT JOIN repository_count c ON c.repository_id = r.id
LEFT JOIN repository_pull q ON q.repository_id = r.id
WHERE l.namespace_id = :namespace_id AND l.pulls <= :at
  AND (l.pulls < :at OR l.repository_id < :id)
  AND r.removed_at IS NULL
  AND IF(r.is_private, r.privacy, 0) BETWEEN :low AND :high
  AND (:is_all
    OR (:is_open AND (r.visibility = 0 OR (r.visibility = 2 AND :me <> 0)))
    OR EXISTS (SELECT 1 FROM access a
        WHERE a.namespace_id = :namespace_id AND a.team_id = 0
          AND a.account_id = :me AND a.role >= :least
          AND (a.repository_id = r.id OR (a.repository_id = 0
            AND SUBSTRING(r.name, LOCATE('/', CONCAT(r.name, '/')) + 1)
                LIKE a.pattern)))
    OR EXISTS (SELECT 1 FROM team_member t
        JOIN access b ON b.namespace_id = :namespace_id
          AND b.team_id = t.team_id AND b.account_id = 0 AND b.role >= :least
        WHERE t.account_id = :me
          AND (b.repository_id = r.id OR (b.repository_id = 0
            AND SUBSTRING(r.name, LOCATE('/', CONCAT(r.name, '/')) + 1)
                LIKE b.pattern))))
ORDER BY l.pulls DESC, l.repository_id DESC LIMIT :limit;

-- --- of all namespaces ------------------------------------------------------

-- Of one visibility, for any caller; the repository itself is asked for it, too.
-- listing_named(visibility u64, after str, limit u64) many repository_item {id u64, name str, visibility u64, description str?, topics str?, is_stored bool, created_at i64, pushed_at i64?, pushed_by str?, updated_at i64, stars u64, pulls u64, pulled_at i64?}
SELECT r.id, r.name, CAST(IF(r.is_private, r.privacy, 0) AS UNSIGNED)
        AS visibility, p.description, p.topics, r.is_stored,
    r.created_at, m.pushed_at, m.pushed_by,
    l.updated_at AS updated_at,
    CAST(l.stars AS UNSIGNED) AS stars,
    CAST(COALESCE(q.pulls, 0) AS UNSIGNED) AS pulls, q.pulled_at
FROM repository_listing l
STRAIGHT_JOIN repository r ON r.id = l.repository_id
LEFT JOIN repository_profile p ON p.repository_id = l.repository_id
LEFT JOIN mirror_repository m ON m.repository_id = l.repository_id
LEFT JOIN repository_pull q ON q.repository_id = l.repository_id
WHERE l.visibility = :visibility AND l.name > :after
  AND IF(r.is_private, r.privacy, 0) = :visibility AND r.removed_at IS NULL
ORDER BY l.name LIMIT :limit;

-- listing_updated(visibility u64, at i64, id u64, limit u64) many repository_item {id u64, name str, visibility u64, description str?, topics str?, is_stored bool, created_at i64, pushed_at i64?, pushed_by str?, updated_at i64, stars u64, pulls u64, pulled_at i64?}
SELECT r.id, r.name, CAST(IF(r.is_private, r.privacy, 0) AS UNSIGNED)
        AS visibility, p.description, p.topics, r.is_stored,
    r.created_at, m.pushed_at, m.pushed_by,
    l.updated_at AS updated_at,
    CAST(l.stars AS UNSIGNED) AS stars,
    CAST(COALESCE(q.pulls, 0) AS UNSIGNED) AS pulls, q.pulled_at
FROM repository_listing l
STRAIGHT_JOIN repository r ON r.id = l.repository_id
LEFT JOIN repository_profile p ON p.repository_id = l.repository_id
LEFT JOIN mirror_repository m ON m.repository_id = l.repository_id
LEFT JOIN repository_pull q ON q.repository_id = l.repository_id
WHERE l.visibility = :visibility AND l.updated_at <= :at
  AND (l.updated_at < :at OR l.repository_id < :id)
  AND IF(r.is_private, r.privacy, 0) = :visibility AND r.removed_at IS NULL
ORDER BY l.updated_at DESC, l.repository_id DESC LIMIT :limit;

-- listing_starred(visibility u64, at u64, id u64, limit u64) many repository_item {id u64, name str, visibility u64, description str?, topics str?, is_stored bool, created_at i64, pushed_at i64?, pushed_by str?, updated_at i64, stars u64, pulls u64, pulled_at i64?}
SELECT r.id, r.name, CAST(IF(r.is_private, r.privacy, 0) AS UNSIGNED)
        AS visibility, p.description, p.topics, r.is_stored,
    r.created_at, m.pushed_at, m.pushed_by,
    l.updated_at AS updated_at,
    CAST(l.stars AS UNSIGNED) AS stars,
    CAST(COALESCE(q.pulls, 0) AS UNSIGNED) AS pulls, q.pulled_at
FROM repository_listing l
STRAIGHT_JOIN repository r ON r.id = l.repository_id
LEFT JOIN repository_profile p ON p.repository_id = l.repository_id
LEFT JOIN mirror_repository m ON m.repository_id = l.repository_id
LEFT JOIN repository_pull q ON q.repository_id = l.repository_id
WHERE l.visibility = :visibility AND l.stars <= :at
  AND (l.stars < :at OR l.repository_id < :id)
  AND IF(r.is_private, r.privacy, 0) = :visibility AND r.removed_at IS NULL
ORDER BY l.stars DESC, l.repository_id DESC LIMIT :limit;

-- listing_pulled(visibility u64, at u64, id u64, limit u64) many repository_item {id u64, name str, visibility u64, description str?, topics str?, is_stored bool, created_at i64, pushed_at i64?, pushed_by str?, updated_at i64, stars u64, pulls u64, pulled_at i64?}
SELECT r.id, r.name, CAST(IF(r.is_private, r.privacy, 0) AS UNSIGNED)
        AS visibility, p.description, p.topics, r.is_stored,
    r.created_at, m.pushed_at, m.pushed_by,
    l.updated_at AS updated_at,
    CAST(COALESCE(c.stars, 0) AS UNSIGNED) AS stars,
    CAST(l.pulls AS UNSIGNED) AS pulls, q.pulled_at
FROM repository_listing l
STRAIGHT_JOIN repository r ON r.id = l.repository_id
LEFT JOIN repository_profile p ON p.repository_id = l.repository_id
LEFT JOIN mirror_repository m ON m.repository_id = l.repository_id
LEFT JOIN repository_count c ON c.repository_id = l.repository_id
LEFT JOIN repository_pull q ON q.repository_id = l.repository_id
WHERE l.visibility = :visibility AND l.pulls <= :at
  AND (l.pulls < :at OR l.repository_id < :id)
  AND IF(r.is_private, r.privacy, 0) = :visibility AND r.removed_at IS NULL
ORDER BY l.pulls DESC, l.repository_id DESC LIMIT :limit;

-- The namespaces in which an account has a role on everything (role, as
-- access_decide() has it) or on something (granted: the highest), and what the
-- order of a list is by of the first repository of each behind a place: that of
-- the best namespace first.  Of the namespaces of no one, where is_admin, some.
-- listing_heads_named(me u64, is_admin bool, after str, limit u64) many {id u64, role u64, granted u64, head str?}
SELECT s.id, CAST(COALESCE(s.role, 0) AS UNSIGNED) AS role,
    CAST(COALESCE(s.granted, 0) AS UNSIGNED) AS granted,
    (SELECT r.name FROM repository r
     WHERE r.namespace_id = s.id AND r.name > :after
     ORDER BY r.name LIMIT 1) AS head
FROM (SELECT u.id, MAX(u.role) AS role, MAX(u.granted) AS granted
      FROM ((SELECT n.id, 3 AS role, 0 AS granted FROM namespace n
             WHERE n.account_id = :me AND n.kind = 0)
            UNION ALL
            (SELECT z.id, 3 AS role, 0 AS granted FROM namespace z
             WHERE z.account_id IS NULL AND z.kind = 0 AND :is_admin
             ORDER BY z.name LIMIT 500)
            UNION ALL
            (SELECT w.namespace_id AS id, IF(w.is_owner, 3, g.base_role) AS role,
                 0 AS granted
             FROM namespace_member w JOIN namespace g ON g.id = w.namespace_id
             WHERE w.account_id = :me)
            UNION ALL
            (SELECT a.namespace_id AS id, 0 AS role, a.role AS granted
             FROM access a WHERE a.account_id = :me AND a.team_id = 0)
            UNION ALL
            (SELECT b.namespace_id AS id, 0 AS role, b.role AS granted
             FROM team_member t
             JOIN access b ON b.team_id = t.team_id AND b.account_id = 0
             WHERE t.account_id = :me)) u
      GROUP BY u.id ORDER BY u.id LIMIT 1000) s
HAVING head IS NOT NULL ORDER BY head LIMIT :limit;

-- listing_heads_updated(me u64, is_admin bool, at i64, place_id u64, limit u64) many {id u64, role u64, granted u64, head i64?}
SELECT s.id, CAST(COALESCE(s.role, 0) AS UNSIGNED) AS role,
    CAST(COALESCE(s.granted, 0) AS UNSIGNED) AS granted,
    (SELECT m.updated_at FROM mirror_repository m
     WHERE m.namespace_id = s.id AND m.updated_at <= :at
       AND (m.updated_at < :at OR m.repository_id < :place_id)
     ORDER BY m.updated_at DESC, m.repository_id DESC LIMIT 1) AS head
FROM (SELECT u.id, MAX(u.role) AS role, MAX(u.granted) AS granted
      FROM ((SELECT n.id, 3 AS role, 0 AS granted FROM namespace n
             WHERE n.account_id = :me AND n.kind = 0)
            UNION ALL
            (SELECT z.id, 3 AS role, 0 AS granted FROM namespace z
             WHERE z.account_id IS NULL AND z.kind = 0 AND :is_admin
             ORDER BY z.name LIMIT 500)
            UNION ALL
            (SELECT w.namespace_id AS id, IF(w.is_owner, 3, g.base_role) AS role,
                 0 AS granted
             FROM namespace_member w JOIN namespace g ON g.id = w.namespace_id
             WHERE w.account_id = :me)
            UNION ALL
            (SELECT a.namespace_id AS id, 0 AS role, a.role AS granted
             FROM access a WHERE a.account_id = :me AND a.team_id = 0)
            UNION ALL
            (SELECT b.namespace_id AS id, 0 AS role, b.role AS granted
             FROM team_member t
             JOIN access b ON b.team_id = t.team_id AND b.account_id = 0
             WHERE t.account_id = :me)) u
      GROUP BY u.id ORDER BY u.id LIMIT 1000) s
HAVING head IS NOT NULL ORDER BY head DESC LIMIT :limit;

-- listing_heads_starred(me u64, is_admin bool, at u64, place_id u64, limit u64) many {id u64, role u64, granted u64, head u64?}
SELECT s.id, CAST(COALESCE(s.role, 0) AS UNSIGNED) AS role,
    CAST(COALESCE(s.granted, 0) AS UNSIGNED) AS granted,
    (SELECT l.stars FROM repository_listing l
     WHERE l.namespace_id = s.id AND l.stars <= :at
       AND (l.stars < :at OR l.repository_id < :place_id)
     ORDER BY l.stars DESC, l.repository_id DESC LIMIT 1) AS head
FROM (SELECT u.id, MAX(u.role) AS role, MAX(u.granted) AS granted
      FROM ((SELECT n.id, 3 AS role, 0 AS granted FROM namespace n
             WHERE n.account_id = :me AND n.kind = 0)
            UNION ALL
            (SELECT z.id, 3 AS role, 0 AS granted FROM namespace z
             WHERE z.account_id IS NULL AND z.kind = 0 AND :is_admin
             ORDER BY z.name LIMIT 500)
            UNION ALL
            (SELECT w.namespace_id AS id, IF(w.is_owner, 3, g.base_role) AS role,
                 0 AS granted
             FROM namespace_member w JOIN namespace g ON g.id = w.namespace_id
             WHERE w.account_id = :me)
            UNION ALL
            (SELECT a.namespace_id AS id, 0 AS role, a.role AS granted
             FROM access a WHERE a.account_id = :me AND a.team_id = 0)
            UNION ALL
            (SELECT b.namespace_id AS id, 0 AS role, b.role AS granted
             FROM team_member t
             JOIN access b ON b.team_id = t.team_id AND b.account_id = 0
             WHERE t.account_id = :me)) u
      GROUP BY u.id ORDER BY u.id LIMIT 1000) s
HAVING head IS NOT NULL ORDER BY head DESC LIMIT :limit;

-- listing_heads_pulled(me u64, is_admin bool, at u64, place_id u64, limit u64) many {id u64, role u64, granted u64, head u64?}
SELECT s.id, CAST(COALESCE(s.role, 0) AS UNSIGNED) AS role,
    CAST(COALESCE(s.granted, 0) AS UNSIGNED) AS granted,
    (SELECT l.pulls FROM repository_listing l
     WHERE l.namespace_id = s.id AND l.pulls <= :at
       AND (l.pulls < :at OR l.repository_id < :place_id)
     ORDER BY l.pulls DESC, l.repository_id DESC LIMIT 1) AS head
FROM (SELECT u.id, MAX(u.role) AS role, MAX(u.granted) AS granted
      FROM ((SELECT n.id, 3 AS role, 0 AS granted FROM namespace n
             WHERE n.account_id = :me AND n.kind = 0)
            UNION ALL
            (SELECT z.id, 3 AS role, 0 AS granted FROM namespace z
             WHERE z.account_id IS NULL AND z.kind = 0 AND :is_admin
             ORDER BY z.name LIMIT 500)
            UNION ALL
            (SELECT w.namespace_id AS id, IF(w.is_owner, 3, g.base_role) AS role,
                 0 AS granted
             FROM namespace_member w JOIN namespace g ON g.id = w.namespace_id
             WHERE w.account_id = :me)
            UNION ALL
            (SELECT a.namespace_id AS id, 0 AS role, a.role AS granted
             FROM access a WHERE a.account_id = :me AND a.team_id = 0)
            UNION ALL
            (SELECT b.namespace_id AS id, 0 AS role, b.role AS granted
             FROM team_member t
             JOIN access b ON b.team_id = t.team_id AND b.account_id = 0
             WHERE t.account_id = :me)) u
      GROUP BY u.id ORDER BY u.id LIMIT 1000) s
HAVING head IS NOT NULL ORDER BY head DESC LIMIT :limit;

-- --- upkeep -----------------------------------------------------------------

-- Makes or renews the row of a repository, which the caller holds.
-- visibility 4: it is being deleted.
-- listing_put(repository_id u64, namespace_id u64, name str, visibility u64, stars u64) exec
INSERT INTO repository_listing (repository_id, namespace_id, name, visibility,
    updated_at, stars, pulls)
VALUES (:repository_id, :namespace_id, :name, :visibility,
    COALESCE((SELECT m.pushed_at FROM mirror_repository m
        WHERE m.repository_id = :repository_id), 0), :stars,
    COALESCE((SELECT q.pulls FROM repository_pull q
        WHERE q.repository_id = :repository_id), 0))
ON DUPLICATE KEY UPDATE visibility = :visibility, stars = :stars,
    updated_at = GREATEST(updated_at,
        COALESCE((SELECT m.pushed_at FROM mirror_repository m
            WHERE m.repository_id = :repository_id), 0));

-- listing_pushed(repository_id u64, at i64) exec
UPDATE repository_listing SET updated_at = :at
WHERE repository_id = :repository_id;

-- listing_set_stars(repository_id u64, stars u64) exec
UPDATE repository_listing SET stars = :stars
WHERE repository_id = :repository_id;

-- How often repositories were pulled: JSON, [[repository,pulls],...].
-- listing_set_pulls(pulls str) exec
UPDATE JSON_TABLE(:pulls, '$[*]' COLUMNS (
    repository_id BIGINT UNSIGNED PATH '$[0]',
    pulls BIGINT UNSIGNED PATH '$[1]')) j
STRAIGHT_JOIN repository_listing l ON l.repository_id = j.repository_id
SET l.pulls = j.pulls;
