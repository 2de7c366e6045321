-- 0026_accounts_left.sql: what is left of accounts that were deleted.
--
-- works with: 25
--
-- As 0001_accounts.sql: every statement may be repeated.  An older program
-- deletes stars in one transaction, and knows nothing of the table.
--
-- large: account_left

-- An account has a row until its stars and what it followed are deleted, too,
-- a portion after the other.
CREATE TABLE IF NOT EXISTS account_left (
    account_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    CONSTRAINT account_left_account FOREIGN KEY (account_id)
        REFERENCES account (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
