-- 0014_listing.sql: the orders in which repositories of all namespaces are
-- listed.
--
-- As 0001_accounts.sql: every statement may be repeated.  An older program
-- knows nothing of this table, and goes on; repositories that it makes or
-- changes meanwhile are at their place again after "slipway-index search
-- rebuild".
--
-- large: repository_listing

-- A copy of what the order depends on.  It decides no rights: who reads it
-- checks the visibility of the repository itself.
CREATE TABLE IF NOT EXISTS repository_listing (
    repository_id BIGINT UNSIGNED  NOT NULL PRIMARY KEY,
    namespace_id  BIGINT UNSIGNED  NOT NULL,
    name          VARCHAR(255)     NOT NULL,
    -- as in repository; 4: it is being deleted
    visibility    TINYINT UNSIGNED NOT NULL,
    -- the last push, 0: none is known
    updated_at    BIGINT           NOT NULL DEFAULT 0,
    stars         BIGINT UNSIGNED  NOT NULL DEFAULT 0,
    KEY repository_listing_name (visibility, name),
    KEY repository_listing_updated (visibility, updated_at, repository_id),
    KEY repository_listing_stars (visibility, stars, repository_id),
    KEY repository_listing_namespace (namespace_id, stars, repository_id),
    CONSTRAINT repository_listing_repository FOREIGN KEY (repository_id)
        REFERENCES repository (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO repository_listing (repository_id, namespace_id, name, visibility,
    updated_at, stars)
SELECT r.id, r.namespace_id, r.name,
    IF(r.removed_at IS NULL, IF(r.is_private, r.privacy, 0), 4),
    COALESCE(m.pushed_at, 0), COALESCE(c.stars, 0)
FROM repository r
LEFT JOIN mirror_repository m ON m.repository_id = r.id
LEFT JOIN repository_count c ON c.repository_id = r.id
ON DUPLICATE KEY UPDATE
    repository_listing.repository_id = repository_listing.repository_id;

-- Those that the operator named before the store did had no row.
INSERT INTO mirror_repository (repository_id, generation, namespace_id)
SELECT r.id, 0, r.namespace_id FROM repository r
ON DUPLICATE KEY UPDATE
    mirror_repository.repository_id = mirror_repository.repository_id;
