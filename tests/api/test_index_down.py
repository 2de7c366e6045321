"""slipway-index while the database or memcached is away."""

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from index_house import IndexHouse
from testenv import House, MariaDb, paths
from testenv.mirror import Mirror, push
from testenv.process import pause, wait_until
from testenv.servers import Database, answers

sys.path.insert(0, str(paths.TOP / "sql"))
import schema  # noqa: E402


@pytest.fixture(scope="module")
def own_server():
    """A MariaDB of this file's own, which its tests may stop."""
    kept = House()
    yield kept.keep(MariaDb(kept))
    problems = kept.problems()
    kept.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture
def server(own_server):
    if not answers(own_server.socket):
        own_server.start()
    return own_server


@pytest.fixture
def database(server):
    return Database(server, "d%d" % server.next_number())


@pytest.fixture
def index(house, database):
    return IndexHouse(house, "alice", database=database)


def unavailable(answer):
    return (answer.status == 503 and answer.codes() == ["UNAVAILABLE"]
            and int(answer.header("Retry-After")) > 0)


def answers_within(index, seconds, ask, complaint):
    """ask() must be true; one after the other, until one of those that made
    the index complain in its log took no longer.  What a slow machine adds,
    it does not add to all."""
    def is_quick():
        before = index.worker.process.text().count(complaint)
        begun = time.monotonic()
        assert ask()
        taken = time.monotonic() - begun
        after = index.worker.process.text().count(complaint)
        return after > before and taken < seconds

    wait_until(is_quick, 60, "an answer within %g s" % seconds)


def test_a_database_that_is_down_is_503_at_once(index, server):
    token = index.token("alice")
    server.stop()
    for ask in (lambda: index.ask("alice"), lambda: index.ask(None),
                lambda: index.verdict(token),
                lambda: index.post(grant_type="refresh_token",
                                   refresh_token="x")):
        answers_within(index, 1, lambda: unavailable(ask()),
                       "database: cannot connect")
    assert index.verdict("bad").status == 403
    server.start()
    wait_until(lambda: index.ask("alice").status == 200, 60,
               "the index to find its database again")


def test_events_and_the_catalogue_are_503_at_once(index, server):
    mirror = Mirror(index.worker, index.client)
    mirror.take(push("alice/app"))
    server.stop()
    assert unavailable(mirror.send(push("alice/other")))
    assert unavailable(index.client.get("/catalog"))
    assert index.client.get("/catalog?n=x").status == 400
    server.start()
    wait_until(lambda: index.client.get("/catalog").status == 200, 60,
               "the index to find its database again")
    assert set(mirror.held()) == {"alice/app"}


def test_a_database_that_was_restarted_is_not_noticed(index, server):
    for _ in range(8):
        index.token("alice")
    server.stop()
    server.start()
    for _ in range(8):
        index.token("alice", "repository:alice/app:push")


def test_a_database_that_hangs_delays_no_request_for_long(index, server):
    index.token("alice")
    pause(server.pid)
    try:
        begun = time.monotonic()
        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(index.ask, 10 * [None]))
        assert all(map(unavailable, answers))
        assert time.monotonic() - begun < 25  # and not eight seconds each
    finally:
        os.kill(server.pid, signal.SIGCONT)
    wait_until(lambda: index.ask("alice").status == 200, 60,
               "the index to find its database again")


def test_it_starts_without_the_database(index, server):
    index.worker.stop()
    server.stop()
    index.worker._start(index.worker._argv,
                        lambda: answers(index.worker.socket),
                        index.worker._env)
    assert unavailable(index.ask("alice"))
    server.start()
    wait_until(lambda: index.ask("alice").status == 200, 60,
               "the index to find its database")


def test_it_does_not_start_on_another_schema(index, database):
    database.sql("INSERT INTO schema_version (version, applied_at)"
                 " VALUES (999, 1)")
    for words, says in ((("serve",), "version 999, this program needs"),
                        (("migrate",), "version 999, newer than")):
        assert says in index.complaint(*words)
    database.sql("DELETE FROM schema_version")
    assert "run slipway-index migrate" in index.complaint("serve")


def test_it_serves_nothing_while_it_cannot_read_the_version(index, database):
    """The account may read all tables but schema_version."""
    database.sql(
        "CREATE USER blind@localhost;" + "".join(
            "GRANT ALL ON %s.%s TO blind@localhost;" % (database.name, table)
            for table in ("account", "namespace", "repository", "token",
                          "token_grant", "refresh_token")))
    index.worker.stop()
    index.worker._env["SLIPWAY_DB_USER"] = "blind"
    index.worker._start(index.worker._argv,
                        lambda: answers(index.worker.socket),
                        index.worker._env)
    for _ in range(6):
        assert unavailable(index.ask("alice"))
    database.sql("DROP USER blind@localhost")


