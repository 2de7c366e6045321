-- schema.sql: which migrations a database has seen.

-- schema_create() text
CREATE TABLE IF NOT EXISTS schema_version (
    version    INT UNSIGNED NOT NULL PRIMARY KEY,
    applied_at BIGINT       NOT NULL
) ENGINE = InnoDB;

-- schema_current() one {version u64}
SELECT CAST(COALESCE(MAX(version), 0) AS UNSIGNED) AS version
FROM schema_version;

-- Of a schema that is newer than a program's: the oldest one whose programs may
-- use it; NULL where a migration since then does not say.
-- schema_oldest(known u64) one {oldest u64?}
SELECT CAST(IF(COUNT(oldest) = COUNT(*), MAX(oldest), NULL) AS UNSIGNED)
    AS oldest
FROM schema_version WHERE version > :known;

-- schema_applied(version u64, now i64) exec
INSERT INTO schema_version (version, applied_at) VALUES (:version, :now);

-- The same from the migration on that adds the column.
-- schema_applied_since(version u64, oldest u64, now i64) exec
INSERT INTO schema_version (version, oldest, applied_at)
VALUES (:version, :oldest, :now);

-- One migration at a time; is_locked is 0 after a minute of waiting.
-- schema_lock() one {is_locked bool?}
SELECT GET_LOCK('slipway_migrate', 60) AS is_locked;
