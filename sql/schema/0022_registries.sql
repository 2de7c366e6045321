-- 0022_registries.sql: the registries that clients may be sent to, and what
-- the checker has found out about them.
--
-- As 0001_accounts.sql: every statement may be repeated.  An older program
-- knows nothing of this table, and goes on: it sends clients to its own host.

CREATE TABLE IF NOT EXISTS registry (
    id         BIGINT UNSIGNED  NOT NULL AUTO_INCREMENT,
    name       VARCHAR(64)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    -- registry_kind_t
    kind       TINYINT UNSIGNED NOT NULL,
    -- host, or host:port
    endpoint   VARCHAR(261)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    -- 0: gets no client
    weight     INT UNSIGNED     NOT NULL,
    -- of the repositories that it serves, with newlines between them
    patterns   VARCHAR(4096) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    -- NULL: is not checked
    check_url  VARCHAR(512)  CHARACTER SET ascii COLLATE ascii_bin,
    edition    BIGINT UNSIGNED  NOT NULL DEFAULT 1,
    created_at BIGINT           NOT NULL,
    -- registry_state_t, and since when
    state      TINYINT UNSIGNED NOT NULL DEFAULT 0,
    changed_at BIGINT,
    checked_at BIGINT,
    -- results in a row that contradict the state; how often it went down
    -- lately
    streak     INT UNSIGNED     NOT NULL DEFAULT 0,
    flaps      INT UNSIGNED     NOT NULL DEFAULT 0,
    -- of the last check that failed
    message    VARCHAR(255),
    next_at    BIGINT           NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    UNIQUE KEY registry_name (name),
    KEY registry_due (next_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
