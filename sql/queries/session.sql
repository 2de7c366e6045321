-- session.sql: what is set on a connection before it is used.  "text"
-- statements are sent as they stand: not every server prepares them.

-- session_mode() text
SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
    SESSION innodb_lock_wait_timeout = 3;

-- Locking reads of rows that are not there must not lock the gap: two
-- first pushes at the same time would wait for each other.
-- session_isolation() text
SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;

-- session_begin() text
START TRANSACTION;

-- A number, or a word in later versions.
-- session_is_read_only() one {is_read_only bool}
SELECT COALESCE(CAST(@@GLOBAL.read_only AS CHAR) NOT IN ('0', 'OFF'), 0)
    AS is_read_only;
