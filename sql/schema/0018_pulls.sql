-- 0018_pulls.sql: how often repositories and tags are pulled (docs/index.md).
--
-- As 0001_accounts.sql: every statement may be repeated.  An older program
-- knows nothing of these tables, and goes on.
--
-- No foreign keys: counts come all the time, and take no lock of a repository
-- or a tag.
--
-- large: repository_pull repository_pull_day tag_pull

-- A row is made by the first pull.
CREATE TABLE IF NOT EXISTS repository_pull (
    repository_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    pulls         BIGINT UNSIGNED NOT NULL,
    -- the last one
    pulled_at     BIGINT          NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Of each day, counted from 1970 in UTC; for 400 days.
CREATE TABLE IF NOT EXISTS repository_pull_day (
    repository_id BIGINT UNSIGNED NOT NULL,
    day           INT UNSIGNED    NOT NULL,
    pulls         BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (repository_id, day),
    KEY repository_pull_day_day (day)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS tag_pull (
    repository_id BIGINT UNSIGNED NOT NULL,
    name          VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    pulls         BIGINT UNSIGNED NOT NULL,
    pulled_at     BIGINT          NOT NULL,
    PRIMARY KEY (repository_id, name),
    KEY tag_pull_pulls (repository_id, pulls, name)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Whether an index names a manifest.
SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.statistics
     WHERE table_schema = DATABASE() AND table_name = 'manifest_child'
       AND index_name = 'manifest_child_child') = 0,
    'ALTER TABLE manifest_child
         ADD KEY manifest_child_child (repository_id, child)',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- A copy of repository_pull.pulls, for the order of lists.
SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'repository_listing'
       AND column_name = 'pulls') = 0,
    'ALTER TABLE repository_listing
         ADD COLUMN pulls BIGINT UNSIGNED NOT NULL DEFAULT 0,
         ADD KEY repository_listing_pulls (visibility, pulls, repository_id),
         ADD KEY repository_listing_namespace_pulls
             (namespace_id, pulls, repository_id)',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
