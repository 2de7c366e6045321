-- search.sql: what search finds, and what it finds it by.

-- --- upkeep ----------------------------------------------------------------

-- Holds the document of a repository, which is made where it is missing.
-- search_document_add(repository_id u64) exec
INSERT INTO search_document (repository_id, scope_id, terms)
VALUES (:repository_id, 0, '[]')
ON DUPLICATE KEY UPDATE search_document.repository_id = :repository_id;

-- The same of the repositories behind "after".
-- search_document_add_behind(after u64, limit u64) exec
INSERT INTO search_document (repository_id, scope_id, terms)
SELECT r.id, 0, '[]' FROM repository r
WHERE r.id > :after ORDER BY r.id LIMIT :limit
ON DUPLICATE KEY UPDATE
    search_document.repository_id = search_document.repository_id;

-- What repositories are found by, and what stands in the postings now.  Holds
-- them.
-- search_source(first u64, last u64, limit u64) many {id u64, namespace_id u64, name str, visibility u64, is_removed bool, is_shown bool, description str?, topics str?, stars u64, scope_id u64, terms str}
SELECT r.id, r.namespace_id, r.name,
    CAST(IF(r.is_private, r.privacy, 0) AS UNSIGNED) AS visibility,
    r.removed_at IS NOT NULL AS is_removed,
    r.is_stored AND r.removed_at IS NULL AS is_shown,
    LOWER(COALESCE(p.description, '')) AS description,
    LOWER(COALESCE(p.topics, '')) AS topics,
    CAST(COALESCE(c.stars, 0) AS UNSIGNED) AS stars, d.scope_id, d.terms
FROM search_document d
JOIN repository r ON r.id = d.repository_id
LEFT JOIN repository_count c ON c.repository_id = d.repository_id
LEFT JOIN repository_profile p ON p.repository_id = d.repository_id
WHERE d.repository_id >= :first AND d.repository_id <= :last
ORDER BY d.repository_id LIMIT :limit LOCK IN SHARE MODE;

-- search_document_set(repository_id u64, scope_id u64, terms str) exec
UPDATE search_document SET scope_id = :scope_id, terms = :terms
WHERE repository_id = :repository_id;

-- Postings are JSON: [["scope","term",place,repository],...].
-- search_posting_add(postings str) exec
INSERT INTO search_posting (scope_id, term, place, repository_id)
SELECT j.scope_id, j.term, j.place, j.repository_id
FROM JSON_TABLE(:postings, '$[*]' COLUMNS (
    scope_id BIGINT UNSIGNED PATH '$[0]',
    term VARCHAR(48) PATH '$[1]',
    place TINYINT UNSIGNED PATH '$[2]',
    repository_id BIGINT UNSIGNED PATH '$[3]')) j
ON DUPLICATE KEY UPDATE search_posting.place = search_posting.place;

-- search_posting_delete(postings str) exec
DELETE p FROM JSON_TABLE(:postings, '$[*]' COLUMNS (
    scope_id BIGINT UNSIGNED PATH '$[0]',
    term VARCHAR(48) PATH '$[1]',
    place TINYINT UNSIGNED PATH '$[2]',
    repository_id BIGINT UNSIGNED PATH '$[3]')) j
STRAIGHT_JOIN search_posting p ON p.scope_id = j.scope_id
    AND p.term = CONVERT(j.term USING utf8mb4) COLLATE utf8mb4_bin
    AND p.place = j.place AND p.repository_id = j.repository_id;

-- --- search ----------------------------------------------------------------

-- The lower case of what is not ASCII.
-- search_lower(text str) one {text str?}
SELECT LOWER(:text) AS text;

-- How many public repositories have each of four terms, "most" for more.
-- search_counts(term_a str, term_b str, term_c str, term_d str, most u64) one {a u64, b u64, c u64, d u64}
SELECT CAST(a.n AS UNSIGNED) AS a, CAST(b.n AS UNSIGNED) AS b,
    CAST(c.n AS UNSIGNED) AS c, CAST(d.n AS UNSIGNED) AS d
