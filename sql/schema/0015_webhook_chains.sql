-- 0015_webhook_chains.sql: webhooks that are called one behind the other, what
-- receivers say to a callback_url, and the log of deliveries by state.
--
-- As 0001_accounts.sql: every statement may be repeated.  An older program
-- calls a webhook behind another one as if it were alone.
--
-- large: webhook_callback

-- The webhook of the same scope that this one comes after; 0: none.
SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'webhook'
       AND column_name = 'after_id') = 0,
    'ALTER TABLE webhook
         ADD COLUMN after_id BIGINT UNSIGNED NOT NULL DEFAULT 0',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- after_id: the delivery that this one waits for, or has waited for.
-- callback_state: CALLBACK_*, webhook/callback.h; what the receiver said.
SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'webhook_delivery'
       AND column_name = 'after_id') = 0,
    'ALTER TABLE webhook_delivery
         ADD COLUMN after_id             BIGINT UNSIGNED,
         ADD COLUMN callback_state       INT UNSIGNED NOT NULL DEFAULT 0,
         ADD COLUMN callback_at          BIGINT,
         ADD COLUMN callback_description VARCHAR(255),
         ADD COLUMN callback_context     VARCHAR(100),
         ADD COLUMN callback_target_url  VARCHAR(2048),
         ADD KEY webhook_delivery_after (after_id, state),
         ADD KEY webhook_delivery_log (webhook_id, state, id)',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- A callback_url that was sent, by the SHA-256 of its random part.
CREATE TABLE IF NOT EXISTS webhook_callback (
    hash        CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
                PRIMARY KEY,
    delivery_id BIGINT UNSIGNED NOT NULL,
    valid_until BIGINT          NOT NULL,
    KEY webhook_callback_of (delivery_id),
    KEY webhook_callback_until (valid_until)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
