-- 0024_repository_robots.sql: robots of one repository.
--
-- As 0001_accounts.sql: every statement may be repeated.  An older program
-- knows nothing of the column, and takes such a robot for one of the namespace,
-- whose owners manage it.

-- robot_repository: the repository that a robot belongs to; NULL: it belongs to
-- the whole namespace (robot_of), or is a person.
SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'account'
       AND column_name = 'robot_repository') = 0,
    'ALTER TABLE account
         ADD COLUMN robot_repository BIGINT UNSIGNED,
         ADD KEY account_repository_robot (robot_repository, login)',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
