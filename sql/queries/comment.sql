-- comment.sql: comments on repositories, and reports of comments.

-- comment_add(repository_id u64, account_id u64, body str, now i64) exec
INSERT INTO comment (repository_id, account_id, body, created_at)
VALUES (:repository_id, :account_id, :body, :now);

-- comment_last() one {id u64}
SELECT LAST_INSERT_ID() AS id;

-- How many an account has written since a time, and when the oldest of them.
-- comment_recent(account_id u64, since i64, limit u64) one {n u64, oldest i64?}
SELECT CAST(COUNT(*) AS UNSIGNED) AS n, MIN(x.created_at) AS oldest
FROM (SELECT created_at FROM comment
      WHERE account_id = :account_id AND created_at > :since
      ORDER BY created_at DESC LIMIT :limit) x;

-- A comment of a repository.  An account that was deleted is not named.
-- comment_get(repository_id u64, id u64) one comment_item {id u64, account_id u64, login str?, body str, created_at i64, edited_at i64?, is_hidden bool, edition u64}
SELECT c.id, c.account_id, IF(a.deleted_at IS NULL, a.login, NULL) AS login,
    c.body, c.created_at, c.edited_at, c.is_hidden, c.edition
FROM comment c JOIN account a ON a.id = c.account_id
WHERE c.id = :id AND c.repository_id = :repository_id;

-- comment_hold(id u64) one {edition u64}
SELECT edition FROM comment WHERE id = :id FOR UPDATE;

-- The newest first; hidden ones of others only where is_moderator.
-- comment_list(repository_id u64, me u64, is_moderator bool, before u64, limit u64) many comment_item {id u64, account_id u64, login str?, body str, created_at i64, edited_at i64?, is_hidden bool, edition u64}
SELECT c.id, c.account_id, IF(a.deleted_at IS NULL, a.login, NULL) AS login,
    c.body, c.created_at, c.edited_at, c.is_hidden, c.edition
FROM comment c JOIN account a ON a.id = c.account_id
WHERE c.repository_id = :repository_id AND c.id < :before
  AND (NOT c.is_hidden OR :is_moderator OR c.account_id = :me)
ORDER BY c.id DESC LIMIT :limit;

-- comment_edit(id u64, body str, now i64) exec
UPDATE comment SET body = :body, edited_at = :now, edition = edition + 1
WHERE id = :id;

-- comment_hide(id u64, is_hidden bool) exec
UPDATE comment SET is_hidden = :is_hidden, edition = edition + 1
WHERE id = :id;

-- comment_delete(id u64) exec
DELETE FROM comment WHERE id = :id;

-- Of the operator, who has no repository at hand.
-- comment_find(id u64) one {repository_id u64, namespace_id u64, name str}
SELECT r.id AS repository_id, r.namespace_id, r.name
FROM comment c JOIN repository r ON r.id = c.repository_id
WHERE c.id = :id;

-- The same account's report again replaces the first.
-- comment_report_put(repository_id u64, comment_id u64, account_id u64, reason str, now i64) exec
INSERT INTO comment_report (repository_id, comment_id, account_id, reason,
    created_at)
VALUES (:repository_id, :comment_id, :account_id, :reason, :now)
ON DUPLICATE KEY UPDATE reason = :reason;

-- comment_report_clear(comment_id u64) exec
DELETE FROM comment_report WHERE comment_id = :comment_id;

-- The oldest first; of one repository.
-- comment_report_list(repository_id u64, after u64, limit u64) many comment_report_item {id u64, comment_id u64, repository str, visibility u64, reporter str?, reason str, created_at i64, author str?, body str, is_hidden bool}
SELECT p.id, p.comment_id, r.name AS repository,
    CAST(IF(r.is_private, r.privacy, 0) AS UNSIGNED) AS visibility,
    IF(a.deleted_at IS NULL, a.login, NULL) AS reporter, p.reason, p.created_at,
    IF(o.deleted_at IS NULL, o.login, NULL) AS author, c.body, c.is_hidden
FROM comment_report p
STRAIGHT_JOIN comment c ON c.id = p.comment_id
STRAIGHT_JOIN repository r ON r.id = c.repository_id
STRAIGHT_JOIN account a ON a.id = p.account_id
STRAIGHT_JOIN account o ON o.id = c.account_id
WHERE p.repository_id = :repository_id AND p.id > :after
ORDER BY p.id LIMIT :limit;

-- The same of the whole installation.
-- comment_report_list_all(after u64, limit u64) many comment_report_item {id u64, comment_id u64, repository str, visibility u64, reporter str?, reason str, created_at i64, author str?, body str, is_hidden bool}
SELECT p.id, p.comment_id, r.name AS repository,
    CAST(IF(r.is_private, r.privacy, 0) AS UNSIGNED) AS visibility,
    IF(a.deleted_at IS NULL, a.login, NULL) AS reporter, p.reason, p.created_at,
    IF(o.deleted_at IS NULL, o.login, NULL) AS author, c.body, c.is_hidden
FROM comment_report p
STRAIGHT_JOIN comment c ON c.id = p.comment_id
STRAIGHT_JOIN repository r ON r.id = c.repository_id
STRAIGHT_JOIN account a ON a.id = p.account_id
STRAIGHT_JOIN account o ON o.id = c.account_id
WHERE p.id > :after AND r.removed_at IS NULL
ORDER BY p.id LIMIT :limit;
