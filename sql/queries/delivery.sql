-- delivery.sql: events on their way to webhooks, and their attempts.

-- delivery_add(webhook_id u64, event_id u64, state u64, next_at i64, after_id u64?, now i64) exec
INSERT INTO webhook_delivery (webhook_id, event_id, state, next_at, after_id,
    created_at)
VALUES (:webhook_id, :event_id, :state, :next_at, :after_id, :now);

-- --- the courier

-- Webhooks that have something in a state, with when it is due.
-- delivery_hooks(state u64, after u64, limit u64) many {webhook_id u64, next_at i64, paused_until i64}
SELECT d.webhook_id, d.next_at,
    COALESCE(IF(w.is_enabled, w.paused_until, 0), 0) AS paused_until
FROM (
    SELECT webhook_id, COALESCE(MIN(next_at), 0) AS next_at
    FROM webhook_delivery
    WHERE state = :state AND webhook_id > :after
    GROUP BY state, webhook_id
    ORDER BY webhook_id LIMIT :limit
) d
LEFT JOIN webhook w ON w.id = d.webhook_id
ORDER BY d.webhook_id LIMIT :limit;

-- Passes over what another courier is just taking.
-- delivery_claim(webhook_id u64, now i64, limit u64) many {id u64, event_id u64, attempts u64}
SELECT id, event_id, CAST(attempts AS UNSIGNED) AS attempts
FROM webhook_delivery
WHERE state = 0 AND webhook_id = :webhook_id AND next_at <= :now
ORDER BY next_at LIMIT :limit FOR UPDATE SKIP LOCKED;

-- delivery_lease(id u64, lease str, until i64) exec
UPDATE webhook_delivery SET lease = :lease, next_at = :until WHERE id = :id;

-- delivery_event(id u64) one {uuid str, event u64, number u64, at i64, data str}
SELECT uuid, CAST(event AS UNSIGNED) AS event, number, at, data
FROM webhook_event WHERE id = :id;

-- A late answer of one that another courier has taken changes nothing.
-- delivery_end(id u64, lease str, state u64, next_at i64, finished_at i64?) exec
UPDATE webhook_delivery SET state = :state, attempts = attempts + 1,
    next_at = :next_at, finished_at = :finished_at, lease = NULL
WHERE id = :id AND state = 0 AND lease = :lease;

-- delivery_attempt_add(delivery_id u64, at i64, milliseconds i64, status u64, error str?, request_headers str, request_body str, response_headers str, response_body str) exec
INSERT INTO webhook_attempt (delivery_id, at, milliseconds, status, error,
    request_headers, request_body, response_headers, response_body)
VALUES (:delivery_id, :at, :milliseconds, :status, :error, :request_headers,
    :request_body, :response_headers, :response_body);

-- Of a webhook that is off, or gone.
-- delivery_due(webhook_id u64, limit u64) many {id u64}
SELECT id FROM webhook_delivery
WHERE state = 0 AND webhook_id = :webhook_id
ORDER BY next_at LIMIT :limit FOR UPDATE SKIP LOCKED;

-- --- chains

-- delivery_is_dead(id u64) one {id u64}
SELECT id FROM webhook_delivery WHERE id = :id AND state = 2;

-- What waits, or has waited, for a delivery.
-- delivery_followers(after_id u64, state u64, limit u64) many {id u64}
SELECT id FROM webhook_delivery
WHERE after_id = :after_id AND state = :state
ORDER BY id LIMIT :limit FOR UPDATE;

-- delivery_move(id u64, state u64, next_at i64, finished_at i64?) exec
UPDATE webhook_delivery SET state = :state, next_at = :next_at,
    finished_at = :finished_at, lease = NULL
WHERE id = :id;

-- delivery_wait(after_id u64, until i64) exec
UPDATE webhook_delivery SET next_at = :until
WHERE after_id = :after_id AND state = 3;

