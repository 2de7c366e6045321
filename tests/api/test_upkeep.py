"""What has ended is deleted, a portion after the other, where no one calls."""

import time

import pytest

from testenv import House
from testenv.api import ApiHouse
from testenv.process import wait_until
from testenv.servers import SqlSession

MANY = 1300  # more than two portions of any table
OLD = int(time.time()) - 400 * 86400
AUDIT = "at, actor, actor_kind, address, target, data, action"
NOTHING = ("''", "''", "''", "''", "'{}'")


@pytest.fixture(scope="module")
def api(database_server):
    house = House(database_server)
    try:
        yield ApiHouse(house, "alice", "bob", processes=2,
                       SLIPWAY_UPKEEP_EVERY="1", SLIPWAY_AUDIT_DAYS="30",
                       SLIPWAY_ACTIVITY_DAYS="30")
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def fill(api, table, columns, rows):
    api.sql("INSERT INTO %s (%s) VALUES %s" % (table, columns, ", ".join(
        "(%s)" % ", ".join(str(value) for value in row) for row in rows)))


def count(api, table, where="TRUE"):
    return int(api.sql("SELECT COUNT(*) FROM %s WHERE %s" % (table, where))[0][0])


def digests(letter, n):
    return ["%s%035d" % (letter, i) for i in range(n)]


def test_what_has_ended_is_deleted_where_no_one_calls(api):
    """The first five have many rows; of each, one row stays."""
    now = int(time.time())
    n = range(MANY)
    fill(api, "audit", AUDIT, [*((OLD, *NOTHING, "'x.old'") for _ in n),
                               (now, *NOTHING, "'x.new'")])
    fill(api, "activity", "namespace_id, kind, began_at, at",
         [*((1, 200, OLD, OLD) for _ in n), (1, 201, now, now)])
    fill(api, "event", "id, applied_at",
         [*(("'%s'" % d, OLD) for d in digests("e", MANY)), ("'new'", now)])
    fill(api, "repository_pull_day", "repository_id, day, pulls",
         [*((i + 1, OLD // 86400 - 400, 1) for i in n),
          (1, now // 86400, 1)])
    fill(api, "token", "key_hash, issued_at, expires_at",
         [*(("'%s'" % d, OLD, OLD) for d in digests("a", MANY)),
          ("'%s'" % digests("b", 1)[0], now, now + 3600)])
    account = api.sql("SELECT id FROM account WHERE login = 'bob'")[0][0]
    fill(api, "account_address", "account_id, network, seen_at",
         [(account, "'old'", OLD), (account, "'new'", now)])
    fill(api, "refresh_token",
         "key_hash, account_id, service, issued_at, expires_at",
         [("'%s'" % digests("c", 1)[0], account, "'x'", OLD, OLD),
          ("'%s'" % digests("d", 1)[0], account, "'x'", now, now + 3600)])
    left = {
        "audit": "action = 'x.old'", "activity": "kind = 200",
        "event": "applied_at = %d" % OLD,
        "repository_pull_day": "day < %d" % (OLD // 86400),
        "token": "expires_at = %d" % OLD,
        "account_address": "network = 'old'",
        "refresh_token": "expires_at = %d" % OLD}
    wait_until(lambda: not any(count(api, *item) for item in left.items()),
               60, "all of %s to be deleted" % ", ".join(left))
    for table, where in (
            ("audit", "action = 'x.new'"), ("activity", "kind = 201"),
            ("event", "id = 'new'"), ("repository_pull_day", "repository_id = 1"),
            ("token", "key_hash LIKE 'b%'"), ("account_address",
                                              "network = 'new'"),
            ("refresh_token", "key_hash LIKE 'd%'")):
        assert count(api, table, where) == 1, table


def test_an_account_with_many_stars_is_deleted_a_portion_after_the_other(api):
    """Also where the index is ended in the middle."""
    api.add("fan")
    now = int(time.time())
    assert api.person("alice").post("/repositories", {
        "name": "alice/first", "visibility": "public"}).status == 201
    account = api.sql("SELECT id FROM account WHERE login = 'fan'")[0][0]
    namespace = api.sql("SELECT id FROM namespace WHERE name = 'alice'")[0][0]
    fill(api, "repository", "namespace_id, name, is_private, created_at",
         [(namespace, "'alice/r%d'" % i, "FALSE", now) for i in range(MANY)])
    starred = "FROM repository WHERE name LIKE 'alice/r%'"
    api.sql("INSERT INTO star (repository_id, account_id, created_at)"
            " SELECT id, %s, %d %s" % (account, now, starred))
    api.sql("INSERT INTO follow (repository_id, account_id, created_at)"
            " SELECT id, %s, %d %s" % (account, now, starred))
    api.sql("INSERT INTO repository_count (repository_id, stars)"
            " SELECT id, 2 " + starred)
    api.sql("INSERT INTO activity (namespace_id, repository_id, kind, began_at,"
            " at, actor) SELECT %s, id, %s, %d, %d, 'fan' %s" % (
                namespace, activity_kind(api, "fan"), now, now, starred))
    mine = "account_id = " + account
    session = SqlSession(api.worker.database)
    session.run("SELECT GET_LOCK(CONCAT('upkeep..', SHA2(DATABASE(), 224)),"
                " 60)")  # the rest waits for it
    try:
        assert api.person("fan").delete("/account").status == 204
        left = count(api, "star", mine)
        assert 0 < left < MANY and 0 < count(api, "follow", mine) < MANY
        assert count(api, "account_left") == 1
        # those that are left are no one's
        one = api.sql("SELECT r.name FROM star s JOIN repository r"
                      " ON r.id = s.repository_id WHERE s.account_id = %s"
                      " ORDER BY s.id DESC LIMIT 1" % account)[0][0]
        path = "/repositories/" + one.replace("/", "%2F")
        assert api.anonymous.every(path + "/stars") == []
        api.worker.stop()
        api.worker.start()
        assert count(api, "star", mine) == left
    finally:
        session.end()
    wait_until(lambda: count(api, "account_left") == 0, 60, "the rest to go")
    assert count(api, "star", mine) == count(api, "follow", mine) == 0
    assert count(api, "activity", "actor = 'fan'") == 0
    assert count(api, "repository_count", "stars = 1") == MANY
    assert count(api, "repository_count", "stars = 2") == 0


def activity_kind(api, login):
    """The number of the row that a star leaves in feeds."""
    client = api.person(login)
    assert client.put("/repositories/alice%2Ffirst/star").status == 204
    kind = api.sql("SELECT kind FROM activity WHERE actor = '%s'" % login)[0][0]
    assert client.delete("/repositories/alice%2Ffirst/star").status == 204
    return kind


def test_a_process_that_deletes_answers_as_well(api):
    """No more than a tenth of a second at a time."""
    fill(api, "audit", AUDIT, [(OLD, *NOTHING, "'x.busy'")
                               for _ in range(20 * MANY)])
    bob, answered = api.person("bob"), 0
    while count(api, "audit", "action = 'x.busy'"):
        assert bob.get("/session").status == 200
        answered += 1
    assert answered > 1
