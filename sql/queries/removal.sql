-- removal.sql: repositories that are being deleted.

-- repository_set_removed(id u64, now i64) exec
UPDATE repository SET removed_at = :now WHERE id = :id;

-- removal_add(repository_id u64, namespace_id u64, name str, now i64, by str) exec
INSERT INTO removal (repository_id, namespace_id, name, requested_at,
    requested_by)
VALUES (:repository_id, :namespace_id, :name, :now, :by);

-- Those that are not done, behind an id.
-- removal_list_open(after u64, limit u64) many removal {id u64, repository_id u64, namespace_id u64, name str, requested_at i64, requested_by str, tried_at i64?, message str?}
SELECT id, repository_id, namespace_id, name, requested_at, requested_by,
    tried_at, message
FROM removal WHERE finished_at IS NULL AND id > :after
ORDER BY id LIMIT :limit;

-- The same of one namespace.
-- removal_list_namespace(namespace_id u64, after u64, limit u64) many removal {id u64, repository_id u64, namespace_id u64, name str, requested_at i64, requested_by str, tried_at i64?, message str?}
SELECT id, repository_id, namespace_id, name, requested_at, requested_by,
    tried_at, message
FROM removal
WHERE finished_at IS NULL AND namespace_id = :namespace_id AND id > :after
ORDER BY id LIMIT :limit;

-- One run of a database at a time; the server forgets it with the connection.
-- A name of 64 bytes, the most that MySQL takes, which has no SHA1() since 9.6.
-- removal_lock() one {is_locked bool}
SELECT COALESCE(GET_LOCK(CONCAT('removal.', SHA2(DATABASE(), 224)), 0), 0)
    AS is_locked;

-- Whether this connection still has it.
-- removal_is_locked() one {is_locked bool}
SELECT COALESCE(IS_USED_LOCK(CONCAT('removal.', SHA2(DATABASE(), 224)))
    = CONNECTION_ID(), 0) AS is_locked;

-- removal_unlock() one {is_released bool}
SELECT COALESCE(RELEASE_LOCK(CONCAT('removal.', SHA2(DATABASE(), 224))), 0)
    AS is_released;

-- removal_tried(id u64, now i64, message str) exec
UPDATE removal SET tried_at = :now, message = :message WHERE id = :id;

-- removal_finish(id u64, now i64) exec
UPDATE removal SET finished_at = :now, message = NULL WHERE id = :id;

-- removal_purge(before i64, limit u64) exec
DELETE FROM removal WHERE finished_at < :before
ORDER BY finished_at LIMIT :limit;

-- Whether a name was asked to be deleted after a moment.
-- removal_after(name str, at i64) one {id u64}
SELECT id FROM removal WHERE name = :name AND requested_at >= :at
ORDER BY id DESC LIMIT 1;

-- What has as many rows as people made goes in portions.
-- removal_delete_tags(repository_id u64, limit u64) exec
DELETE FROM tag WHERE repository_id = :repository_id
ORDER BY name LIMIT :limit;

-- removal_delete_past(repository_id u64, limit u64) exec
DELETE FROM tag_past WHERE repository_id = :repository_id
ORDER BY name, id LIMIT :limit;

-- removal_delete_stars(repository_id u64, limit u64) exec
DELETE FROM star WHERE repository_id = :repository_id
ORDER BY id LIMIT :limit;

-- removal_delete_follows(repository_id u64, limit u64) exec
DELETE FROM follow WHERE repository_id = :repository_id
ORDER BY id LIMIT :limit;

-- Before the comments, with which they would go.
-- removal_delete_reports(repository_id u64, limit u64) exec
DELETE FROM comment_report WHERE repository_id = :repository_id
ORDER BY id LIMIT :limit;

-- removal_delete_comments(repository_id u64, limit u64) exec
DELETE FROM comment WHERE repository_id = :repository_id
ORDER BY id LIMIT :limit;

-- removal_delete_images(repository_id u64, limit u64) exec
DELETE FROM image_v1 WHERE repository_id = :repository_id
ORDER BY image_id LIMIT :limit;

-- removal_delete_access(repository_id u64) exec
DELETE FROM access WHERE repository_id = :repository_id;

-- removal_delete_webhooks(namespace_id u64, repository_id u64) exec
DELETE FROM webhook
WHERE namespace_id = :namespace_id AND repository_id = :repository_id;

-- removal_delete_activity(repository_id u64, limit u64) exec
DELETE FROM activity WHERE repository_id = :repository_id
ORDER BY id LIMIT :limit;

-- removal_delete_mirror(repository_id u64) exec
DELETE FROM mirror_repository WHERE repository_id = :repository_id;

-- removal_delete_repository(id u64) exec
DELETE FROM repository WHERE id = :id AND removed_at IS NOT NULL;

-- The one of a repository that is not done, held.
-- removal_open(name str, repository_id u64) one {id u64, is_confirmed bool}
SELECT id, confirmed_at IS NOT NULL AS is_confirmed FROM removal
WHERE name = :name AND repository_id = :repository_id AND finished_at IS NULL
ORDER BY id DESC LIMIT 1 FOR UPDATE;

-- removal_confirm(id u64, now i64) exec
UPDATE removal SET confirmed_at = COALESCE(confirmed_at, :now) WHERE id = :id;

-- Whether an account has had a name deleted, of late.
-- removal_done(name str, by str, after i64) one {id u64}
SELECT id FROM removal
WHERE name = :name AND requested_by = :by AND finished_at >= :after
ORDER BY id DESC LIMIT 1;
