-- schema.sql: which migrations a database has seen.

-- schema_create() text
CREATE TABLE IF NOT EXISTS schema_version (
    version    INT UNSIGNED NOT NULL PRIMARY KEY,
    applied_at BIGINT       NOT NULL
) ENGINE = InnoDB;

-- schema_current() one {version u64}
SELECT CAST(COALESCE(MAX(version), 0) AS UNSIGNED) AS version
FROM schema_version;

-- schema_applied(version u64, now i64) exec
INSERT INTO schema_version (version, applied_at) VALUES (:version, :now);

-- One migration at a time; is_locked is 0 after a minute of waiting.
-- schema_lock() one {is_locked bool?}
SELECT GET_LOCK('slipway_migrate', 60) AS is_locked;
