-- profile.sql: what people say of repositories.

-- DECLINED where the name is taken.
-- repository_create(namespace_id u64, name str, is_private bool, privacy u64, now i64) exec
INSERT INTO repository (namespace_id, name, is_private, privacy, created_at)
VALUES (:namespace_id, :name, :is_private, :privacy, :now);

-- repository_defaults(namespace_id u64) one {visibility u64}
SELECT CAST(IF(is_private, privacy, 0) AS UNSIGNED) AS visibility
FROM namespace WHERE id = :namespace_id;

-- repository_get(name str) one {id u64, visibility u64, is_stored bool, created_at i64, pushed_at i64?, pushed_by str?, description str?, page str?, page_html str?, topics str?, links str?, edition u64, stars u64, pulls u64, pulled_at i64?}
SELECT r.id, CAST(IF(r.is_private, r.privacy, 0) AS UNSIGNED) AS visibility,
    r.is_stored, r.created_at, m.pushed_at, m.pushed_by,
    p.description, p.page, p.page_html, p.topics, p.links,
    CAST(COALESCE(p.edition, 0) AS UNSIGNED) AS edition,
    CAST(COALESCE(c.stars, 0) AS UNSIGNED) AS stars,
    CAST(COALESCE(q.pulls, 0) AS UNSIGNED) AS pulls, q.pulled_at
FROM repository r
LEFT JOIN mirror_repository m ON m.repository_id = r.id
LEFT JOIN repository_pull q ON q.repository_id = r.id
LEFT JOIN repository_profile p ON p.repository_id = r.id
LEFT JOIN repository_count c ON c.repository_id = r.id
WHERE r.name = :name AND r.removed_at IS NULL;

-- Makes the row where there is none, and holds it until the transaction ends.
-- profile_hold(repository_id u64) exec
INSERT INTO repository_profile (repository_id) VALUES (:repository_id)
ON DUPLICATE KEY UPDATE
    repository_profile.repository_id = repository_profile.repository_id;

-- NULL: it stays as it is.
-- profile_set(repository_id u64, description str, page str, page_html str, topics str, links str) exec
UPDATE repository_profile SET
    description = COALESCE(:description, description),
    page = COALESCE(:page, page),
    page_html = COALESCE(:page_html, page_html),
    topics = COALESCE(:topics, topics),
    links = COALESCE(:links, links),
    edition = edition + 1
WHERE repository_id = :repository_id;