FROM (SELECT COUNT(*) AS n FROM (SELECT 1 FROM search_posting
      WHERE scope_id = 0 AND term = :term_a LIMIT :most) x) a,
    (SELECT COUNT(*) AS n FROM (SELECT 1 FROM search_posting
      WHERE scope_id = 0 AND term = :term_b LIMIT :most) x) b,
    (SELECT COUNT(*) AS n FROM (SELECT 1 FROM search_posting
      WHERE scope_id = 0 AND term = :term_c LIMIT :most) x) c,
    (SELECT COUNT(*) AS n FROM (SELECT 1 FROM search_posting
      WHERE scope_id = 0 AND term = :term_d LIMIT :most) x) d;

-- The next postings of a term in a scope, behind one, up to another one.
-- search_candidates(scope_id u64, term str, place u64, id u64, last_place u64, last_id u64, limit u64) many search_candidate {place u64, id u64}
SELECT CAST(p.place AS UNSIGNED) AS place, p.repository_id AS id
FROM search_posting p
WHERE p.scope_id = :scope_id AND p.term = :term
  AND (p.place > :place OR (p.place = :place AND p.repository_id > :id))
  AND (p.place < :last_place
    OR (p.place = :last_place AND p.repository_id <= :last_id))
ORDER BY p.place, p.repository_id LIMIT :limit;

-- The namespaces with postings of a term behind one in which an account may
-- read something by what it is or was granted: the first such posting of each
-- (place * 2^48 + repository), the best first.  Of no one's namespaces where
-- is_admin.  MySQL does not sort where the scope is named in front of the order,
-- and MariaDB where the term, which is always the same, is not.
-- search_heads(me u64, is_admin bool, namespace_id u64, term str, place u64, id u64, limit u64) many {scope_id u64, head u64?}
SELECT s.id AS scope_id,
    (SELECT (p.place << 48) + p.repository_id FROM search_posting p
     WHERE p.scope_id = s.id AND p.term = :term AND p.place >= :place
       AND (p.place > :place OR p.repository_id > :id)
     ORDER BY p.scope_id, p.place, p.repository_id LIMIT 1) AS head