def test_a_database_that_became_read_only_is_left(index, server, database):
    """After a failover its address leads to another server."""
    database.sql("CREATE USER plain@localhost;"
                 "GRANT ALL ON %s.* TO plain@localhost" % database.name)
    index.worker.stop()
    index.worker._env["SLIPWAY_DB_USER"] = "plain"
    index.worker._start(index.worker._argv,
                        lambda: answers(index.worker.socket),
                        index.worker._env)
    assert index.ask("alice").status == 200
    server.sql("SET GLOBAL read_only = ON")
    try:
        def is_left():
            """A process that still has a connection may not have been asked
            yet, and the server forgets a closed one when it gets to it."""
            assert unavailable(index.ask("alice"))
            return server.sql(
                "SELECT COUNT(*) FROM information_schema.PROCESSLIST"
                " WHERE user = 'plain'") == [["0"]]

        wait_until(is_left, 60, "every connection is closed")
    finally:
        server.sql("SET GLOBAL read_only = OFF; DROP USER plain@localhost")


def newer(database, steps):
    """The schema after migrations of a version to come: [(number behind the
    present one, what it works with before it)]."""
    own = schema.migrations()[-1][0]
    database.sql("DELETE FROM schema_version WHERE version > %d" % own)
    for version, before in steps:
        oldest = "NULL" if before is None else own + 1 - before
        database.sql("INSERT INTO schema_version (version, applied_at, oldest)"
                     " VALUES (%d, 1, %s)" % (own + version, oldest))


def test_it_starts_on_a_newer_schema_that_works_with_it(index, database):
    """As where systemd restarts it between the migration and its upgrade."""
    newer(database, [(1, 1), (2, 2)])
    index.worker.stop()
    index.worker._start(index.worker._argv,
                        lambda: answers(index.worker.socket),
                        index.worker._env)
    assert index.token("alice")
    assert index.worker.command("account", "list")
    assert "newer than" in index.complaint("migrate")


@pytest.mark.parametrize("steps", [
    [(1, 0)], [(1, None)], [(1, 1), (2, 0)], [(1, 0), (2, 2)],
    [(1, None), (2, 2)], [(1, 1), (2, None)]], ids=str)
def test_one_that_does_not_work_with_it_is_refused(index, database, steps):
    newer(database, steps)
    assert "this program needs" in index.complaint("serve")
    assert "this program needs" in index.complaint("account", "list")


def test_a_connection_that_was_lost_is_made_again_on_a_newer_schema(
        index, server, database):
    index.token("alice")
    newer(database, [(1, 1)])
    server.stop()
    server.start()
    wait_until(lambda: index.ask("alice").status == 200, 60,
               "the index to connect again")


def test_a_migration_that_was_cut_is_run_again(index, database):
    database.sql("DELETE FROM schema_version; DROP TABLE refresh_token;")
    assert "applied 0001" in index.worker.command("migrate")
    assert "applied" not in index.worker.command("migrate")
    assert index.ask("alice", offline_token="true").status == 200


def test_a_database_of_before_the_mirror_is_brought_up(house, database):
    """With what it holds; and where that was cut, once more."""
    schema = paths.TOP / "sql/schema/0001_accounts.sql"
    database.sql(schema.read_text() + """
        CREATE TABLE schema_version (version INT UNSIGNED NOT NULL PRIMARY KEY,
                                     applied_at BIGINT NOT NULL);
        INSERT INTO schema_version VALUES (1, 1);
        INSERT INTO namespace (name, created_at) VALUES ('old', 1);
        INSERT INTO repository (namespace_id, name, is_private, created_at)
        SELECT id, 'old/app', FALSE, 1 FROM namespace""")
    index = IndexHouse(house, database=database)
    database.sql("DELETE FROM schema_version WHERE version > 1;"
                 "DROP TABLE event, tag")
    files = sorted(p.name for p in (paths.TOP / "sql/schema").glob("*.sql"))
    assert index.worker.command("migrate").splitlines() == [
        *("applied " + name for name in files[1:]),
        "the schema has version %d" % len(files)]
    mirror = Mirror(index.worker, index.client)
    mirror.take(push("old/app", tag="1"))
    assert index.client.get("/catalog").json() == {
        "repositories": ["old/app"]}


def test_memcached_that_is_down_costs_time_only(index):
    token = index.token("alice", "repository:alice/app:push")
    index.memcached[0].kill()
    assert index.verdict(token).status == 200
    assert index.verdict(index.token("alice")).status == 200
    index.memcached[0].start()
    wait_until(lambda: index.verdict(token).status == 200
               and index.holds(token), 60, "memcached to be used again")


def test_memcached_that_hangs_costs_little_time(index):
    index.token("alice")
    pause(index.memcached[0].pid)
    try:
        answers_within(index, 2, lambda: index.ask(None).status == 200,
                       "memcached: a verdict was not stored")
    finally:
        os.kill(index.memcached[0].pid, signal.SIGCONT)


def test_revoking_does_not_wait_for_memcached_token_by_token(index):
    refresh = index.ask("alice", offline_token="true").json()["refresh_token"]
    for _ in range(199):
        assert index.post(grant_type="refresh_token",
                          refresh_token=refresh).status == 200
    pause(index.memcached[0].pid)
    try:
        begun = time.monotonic()
        text = index.complaint("account", "disable", "alice")
        assert "the change is made, but 200 of 200 verdicts" in text
        assert time.monotonic() - begun < 20  # and not 0.2 s each
    finally:
        os.kill(index.memcached[0].pid, signal.SIGCONT)
    assert index.ask("alice").status == 401
