-- 0023_failing_webhooks.sql: webhooks that fail, in the order in which they
-- began to: for the administrators of the installation.
--
-- As 0001_accounts.sql: every statement may be repeated.  An older program goes
-- on.

SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.statistics
     WHERE table_schema = DATABASE() AND table_name = 'webhook'
       AND index_name = 'webhook_failing') = 0,
    'ALTER TABLE webhook ADD KEY webhook_failing (failing_since)',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
