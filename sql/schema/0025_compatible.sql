-- 0025_compatible.sql: which older programs may go on with a schema.
--
-- As 0001_accounts.sql: every statement may be repeated.

-- oldest: the oldest schema whose programs may use this one; NULL: only those
-- that know it.  From here on each migration says so in a line
-- "-- works with: N": the programs of schema N find all that they read and
-- write as they left it.
SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'schema_version'
       AND column_name = 'oldest') = 0,
    'ALTER TABLE schema_version ADD COLUMN oldest INT UNSIGNED',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