FROM ((SELECT n.id FROM namespace n WHERE n.account_id = :me AND n.kind = 0)
      UNION
      (SELECT z.id FROM namespace z
       WHERE z.account_id IS NULL AND z.kind = 0 AND :is_admin LIMIT 500)
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
WHERE :namespace_id = 0 OR s.id = :namespace_id
HAVING head IS NOT NULL
ORDER BY head LIMIT :limit;

-- Of candidates (JSON: [[place,repository],...]) those that fit the query.
-- "part" has to be in the name behind its first slash; so does each other word
-- (part_a), or it is among the terms (exact_a: a pattern of
-- search_document.terms), as the topic has to be; what is like "unlike" was
-- found before.  An empty pattern is not checked.  "near" patterns are of a term
-- that each name with the part has, so that few repositories have to be read.
-- The visibility and the rights are those of the repository itself, whatever
-- the postings say: unlisted and private ones are for an account that owns the
-- namespace, has its base role as a member, or has a role as access_find has
-- it; namespaces without an owner are for admins.
-- search_check(candidates str, me u64, is_admin bool, low u64, high u64, part str, near str, unlike str, topic str, exact_a str, near_a str, part_a str, exact_b str, near_b str, part_b str, exact_c str, near_c str, part_c str, exact_d str, near_d str, part_d str, exact_e str, near_e str, part_e str, namespace_id u64, stars u64, limit u64) many search_hit {id u64, place u64, name str, visibility u64, description str, topics str, stars u64, created_at i64, pushed_at i64?, pulls u64}
SELECT r.id, CAST(COALESCE(j.place, 0) AS UNSIGNED) AS place, r.name,
    CAST(IF(r.is_private, r.privacy, 0) AS UNSIGNED) AS visibility,
    COALESCE(o.description, '') AS description,
    COALESCE(o.topics, '') AS topics,
    CAST(COALESCE(k.stars, 0) AS UNSIGNED) AS stars,
    r.created_at, y.pushed_at,
    CAST(COALESCE(q.pulls, 0) AS UNSIGNED) AS pulls
FROM JSON_TABLE(:candidates, '$[*]' COLUMNS (
    place SMALLINT UNSIGNED PATH '$[0]',
    id BIGINT UNSIGNED PATH '$[1]')) j
STRAIGHT_JOIN search_document d ON d.repository_id = j.id
STRAIGHT_JOIN repository r ON r.id = d.repository_id
STRAIGHT_JOIN namespace n ON n.id = r.namespace_id
LEFT JOIN namespace_member m ON m.namespace_id = n.id AND m.account_id = :me
LEFT JOIN repository_count k ON k.repository_id = r.id
LEFT JOIN repository_profile o ON o.repository_id = r.id
LEFT JOIN mirror_repository y ON y.repository_id = r.id
LEFT JOIN repository_pull q ON q.repository_id = r.id
WHERE (:near = '' OR d.terms LIKE :near)
  AND (:unlike = '' OR d.terms NOT LIKE :unlike)
  AND (:topic = '' OR d.terms LIKE :topic)
  AND (:near_a = '' OR d.terms LIKE :exact_a OR d.terms LIKE :near_a)
  AND (:near_b = '' OR d.terms LIKE :exact_b OR d.terms LIKE :near_b)
  AND (:near_c = '' OR d.terms LIKE :exact_c OR d.terms LIKE :near_c)
  AND (:near_d = '' OR d.terms LIKE :exact_d OR d.terms LIKE :near_d)
  AND (:near_e = '' OR d.terms LIKE :exact_e OR d.terms LIKE :near_e)
  AND r.is_stored AND r.removed_at IS NULL
  AND IF(r.is_private, r.privacy, 0) BETWEEN :low AND :high
  AND (:namespace_id = 0 OR r.namespace_id = :namespace_id)
  AND (:part = '' OR SUBSTRING(r.name, LOCATE('/', r.name) + 1) LIKE :part)
  AND (:near_a = '' OR d.terms LIKE :exact_a
    OR SUBSTRING(r.name, LOCATE('/', r.name) + 1) LIKE :part_a)
  AND (:near_b = '' OR d.terms LIKE :exact_b
    OR SUBSTRING(r.name, LOCATE('/', r.name) + 1) LIKE :part_b)
  AND (:near_c = '' OR d.terms LIKE :exact_c
    OR SUBSTRING(r.name, LOCATE('/', r.name) + 1) LIKE :part_c)
  AND (:near_d = '' OR d.terms LIKE :exact_d
    OR SUBSTRING(r.name, LOCATE('/', r.name) + 1) LIKE :part_d)
  AND (:near_e = '' OR d.terms LIKE :exact_e
    OR SUBSTRING(r.name, LOCATE('/', r.name) + 1) LIKE :part_e)
  AND COALESCE(k.stars, 0) >= :stars
  AND (NOT r.is_private OR (r.privacy = 2 AND :me <> 0)
    OR (r.privacy IN (1, 3)
      AND ((n.kind = 0 AND n.account_id = :me)
        OR (n.kind = 0 AND n.account_id IS NULL AND :is_admin)
        OR m.is_owner OR (m.account_id IS NOT NULL AND n.base_role > 0)
        OR EXISTS (SELECT 1 FROM access e
            WHERE e.namespace_id = n.id AND e.team_id = 0
              AND e.account_id = :me AND e.role > 0
              AND (e.repository_id = r.id OR (e.repository_id = 0
                AND SUBSTRING(r.name, LOCATE('/', CONCAT(r.name, '/')) + 1)
                    LIKE e.pattern)))
        OR EXISTS (SELECT 1 FROM team_member h
            JOIN access f ON f.namespace_id = n.id AND f.team_id = h.team_id
              AND f.account_id = 0 AND f.role > 0
            WHERE h.account_id = :me
              AND (f.repository_id = r.id OR (f.repository_id = 0
                AND SUBSTRING(r.name, LOCATE('/', CONCAT(r.name, '/')) + 1)
                    LIKE f.pattern))))))
ORDER BY j.place, r.id LIMIT :limit;

-- search_namespace(name str) one {id u64}
SELECT id FROM namespace WHERE name = :name;

-- What a bearer token was bought with: its patterns and actions, where that
-- was an access token.
-- search_token(key_hash str) one {is_revoked bool, actions u64?, patterns str?}
SELECT t.is_revoked, CAST(x.actions AS UNSIGNED) AS actions, x.patterns
FROM token t
LEFT JOIN access_token x ON x.id = t.access_token_id
WHERE t.key_hash = :key_hash;
