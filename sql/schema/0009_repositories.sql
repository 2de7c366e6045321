-- 0009_repositories.sql: what people say of repositories, what more the mirror
-- knows of manifests and tags, and repositories that are being deleted.
--
-- As 0001_accounts.sql: every statement may be repeated.  An older program
-- knows nothing of these tables and columns, and goes on.
--
-- large: repository_profile manifest_child tag_past removal

-- A row is made by the first edit.
CREATE TABLE IF NOT EXISTS repository_profile (
    repository_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    description   VARCHAR(255)    NOT NULL DEFAULT '',
    -- Markdown, and the HTML that was made of it
    page          MEDIUMTEXT,
    page_html     MEDIUMTEXT,
    -- one a line
    topics        VARCHAR(1024)   NOT NULL DEFAULT '',
    links         TEXT,
    -- counts edits, for ETag
    edition       BIGINT UNSIGNED NOT NULL DEFAULT 0,
    CONSTRAINT repository_profile_repository FOREIGN KEY (repository_id)
        REFERENCES repository (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- When its deletion was asked for: it is there for no one since.
SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'repository'
       AND column_name = 'removed_at') = 0,
    'ALTER TABLE repository
         ADD COLUMN removed_at BIGINT,
         ADD KEY repository_namespace_name (namespace_id, name)',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- The order of the last pushes in a namespace.
SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'mirror_repository'
       AND column_name = 'namespace_id') = 0,
    'ALTER TABLE mirror_repository
         ADD COLUMN namespace_id BIGINT UNSIGNED NOT NULL DEFAULT 0,
         ADD COLUMN updated_at BIGINT
             GENERATED ALWAYS AS (COALESCE(pushed_at, 0)) VIRTUAL,
         ADD KEY mirror_repository_updated
             (namespace_id, updated_at, repository_id)',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

UPDATE mirror_repository m JOIN repository r ON r.id = m.repository_id
SET m.namespace_id = r.namespace_id
WHERE m.namespace_id = 0;

INSERT INTO mirror_repository (repository_id, generation, namespace_id)
SELECT r.id, 0, r.namespace_id FROM repository r
ON DUPLICATE KEY UPDATE
    mirror_repository.repository_id = mirror_repository.repository_id;

-- platforms: "linux/amd64", one a line; parts: JSON, of an image its config
-- and layers.  NULL: no event has said.
SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'manifest'
       AND column_name = 'parts') = 0,
    'ALTER TABLE manifest
         ADD COLUMN platforms VARCHAR(1024),
         ADD COLUMN parts MEDIUMTEXT,
         ADD KEY manifest_subject (repository_id, subject, digest)',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- What an image index names.
CREATE TABLE IF NOT EXISTS manifest_child (
    repository_id BIGINT UNSIGNED   NOT NULL,
    digest        VARCHAR(135) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    position      SMALLINT UNSIGNED NOT NULL,
    child         VARCHAR(135) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    media_type    VARCHAR(255),
    size          BIGINT UNSIGNED,
    platform      VARCHAR(255),
    PRIMARY KEY (repository_id, digest, position),
    CONSTRAINT manifest_child_manifest FOREIGN KEY (repository_id, digest)
        REFERENCES manifest (repository_id, digest) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Since when, and by whom, a tag points where it does: a push of the same
-- digest again changes pushed_at alone.
SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'tag'
       AND column_name = 'since_at') = 0,
    'ALTER TABLE tag
         ADD COLUMN since_at BIGINT,
         ADD COLUMN since_by VARCHAR(64),
         ADD COLUMN updated_at BIGINT
             GENERATED ALWAYS AS (COALESCE(pushed_at, 0)) VIRTUAL,
         ADD KEY tag_updated (repository_id, updated_at, name)',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- Where tags pointed before.
CREATE TABLE IF NOT EXISTS tag_past (
    id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    repository_id BIGINT UNSIGNED NOT NULL,
    name          VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    digest        VARCHAR(135) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    -- NULL: no event has said
    began_at      BIGINT,
    began_by      VARCHAR(64),
    ended_at      BIGINT          NOT NULL,
    ended_by      VARCHAR(64),
    KEY tag_past_tag (repository_id, name, id),
    CONSTRAINT tag_past_repository FOREIGN KEY (repository_id)
        REFERENCES mirror_repository (repository_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Repositories whose deletion was asked for, until some time after it is done:
-- an older event of the store makes no repository again.
CREATE TABLE IF NOT EXISTS removal (
    id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    repository_id BIGINT UNSIGNED NOT NULL,
    namespace_id  BIGINT UNSIGNED NOT NULL,
    name          VARCHAR(255)    NOT NULL,
    requested_at  BIGINT          NOT NULL,
    requested_by  VARCHAR(64)     NOT NULL,
    -- the last attempt, and why it did not end
    tried_at      BIGINT,
    message       VARCHAR(512),
    finished_at   BIGINT,
    KEY removal_name (name, id),
    KEY removal_open (finished_at, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
