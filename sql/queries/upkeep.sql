-- upkeep.sql: one process at a time deletes what has ended.

-- As removal_lock().
-- upkeep_lock() one {is_locked bool}
SELECT COALESCE(GET_LOCK(CONCAT('upkeep..', SHA2(DATABASE(), 224)), 0), 0)
    AS is_locked;

-- upkeep_unlock() one {is_released bool}
SELECT COALESCE(RELEASE_LOCK(CONCAT('upkeep..', SHA2(DATABASE(), 224))), 0)
    AS is_released;
