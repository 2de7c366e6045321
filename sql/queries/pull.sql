-- pull.sql: how often repositories and tags are pulled.
--
-- Pulls are JSON: [["repository","tag" or null,"digest" or null,count,at],...].
-- One of a digest that an image index of the repository names is a part of the
-- pull of that index.  What the mirror does not know is not counted.

-- A pull of a digest counts for each tag that points to it.
-- pull_add_tags(pulls str) exec
INSERT INTO tag_pull (repository_id, name, pulls, pulled_at)
SELECT g.repository_id, g.name, g.pulls, g.pulled_at
FROM (SELECT u.repository_id, u.name, SUM(u.pulls) AS pulls,
          MAX(u.pulled_at) AS pulled_at
      FROM (SELECT r.id AS repository_id, t.name, j.pulls, j.pulled_at
            FROM JSON_TABLE(:pulls, '$[*]' COLUMNS (
                repository VARCHAR(255) PATH '$[0]',
                tag VARCHAR(128) PATH '$[1]',
                pulls BIGINT UNSIGNED PATH '$[3]',
                pulled_at BIGINT PATH '$[4]')) j
            STRAIGHT_JOIN repository r ON r.name
                = CONVERT(j.repository USING utf8mb4) COLLATE utf8mb4_bin
            STRAIGHT_JOIN tag t ON t.repository_id = r.id
              AND t.name = CONVERT(j.tag USING ascii) COLLATE ascii_bin
            UNION ALL
            SELECT s.id AS repository_id, d.name, k.pulls, k.pulled_at
            FROM JSON_TABLE(:pulls, '$[*]' COLUMNS (
                repository VARCHAR(255) PATH '$[0]',
                digest VARCHAR(135) PATH '$[2]',
                pulls BIGINT UNSIGNED PATH '$[3]',
                pulled_at BIGINT PATH '$[4]')) k
            STRAIGHT_JOIN repository s ON s.name
                = CONVERT(k.repository USING utf8mb4) COLLATE utf8mb4_bin
            STRAIGHT_JOIN tag d ON d.repository_id = s.id
              AND d.digest = CONVERT(k.digest USING ascii) COLLATE ascii_bin
            LEFT JOIN manifest_child c ON c.repository_id = s.id
              AND c.child = d.digest
            WHERE c.child IS NULL) u
      GROUP BY u.repository_id, u.name) g
ON DUPLICATE KEY UPDATE tag_pull.pulls = tag_pull.pulls + g.pulls,
    tag_pull.pulled_at = GREATEST(tag_pull.pulled_at, g.pulled_at);

-- pull_add_repositories(pulls str) exec
INSERT INTO repository_pull (repository_id, pulls, pulled_at)
SELECT g.repository_id, g.pulls, g.pulled_at
FROM (SELECT r.id AS repository_id, SUM(j.pulls) AS pulls,
          MAX(j.pulled_at) AS pulled_at
      FROM JSON_TABLE(:pulls, '$[*]' COLUMNS (
          repository VARCHAR(255) PATH '$[0]',
          digest VARCHAR(135) PATH '$[2]',
          pulls BIGINT UNSIGNED PATH '$[3]',
          pulled_at BIGINT PATH '$[4]')) j
      STRAIGHT_JOIN repository r ON r.name
          = CONVERT(j.repository USING utf8mb4) COLLATE utf8mb4_bin
      WHERE NOT EXISTS (SELECT 1 FROM manifest_child c
          WHERE c.repository_id = r.id
            AND c.child = CONVERT(j.digest USING ascii) COLLATE ascii_bin)
      GROUP BY r.id) g
ON DUPLICATE KEY UPDATE repository_pull.pulls = repository_pull.pulls + g.pulls,
    repository_pull.pulled_at
        = GREATEST(repository_pull.pulled_at, g.pulled_at);

-- pull_add_days(pulls str) exec
INSERT INTO repository_pull_day (repository_id, day, pulls)
SELECT g.repository_id, g.day, g.pulls
FROM (SELECT r.id AS repository_id, j.pulled_at DIV 86400 AS day,
          SUM(j.pulls) AS pulls
      FROM JSON_TABLE(:pulls, '$[*]' COLUMNS (
          repository VARCHAR(255) PATH '$[0]',
          digest VARCHAR(135) PATH '$[2]',
          pulls BIGINT UNSIGNED PATH '$[3]',
          pulled_at BIGINT PATH '$[4]')) j
      STRAIGHT_JOIN repository r ON r.name
          = CONVERT(j.repository USING utf8mb4) COLLATE utf8mb4_bin
      WHERE NOT EXISTS (SELECT 1 FROM manifest_child c
          WHERE c.repository_id = r.id
            AND c.child = CONVERT(j.digest USING ascii) COLLATE ascii_bin)
      GROUP BY r.id, j.pulled_at DIV 86400) g
ON DUPLICATE KEY UPDATE
    repository_pull_day.pulls = repository_pull_day.pulls + g.pulls;

-- How often the repositories of pulls were pulled; some may come twice.
-- pull_totals(pulls str, limit u64) many {id u64, pulls u64}
SELECT q.repository_id AS id, q.pulls
FROM JSON_TABLE(:pulls, '$[*]' COLUMNS (
    repository VARCHAR(255) PATH '$[0]')) j
STRAIGHT_JOIN repository r ON r.name
    = CONVERT(j.repository USING utf8mb4) COLLATE utf8mb4_bin
STRAIGHT_JOIN repository_pull q ON q.repository_id = r.id
LIMIT :limit;

-- pull_purge_days(before u64, limit u64) exec
DELETE FROM repository_pull_day WHERE day < :before ORDER BY day LIMIT :limit;

-- Of a tag that goes.
-- pull_delete_tag(repository_id u64, name str) exec
DELETE FROM tag_pull WHERE repository_id = :repository_id AND name = :name;

-- Of the tags, up to one, that point to a manifest that goes.
-- pull_delete_tags_of(repository_id u64, digest str, last str) exec
DELETE p FROM tag t
STRAIGHT_JOIN tag_pull p ON p.repository_id = t.repository_id
  AND p.name = t.name
WHERE t.repository_id = :repository_id AND t.digest = :digest
  AND t.name <= :last;

-- Of a repository that goes.
-- pull_delete_tags(repository_id u64, limit u64) exec
DELETE FROM tag_pull WHERE repository_id = :repository_id
ORDER BY name LIMIT :limit;

-- pull_delete_days(repository_id u64, limit u64) exec
DELETE FROM repository_pull_day WHERE repository_id = :repository_id
ORDER BY day LIMIT :limit;

-- pull_delete_repository(repository_id u64) exec
DELETE FROM repository_pull WHERE repository_id = :repository_id;
