-- tag.sql: tags, where they pointed before, and manifests.

-- content_size: of an image index, what its children have together.  The tags
-- of a page are found first: what is joined has no part in how.
-- tag_list(repository_id u64, after str, limit u64) many tag_item {name str, digest str, media_type str?, artifact_type str?, platforms str?, content_size u64?, pushed_at i64?, pushed_by str?, since_at i64?, updated_at i64, pulls u64, pulled_at i64?}
SELECT t.name, t.digest, m.media_type, m.artifact_type, m.platforms,
    CAST(COALESCE(m.content_size, (SELECT SUM(c.content_size)
        FROM manifest_child k
        JOIN manifest c ON c.repository_id = k.repository_id
          AND c.digest = k.child
        WHERE k.repository_id = t.repository_id AND k.digest = t.digest))
        AS UNSIGNED) AS content_size,
    t.pushed_at, t.pushed_by, COALESCE(t.since_at, t.pushed_at) AS since_at,
    COALESCE(t.updated_at, 0) AS updated_at,
    CAST(COALESCE(p.pulls, 0) AS UNSIGNED) AS pulls, p.pulled_at
FROM (SELECT repository_id, name, digest, pushed_at, pushed_by, since_at,
          updated_at
      FROM tag
      WHERE repository_id = :repository_id AND name > :after
      ORDER BY name LIMIT :limit) t
LEFT JOIN manifest m ON m.repository_id = t.repository_id
  AND m.digest = t.digest
LEFT JOIN tag_pull p ON p.repository_id = t.repository_id
  AND p.name = t.name
ORDER BY t.name LIMIT :limit;

-- The last push first.  With "repository_id =" MariaDB may read all that come
-- before the place, too.
-- tag_list_updated(repository_id u64, at i64, name str, limit u64) many tag_item {name str, digest str, media_type str?, artifact_type str?, platforms str?, content_size u64?, pushed_at i64?, pushed_by str?, since_at i64?, updated_at i64, pulls u64, pulled_at i64?}
SELECT t.name, t.digest, m.media_type, m.artifact_type, m.platforms,
    CAST(COALESCE(m.content_size, (SELECT SUM(c.content_size)
        FROM manifest_child k
        JOIN manifest c ON c.repository_id = k.repository_id
          AND c.digest = k.child
        WHERE k.repository_id = t.repository_id AND k.digest = t.digest))
        AS UNSIGNED) AS content_size,
    t.pushed_at, t.pushed_by, COALESCE(t.since_at, t.pushed_at) AS since_at,
    COALESCE(t.updated_at, 0) AS updated_at,
    CAST(COALESCE(p.pulls, 0) AS UNSIGNED) AS pulls, p.pulled_at
FROM (SELECT repository_id, name, digest, pushed_at, pushed_by, since_at,
          updated_at
      FROM tag
      WHERE repository_id >= :repository_id
        AND repository_id <= :repository_id
        AND (updated_at < :at OR (updated_at = :at AND name < :name))
      ORDER BY repository_id DESC, updated_at DESC, name DESC LIMIT :limit) t
LEFT JOIN manifest m ON m.repository_id = t.repository_id
  AND m.digest = t.digest
LEFT JOIN tag_pull p ON p.repository_id = t.repository_id
  AND p.name = t.name
ORDER BY t.updated_at DESC, t.name DESC LIMIT :limit;

-- Those that were pulled, the most pulls first.
-- tag_list_pulled(repository_id u64, pulls u64, name str, limit u64) many tag_item {name str, digest str, media_type str?, artifact_type str?, platforms str?, content_size u64?, pushed_at i64?, pushed_by str?, since_at i64?, updated_at i64, pulls u64, pulled_at i64?}
SELECT t.name, t.digest, m.media_type, m.artifact_type, m.platforms,
    CAST(COALESCE(m.content_size, (SELECT SUM(c.content_size)
        FROM manifest_child k
        JOIN manifest c ON c.repository_id = k.repository_id
          AND c.digest = k.child
        WHERE k.repository_id = t.repository_id AND k.digest = t.digest))
        AS UNSIGNED) AS content_size,
    t.pushed_at, t.pushed_by, COALESCE(t.since_at, t.pushed_at) AS since_at,
    COALESCE(t.updated_at, 0) AS updated_at,
    CAST(COALESCE(p.pulls, 0) AS UNSIGNED) AS pulls, p.pulled_at
