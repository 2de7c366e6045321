-- 0011_failed_logins.sql: rows of the audit log that stand for several acts.
--
-- As 0001_accounts.sql: every statement may be repeated.  An older program
-- writes rows of one act each, and does not show how many there were.
--
-- large: audit

SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'audit'
       AND column_name = 'fold_key') = 0,
    'ALTER TABLE audit
         -- what acts have in common that one row stands for; NULL: one act
         ADD COLUMN fold_key VARCHAR(192) CHARACTER SET ascii COLLATE ascii_bin,
         ADD COLUMN n INT UNSIGNED NOT NULL DEFAULT 1,
         -- the last of them; NULL: the first, which is at
         ADD COLUMN last_at BIGINT,
         ADD UNIQUE KEY audit_fold (fold_key)',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
