-- webhook.sql: webhooks, and the events that they wait for.

-- --- webhooks

-- webhook_add(namespace_id u64, repository_id u64, url str, form u64, events u64, tag_pattern str?, has_host bool, secret str?, credentials str?, after_id u64, created_by u64?, now i64) exec
INSERT INTO webhook (namespace_id, repository_id, url, form, events,
    tag_pattern, has_host, secret, credentials, after_id, created_by,
    created_at)
VALUES (:namespace_id, :repository_id, :url, :form, :events, :tag_pattern,
    :has_host, :secret, :credentials, :after_id, :created_by, :now);

-- webhook_last_id() one {id u64}
SELECT CAST(LAST_INSERT_ID() AS UNSIGNED) AS id;

-- webhook_count(namespace_id u64, repository_id u64) one {n u64}
SELECT CAST(COUNT(*) AS UNSIGNED) AS n FROM webhook
WHERE namespace_id = :namespace_id AND repository_id = :repository_id;

-- webhook_get(namespace_id u64, repository_id u64, id u64) one webhook {id u64, url str, form u64, events u64, tag_pattern str?, has_host bool, secret str?, credentials str?, is_enabled bool, off_reason str?, failures u64, failing_since i64?, paused_until i64, edition u64, created_at i64, after_id u64}
SELECT id, url, CAST(form AS UNSIGNED) AS form,
    CAST(events AS UNSIGNED) AS events, tag_pattern, has_host, secret,
    credentials, is_enabled, off_reason,
    CAST(failures AS UNSIGNED) AS failures, failing_since, paused_until,
    edition, created_at, after_id
FROM webhook
WHERE id = :id AND namespace_id = :namespace_id
  AND repository_id = :repository_id;

-- webhook_list(namespace_id u64, repository_id u64, after u64, limit u64) many webhook {id u64, url str, form u64, events u64, tag_pattern str?, has_host bool, secret str?, credentials str?, is_enabled bool, off_reason str?, failures u64, failing_since i64?, paused_until i64, edition u64, created_at i64, after_id u64}
SELECT id, url, CAST(form AS UNSIGNED) AS form,
    CAST(events AS UNSIGNED) AS events, tag_pattern, has_host, secret,
    credentials, is_enabled, off_reason,
    CAST(failures AS UNSIGNED) AS failures, failing_since, paused_until,
    edition, created_at, after_id
FROM webhook
WHERE namespace_id = :namespace_id AND repository_id = :repository_id
  AND id > :after
ORDER BY id LIMIT :limit;

-- Those that fail, of all repositories, namespaces and of the installation; the
-- one that began to fail last first.
-- webhook_failing(before i64, before_id u64, limit u64) many {id u64, namespace str?, repository str?, url str, is_enabled bool, off_reason str?, failures u64, failing_since i64?, paused_until i64}
SELECT w.id, n.name AS namespace, r.name AS repository, w.url, w.is_enabled,
    w.off_reason, CAST(w.failures AS UNSIGNED) AS failures, w.failing_since,
    w.paused_until
FROM webhook w FORCE INDEX (webhook_failing)
LEFT JOIN namespace n ON n.id = w.namespace_id
LEFT JOIN repository r ON r.id = w.repository_id
WHERE w.failing_since <= :before
  AND (w.failing_since < :before OR w.id < :before_id)
ORDER BY w.failing_since DESC, w.id DESC LIMIT :limit;

-- webhook_lock(namespace_id u64, repository_id u64, id u64) one {edition u64}
SELECT edition FROM webhook
WHERE id = :id AND namespace_id = :namespace_id
  AND repository_id = :repository_id
FOR UPDATE;

-- All of a scope, held against other changes of the order in which they come.
-- webhook_order(namespace_id u64, repository_id u64, limit u64) many {id u64, form u64, after_id u64}
SELECT id, CAST(form AS UNSIGNED) AS form, after_id FROM webhook
WHERE namespace_id = :namespace_id AND repository_id = :repository_id
ORDER BY id LIMIT :limit FOR UPDATE;

