-- star.sql: stars of repositories.

-- DECLINED where the account has starred it already.
-- star_put(repository_id u64, account_id u64, now i64) exec
INSERT INTO star (repository_id, account_id, created_at)
VALUES (:repository_id, :account_id, :now);

-- Holds the star until the transaction ends.
-- star_find(repository_id u64, account_id u64) one {id u64, created_at i64}
SELECT id, created_at FROM star
WHERE account_id = :account_id AND repository_id = :repository_id FOR UPDATE;

-- star_get(repository_id u64, account_id u64) one {id u64}
SELECT id FROM star
WHERE account_id = :account_id AND repository_id = :repository_id;

-- star_delete(id u64) exec
DELETE FROM star WHERE id = :id;

-- Makes the row of a repository's counts where there is none, and holds it.
-- count_hold(repository_id u64) exec
INSERT INTO repository_count (repository_id) VALUES (:repository_id)
ON DUPLICATE KEY UPDATE
    repository_count.repository_id = repository_count.repository_id;

-- count_get(repository_id u64) one {stars u64, comments u64}
SELECT stars, comments FROM repository_count
WHERE repository_id = :repository_id;

-- count_set(repository_id u64, stars u64, comments u64) exec
UPDATE repository_count SET stars = :stars, comments = :comments
WHERE repository_id = :repository_id;

-- Who starred a repository, the newest star first.
-- star_list(repository_id u64, before u64, limit u64) many {id u64, login str, created_at i64}
SELECT s.id, a.login, s.created_at FROM star s
JOIN account a ON a.id = s.account_id AND a.deleted_at IS NULL
WHERE s.repository_id = :repository_id AND s.id < :before
ORDER BY s.id DESC LIMIT :limit;

-- What an account starred, the newest star first.
-- star_list_of_account(account_id u64, before u64, limit u64) many {id u64, name str, visibility u64, created_at i64, stars u64}
SELECT s.id, r.name,
    CAST(IF(r.is_private, r.privacy, 0) AS UNSIGNED) AS visibility,
    s.created_at, CAST(COALESCE(c.stars, 0) AS UNSIGNED) AS stars
FROM star s
JOIN repository r ON r.id = s.repository_id
LEFT JOIN repository_count c ON c.repository_id = s.repository_id
WHERE s.account_id = :account_id AND s.id < :before
ORDER BY s.id DESC LIMIT :limit;

-- --- of an account that is deleted ------------------------------------------

-- The first things that it starred, and how many stars those have.
-- star_forget_list(account_id u64, limit u64) many {id u64, repository_id u64, stars u64}
SELECT s.id, s.repository_id, CAST(COALESCE(c.stars, 0) AS UNSIGNED) AS stars
FROM star s FORCE INDEX (star_list)
LEFT JOIN repository_count c ON c.repository_id = s.repository_id
WHERE s.account_id = :account_id
ORDER BY s.id LIMIT :limit;

-- The rows of the stars in feeds, up to a star; kind: ACTIVITY_STAR.
-- star_forget_activity(account_id u64, last u64, login str, kind u64) exec
DELETE v FROM star s FORCE INDEX (star_list)
STRAIGHT_JOIN activity v ON v.repository_id = s.repository_id
  AND v.kind = :kind AND v.at = s.created_at
WHERE s.account_id = :account_id AND s.id <= :last AND v.actor = :login;

-- star_forget_counts(account_id u64, last u64) exec
UPDATE star s FORCE INDEX (star_list)
STRAIGHT_JOIN repository_count c ON c.repository_id = s.repository_id
SET c.stars = IF(c.stars > 0, c.stars - 1, 0)
WHERE s.account_id = :account_id AND s.id <= :last;

-- star_forget_listing(account_id u64, last u64) exec
UPDATE star s FORCE INDEX (star_list)
STRAIGHT_JOIN repository_listing l ON l.repository_id = s.repository_id
SET l.stars = IF(l.stars > 0, l.stars - 1, 0)
WHERE s.account_id = :account_id AND s.id <= :last;

-- star_forget(account_id u64, last u64) exec
DELETE FROM star WHERE account_id = :account_id AND id <= :last;

-- What is left after the first portion.
-- account_left_add(account_id u64) exec
INSERT INTO account_left (account_id) VALUES (:account_id)
ON DUPLICATE KEY UPDATE account_id = :account_id;

-- account_left_first() one {account_id u64, login str}
SELECT l.account_id, a.login
FROM account_left l STRAIGHT_JOIN account a ON a.id = l.account_id
ORDER BY l.account_id LIMIT 1;

-- account_left_delete(account_id u64) exec
DELETE FROM account_left WHERE account_id = :account_id;
