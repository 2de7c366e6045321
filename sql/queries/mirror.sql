-- mirror.sql: what the store holds, as its events say.

-- Holds the mirror until the transaction ends.
-- mirror_hold() one {generation u64, run str?}
SELECT generation, run FROM mirror WHERE id = 1 FOR UPDATE;

-- mirror_begin(run str) exec
UPDATE mirror SET generation = generation + 1, run = :run WHERE id = 1;

-- mirror_end(now i64) exec
UPDATE mirror SET run = NULL, filled_at = :now WHERE id = 1;

-- mirror_state() one {run str?, filled_at i64?}
SELECT run, filled_at FROM mirror WHERE id = 1;

-- DECLINED where it was applied before.
-- event_add(id str, now i64) exec
INSERT INTO event (id, applied_at) VALUES (:id, :now);

-- One whose work is not done yet.
-- event_forget(id str) exec
DELETE FROM event WHERE id = :id;

-- event_purge(before i64, limit u64) exec
DELETE FROM event WHERE applied_at < :before ORDER BY applied_at LIMIT :limit;

-- Holds nothing: tokens need the row.
-- is_listed: the lists have it, as what it is; not where an older program has made
-- or changed it.
-- mirror_repository_find(name str) one {id u64, namespace_id u64, is_stored bool, is_listed bool}
SELECT r.id, r.namespace_id, r.is_stored,
    l.repository_id IS NOT NULL AS is_listed
FROM repository r
LEFT JOIN repository_listing l ON l.repository_id = r.id
  AND l.visibility = IF(r.removed_at IS NULL, IF(r.is_private, r.privacy, 0), 4)
WHERE r.name = :name;

-- A new repository: private, or as its namespace says for new ones.
-- mirror_repository_add(namespace str, name str, is_private bool, now i64) exec
INSERT INTO repository (namespace_id, name, is_private, privacy, created_at)
SELECT n.id, :name, :is_private OR n.is_private,
    IF(:is_private, 3, n.privacy), :now
FROM namespace n
WHERE n.name = :namespace
ON DUPLICATE KEY UPDATE repository.name = repository.name;

-- mirror_repository_name(repository_id u64, namespace_id u64, generation u64) exec
INSERT INTO mirror_repository (repository_id, namespace_id, generation)
VALUES (:repository_id, :namespace_id, :generation)
ON DUPLICATE KEY UPDATE namespace_id = :namespace_id, generation = :generation;

-- mirror_repository_pushed(repository_id u64, at i64, by str) exec
UPDATE mirror_repository SET pushed_at = :at, pushed_by = :by
WHERE repository_id = :repository_id;

-- Those that no event has named since a run began.
-- mirror_repository_unnamed(generation u64, limit u64) many {id u64, namespace_id u64, is_stored bool}
SELECT r.id, r.namespace_id, r.is_stored
FROM mirror_repository m
JOIN repository r ON r.id = m.repository_id
WHERE m.generation < :generation ORDER BY m.generation LIMIT :limit;

-- mirror_repository_set_stored(id u64, is_stored bool) exec
UPDATE repository SET is_stored = :is_stored WHERE id = :id;

-- A field that the event does not have keeps its value.
-- manifest_put(repository_id u64, digest str, media_type str, size u64?, content_size u64?, artifact_type str, subject str, platforms str, parts str, pushed_at i64?, pushed_by str) exec
INSERT INTO manifest (repository_id, digest, media_type, size, content_size,
    artifact_type, subject, platforms, parts, pushed_at, pushed_by)
VALUES (:repository_id, :digest, :media_type, :size, :content_size,
    :artifact_type, :subject, :platforms, :parts, :pushed_at, :pushed_by)
ON DUPLICATE KEY UPDATE media_type = COALESCE(:media_type, media_type),
    size = COALESCE(:size, size),
    content_size = COALESCE(:content_size, content_size),
    artifact_type = COALESCE(:artifact_type, artifact_type),
    subject = COALESCE(:subject, subject),
    platforms = COALESCE(:platforms, platforms),
    parts = COALESCE(:parts, parts),
    pushed_at = COALESCE(:pushed_at, pushed_at),
    pushed_by = COALESCE(:pushed_by, pushed_by);

-- manifest_delete(repository_id u64, name str) exec
DELETE FROM manifest WHERE repository_id = :repository_id AND digest = :name;

-- Names behind "after", up to "last".
-- manifest_range(repository_id u64, after str, last str, limit u64) many mirror_name {name str}
SELECT digest AS name FROM manifest
WHERE repository_id = :repository_id AND digest > :after AND digest <= :last
ORDER BY digest LIMIT :limit;

-- manifest_child_put(repository_id u64, digest str, position u64, child str, media_type str, size u64?, platform str) exec
INSERT INTO manifest_child (repository_id, digest, position, child, media_type,
    size, platform)
VALUES (:repository_id, :digest, :position, :child, :media_type, :size,
    :platform)
ON DUPLICATE KEY UPDATE child = :child, media_type = :media_type,
    size = :size, platform = :platform;

-- Where a tag points that will point elsewhere (digest), or that goes (NULL).
-- tag_past_put(repository_id u64, name str, digest str, at i64, by str) exec
INSERT INTO tag_past (repository_id, name, digest, began_at, began_by,
    ended_at, ended_by)
SELECT repository_id, name, digest, COALESCE(since_at, pushed_at),
    COALESCE(since_by, pushed_by), :at, :by
FROM tag
WHERE repository_id = :repository_id AND name = :name
  AND NOT digest <=> :digest;

-- Of the tags, up to one, that point to a manifest that goes.
-- tag_past_put_of(repository_id u64, digest str, last str, at i64, by str) exec
INSERT INTO tag_past (repository_id, name, digest, began_at, began_by,
    ended_at, ended_by)
SELECT repository_id, name, digest, COALESCE(since_at, pushed_at),
    COALESCE(since_by, pushed_by), :at, :by
FROM tag
WHERE repository_id = :repository_id AND digest = :digest AND name <= :last;

-- A push of the digest where it points already is no change.
-- tag_put(repository_id u64, name str, digest str, pushed_at i64?, pushed_by str) exec
INSERT INTO tag (repository_id, name, digest, pushed_at, pushed_by, since_at,
    since_by)
VALUES (:repository_id, :name, :digest, :pushed_at, :pushed_by, :pushed_at,
    :pushed_by)
ON DUPLICATE KEY UPDATE
    since_by = IF(digest = :digest, COALESCE(since_by, pushed_by), :pushed_by),
    since_at = IF(digest = :digest, COALESCE(since_at, pushed_at), :pushed_at),
    pushed_by = IF(digest = :digest, COALESCE(:pushed_by, pushed_by),
        :pushed_by),
    pushed_at = IF(digest = :digest, COALESCE(:pushed_at, pushed_at),
        :pushed_at),
    digest = :digest;

-- tag_delete(repository_id u64, name str) exec
DELETE FROM tag WHERE repository_id = :repository_id AND name = :name;

-- tag_delete_of(repository_id u64, digest str, last str) exec
DELETE FROM tag
WHERE repository_id = :repository_id AND digest = :digest AND name <= :last;

-- tag_range(repository_id u64, after str, last str, limit u64) many mirror_name {name str}
SELECT name FROM tag
WHERE repository_id = :repository_id AND name > :after AND name <= :last
ORDER BY name LIMIT :limit;
