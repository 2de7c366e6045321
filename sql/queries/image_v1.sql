-- image_v1.sql: the images of a repository, by their ids in the original
-- protocol.

-- Images are JSON: [["id","checksum" or null,place],...].  A checksum that is
-- known stays where none comes.
-- image_v1_put(repository_id u64, images str) exec
INSERT INTO image_v1 (repository_id, image_id, checksum, place)
SELECT :repository_id, j.image_id, j.checksum, j.place
FROM JSON_TABLE(:images, '$[*]' COLUMNS (
    image_id VARCHAR(64) CHARACTER SET utf8mb4 PATH '$[0]',
    checksum VARCHAR(255) CHARACTER SET utf8mb4 PATH '$[1]',
    place    BIGINT UNSIGNED PATH '$[2]')) j
ON DUPLICATE KEY UPDATE checksum = COALESCE(j.checksum, image_v1.checksum),
    place = j.place;

-- The place in front of all others, held.
-- image_v1_top(repository_id u64) one {place u64}
SELECT place FROM image_v1 WHERE repository_id = :repository_id
ORDER BY place DESC LIMIT 1 FOR UPDATE;

-- The first one behind so many: IMAGE_LIST_MAX.
-- image_v1_surplus(repository_id u64) one {place u64}
SELECT place FROM image_v1 WHERE repository_id = :repository_id
ORDER BY place DESC LIMIT 4096, 1;

-- image_v1_trim(repository_id u64, place u64) exec
DELETE FROM image_v1 WHERE repository_id = :repository_id AND place <= :place;

-- image_v1_list(repository_id u64, limit u64) many {image_id str, checksum str?}
SELECT image_id, checksum FROM image_v1 WHERE repository_id = :repository_id
ORDER BY place DESC LIMIT :limit;

-- image_v1_find(repository_id u64, image_id str) one {place u64}
SELECT place FROM image_v1
WHERE repository_id = :repository_id AND image_id = :image_id;
