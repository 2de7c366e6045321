-- 0013_namespaces.sql: what a namespace says of itself.
--
-- As 0001_accounts.sql: every statement may be repeated.

SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'namespace'
       AND column_name = 'description') = 0,
    'ALTER TABLE namespace
         ADD COLUMN description VARCHAR(255) NOT NULL DEFAULT ''''',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