-- What has waited too long.
-- delivery_late(webhook_id u64, now i64, limit u64) many {id u64}
SELECT id FROM webhook_delivery
WHERE state = 3 AND webhook_id = :webhook_id AND next_at <= :now
ORDER BY next_at LIMIT :limit FOR UPDATE SKIP LOCKED;

-- delivery_purge(before i64, limit u64) exec
DELETE FROM webhook_delivery WHERE created_at < :before
ORDER BY created_at LIMIT :limit;

-- delivery_oldest() one {event_id u64, created_at i64}
SELECT event_id, created_at FROM webhook_delivery
ORDER BY created_at LIMIT 1;

-- delivery_attempt_oldest() one {at i64}
SELECT at FROM webhook_attempt ORDER BY at LIMIT 1;

-- Webhooks that have a log.
-- delivery_logs(after u64, limit u64) many {webhook_id u64}
SELECT webhook_id FROM webhook_delivery
WHERE webhook_id > :after
GROUP BY webhook_id
ORDER BY webhook_id LIMIT :limit;

-- The latest that is one too many where so many are kept.
-- delivery_surplus(webhook_id u64, state u64, kept u64) one {id u64}
SELECT id FROM webhook_delivery
WHERE webhook_id = :webhook_id AND state = :state
ORDER BY id DESC LIMIT 1 OFFSET :kept;

-- The one behind so many of the oldest.
-- delivery_behind(webhook_id u64, state u64, number u64) one {id u64}
SELECT id FROM webhook_delivery
WHERE webhook_id = :webhook_id AND state = :state
ORDER BY id LIMIT 1 OFFSET :number;

-- delivery_attempt_trim(webhook_id u64, state u64, last u64) exec
DELETE a FROM webhook_delivery d
JOIN webhook_attempt a ON a.delivery_id = d.id
WHERE d.webhook_id = :webhook_id AND d.state = :state AND d.id <= :last;

-- delivery_trim(webhook_id u64, state u64, last u64) exec
DELETE FROM webhook_delivery
WHERE webhook_id = :webhook_id AND state = :state AND id <= :last;

-- delivery_attempt_purge(before i64, limit u64) exec
DELETE FROM webhook_attempt WHERE at < :before ORDER BY at LIMIT :limit;

-- --- people

-- The latest first.
-- delivery_list(webhook_id u64, before u64, limit u64) many delivery {id u64, uuid str, event u64, number u64, state u64, attempts u64, next_at i64, created_at i64, finished_at i64?, after_id u64?, callback_state u64, callback_at i64?, callback_description str?, callback_context str?, callback_target_url str?, attempted_at i64?, milliseconds i64?, status u64?, error str?}
SELECT d.id, e.uuid, CAST(e.event AS UNSIGNED) AS event, e.number,
    CAST(d.state AS UNSIGNED) AS state,
    CAST(d.attempts AS UNSIGNED) AS attempts, d.next_at, d.created_at,
    d.finished_at, d.after_id,
    CAST(d.callback_state AS UNSIGNED) AS callback_state, d.callback_at,
    d.callback_description, d.callback_context, d.callback_target_url,
    a.at AS attempted_at, a.milliseconds, CAST(a.status AS UNSIGNED) AS status,
    a.error
FROM webhook_delivery d
JOIN webhook_event e ON e.id = d.event_id
LEFT JOIN webhook_attempt a ON a.id = (SELECT MAX(x.id)
    FROM webhook_attempt x WHERE x.delivery_id = d.id)
WHERE d.webhook_id = :webhook_id AND d.id < :before
ORDER BY d.id DESC LIMIT :limit;

-- delivery_list_state(webhook_id u64, state u64, before u64, limit u64) many delivery {id u64, uuid str, event u64, number u64, state u64, attempts u64, next_at i64, created_at i64, finished_at i64?, after_id u64?, callback_state u64, callback_at i64?, callback_description str?, callback_context str?, callback_target_url str?, attempted_at i64?, milliseconds i64?, status u64?, error str?}
SELECT d.id, e.uuid, CAST(e.event AS UNSIGNED) AS event, e.number,
    CAST(d.state AS UNSIGNED) AS state,
    CAST(d.attempts AS UNSIGNED) AS attempts, d.next_at, d.created_at,
    d.finished_at, d.after_id,
    CAST(d.callback_state AS UNSIGNED) AS callback_state, d.callback_at,
    d.callback_description, d.callback_context, d.callback_target_url,
    a.at AS attempted_at, a.milliseconds, CAST(a.status AS UNSIGNED) AS status,
    a.error
