-- 0017_activity.sql: followed repositories, and what happens in repositories
-- and namespaces.
--
-- As 0001_accounts.sql: every statement may be repeated.  An older program
-- knows nothing of these tables, and goes on; what happens by it is in no feed.
--
-- large: follow activity

CREATE TABLE IF NOT EXISTS follow (
    id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    repository_id BIGINT UNSIGNED NOT NULL,
    account_id    BIGINT UNSIGNED NOT NULL,
    created_at    BIGINT          NOT NULL,
    UNIQUE KEY follow_account (account_id, repository_id),
    KEY follow_repository (repository_id),
    KEY follow_list (account_id, id),
    CONSTRAINT follow_of_repository FOREIGN KEY (repository_id)
        REFERENCES repository (id) ON DELETE CASCADE,
    CONSTRAINT follow_of_account FOREIGN KEY (account_id)
        REFERENCES account (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Kept for some time.  Who may read a row is found out when it is read.  No
-- foreign keys: the rows of namespaces and repositories that tokens hold are
-- not waited for.
CREATE TABLE IF NOT EXISTS activity (
    id            BIGINT UNSIGNED  NOT NULL AUTO_INCREMENT PRIMARY KEY,
    namespace_id  BIGINT UNSIGNED  NOT NULL,
    -- 0: of the namespace
    repository_id BIGINT UNSIGNED  NOT NULL DEFAULT 0,
    -- fcgi_index/activity/activity.def
    kind          TINYINT UNSIGNED NOT NULL,
    -- of the first and the last event that the row stands for
    began_at      BIGINT           NOT NULL,
    at            BIGINT           NOT NULL,
    n             BIGINT UNSIGNED  NOT NULL DEFAULT 1,
    -- a login
    actor         VARCHAR(64),
    -- a comment's number, or 0
    subject_id    BIGINT UNSIGNED  NOT NULL DEFAULT 0,
    -- JSON: what else there is to say
    data          VARCHAR(2048)    NOT NULL DEFAULT '{}',
    KEY activity_repository (repository_id, id),
    KEY activity_namespace (namespace_id, id),
    KEY activity_kind (repository_id, kind, at),
    KEY activity_at (at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