FROM tag_pull p
JOIN tag t ON t.repository_id = p.repository_id AND t.name = p.name
LEFT JOIN manifest m ON m.repository_id = t.repository_id
  AND m.digest = t.digest
WHERE p.repository_id >= :repository_id AND p.repository_id <= :repository_id
  AND (p.pulls < :pulls OR (p.pulls = :pulls AND p.name < :name))
ORDER BY p.repository_id DESC, p.pulls DESC, p.name DESC LIMIT :limit;

-- The tag behind so many that come after a name.  MySQL chooses another key, and
-- sorts.
-- tag_behind(repository_id u64, after str, number u64) one {name str}
SELECT name FROM tag FORCE INDEX (PRIMARY)
WHERE repository_id = :repository_id AND name > :after
ORDER BY name LIMIT 1 OFFSET :number;

-- The others, up to a name.
-- tag_list_unpulled(repository_id u64, after str, last str, limit u64) many tag_item {name str, digest str, media_type str?, artifact_type str?, platforms str?, content_size u64?, pushed_at i64?, pushed_by str?, since_at i64?, updated_at i64, pulls u64, pulled_at i64?}
SELECT t.name, t.digest, m.media_type, m.artifact_type, m.platforms,
    CAST(COALESCE(m.content_size, (SELECT SUM(c.content_size)
        FROM manifest_child k
        JOIN manifest c ON c.repository_id = k.repository_id
          AND c.digest = k.child
        WHERE k.repository_id = t.repository_id AND k.digest = t.digest))
        AS UNSIGNED) AS content_size,
    t.pushed_at, t.pushed_by, COALESCE(t.since_at, t.pushed_at) AS since_at,
    COALESCE(t.updated_at, 0) AS updated_at,
    CAST(0 AS UNSIGNED) AS pulls, CAST(NULL AS SIGNED) AS pulled_at
FROM tag t
LEFT JOIN manifest m ON m.repository_id = t.repository_id
  AND m.digest = t.digest
WHERE t.repository_id = :repository_id AND t.name > :after AND t.name <= :last
  AND (SELECT p.pulls FROM tag_pull p
       WHERE p.repository_id = t.repository_id AND p.name = t.name) IS NULL
ORDER BY t.name LIMIT :limit;

-- tag_get(repository_id u64, name str) one tag_item {name str, digest str, media_type str?, artifact_type str?, platforms str?, content_size u64?, pushed_at i64?, pushed_by str?, since_at i64?, updated_at i64, pulls u64, pulled_at i64?}
SELECT t.name, t.digest, m.media_type, m.artifact_type, m.platforms,
    CAST(COALESCE(m.content_size, (SELECT SUM(c.content_size)
        FROM manifest_child k
        JOIN manifest c ON c.repository_id = k.repository_id
          AND c.digest = k.child
        WHERE k.repository_id = t.repository_id AND k.digest = t.digest))
        AS UNSIGNED) AS content_size,
    t.pushed_at, t.pushed_by, COALESCE(t.since_at, t.pushed_at) AS since_at,
    COALESCE(t.updated_at, 0) AS updated_at,
    CAST(COALESCE(p.pulls, 0) AS UNSIGNED) AS pulls, p.pulled_at
FROM tag t
LEFT JOIN manifest m ON m.repository_id = t.repository_id
  AND m.digest = t.digest
LEFT JOIN tag_pull p ON p.repository_id = t.repository_id
  AND p.name = t.name
WHERE t.repository_id = :repository_id AND t.name = :name;

