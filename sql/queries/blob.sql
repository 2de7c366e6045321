-- blob.sql: the blobs of repositories, as events report them.

-- blobs: JSON, [[digest, size or null, time, login or null], ...].  A size that
-- is not reported stays as it is known.
-- blob_put(repository_id u64, blobs str) exec
INSERT INTO repository_blob (repository_id, digest, size, pushed_at, pushed_by)
SELECT :repository_id, b.digest, b.size, b.pushed_at, b.pushed_by
FROM JSON_TABLE(:blobs, '$[*]' COLUMNS (
    digest    VARCHAR(135) CHARACTER SET utf8mb4 PATH '$[0]',
    size      BIGINT UNSIGNED PATH '$[1]',
    pushed_at BIGINT          PATH '$[2]',
    pushed_by VARCHAR(64) CHARACTER SET utf8mb4 PATH '$[3]')) b
ON DUPLICATE KEY UPDATE size = COALESCE(b.size, repository_blob.size),
    pushed_at = b.pushed_at, pushed_by = b.pushed_by;

-- blob_delete(repository_id u64, digest str) exec
DELETE FROM repository_blob
WHERE repository_id = :repository_id AND digest = :digest;

-- Up to one that blob_list() has found.
-- blob_delete_range(repository_id u64, last str) exec
DELETE FROM repository_blob
WHERE repository_id = :repository_id AND digest <= :last;

-- blob_list(repository_id u64, after str, limit u64) many {digest str, size u64?, pushed_at i64, pushed_by str?}
SELECT digest, size, pushed_at, pushed_by FROM repository_blob
WHERE repository_id = :repository_id AND digest > :after
ORDER BY digest LIMIT :limit;
