-- space.sql: how many bytes repositories hold, as the mirror knows them.

-- Repositories of a namespace by name: the one that is called as it is, and
-- those between first and end, which are its name with "/" and "0".
-- space_repositories(namespace str, first str, end str, after str, limit u64) many {id u64, name str}
SELECT id, name FROM repository
WHERE (name = :namespace OR (name > :first AND name < :end))
  AND name > :after AND removed_at IS NULL
ORDER BY name LIMIT :limit;

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
