-- 0006_api.sql: what the API keeps: sessions, access tokens, invitations,
-- answers to requests that may be repeated, and the audit log.
--
-- As 0001_accounts.sql: every statement may be repeated.  An older program
-- knows nothing of these tables and columns, and goes on.
--
-- large: session access_token sign_up_invitation idempotency audit

SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'account'
       AND column_name = 'deleted_at') = 0,
    'ALTER TABLE account
         ADD COLUMN display_name VARCHAR(100),
         ADD COLUMN email VARCHAR(255),
         -- counts changes of what people edit, for ETag
         ADD COLUMN edition BIGINT UNSIGNED NOT NULL DEFAULT 0,
         ADD COLUMN login_at BIGINT,
         -- the row stays, so that no one else gets the login
         ADD COLUMN deleted_at BIGINT',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- Browsers that are logged in, by the SHA-256 of their cookie.  Good as long
-- as the account has the revision that it had then.
CREATE TABLE IF NOT EXISTS session (
    id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    key_hash     CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    account_id   BIGINT UNSIGNED NOT NULL,
    revision     BIGINT UNSIGNED NOT NULL,
    created_at   BIGINT          NOT NULL,
    -- when the password was last shown
    confirmed_at BIGINT          NOT NULL,
    used_at      BIGINT          NOT NULL,
    expires_at   BIGINT          NOT NULL,
    address      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    agent        VARCHAR(255)    NOT NULL,
    UNIQUE KEY session_key (key_hash),
    KEY session_account (account_id, id),
    KEY session_expires (expires_at),
    CONSTRAINT session_account_fk FOREIGN KEY (account_id)
        REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Personal access tokens and secrets of robots, by their SHA-256.
CREATE TABLE IF NOT EXISTS access_token (
    id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    key_hash     CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    account_id   BIGINT UNSIGNED NOT NULL,
    name         VARCHAR(100)    NOT NULL,
    -- its prefix and last characters, for people
    hint         VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    -- CREDENTIAL_* of access/credential.h
    actions      INT UNSIGNED    NOT NULL,
    -- a pattern of repositories' names a line; none: all names
    patterns     TEXT            NOT NULL,
    edition      BIGINT UNSIGNED NOT NULL DEFAULT 0,
    created_at   BIGINT          NOT NULL,
    created_from VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    expires_at   BIGINT,
    used_at      BIGINT,
    used_from    VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
    revoked_at   BIGINT,
    -- the secret before the last rotation, which is good until then
    old_key_hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
    old_until    BIGINT,
    UNIQUE KEY access_token_key (key_hash),
    UNIQUE KEY access_token_old_key (old_key_hash),
    KEY access_token_account (account_id, id),
    CONSTRAINT access_token_account_fk FOREIGN KEY (account_id)
        REFERENCES account (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The access token that a bearer token was bought with; NULL: a password, a
-- refresh token, or no one's.
SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'token'
       AND column_name = 'access_token_id') = 0,
    'ALTER TABLE token
         ADD COLUMN access_token_id BIGINT UNSIGNED,
         ADD KEY token_access_token (access_token_id)',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- Secrets with which a person may sign up where that is by invitation.
CREATE TABLE IF NOT EXISTS sign_up_invitation (
    id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    key_hash   CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    note       VARCHAR(255)    NOT NULL,
    created_by BIGINT UNSIGNED NOT NULL,
    created_at BIGINT          NOT NULL,
    expires_at BIGINT          NOT NULL,
    used_at    BIGINT,
    used_by    BIGINT UNSIGNED,
    UNIQUE KEY sign_up_invitation_key (key_hash)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What requests with an Idempotency-Key were answered, for a day.
CREATE TABLE IF NOT EXISTS idempotency (
    account_id   BIGINT UNSIGNED NOT NULL,
    key_hash     CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    request_hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    status       INT UNSIGNED    NOT NULL,
    location     VARCHAR(1024)   NOT NULL,
    -- NULL: it had a secret
    body         MEDIUMTEXT,
    created_at   BIGINT          NOT NULL,
    PRIMARY KEY (account_id, key_hash),
    KEY idempotency_created (created_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Who did what: written in the transaction of the act.  Names are kept with
-- the ids, since what they name may be gone.
CREATE TABLE IF NOT EXISTS audit (
    id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    at            BIGINT          NOT NULL,
    actor_id      BIGINT UNSIGNED,
    actor         VARCHAR(64)     NOT NULL,
    actor_kind    VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    token_id      BIGINT UNSIGNED,
    address       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    action        VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    namespace_id  BIGINT UNSIGNED,
    repository_id BIGINT UNSIGNED,
    target        VARCHAR(512)    NOT NULL,
    -- JSON, at most 4 KiB, without secrets
    data          TEXT            NOT NULL,
    KEY audit_at (at),
    KEY audit_actor (actor_id, id),
    KEY audit_namespace (namespace_id, id),
    KEY audit_repository (repository_id, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
