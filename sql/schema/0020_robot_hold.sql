-- 0020_robot_hold.sql: robots that the operator disabled.
--
-- As 0001_accounts.sql: every statement may be repeated.  An older program
-- knows nothing of the column, and goes on: with it an owner may still enable
-- such a robot.

-- is_held: only the operator enables it again.
SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'account'
       AND column_name = 'is_held') = 0,
    'ALTER TABLE account ADD COLUMN is_held BOOLEAN NOT NULL DEFAULT FALSE',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
