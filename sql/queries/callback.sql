-- callback.sql: what receivers of webhooks say to a callback_url.

-- callback_add(hash str, delivery_id u64, valid_until i64) exec
INSERT INTO webhook_callback (hash, delivery_id, valid_until)
VALUES (:hash, :delivery_id, :valid_until);

-- callback_get(hash str, now i64) one {delivery_id u64}
SELECT delivery_id FROM webhook_callback
WHERE hash = :hash AND valid_until > :now;

-- callback_lock(hash str) one {delivery_id u64}
SELECT delivery_id FROM webhook_callback WHERE hash = :hash FOR UPDATE;

-- Those of every attempt.
-- callback_delete(delivery_id u64) exec
DELETE FROM webhook_callback WHERE delivery_id = :delivery_id;

-- callback_oldest() one {valid_until i64}
SELECT valid_until FROM webhook_callback ORDER BY valid_until LIMIT 1;

-- callback_purge(now i64, limit u64) exec
DELETE FROM webhook_callback WHERE valid_until <= :now
ORDER BY valid_until LIMIT :limit;

-- callback_store(delivery_id u64, state u64, now i64, description str?, context str?, target_url str?) exec
UPDATE webhook_delivery SET callback_state = :state, callback_at = :now,
    callback_description = :description, callback_context = :context,
    callback_target_url = :target_url
WHERE id = :delivery_id;
