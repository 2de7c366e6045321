-- 0004_token_lists.sql: lists of grants that do not fit into a token's text.
--
-- As 0001_accounts.sql: every statement may be repeated.
--
-- large: token_list token_list_name

-- The list that the token names; NULL where its text has all grants, whose
-- names are in token_grant then.
SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'token'
       AND column_name = 'list_hash') = 0,
    'ALTER TABLE token
         ADD COLUMN list_hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
         ADD KEY token_list_hash (list_hash)',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- By the SHA-256 of the account's login and the grants: tokens with the same
-- ones share a row, which stays until the last of them has ended.
CREATE TABLE IF NOT EXISTS token_list (
    list_hash  CHAR(64) CHARACTER SET ascii COLLATE ascii_bin
                                     NOT NULL PRIMARY KEY,
    -- 0: the anonymous tokens
    account_id BIGINT UNSIGNED       NOT NULL,
    -- the lines of the verdict
    grants     TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    size       BIGINT UNSIGNED       NOT NULL,
    expires_at BIGINT                NOT NULL,
    KEY token_list_account (account_id, expires_at, size),
    KEY token_list_expires (expires_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The repositories that a list has something to say about.
CREATE TABLE IF NOT EXISTS token_list_name (
    list_hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    name      VARCHAR(255)                                   NOT NULL,
    PRIMARY KEY (list_hash, name),
    KEY token_list_name_name (name),
    CONSTRAINT token_list_name_list FOREIGN KEY (list_hash)
        REFERENCES token_list (list_hash) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
