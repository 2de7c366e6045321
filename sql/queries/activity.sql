-- activity.sql: followed repositories, and what happens in repositories and
-- namespaces.

-- --- followed repositories --------------------------------------------------

-- DECLINED where the account follows it already.
-- follow_put(repository_id u64, account_id u64, now i64) exec
INSERT INTO follow (repository_id, account_id, created_at)
VALUES (:repository_id, :account_id, :now);

-- follow_delete(repository_id u64, account_id u64) exec
DELETE FROM follow
WHERE account_id = :account_id AND repository_id = :repository_id;

-- Of an account that is deleted.
-- follow_forget(account_id u64, limit u64) exec
DELETE FROM follow WHERE account_id = :account_id
ORDER BY repository_id LIMIT :limit;

-- follow_get(repository_id u64, account_id u64) one {id u64}
SELECT id FROM follow
WHERE account_id = :account_id AND repository_id = :repository_id;

-- follow_count(account_id u64) one {n u64}
SELECT CAST(COUNT(*) AS UNSIGNED) AS n FROM follow
WHERE account_id = :account_id;

-- What an account follows, the newest first.
-- follow_list(account_id u64, before u64, limit u64) many {id u64, name str, visibility u64, created_at i64, pushed_at i64?}
SELECT f.id, r.name,
    CAST(IF(r.is_private, r.privacy, 0) AS UNSIGNED) AS visibility,
    f.created_at, m.pushed_at
FROM follow f
JOIN repository r ON r.id = f.repository_id
LEFT JOIN mirror_repository m ON m.repository_id = f.repository_id
WHERE f.account_id = :account_id AND f.id < :before
ORDER BY f.id DESC LIMIT :limit;

-- --- events -----------------------------------------------------------------

-- activity_put(namespace_id u64, repository_id u64, kind u64, at i64, actor str?, subject_id u64, data str) exec
INSERT INTO activity (namespace_id, repository_id, kind, began_at, at, actor,
    subject_id, data)
VALUES (:namespace_id, :repository_id, :kind, :at, :at, :actor, :subject_id,
    :data);

-- The last row of a repository.
-- activity_last(repository_id u64) one {id u64, kind u64, began_at i64, actor str?, data str}
SELECT id, CAST(kind AS UNSIGNED) AS kind, began_at, actor, data
FROM activity WHERE repository_id = :repository_id
ORDER BY id DESC LIMIT 1;

-- One more event of a row.
-- activity_fold(id u64, at i64, data str) exec
UPDATE activity SET n = n + 1, at = GREATEST(at, :at), data = :data
WHERE id = :id;

-- How many rows of a kind a repository got since a time; "limit" for more.
-- activity_recent(repository_id u64, kind u64, since i64, limit u64) one {n u64}
SELECT CAST(COUNT(*) AS UNSIGNED) AS n
FROM (SELECT 1 FROM activity
      WHERE repository_id = :repository_id AND kind = :kind AND at > :since
      LIMIT :limit) x;

-- What was taken back: a comment, or the star of an actor.
-- activity_forget(repository_id u64, kind u64, at i64, actor str?, subject_id u64) exec
DELETE FROM activity
WHERE repository_id = :repository_id AND kind = :kind AND at = :at
  AND (:actor IS NULL OR actor = :actor) AND subject_id = :subject_id;

-- activity_purge(before i64, limit u64) exec
DELETE FROM activity WHERE at < :before ORDER BY at LIMIT :limit;

-- --- feeds ------------------------------------------------------------------

-- The row of a namespace behind so many, between two ids.
-- activity_behind(namespace_id u64, above u64, before u64, number u64) one {id u64}
SELECT id FROM activity
WHERE namespace_id = :namespace_id AND id > :above AND id < :before
ORDER BY namespace_id DESC, id DESC LIMIT 1 OFFSET :number;

-- The latest first, between two ids; "kinds" are bits.  An account that was deleted
-- is not named any more, neither for what it did nor in the data.
-- activity_of_repository(repository_id u64, kinds u64, above u64, before u64, limit u64) many activity_item {id u64, kind u64, at i64, n u64, actor str?, data str, is_login_deleted bool, namespace str?, repository str?}
SELECT v.id, CAST(v.kind AS UNSIGNED) AS kind, v.at, v.n,
    IF(o.deleted_at IS NULL, v.actor, NULL) AS actor, v.data,
    EXISTS (SELECT 1 FROM account g
        WHERE g.login = CONVERT(JSON_UNQUOTE(JSON_EXTRACT(v.data, '$.login'))
            USING utf8mb4) COLLATE utf8mb4_bin AND g.deleted_at IS NOT NULL)
        AS is_login_deleted,
    n.name AS namespace, r.name AS repository
FROM activity v
JOIN repository r ON r.id = v.repository_id AND r.removed_at IS NULL
JOIN namespace n ON n.id = r.namespace_id
LEFT JOIN account o ON o.login = v.actor
WHERE v.repository_id = :repository_id AND v.id > :above AND v.id < :before
  AND (1 << v.kind) & :kinds
ORDER BY v.id DESC LIMIT :limit;