-- Who edits it gives it another chance.
-- webhook_edit(id u64, url str, form u64, events u64, tag_pattern str?, has_host bool, credentials str?, after_id u64, is_enabled bool) exec
UPDATE webhook SET url = :url, form = :form, events = :events,
    tag_pattern = :tag_pattern, has_host = :has_host,
    credentials = :credentials, after_id = :after_id,
    is_enabled = :is_enabled, off_reason = NULL,
    failures = 0, failing_since = NULL, paused_until = 0,
    edition = edition + 1
WHERE id = :id;

-- webhook_rotate(id u64, secret str, old_until i64) exec
UPDATE webhook SET old_secret = secret, old_until = :old_until,
    secret = :secret, edition = edition + 1
WHERE id = :id;

-- webhook_delete(id u64) exec
DELETE FROM webhook WHERE id = :id;

-- --- events

-- webhook_repository(id u64) one {namespace_id u64, namespace str, name str, is_private bool, created_at i64, description str?, stars u64, comments u64}
SELECT r.namespace_id, n.name AS namespace, r.name, r.is_private, r.created_at,
    p.description, CAST(COALESCE(c.stars, 0) AS UNSIGNED) AS stars,
    CAST(COALESCE(c.comments, 0) AS UNSIGNED) AS comments
FROM repository r
JOIN namespace n ON n.id = r.namespace_id
LEFT JOIN repository_profile p ON p.repository_id = r.id
LEFT JOIN repository_count c ON c.repository_id = r.id
WHERE r.id = :id;

-- webhook_namespace(id u64) one {name str}
SELECT name FROM namespace WHERE id = :id;

-- Those of the installation, of the namespace and of the repository.
-- webhook_listeners(namespace_id u64, repository_id u64, event u64, limit u64) many {id u64, form u64, tag_pattern str?, after_id u64}
SELECT id, CAST(form AS UNSIGNED) AS form, tag_pattern, after_id
FROM webhook
WHERE ((namespace_id = 0 AND repository_id = 0)
    OR (namespace_id = :namespace_id AND repository_id = 0)
    OR (namespace_id = :namespace_id AND repository_id = :repository_id))
  AND is_enabled AND events & :event
ORDER BY id LIMIT :limit;

-- webhook_sequence_next(namespace_id u64, repository_id u64) exec
INSERT INTO webhook_sequence (namespace_id, repository_id, number)
VALUES (:namespace_id, :repository_id, 1)
ON DUPLICATE KEY UPDATE number = number + 1;

-- webhook_sequence_get(namespace_id u64, repository_id u64) one {number u64}
SELECT number FROM webhook_sequence
WHERE namespace_id = :namespace_id AND repository_id = :repository_id;

-- webhook_event_add(uuid str, event u64, number u64, at i64, data str) exec
INSERT INTO webhook_event (uuid, event, number, at, data)
VALUES (:uuid, :event, :number, :at, :data);

-- webhook_event_oldest() one {id u64}
SELECT id FROM webhook_event ORDER BY id LIMIT 1;

-- Those that no delivery has any more: ids grow.
-- webhook_event_purge(oldest u64, limit u64) exec
DELETE FROM webhook_event WHERE id < :oldest ORDER BY id LIMIT :limit;

-- --- the courier

-- webhook_target(id u64) one {url str, form u64, has_host bool, secret str?, old_secret str?, old_until i64, credentials str?, is_enabled bool, failures u64, failing_since i64?, paused_until i64}
SELECT url, CAST(form AS UNSIGNED) AS form, has_host, secret, old_secret,
    old_until, credentials, is_enabled,
    CAST(failures AS UNSIGNED) AS failures, failing_since, paused_until
FROM webhook WHERE id = :id;

-- webhook_succeeded(id u64) exec
UPDATE webhook SET failures = 0, failing_since = NULL, paused_until = 0
WHERE id = :id AND (failures > 0 OR paused_until > 0);

-- webhook_failed(id u64, failing_since i64, paused_until i64) exec
UPDATE webhook SET failures = failures + 1,
    failing_since = COALESCE(failing_since, :failing_since),
    paused_until = GREATEST(paused_until, :paused_until)
WHERE id = :id;

-- webhook_off(id u64, reason str) exec
UPDATE webhook SET is_enabled = FALSE, off_reason = :reason,
    edition = edition + 1
WHERE id = :id AND is_enabled;
