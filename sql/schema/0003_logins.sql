-- 0003_logins.sql: where accounts logged in from, who is an admin, and the use
-- of refresh tokens.
--
-- As 0001_accounts.sql: every statement may be repeated.
--
-- large: account_address

-- Networks from which an account was logged in to with a password, for
-- 30 days: floods of wrong passwords from elsewhere do not lock these out.
CREATE TABLE IF NOT EXISTS account_address (
    account_id BIGINT UNSIGNED NOT NULL,
    -- an IPv4 address, or "<address>/64"
    network    VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    seen_at    BIGINT          NOT NULL,
    PRIMARY KEY (account_id, network),
    KEY account_address_seen (seen_at),
    CONSTRAINT account_address_account FOREIGN KEY (account_id)
        REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Subcommands that give a namespace to an account lock all admins.
SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.statistics
     WHERE table_schema = DATABASE() AND table_name = 'account'
       AND index_name = 'account_admin') = 0,
    'ALTER TABLE account ADD KEY account_admin (is_admin)',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- A revoked one stays until it would have ended: who uses it is noticed.
SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'refresh_token'
       AND column_name = 'revoked_at') = 0,
    'ALTER TABLE refresh_token
         ADD COLUMN used_at BIGINT,
         ADD COLUMN revoked_at BIGINT',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
