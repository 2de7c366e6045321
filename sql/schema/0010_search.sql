-- 0010_search.sql: what search finds, and what repositories are counted by.
--
-- As 0001_accounts.sql: every statement may be repeated.  An older program
-- knows nothing of these tables, and goes on; what it changes meanwhile is
-- found again after "slipway-index search rebuild".
--
-- large: repository_count search_document search_posting

-- A row is made by the first star or comment.
CREATE TABLE IF NOT EXISTS repository_count (
    repository_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    stars         BIGINT UNSIGNED NOT NULL DEFAULT 0,
    comments      BIGINT UNSIGNED NOT NULL DEFAULT 0,
    CONSTRAINT repository_count_repository FOREIGN KEY (repository_id)
        REFERENCES repository (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The repositories that have a term, in the order of their rank.
CREATE TABLE IF NOT EXISTS search_posting (
    -- 0: public; 18446744073709551615: internal; else the namespace of a
    -- repository that is for those who have a role in it
    scope_id      BIGINT UNSIGNED  NOT NULL,
    -- a word; or with a mark before it "~" three characters of a word of the
    -- name, "@" the namespace, "#" a topic, "*" alone for every repository
    term          VARCHAR(48)      NOT NULL,
    -- 0 is best
    place         TINYINT UNSIGNED NOT NULL,
    repository_id BIGINT UNSIGNED  NOT NULL,
    PRIMARY KEY (scope_id, term, place, repository_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What of a repository stands in search_posting, to take it out again: JSON,
-- [["term",place],...].
CREATE TABLE IF NOT EXISTS search_document (
    repository_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    scope_id      BIGINT UNSIGNED NOT NULL,
    terms         TEXT            NOT NULL,
    CONSTRAINT search_document_repository FOREIGN KEY (repository_id)
        REFERENCES repository (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
