-- repository_list.sql: the repositories that an account may see in lists.

-- --- candidates -------------------------------------------------------------

-- The next repositories of a visibility, in an order, behind one; number is
-- what the order is by, and name where that is the name.  With "=" MariaDB reads
-- all names in front of it, too; and of those with the same number all that come
-- before it, unless each limit of the id comes with that of the number.
-- listing_named(visibility u64, after str, limit u64) many listing_candidate {id u64, name str, number i64}
SELECT l.repository_id AS id, l.name, CAST(0 AS SIGNED) AS number
FROM repository_listing l
WHERE l.visibility >= :visibility AND l.visibility <= :visibility
  AND l.name > :after
ORDER BY l.visibility, l.name LIMIT :limit;

-- listing_updated(visibility u64, at i64, id u64, limit u64) many listing_candidate {id u64, name str, number i64}
SELECT l.repository_id AS id, '' AS name, l.updated_at AS number
FROM repository_listing l
WHERE l.visibility = :visibility
  AND (l.updated_at < :at OR (l.updated_at = :at AND l.repository_id < :id))
ORDER BY l.updated_at DESC, l.repository_id DESC LIMIT :limit;

-- listing_starred(visibility u64, at i64, id u64, limit u64) many listing_candidate {id u64, name str, number i64}
SELECT l.repository_id AS id, '' AS name, CAST(l.stars AS SIGNED) AS number
FROM repository_listing l
WHERE l.visibility = :visibility
  AND (l.stars < :at OR (l.stars = :at AND l.repository_id < :id))
ORDER BY l.stars DESC, l.repository_id DESC LIMIT :limit;

-- listing_pulled(visibility u64, at i64, id u64, limit u64) many listing_candidate {id u64, name str, number i64}
SELECT l.repository_id AS id, '' AS name, CAST(l.pulls AS SIGNED) AS number
FROM repository_listing l
WHERE l.visibility = :visibility
  AND (l.pulls < :at OR (l.pulls = :at AND l.repository_id < :id))
ORDER BY l.pulls DESC, l.repository_id DESC LIMIT :limit;

-- The same of one namespace.
-- listing_in_named(namespace_id u64, visibility u64, after str, limit u64) many listing_candidate {id u64, name str, number i64}
SELECT l.repository_id AS id, l.name, CAST(0 AS SIGNED) AS number
FROM repository_listing l
WHERE l.namespace_id = :namespace_id AND l.visibility = :visibility
  AND l.name > :after
ORDER BY l.name LIMIT :limit;

-- listing_in_updated(namespace_id u64, visibility u64, at i64, id u64, limit u64) many listing_candidate {id u64, name str, number i64}
SELECT l.repository_id AS id, '' AS name, l.updated_at AS number
FROM repository_listing l
WHERE l.namespace_id = :namespace_id AND l.visibility = :visibility
  AND (l.updated_at < :at OR (l.updated_at = :at AND l.repository_id < :id))
ORDER BY l.updated_at DESC, l.repository_id DESC LIMIT :limit;

-- listing_in_starred(namespace_id u64, visibility u64, at i64, id u64, limit u64) many listing_candidate {id u64, name str, number i64}
SELECT l.repository_id AS id, '' AS name, CAST(l.stars AS SIGNED) AS number
FROM repository_listing l
WHERE l.namespace_id = :namespace_id AND l.visibility = :visibility
  AND (l.stars < :at OR (l.stars = :at AND l.repository_id < :id))
ORDER BY l.stars DESC, l.repository_id DESC LIMIT :limit;

-- listing_in_pulled(namespace_id u64, visibility u64, at i64, id u64, limit u64) many listing_candidate {id u64, name str, number i64}
SELECT l.repository_id AS id, '' AS name, CAST(l.pulls AS SIGNED) AS number
FROM repository_listing l
WHERE l.namespace_id = :namespace_id AND l.visibility = :visibility
  AND (l.pulls < :at OR (l.pulls = :at AND l.repository_id < :id))
ORDER BY l.pulls DESC, l.repository_id DESC LIMIT :limit;

-- --- namespaces with a role --------------------------------------------------

-- The namespaces in which an account has a role on something, by visibility:
-- the first repository of each behind one, as a text in the order of the list;
-- the best first.  Of the namespaces of no one, where is_admin, the first.
-- Where not is_open, of what is unlisted or private.  MySQL does not sort where
-- the whole key is named.  Names begin with that of their namespace: where the
-- place behind which the list goes on is inside of a namespace, that place stands
-- for the repository, which the key does not find without the ones before it.
-- listing_heads_named(me u64, is_admin bool, namespace_id u64, low u64, high u64, is_open bool, after str, limit u64) many listing_head {namespace_id u64, visibility u64, head str?}
SELECT s.id AS namespace_id, CAST(v.visibility AS UNSIGNED) AS visibility,
    IF(n.name = SUBSTRING_INDEX(:after, '/', 1), :after,
        (SELECT l.name FROM repository_listing l
         WHERE l.namespace_id = s.id AND l.visibility = v.visibility
           AND l.name > :after
         ORDER BY l.namespace_id, l.visibility, l.name LIMIT 1)) AS head
