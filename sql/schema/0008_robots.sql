-- 0008_robots.sql: robots: accounts of a namespace that have secrets and no
-- password.
--
-- As 0001_accounts.sql: every statement may be repeated.

SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'account'
       AND column_name = 'robot_of') = 0,
    'ALTER TABLE account
         -- the namespace that a robot belongs to; NULL: a person
         ADD COLUMN robot_of BIGINT UNSIGNED,
         ADD KEY account_robot (robot_of, login)',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
