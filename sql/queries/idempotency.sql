-- idempotency.sql: what requests with an Idempotency-Key were answered.

-- Waits for one with the same key that is under way.
-- idempotency_add(account_id u64, key_hash str, request_hash str, now i64) exec
INSERT INTO idempotency (account_id, key_hash, request_hash, status, location,
    created_at)
VALUES (:account_id, :key_hash, :request_hash, 0, '', :now);

-- idempotency_find(account_id u64, key_hash str) one {request_hash str, status u64, location str, body str?, created_at i64}
SELECT request_hash, status, location, body, created_at FROM idempotency
WHERE account_id = :account_id AND key_hash = :key_hash
FOR UPDATE;

-- idempotency_answer(account_id u64, key_hash str, status u64, location str, body str?) exec
UPDATE idempotency SET status = :status, location = :location, body = :body
WHERE account_id = :account_id AND key_hash = :key_hash;

-- idempotency_purge(before i64, limit u64) exec
DELETE FROM idempotency WHERE created_at < :before
ORDER BY created_at LIMIT :limit;
