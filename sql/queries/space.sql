-- space.sql: how many bytes repositories hold, as the mirror knows them.

-- Repositories of a namespace by name: the one that is called as it is, and
-- those between first and end, which are its name with "/" and "0".
-- space_repositories(namespace str, first str, end str, after str, limit u64) many {id u64, name str}
SELECT id, name FROM repository
WHERE (name = :namespace OR (name > :first AND name < :end))
  AND name > :after AND removed_at IS NULL
ORDER BY name LIMIT :limit;

-- space_namespaces(after str, limit u64) many {id u64, name str}
SELECT id, name FROM namespace WHERE name > :after ORDER BY name LIMIT :limit;

-- Repositories of a namespace, no more than limit of them.
-- space_namespace_repositories(namespace_id u64, limit u64) one {n u64}
SELECT CAST(COUNT(*) AS UNSIGNED) AS n
FROM (SELECT id FROM repository
      WHERE namespace_id = :namespace_id AND removed_at IS NULL
      LIMIT :limit) r;

-- The blobs of its first repositories, no more than limit of either.
-- space_namespace_blobs(namespace_id u64, limit u64) one {n u64, size u64}
SELECT CAST(COUNT(*) AS UNSIGNED) AS n,
    CAST(COALESCE(SUM(s.size), 0) AS UNSIGNED) AS size
FROM (SELECT b.size
      FROM (SELECT id FROM repository
            WHERE namespace_id = :namespace_id AND removed_at IS NULL
            LIMIT :limit) r
      STRAIGHT_JOIN repository_blob b ON b.repository_id = r.id
      LIMIT :limit) s;

-- space_namespace_manifests(namespace_id u64, limit u64) one {n u64, size u64}
SELECT CAST(COUNT(*) AS UNSIGNED) AS n,
    CAST(COALESCE(SUM(s.size), 0) AS UNSIGNED) AS size
FROM (SELECT m.size
      FROM (SELECT id FROM repository
            WHERE namespace_id = :namespace_id AND removed_at IS NULL
            LIMIT :limit) r
      STRAIGHT_JOIN manifest m ON m.repository_id = r.id
      LIMIT :limit) s;

-- The blobs of a repository, no more than limit of them.
-- space_blobs(repository_id u64, limit u64) one {n u64, size u64}
SELECT CAST(COUNT(*) AS UNSIGNED) AS n,
    CAST(COALESCE(SUM(b.size), 0) AS UNSIGNED) AS size
FROM (SELECT size FROM repository_blob
      WHERE repository_id = :repository_id
      ORDER BY digest LIMIT :limit) b;

-- space_manifests(repository_id u64, limit u64) one {n u64, size u64}
SELECT CAST(COUNT(*) AS UNSIGNED) AS n,
    CAST(COALESCE(SUM(m.size), 0) AS UNSIGNED) AS size
FROM (SELECT size FROM manifest
      WHERE repository_id = :repository_id
      ORDER BY digest LIMIT :limit) m;
