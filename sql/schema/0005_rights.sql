-- 0005_rights.sql: organizations, members, teams, roles and visibilities.
--
-- As 0001_accounts.sql: every statement may be repeated.  An older program may
-- run at the same time: all columns have defaults, and is_private is TRUE of
-- all that is not public, so such a program grants no more than this one.
--
-- Numbers of roles: 0 none, 1 read, 2 write, 3 admin.  Of visibilities:
-- 0 public, 1 unlisted, 2 internal, 3 private.
--
-- Every change of rights in a namespace counts the namespace's revision first,
-- in its transaction; a token that is being made holds the row.
--
-- large: namespace_member team team_member access invitation

SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'namespace'
       AND column_name = 'revision') = 0,
    'ALTER TABLE namespace
         -- 0: an account''s, or of no one; 1: an organization
         ADD COLUMN kind TINYINT UNSIGNED NOT NULL DEFAULT 0,
         -- what every member may do everywhere in it
         ADD COLUMN base_role TINYINT UNSIGNED NOT NULL DEFAULT 1,
         ADD COLUMN writers_delete BOOLEAN NOT NULL DEFAULT FALSE,
         -- the visibility of new repositories, where is_private
         ADD COLUMN privacy TINYINT UNSIGNED NOT NULL DEFAULT 3,
         ADD COLUMN revision BIGINT UNSIGNED NOT NULL DEFAULT 0',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'repository'
       AND column_name = 'visibility') = 0,
    'ALTER TABLE repository
         ADD COLUMN privacy TINYINT UNSIGNED NOT NULL DEFAULT 3,
         ADD COLUMN visibility TINYINT UNSIGNED
             GENERATED ALWAYS AS (IF(is_private, privacy, 0)) VIRTUAL,
         ADD KEY repository_listed (is_stored, visibility, sort_name)',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- Of organizations only.
CREATE TABLE IF NOT EXISTS namespace_member (
    namespace_id BIGINT UNSIGNED NOT NULL,
    account_id   BIGINT UNSIGNED NOT NULL,
    is_owner     BOOLEAN         NOT NULL DEFAULT FALSE,
    joined_at    BIGINT          NOT NULL,
    PRIMARY KEY (namespace_id, account_id),
    KEY namespace_member_account (account_id, namespace_id),
    CONSTRAINT namespace_member_namespace FOREIGN KEY (namespace_id)
        REFERENCES namespace (id) ON DELETE CASCADE,
    CONSTRAINT namespace_member_member FOREIGN KEY (account_id)
        REFERENCES account (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS team (
    id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    namespace_id BIGINT UNSIGNED NOT NULL,
    name         VARCHAR(64)     NOT NULL,
    created_at   BIGINT          NOT NULL,
    UNIQUE KEY team_name (namespace_id, name),
    CONSTRAINT team_namespace FOREIGN KEY (namespace_id)
        REFERENCES namespace (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS team_member (
    account_id BIGINT UNSIGNED NOT NULL,
    team_id    BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (account_id, team_id),
    KEY team_member_team (team_id, account_id),
    CONSTRAINT team_member_team FOREIGN KEY (team_id)
        REFERENCES team (id) ON DELETE CASCADE,
    CONSTRAINT team_member_member FOREIGN KEY (account_id)
        REFERENCES account (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- A role of a team or of an account: on a repository, so that it stays with a
-- new name, or on a pattern of names.  Zeros instead of NULL keep the primary
-- key one; so a transaction that deletes a team, an account or a repository
-- deletes its rows.
CREATE TABLE IF NOT EXISTS access (
    namespace_id  BIGINT UNSIGNED  NOT NULL,
    team_id       BIGINT UNSIGNED  NOT NULL DEFAULT 0,
    account_id    BIGINT UNSIGNED  NOT NULL DEFAULT 0,
    repository_id BIGINT UNSIGNED  NOT NULL DEFAULT 0,
    -- for LIKE, of what stands behind a name's first slash; "%": the whole
    -- namespace; "" where there is a repository
    pattern       VARCHAR(255)     NOT NULL DEFAULT '',
    role          TINYINT UNSIGNED NOT NULL,
    granted_by    BIGINT UNSIGNED,
    granted_at    BIGINT           NOT NULL,
    PRIMARY KEY (namespace_id, team_id, account_id, repository_id, pattern),
    KEY access_team (team_id, namespace_id),
    KEY access_account (account_id, namespace_id),
    KEY access_repository (repository_id, team_id, account_id),
    CONSTRAINT access_namespace FOREIGN KEY (namespace_id)
        REFERENCES namespace (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Grants nothing before it is accepted.  role 0: to be a member, or an owner;
-- else to be a collaborator, as in access.
CREATE TABLE IF NOT EXISTS invitation (
    id            BIGINT UNSIGNED  NOT NULL AUTO_INCREMENT PRIMARY KEY,
    namespace_id  BIGINT UNSIGNED  NOT NULL,
    account_id    BIGINT UNSIGNED  NOT NULL,
    repository_id BIGINT UNSIGNED  NOT NULL DEFAULT 0,
    pattern       VARCHAR(255)     NOT NULL DEFAULT '',
    role          TINYINT UNSIGNED NOT NULL DEFAULT 0,
    is_owner      BOOLEAN          NOT NULL DEFAULT FALSE,
    invited_by    BIGINT UNSIGNED,
    invited_at    BIGINT           NOT NULL,
    expires_at    BIGINT           NOT NULL,
    UNIQUE KEY invitation_subject (namespace_id, account_id, repository_id,
        pattern),
    KEY invitation_account (account_id, id),
    KEY invitation_expires (expires_at),
    CONSTRAINT invitation_namespace FOREIGN KEY (namespace_id)
        REFERENCES namespace (id) ON DELETE CASCADE,
    CONSTRAINT invitation_invited FOREIGN KEY (account_id)
        REFERENCES account (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
