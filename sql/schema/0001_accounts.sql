-- 0001_accounts.sql: accounts, namespaces, repositories and tokens.
--
-- Every statement may be repeated: a migration that was cut begins again at
-- the top of its file.  Times are seconds since 1970, UTC.  Names are compared
-- byte by byte.  Tables that grow with use stand in a line "-- large:", and no
-- statement may scan one of them (make check-sql).
--
-- large: account namespace repository token token_grant refresh_token

CREATE TABLE IF NOT EXISTS account (
    id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    login         VARCHAR(64)     NOT NULL,
    password_hash VARCHAR(255)    NOT NULL,
    -- counts changes of the password and of the role: what was found out
    -- about an account holds only while this is the same
    revision      BIGINT UNSIGNED NOT NULL DEFAULT 0,
    is_admin      BOOLEAN         NOT NULL DEFAULT FALSE,
    is_disabled   BOOLEAN         NOT NULL DEFAULT FALSE,
    created_at    BIGINT          NOT NULL,
    UNIQUE KEY account_login (login)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The first component of a repository's name.  Without an account no one owns
-- it: repositories that were in the store before the index was.
CREATE TABLE IF NOT EXISTS namespace (
    id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name       VARCHAR(255)    NOT NULL,
    account_id BIGINT UNSIGNED,
    -- what a first push makes of its repository
    is_private BOOLEAN         NOT NULL DEFAULT TRUE,
    created_at BIGINT          NOT NULL,
    UNIQUE KEY namespace_name (name),
    CONSTRAINT namespace_account FOREIGN KEY (account_id)
        REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS repository (
    id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    namespace_id BIGINT UNSIGNED NOT NULL,
    name         VARCHAR(255)    NOT NULL,
    is_private   BOOLEAN         NOT NULL,
    created_at   BIGINT          NOT NULL,
    UNIQUE KEY repository_name (name),
    CONSTRAINT repository_namespace FOREIGN KEY (namespace_id)
        REFERENCES namespace (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Live bearer tokens, by their SHA-256, so that they can be revoked; a row
-- goes when its token has ended.  An anonymous token has no account.
CREATE TABLE IF NOT EXISTS token (
    key_hash   CHAR(64) CHARACTER SET ascii COLLATE ascii_bin
                                     NOT NULL PRIMARY KEY,
    account_id BIGINT UNSIGNED,
    is_revoked BOOLEAN               NOT NULL DEFAULT FALSE,
    issued_at  BIGINT                NOT NULL,
    expires_at BIGINT                NOT NULL,
    KEY token_account (account_id),
    KEY token_expires (expires_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The repositories that a token has something to say about.
CREATE TABLE IF NOT EXISTS token_grant (
    key_hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    name     VARCHAR(255)                                   NOT NULL,
    PRIMARY KEY (key_hash, name),
    KEY token_grant_name (name),
    CONSTRAINT token_grant_token FOREIGN KEY (key_hash)
        REFERENCES token (key_hash) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Refresh tokens, by their SHA-256.
CREATE TABLE IF NOT EXISTS refresh_token (
    key_hash   CHAR(64) CHARACTER SET ascii COLLATE ascii_bin
                                     NOT NULL PRIMARY KEY,
    account_id BIGINT UNSIGNED       NOT NULL,
    service    VARCHAR(255)          NOT NULL,
    issued_at  BIGINT                NOT NULL,
    expires_at BIGINT                NOT NULL,
    KEY refresh_token_expires (expires_at),
    CONSTRAINT refresh_token_account FOREIGN KEY (account_id)
        REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
