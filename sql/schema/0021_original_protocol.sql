-- 0021_original_protocol.sql: lists of images by their ids in the original
-- protocol, and what waits for the end of a push.
--
-- As 0001_accounts.sql: every statement may be repeated.  An older program
-- knows nothing of these tables: webhooks of what was held get it when a newer
-- one runs again.
--
-- large: image_v1 webhook_hold webhook_held

-- The highest place comes first.
CREATE TABLE IF NOT EXISTS image_v1 (
    repository_id BIGINT UNSIGNED NOT NULL,
    image_id      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    checksum      VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin,
    place         BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (repository_id, image_id),
    KEY image_v1_place (repository_id, place),
    CONSTRAINT image_v1_repository FOREIGN KEY (repository_id)
        REFERENCES repository (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- A push that an account has begun and not ended: until then webhooks do not
-- get what it pushes.
CREATE TABLE IF NOT EXISTS webhook_hold (
    repository_id BIGINT UNSIGNED NOT NULL,
    actor         VARCHAR(64)     NOT NULL,
    until_at      BIGINT          NOT NULL,
    PRIMARY KEY (repository_id, actor),
    KEY webhook_hold_until (until_at),
    CONSTRAINT webhook_hold_repository FOREIGN KEY (repository_id)
        REFERENCES repository (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What they do not get before due_at, or before the push ends.
CREATE TABLE IF NOT EXISTS webhook_held (
    id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    repository_id BIGINT UNSIGNED NOT NULL,
    actor         VARCHAR(64)     NOT NULL,
    tag           VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin,
    digest        VARCHAR(135) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    media_type    VARCHAR(255),
    size          BIGINT UNSIGNED,
    at            BIGINT          NOT NULL,
    due_at        BIGINT          NOT NULL,
    KEY webhook_held_of (repository_id, actor, id),
    KEY webhook_held_due (due_at, id),
    CONSTRAINT webhook_held_repository FOREIGN KEY (repository_id)
        REFERENCES repository (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- When a client of the original protocol said that the registry has deleted the
-- repository.
SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'removal'
       AND column_name = 'confirmed_at') = 0,
    'ALTER TABLE removal ADD COLUMN confirmed_at BIGINT',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
