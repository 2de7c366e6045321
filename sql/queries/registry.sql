-- registry.sql: the registries that clients may be sent to.

-- registry_list(after str, limit u64) many registry {id u64, name str, kind u64, endpoint str, weight u64, patterns str, check_url str?, edition u64, created_at i64, state u64, changed_at i64?, checked_at i64?, message str?}
SELECT id, name, kind, endpoint, weight, patterns, check_url, edition,
    created_at, state, changed_at, checked_at, message
FROM registry WHERE name > :after ORDER BY name LIMIT :limit;

-- Held until the transaction ends.
-- registry_take(name str) one registry {id u64, name str, kind u64, endpoint str, weight u64, patterns str, check_url str?, edition u64, created_at i64, state u64, changed_at i64?, checked_at i64?, message str?}
SELECT id, name, kind, endpoint, weight, patterns, check_url, edition,
    created_at, state, changed_at, checked_at, message
FROM registry WHERE name = :name FOR UPDATE;

-- registry_count() one {n u64}
SELECT CAST(COUNT(*) AS UNSIGNED) AS n FROM registry;

-- DECLINED where the name is taken.
-- registry_add(name str, kind u64, endpoint str, weight u64, patterns str, check_url str?, now i64) exec
INSERT INTO registry
    (name, kind, endpoint, weight, patterns, check_url, created_at)
VALUES (:name, :kind, :endpoint, :weight, :patterns, :check_url, :now);

-- Another endpoint or check begins with an unknown state: registry_forget().
-- registry_edit(id u64, kind u64, endpoint str, weight u64, patterns str, check_url str?) exec
UPDATE registry SET kind = :kind, endpoint = :endpoint, weight = :weight,
    patterns = :patterns, check_url = :check_url, edition = edition + 1
WHERE id = :id;

-- registry_forget(id u64) exec
UPDATE registry SET state = 0, changed_at = NULL, checked_at = NULL,
    streak = 0, flaps = 0, message = NULL, next_at = 0
WHERE id = :id;

-- registry_remove(id u64) exec
DELETE FROM registry WHERE id = :id;

-- What the checker has to check now.
-- registry_due(now i64, limit u64) many registry_due {id u64, name str, check_url str?, edition u64, state u64, changed_at i64?, streak u64, flaps u64}
SELECT id, name, check_url, edition, state, changed_at, streak, flaps
FROM registry WHERE next_at <= :now AND check_url IS NOT NULL
ORDER BY next_at LIMIT :limit FOR UPDATE SKIP LOCKED;

-- registry_lease(id u64, next_at i64) exec
UPDATE registry SET next_at = :next_at WHERE id = :id;

-- What came of a check, unless the registry was edited in the meantime.
-- registry_checked(id u64, edition u64, state u64, changed_at i64?, now i64, streak u64, flaps u64, message str?, next_at i64) exec
UPDATE registry SET state = :state, changed_at = :changed_at,
    checked_at = :now, streak = :streak, flaps = :flaps, message = :message,
    next_at = :next_at
WHERE id = :id AND edition = :edition;
