-- 0019_listing_keys.sql: the orders in which repositories of one namespace and
-- visibility are listed: what a caller may not see is not read.
--
-- As 0001_accounts.sql: every statement may be repeated.  An older program goes
-- on.

SET @step = IF(
    (SELECT COUNT(*) FROM information_schema.statistics
     WHERE table_schema = DATABASE() AND table_name = 'repository_listing'
       AND index_name = 'repository_listing_in_name') = 0,
    'ALTER TABLE repository_listing
         ADD KEY repository_listing_in_name (namespace_id, visibility, name),
         ADD KEY repository_listing_in_updated
             (namespace_id, visibility, updated_at, repository_id),
         ADD KEY repository_listing_in_stars
             (namespace_id, visibility, stars, repository_id),
         ADD KEY repository_listing_in_pulls
             (namespace_id, visibility, pulls, repository_id),
         DROP KEY repository_listing_namespace,
         DROP KEY repository_listing_namespace_pulls',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
