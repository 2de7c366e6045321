-- restore.sql: what a restored database may have forgotten.

-- When the tables were made: by migrate, or by the load of a copy.
-- restore_loaded() one {loaded_at i64?}
SELECT CAST(UNIX_TIMESTAMP(create_time) AS SIGNED) AS loaded_at
FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_name = 'mirror';

-- The last things of before that were recorded in the course of use.
-- restore_newest(before i64) one {token_at i64?, event_at i64?}
SELECT (SELECT issued_at FROM token
        WHERE expires_at > 0 AND issued_at < :before
        ORDER BY expires_at DESC LIMIT 1) AS token_at,
    (SELECT applied_at FROM event WHERE applied_at < :before
     ORDER BY applied_at DESC LIMIT 1) AS event_at;
