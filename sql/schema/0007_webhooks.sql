-- 0007_webhooks.sql: webhooks, the events that they wait for, deliveries and
-- their attempts.
--
-- As 0001_accounts.sql: every statement may be repeated.  An older program
-- knows nothing of these tables: what happens to it makes no event.
--
-- large: webhook webhook_event webhook_delivery webhook_attempt
-- large: webhook_sequence

-- A target.  namespace_id 0: of the whole installation; repository_id 0: of a
-- whole namespace.
CREATE TABLE IF NOT EXISTS webhook (
    id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    namespace_id   BIGINT UNSIGNED NOT NULL DEFAULT 0,
    repository_id  BIGINT UNSIGNED NOT NULL DEFAULT 0,
    url            VARCHAR(2048)   NOT NULL,
    -- WEBHOOK_FORM_*, and a bit for each WEBHOOK_EVENT_*: webhook/webhook.h
    form           INT UNSIGNED    NOT NULL,
    events         INT UNSIGNED    NOT NULL,
    -- of tags, with "*" for any characters; NULL: all
    tag_pattern    VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin,
    -- Docker Hub's form only: the registry's host stands before the name
    has_host       BOOLEAN         NOT NULL DEFAULT FALSE,
    -- sealed: fcgi_core/seal.h
    secret         VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin,
    old_secret     VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin,
    old_until      BIGINT          NOT NULL DEFAULT 0,
    -- value of the header Authorization, sealed
    credentials    VARCHAR(1024) CHARACTER SET ascii COLLATE ascii_bin,
    is_enabled     BOOLEAN         NOT NULL DEFAULT TRUE,
    -- why the courier switched it off
    off_reason     VARCHAR(255),
    -- the breaker: attempts that failed since the last that went well, since
    -- when, and until when nothing is sent
    failures       INT UNSIGNED    NOT NULL DEFAULT 0,
    failing_since  BIGINT,
    paused_until   BIGINT          NOT NULL DEFAULT 0,
    edition        BIGINT UNSIGNED NOT NULL DEFAULT 0,
    created_by     BIGINT UNSIGNED,
    created_at     BIGINT          NOT NULL,
    KEY webhook_of (namespace_id, repository_id, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What happened, written in the transaction in which it did, where a webhook
-- wants to know.
CREATE TABLE IF NOT EXISTS webhook_event (
    id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    uuid          CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    event         INT UNSIGNED    NOT NULL,
    -- counts the events of a repository, or of a namespace
    number        BIGINT UNSIGNED NOT NULL,
    at            BIGINT          NOT NULL,
    -- JSON
    data          TEXT            NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS webhook_sequence (
    namespace_id  BIGINT UNSIGNED NOT NULL,
    repository_id BIGINT UNSIGNED NOT NULL,
    number        BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (namespace_id, repository_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- An event on its way to a webhook.
CREATE TABLE IF NOT EXISTS webhook_delivery (
    id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    webhook_id    BIGINT UNSIGNED NOT NULL,
    event_id      BIGINT UNSIGNED NOT NULL,
    -- DELIVERY_*: webhook/delivery.h
    state         INT UNSIGNED    NOT NULL,
    attempts      INT UNSIGNED    NOT NULL DEFAULT 0,
    -- of the next attempt; of one that is under way, when it may be taken to
    -- be lost
    next_at       BIGINT          NOT NULL,
    -- of the courier that took it
    lease         CHAR(36) CHARACTER SET ascii COLLATE ascii_bin,
    created_at    BIGINT          NOT NULL,
    finished_at   BIGINT,
    KEY webhook_delivery_due (state, webhook_id, next_at),
    KEY webhook_delivery_of (webhook_id, id),
    KEY webhook_delivery_created (created_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What was sent and what came back, cut to bounds.
CREATE TABLE IF NOT EXISTS webhook_attempt (
    id               BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    delivery_id      BIGINT UNSIGNED NOT NULL,
    at               BIGINT          NOT NULL,
    milliseconds     BIGINT          NOT NULL,
    -- of the answer; 0: none came
    status           INT UNSIGNED    NOT NULL,
    error            VARCHAR(255),
    request_headers  TEXT            NOT NULL,
    request_body     MEDIUMTEXT      NOT NULL,
    response_headers TEXT            NOT NULL,
    response_body    TEXT            NOT NULL,
    KEY webhook_attempt_of (delivery_id, id),
    KEY webhook_attempt_at (at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
