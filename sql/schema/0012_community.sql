-- 0012_community.sql: stars, and comments on repositories.
--
-- As 0001_accounts.sql: every statement may be repeated.  An older program
-- knows nothing of these tables, and goes on.
--
-- large: star comment comment_report

CREATE TABLE IF NOT EXISTS star (
    id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    repository_id BIGINT UNSIGNED NOT NULL,
    account_id    BIGINT UNSIGNED NOT NULL,
    created_at    BIGINT          NOT NULL,
    UNIQUE KEY star_account (account_id, repository_id),
    KEY star_repository (repository_id, id),
    KEY star_list (account_id, id),
    CONSTRAINT star_of_repository FOREIGN KEY (repository_id)
        REFERENCES repository (id) ON DELETE CASCADE,
    CONSTRAINT star_of_account FOREIGN KEY (account_id)
        REFERENCES account (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS comment (
    id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    repository_id BIGINT UNSIGNED NOT NULL,
    account_id    BIGINT UNSIGNED NOT NULL,
    -- Markdown
    body          TEXT            NOT NULL,
    created_at    BIGINT          NOT NULL,
    edited_at     BIGINT,
    -- by a moderator: its author and moderators see it
    is_hidden     BOOLEAN         NOT NULL DEFAULT FALSE,
    -- counts changes, for ETag
    edition       BIGINT UNSIGNED NOT NULL DEFAULT 0,
    KEY comment_repository (repository_id, id),
    KEY comment_account (account_id, created_at),
    CONSTRAINT comment_of_repository FOREIGN KEY (repository_id)
        REFERENCES repository (id) ON DELETE CASCADE,
    CONSTRAINT comment_of_account FOREIGN KEY (account_id)
        REFERENCES account (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- An account reports a comment once.
CREATE TABLE IF NOT EXISTS comment_report (
    id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    repository_id BIGINT UNSIGNED NOT NULL,
    comment_id    BIGINT UNSIGNED NOT NULL,
    account_id    BIGINT UNSIGNED NOT NULL,
    reason        VARCHAR(255)    NOT NULL,
    created_at    BIGINT          NOT NULL,
    UNIQUE KEY comment_report_once (comment_id, account_id),
    KEY comment_report_repository (repository_id, id),
    CONSTRAINT comment_report_comment FOREIGN KEY (comment_id)
        REFERENCES comment (id) ON DELETE CASCADE,
    CONSTRAINT comment_report_account FOREIGN KEY (account_id)
        REFERENCES account (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