-- tag_name_list(repository_id u64, limit u64) many {name str, pushed_at i64}
SELECT name, CAST(COALESCE(pushed_at, 0) AS SIGNED) AS pushed_at FROM tag
WHERE repository_id = :repository_id ORDER BY name LIMIT :limit;

-- Where it points now.
-- tag_present(repository_id u64, name str) one {digest str, since_at i64?, since_by str?}
SELECT digest, COALESCE(since_at, pushed_at) AS since_at,
    COALESCE(since_by, pushed_by) AS since_by
FROM tag WHERE repository_id = :repository_id AND name = :name;

-- The newest first, below an id.
-- tag_past_list(repository_id u64, name str, before u64, limit u64) many {id u64, digest str, began_at i64?, began_by str?, ended_at i64, ended_by str?}
SELECT id, digest, began_at, began_by, ended_at, ended_by FROM tag_past
WHERE repository_id = :repository_id AND name = :name AND id < :before
ORDER BY id DESC LIMIT :limit;

-- manifest_list(repository_id u64, after str, limit u64) many manifest_item {digest str, media_type str?, size u64?, content_size u64?, artifact_type str?, subject str?, platforms str?, parts str?, pushed_at i64?, pushed_by str?}
SELECT digest, media_type, size, content_size, artifact_type, subject,
    platforms, parts, pushed_at, pushed_by
FROM manifest WHERE repository_id = :repository_id AND digest > :after
ORDER BY digest LIMIT :limit;

-- manifest_get(repository_id u64, digest str) one manifest_item {digest str, media_type str?, size u64?, content_size u64?, artifact_type str?, subject str?, platforms str?, parts str?, pushed_at i64?, pushed_by str?}
SELECT digest, media_type, size, content_size, artifact_type, subject,
    platforms, parts, pushed_at, pushed_by
FROM manifest WHERE repository_id = :repository_id AND digest = :digest;

-- referrer_subject(repository_id u64, subject str, after str, limit u64) many referrer {tag str?, digest str, media_type str?, size u64?, content_size u64?, artifact_type str?, subject str?, platforms str?, parts str?, pushed_at i64?, pushed_by str?}
SELECT CAST(NULL AS CHAR(128)) AS tag, digest, media_type, size, content_size,
    artifact_type, subject, platforms, parts, pushed_at, pushed_by
FROM manifest
WHERE repository_id = :repository_id AND subject = :subject
  AND digest > :after
ORDER BY digest LIMIT :limit;

-- Those that are found by one of three tags.
-- referrer_tag(repository_id u64, first str, second str, third str, after str, limit u64) many referrer {tag str?, digest str, media_type str?, size u64?, content_size u64?, artifact_type str?, subject str?, platforms str?, parts str?, pushed_at i64?, pushed_by str?}
SELECT t.name AS tag, m.digest, m.media_type, m.size, m.content_size,
    m.artifact_type, m.subject, m.platforms, m.parts, m.pushed_at, m.pushed_by
FROM tag t
JOIN manifest m ON m.repository_id = t.repository_id AND m.digest = t.digest
WHERE t.repository_id = :repository_id
  AND t.name IN (:first, :second, :third) AND m.digest > :after
ORDER BY m.digest LIMIT :limit;

-- Tags that point to a manifest.
-- manifest_tags(repository_id u64, digest str, limit u64) many {name str}
SELECT name FROM tag WHERE repository_id = :repository_id AND digest = :digest
ORDER BY name LIMIT :limit;

-- manifest_children(repository_id u64, digest str, limit u64) many {child str, media_type str?, size u64?, platform str?, content_size u64?}
SELECT k.child, k.media_type, k.size, k.platform, c.content_size
FROM manifest_child k
LEFT JOIN manifest c ON c.repository_id = k.repository_id
  AND c.digest = k.child
WHERE k.repository_id = :repository_id AND k.digest = :digest
ORDER BY k.position LIMIT :limit;