FROM ((SELECT n.id FROM namespace n WHERE n.account_id = :me AND n.kind = 0)
      UNION
      (SELECT z.id FROM namespace z
       WHERE z.account_id IS NULL AND z.kind = 0 AND :is_admin
       ORDER BY z.name LIMIT 500)
      UNION
      (SELECT w.namespace_id AS id FROM namespace_member w
       WHERE w.account_id = :me)
      UNION
      (SELECT a.namespace_id AS id FROM access a
       WHERE a.account_id = :me AND a.team_id = 0)
      UNION
      (SELECT b.namespace_id AS id FROM team_member t
       JOIN access b ON b.team_id = t.team_id AND b.account_id = 0
       WHERE t.account_id = :me)
      LIMIT 1000) s
JOIN namespace n ON n.id = s.id
JOIN (SELECT 0 AS visibility UNION ALL SELECT 1 UNION ALL SELECT 2
      UNION ALL SELECT 3) v
WHERE v.visibility BETWEEN :low AND :high
  AND (:is_open OR v.visibility IN (1, 3))
  AND (:namespace_id = 0 OR s.id = :namespace_id)
  AND CONCAT(n.name, '0') > :after
HAVING head IS NOT NULL
ORDER BY head LIMIT :limit;

-- listing_heads_updated(me u64, is_admin bool, namespace_id u64, low u64, high u64, is_open bool, at i64, id u64, limit u64) many listing_head {namespace_id u64, visibility u64, head str?}
SELECT s.id AS namespace_id, CAST(v.visibility AS UNSIGNED) AS visibility,
    (SELECT CONCAT(LPAD(l.updated_at, 20, '0'), LPAD(l.repository_id, 20, '0'))
     FROM repository_listing l
     WHERE l.namespace_id = s.id AND l.visibility = v.visibility
       AND l.updated_at <= :at AND (l.updated_at < :at OR l.repository_id < :id)
     ORDER BY l.namespace_id DESC, l.visibility DESC, l.updated_at DESC,
         l.repository_id DESC LIMIT 1) AS head
FROM ((SELECT n.id FROM namespace n WHERE n.account_id = :me AND n.kind = 0)
      UNION
      (SELECT z.id FROM namespace z
       WHERE z.account_id IS NULL AND z.kind = 0 AND :is_admin
       ORDER BY z.name LIMIT 500)
      UNION
      (SELECT w.namespace_id AS id FROM namespace_member w
       WHERE w.account_id = :me)
      UNION
      (SELECT a.namespace_id AS id FROM access a
       WHERE a.account_id = :me AND a.team_id = 0)
      UNION
      (SELECT b.namespace_id AS id FROM team_member t
       JOIN access b ON b.team_id = t.team_id AND b.account_id = 0
       WHERE t.account_id = :me)
      LIMIT 1000) s
JOIN (SELECT 0 AS visibility UNION ALL SELECT 1 UNION ALL SELECT 2
      UNION ALL SELECT 3) v
WHERE v.visibility BETWEEN :low AND :high
  AND (:is_open OR v.visibility IN (1, 3))
  AND (:namespace_id = 0 OR s.id = :namespace_id)
HAVING head IS NOT NULL
ORDER BY head DESC LIMIT :limit;

-- listing_heads_starred(me u64, is_admin bool, namespace_id u64, low u64, high u64, is_open bool, at i64, id u64, limit u64) many listing_head {namespace_id u64, visibility u64, head str?}
SELECT s.id AS namespace_id, CAST(v.visibility AS UNSIGNED) AS visibility,
    (SELECT CONCAT(LPAD(l.stars, 20, '0'), LPAD(l.repository_id, 20, '0'))
     FROM repository_listing l
     WHERE l.namespace_id = s.id AND l.visibility = v.visibility
       AND l.stars <= :at AND (l.stars < :at OR l.repository_id < :id)
     ORDER BY l.namespace_id DESC, l.visibility DESC, l.stars DESC,
         l.repository_id DESC LIMIT 1) AS head
FROM ((SELECT n.id FROM namespace n WHERE n.account_id = :me AND n.kind = 0)
      UNION
      (SELECT z.id FROM namespace z
       WHERE z.account_id IS NULL AND z.kind = 0 AND :is_admin
       ORDER BY z.name LIMIT 500)
      UNION
      (SELECT w.namespace_id AS id FROM namespace_member w
       WHERE w.account_id = :me)
      UNION
      (SELECT a.namespace_id AS id FROM access a
       WHERE a.account_id = :me AND a.team_id = 0)
      UNION
      (SELECT b.namespace_id AS id FROM team_member t
       JOIN access b ON b.team_id = t.team_id AND b.account_id = 0
       WHERE t.account_id = :me)
      LIMIT 1000) s
JOIN (SELECT 0 AS visibility UNION ALL SELECT 1 UNION ALL SELECT 2
      UNION ALL SELECT 3) v
WHERE v.visibility BETWEEN :low AND :high
  AND (:is_open OR v.visibility IN (1, 3))
  AND (:namespace_id = 0 OR s.id = :namespace_id)
