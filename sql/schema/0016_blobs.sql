-- 0016_blobs.sql: the blobs that were pushed to repositories, or mounted.
--
-- As 0001_accounts.sql: every statement may be repeated.  An older program
-- knows nothing of this table, and goes on: events of blobs that it gets are
-- not recorded.
--
-- large: repository_blob

CREATE TABLE IF NOT EXISTS repository_blob (
    repository_id BIGINT UNSIGNED NOT NULL,
    digest        VARCHAR(135) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    size          BIGINT UNSIGNED,
    -- of the last push of it
    pushed_at     BIGINT          NOT NULL,
    pushed_by     VARCHAR(64),
    PRIMARY KEY (repository_id, digest),
    CONSTRAINT repository_blob_repository FOREIGN KEY (repository_id)
        REFERENCES mirror_repository (repository_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