-- The same of a namespace, and of those of its repositories that the account may
-- read, as access_find has it; "is_all": of all of them.
-- activity_of_namespace(namespace_id u64, me u64, is_all bool, kinds u64, above u64, before u64, limit u64) many activity_item {id u64, kind u64, at i64, n u64, actor str?, data str, is_login_deleted bool, namespace str?, repository str?}
SELECT v.id, CAST(v.kind AS UNSIGNED) AS kind, v.at, v.n,
    IF(o.deleted_at IS NULL, v.actor, NULL) AS actor, v.data,
    EXISTS (SELECT 1 FROM account g
        WHERE g.login = CONVERT(JSON_UNQUOTE(JSON_EXTRACT(v.data, '$.login'))
            USING utf8mb4) COLLATE utf8mb4_bin AND g.deleted_at IS NOT NULL)
        AS is_login_deleted,
    n.name AS namespace, r.name AS repository
FROM activity v
JOIN namespace n ON n.id = v.namespace_id
LEFT JOIN repository r ON r.id = v.repository_id
LEFT JOIN account o ON o.login = v.actor
WHERE v.namespace_id = :namespace_id AND v.id > :above AND v.id < :before
  AND (1 << v.kind) & :kinds
  AND (v.repository_id = 0 OR (r.removed_at IS NULL AND r.id IS NOT NULL))
  AND (:is_all OR v.repository_id = 0
    OR r.visibility = 0 OR r.visibility = 2
    OR EXISTS (SELECT 1 FROM access a
        WHERE a.namespace_id = :namespace_id AND a.team_id = 0
          AND a.account_id = :me AND a.role > 0
          AND (a.repository_id = r.id OR (a.repository_id = 0
            AND SUBSTRING(r.name, LOCATE('/', CONCAT(r.name, '/')) + 1)
                LIKE a.pattern)))
    OR EXISTS (SELECT 1 FROM team_member t
        JOIN access b ON b.namespace_id = :namespace_id
          AND b.team_id = t.team_id AND b.account_id = 0 AND b.role > 0
        WHERE t.account_id = :me
          AND (b.repository_id = r.id OR (b.repository_id = 0
            AND SUBSTRING(r.name, LOCATE('/', CONCAT(r.name, '/')) + 1)
                LIKE b.pattern))))
ORDER BY v.id DESC LIMIT :limit;

-- Of everything, for the operator.
-- activity_of_all(before u64, limit u64) many activity_item {id u64, kind u64, at i64, n u64, actor str?, data str, is_login_deleted bool, namespace str?, repository str?}
SELECT v.id, CAST(v.kind AS UNSIGNED) AS kind, v.at, v.n,
    IF(o.deleted_at IS NULL, v.actor, NULL) AS actor, v.data,
    EXISTS (SELECT 1 FROM account g
        WHERE g.login = CONVERT(JSON_UNQUOTE(JSON_EXTRACT(v.data, '$.login'))
            USING utf8mb4) COLLATE utf8mb4_bin AND g.deleted_at IS NOT NULL)
        AS is_login_deleted,
    n.name AS namespace, r.name AS repository
FROM activity v
LEFT JOIN namespace n ON n.id = v.namespace_id
LEFT JOIN repository r ON r.id = v.repository_id
LEFT JOIN account o ON o.login = v.actor
WHERE v.id < :before ORDER BY v.id DESC LIMIT :limit;

-- The followed repositories in the order of their latest event below an id.
-- Private ones where the account has a role in the namespace; the caller asks
-- for the role on the repository.
-- activity_followed(me u64, is_admin bool, before u64, limit u64) many {id u64, name str, last u64}
SELECT s.id, s.name, CAST(s.last AS UNSIGNED) AS last FROM
(SELECT r.id, r.name, COALESCE((SELECT x.id FROM activity x
     WHERE x.repository_id = r.id AND x.id < :before
     ORDER BY x.repository_id DESC, x.id DESC LIMIT 1), 0) AS last
 FROM follow f STRAIGHT_JOIN repository r ON r.id = f.repository_id
 WHERE f.account_id = :me AND r.removed_at IS NULL
   AND (IF(r.is_private, r.privacy, 0) < 3
     OR EXISTS (SELECT 1 FROM namespace g
         WHERE g.id = r.namespace_id AND g.kind = 0
           AND (g.account_id = :me OR (g.account_id IS NULL AND :is_admin)))
     OR EXISTS (SELECT 1 FROM namespace_member w
         WHERE w.namespace_id = r.namespace_id AND w.account_id = :me)
     OR EXISTS (SELECT 1 FROM access a
         WHERE a.account_id = :me AND a.namespace_id = r.namespace_id)
     OR EXISTS (SELECT 1 FROM team_member t JOIN access b
             ON b.namespace_id = r.namespace_id AND b.team_id = t.team_id
         WHERE t.account_id = :me))) s
WHERE s.last > 0 ORDER BY s.last DESC LIMIT :limit;

-- The same of the namespaces that an account owns or is a member of.
-- activity_joined(me u64, before u64, limit u64) many {id u64, name str, last u64}
SELECT s.id, s.name, CAST(s.last AS UNSIGNED) AS last FROM
(SELECT g.id, g.name, COALESCE((SELECT x.id FROM activity x
     WHERE x.namespace_id = g.id AND x.id < :before
     ORDER BY x.namespace_id DESC, x.id DESC LIMIT 1), 0) AS last
 FROM (SELECT o.id FROM namespace o WHERE o.account_id = :me AND o.kind = 0
       UNION
       SELECT w.namespace_id AS id FROM namespace_member w
       WHERE w.account_id = :me) u
 JOIN namespace g ON g.id = u.id) s
WHERE s.last > 0 ORDER BY s.last DESC LIMIT :limit;