FROM webhook_delivery d
JOIN webhook_event e ON e.id = d.event_id
LEFT JOIN webhook_attempt a ON a.id = (SELECT MAX(x.id)
    FROM webhook_attempt x WHERE x.delivery_id = d.id)
WHERE d.webhook_id = :webhook_id AND d.state = :state AND d.id < :before
ORDER BY d.id DESC LIMIT :limit;

-- delivery_get(webhook_id u64, id u64) one delivery {id u64, uuid str, event u64, number u64, state u64, attempts u64, next_at i64, created_at i64, finished_at i64?, after_id u64?, callback_state u64, callback_at i64?, callback_description str?, callback_context str?, callback_target_url str?, attempted_at i64?, milliseconds i64?, status u64?, error str?}
SELECT d.id, e.uuid, CAST(e.event AS UNSIGNED) AS event, e.number,
    CAST(d.state AS UNSIGNED) AS state,
    CAST(d.attempts AS UNSIGNED) AS attempts, d.next_at, d.created_at,
    d.finished_at, d.after_id,
    CAST(d.callback_state AS UNSIGNED) AS callback_state, d.callback_at,
    d.callback_description, d.callback_context, d.callback_target_url,
    a.at AS attempted_at, a.milliseconds, CAST(a.status AS UNSIGNED) AS status,
    a.error
FROM webhook_delivery d
JOIN webhook_event e ON e.id = d.event_id
LEFT JOIN webhook_attempt a ON a.id = (SELECT MAX(x.id)
    FROM webhook_attempt x WHERE x.delivery_id = d.id)
WHERE d.id = :id AND d.webhook_id = :webhook_id;

-- delivery_attempts(delivery_id u64, limit u64) many {at i64, milliseconds i64, status u64, error str?, request_headers str, request_body str, response_headers str, response_body str}
SELECT at, milliseconds, CAST(status AS UNSIGNED) AS status, error,
    request_headers, request_body, response_headers, response_body
FROM webhook_attempt WHERE delivery_id = :delivery_id
ORDER BY id DESC LIMIT :limit;

-- The last attempt that was made of the latest deliveries of a webhook.
-- delivery_last_attempt(webhook_id u64, number u64) one {delivery_id u64, at i64, milliseconds i64, status u64, error str?}
SELECT a.delivery_id, a.at, a.milliseconds,
    CAST(a.status AS UNSIGNED) AS status, a.error
FROM (SELECT id FROM webhook_delivery WHERE webhook_id = :webhook_id
      ORDER BY id DESC LIMIT :number) d
JOIN webhook_attempt a ON a.delivery_id = d.id
ORDER BY a.id DESC LIMIT 1;

-- delivery_again(id u64, now i64) exec
UPDATE webhook_delivery SET state = 0, attempts = 0, next_at = :now,
    finished_at = NULL, lease = NULL
WHERE id = :id;

-- One between two attempts is due now.
-- delivery_hurry(id u64, now i64) exec
UPDATE webhook_delivery SET next_at = :now
WHERE id = :id AND state = 0 AND lease IS NULL AND next_at > :now;

-- delivery_dead(webhook_id u64, limit u64) many {id u64}
SELECT id FROM webhook_delivery
WHERE state = 2 AND webhook_id = :webhook_id
ORDER BY next_at LIMIT :limit FOR UPDATE;

-- delivery_again_dead(webhook_id u64, now i64, limit u64) exec
UPDATE webhook_delivery SET state = 0, attempts = 0, next_at = :now,
    finished_at = NULL, lease = NULL
WHERE state = 2 AND webhook_id = :webhook_id
ORDER BY next_at LIMIT :limit;