HAVING head IS NOT NULL
ORDER BY head DESC LIMIT :limit;

-- listing_heads_pulled(me u64, is_admin bool, namespace_id u64, low u64, high u64, is_open bool, at i64, id u64, limit u64) many listing_head {namespace_id u64, visibility u64, head str?}
SELECT s.id AS namespace_id, CAST(v.visibility AS UNSIGNED) AS visibility,
    (SELECT CONCAT(LPAD(l.pulls, 20, '0'), LPAD(l.repository_id, 20, '0'))
     FROM repository_listing l
     WHERE l.namespace_id = s.id AND l.visibility = v.visibility
       AND l.pulls <= :at AND (l.pulls < :at OR l.repository_id < :id)
     ORDER BY l.namespace_id DESC, l.visibility DESC, l.pulls DESC,
         l.repository_id DESC LIMIT 1) AS head
FROM ((SELECT n.id FROM namespace n WHERE n.account_id = :me AND n.kind = 0)
      UNION
      (SELECT z.id FROM namespace z
       WHERE z.account_id IS NULL AND z.kind = 0 AND :is_admin
       ORDER BY z.name LIMIT 500)
      UNION
      (SELECT w.namespace_id AS id FROM namespace_member w
       WHERE w.account_id = :me)
      UNION
      (SELECT a.namespace_id AS id FROM access a
       WHERE a.account_id = :me AND a.team_id = 0)
      UNION
      (SELECT b.namespace_id AS id FROM team_member t
       JOIN access b ON b.team_id = t.team_id AND b.account_id = 0
       WHERE t.account_id = :me)
      LIMIT 1000) s
JOIN (SELECT 0 AS visibility UNION ALL SELECT 1 UNION ALL SELECT 2
      UNION ALL SELECT 3) v
WHERE v.visibility BETWEEN :low AND :high
  AND (:is_open OR v.visibility IN (1, 3))
  AND (:namespace_id = 0 OR s.id = :namespace_id)
HAVING head IS NOT NULL
ORDER BY head DESC LIMIT :limit;

-- --- repositories -----------------------------------------------------------

-- Of candidates (JSON: [id,...]), in their order, those that an account (me; 0:
-- no one) may see, of visibilities from low to high: on which it has at least
-- the role "least", as access_find has it, and where is_open also what is
-- public, or internal and asked for by an account.
-- listing_rows(candidates str, me u64, is_admin bool, least u64, is_open bool, low u64, high u64, limit u64) many repository_item {id u64, name str, visibility u64, description str?, topics str?, is_stored bool, created_at i64, pushed_at i64?, pushed_by str?, updated_at i64, stars u64, pulls u64, pulled_at i64?}
SELECT r.id, r.name, CAST(IF(r.is_private, r.privacy, 0) AS UNSIGNED)
        AS visibility, p.description, p.topics, r.is_stored,
    r.created_at, m.pushed_at, m.pushed_by,
    l.updated_at, CAST(l.stars AS UNSIGNED) AS stars,
    CAST(l.pulls AS UNSIGNED) AS pulls, q.pulled_at
FROM JSON_TABLE(:candidates, '$[*]' COLUMNS (
    position FOR ORDINALITY,
    id BIGINT UNSIGNED PATH '$')) j
STRAIGHT_JOIN repository r ON r.id = j.id
STRAIGHT_JOIN repository_listing l ON l.repository_id = r.id
STRAIGHT_JOIN namespace n ON n.id = r.namespace_id
LEFT JOIN namespace_member w ON w.namespace_id = n.id AND w.account_id = :me
LEFT JOIN repository_profile p ON p.repository_id = r.id
LEFT JOIN mirror_repository m ON m.repository_id = r.id
LEFT JOIN repository_pull q ON q.repository_id = r.id
WHERE r.removed_at IS NULL
  AND IF(r.is_private, r.privacy, 0) BETWEEN :low AND :high
  AND ((:is_open AND (NOT r.is_private OR (r.privacy = 2 AND :me <> 0)))
    OR (n.kind = 0 AND n.account_id = :me)
    OR (n.kind = 0 AND n.account_id IS NULL AND :is_admin)
    OR w.is_owner OR (w.account_id IS NOT NULL AND n.base_role >= :least)
    OR EXISTS (SELECT 1 FROM access a
        WHERE a.namespace_id = n.id AND a.team_id = 0
          AND a.account_id = :me AND a.role >= :least
          AND (a.repository_id = r.id OR (a.repository_id = 0
            AND SUBSTRING(r.name, LOCATE('/', CONCAT(r.name, '/')) + 1)
                LIKE a.pattern)))
    OR EXISTS (SELECT 1 FROM team_member t
        JOIN access b ON b.namespace_id = n.id
          AND b.team_id = t.team_id AND b.account_id = 0 AND b.role >= :least
        WHERE t.account_id = :me
          AND (b.repository_id = r.id OR (b.repository_id = 0
            AND SUBSTRING(r.name, LOCATE('/', CONCAT(r.name, '/')) + 1)
                LIKE b.pattern))))
ORDER BY j.position LIMIT :limit;

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
