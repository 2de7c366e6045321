-- 0002_mirror.sql: what the store holds, as its events say (docs/index.md).
--
-- As 0001_accounts.sql: every statement may be repeated.  Columns and keys are
-- added to a table that is there by a statement that looks first: "IF NOT
-- EXISTS" is not known everywhere.
--
-- large: mirror_repository manifest tag event

-- In the order of the catalogue a slash is below every other byte.
SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'repository'
       AND column_name = 'is_stored') = 0,
    'ALTER TABLE repository
         ADD COLUMN is_stored BOOLEAN NOT NULL DEFAULT FALSE,
         ADD COLUMN sort_name VARCHAR(255) CHARACTER SET utf8mb4
             COLLATE utf8mb4_bin
             GENERATED ALWAYS AS (REPLACE(name, ''/'', ''!'')) VIRTUAL,
         ADD KEY repository_public (is_stored, is_private, sort_name),
         ADD KEY repository_stored (namespace_id, is_stored, sort_name)',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.statistics
     WHERE table_schema = DATABASE() AND table_name = 'namespace'
       AND index_name = 'namespace_owned') = 0,
    'ALTER TABLE namespace ADD KEY namespace_owned (account_id, name)',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- One row.  A request that applies events locks it: one at a time.
CREATE TABLE IF NOT EXISTS mirror (
    id         TINYINT UNSIGNED NOT NULL PRIMARY KEY,
    -- counts runs of reindex that began
    generation BIGINT UNSIGNED  NOT NULL DEFAULT 0,
    -- the one that is under way
    run        VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
    -- when one was last at its end
    filled_at  BIGINT
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO mirror (id) VALUES (1)
ON DUPLICATE KEY UPDATE mirror.id = mirror.id;

-- Apart from repository, whose rows tokens lock while they are made: events
-- change these all the time.
CREATE TABLE IF NOT EXISTS mirror_repository (
    repository_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    -- of the run that was the last one when an event named the repository
    generation    BIGINT UNSIGNED NOT NULL,
    -- of its newest manifest; unknown where only a run reported it
    pushed_at     BIGINT,
    pushed_by     VARCHAR(64),
    KEY mirror_repository_generation (generation),
    CONSTRAINT mirror_repository_repository FOREIGN KEY (repository_id)
        REFERENCES repository (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS manifest (
    repository_id BIGINT UNSIGNED NOT NULL,
    digest        VARCHAR(135) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    media_type    VARCHAR(255),
    -- bytes of the manifest itself, and of all that it names
    size          BIGINT UNSIGNED,
    content_size  BIGINT UNSIGNED,
    artifact_type VARCHAR(255),
    subject       VARCHAR(135),
    pushed_at     BIGINT,
    pushed_by     VARCHAR(64),
    PRIMARY KEY (repository_id, digest),
    CONSTRAINT manifest_repository FOREIGN KEY (repository_id)
        REFERENCES mirror_repository (repository_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS tag (
    repository_id BIGINT UNSIGNED NOT NULL,
    name          VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    digest        VARCHAR(135) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    pushed_at     BIGINT,
    pushed_by     VARCHAR(64),
    PRIMARY KEY (repository_id, name),
    KEY tag_digest (repository_id, digest),
    CONSTRAINT tag_repository FOREIGN KEY (repository_id)
        REFERENCES mirror_repository (repository_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The ids of events that were applied, for a week.
CREATE TABLE IF NOT EXISTS event (
    id         CHAR(36) CHARACTER SET ascii COLLATE ascii_bin
                               NOT NULL PRIMARY KEY,
    applied_at BIGINT          NOT NULL,
    KEY event_applied (applied_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
