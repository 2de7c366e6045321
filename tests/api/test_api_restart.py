"""The API and tokens while the database is killed, started again, and while
changes stand in each other's way."""

import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from testenv import House, MariaDb
from testenv.api import ApiHouse
from testenv.faults import WAIT, Fault
from testenv.process import wait_until
from testenv.removals import PATH as PATH_OF_REMOVED
from testenv.removals import finish, nothing_is_left, pushed, removal
from testenv.servers import (Database, MySql, SqlSession, answers,
                             mysql_root)

PATH = "/namespaces/alice/robots"
CALLERS = 6


@pytest.fixture(scope="module")
def own_server():
    """A database server of this file's own, which its tests may kill; what it
    has committed it keeps."""
    kept = House()
    if os.environ.get("SLIPWAY_DATABASE") == "mysql":
        root, reason = mysql_root()
        if root is None:
            pytest.skip("no MySQL: " + reason)
        yield kept.keep(MySql(kept, root, flags=[
            "--innodb-flush-log-at-trx-commit=1"]))
    else:
        yield kept.keep(MariaDb(
            kept, more="innodb_flush_log_at_trx_commit=1\n"))
    problems = kept.problems()
    kept.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture
def server(own_server):
    if not answers(own_server.socket):
        own_server.start()
    return own_server


@pytest.fixture
def api(house, server):
    return ApiHouse(house, "alice", "bob", processes=4, database=Database(
        server, "d%d" % server.next_number()))


@pytest.fixture
def alice(api):
    """With a token: passwords wait for each other."""
    made = api.person("alice").post("/access-tokens", {
        "name": "ci", "actions": ["pull", "push", "manage"]})
    assert made.status == 201, made
    return api.bearer(made.json["secret"])


class Load:
    """Callers that send one request after the other until it is enough."""

    def __init__(self, ask):
        """ask(caller, n) sends one, and returns its status."""
        self.statuses = []
        self._ask = ask
        self._end = threading.Event()
        self._pool = ThreadPoolExecutor(CALLERS)
        self._calls = [self._pool.submit(self._run, i) for i in range(CALLERS)]

    def _run(self, caller):
        n = 0
        while not self._end.is_set():
            self.statuses.append(self._ask(caller, n))
            n += 1

    def count(self, *statuses):
        return sum(1 for status in self.statuses if status in statuses)

    def more(self, *statuses, n=10):
        """Waits for some more answers of these statuses."""
        before = self.count(*statuses)
        wait_until(lambda: self.count(*statuses) >= before + n
                   or any(call.done() for call in self._calls),
                   60, "%d answers of %s" % (n, statuses))

    def end(self):
        self._end.set()
        for call in self._calls:
            call.result(60)


def robots_are_whole(api):
    """Each robot has one secret, its roles, and its row in the audit log; and
    there is none of these without a robot."""
    made = {row[0] for row in api.sql(
        "SELECT login FROM account WHERE robot_of IS NOT NULL")}
    for text in (
            "SELECT a.login FROM access_token t"
            " JOIN account a ON a.id = t.account_id WHERE t.name = 'robot'",
            "SELECT DISTINCT a.login FROM access c"
            " JOIN account a ON a.id = c.account_id",
            "SELECT target FROM audit WHERE action = 'robot.create'"):
        rows = [row[0] for row in api.sql(text)]
        assert sorted(rows) == sorted(made), text
    return made


@pytest.mark.parametrize("table, statement", [
    ("account", "INSERT INTO account "), ("access", "INSERT INTO access "),
    ("audit", "INSERT INTO audit ")])
def test_killed_at_a_statement(api, alice, server, table, statement):
    """The change is not there, nor its row of the audit log; the same request
    sent again makes it once."""
    database = api.worker.database
    body = {"name": "one", "role": "read"}
    key = [("Idempotency-Key", "killed-at-" + table)]
    held = SqlSession(database)
    held.run("LOCK TABLES %s READ" % table)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(alice.post, PATH, body, key)
        wait_until(lambda: database.sql(
            "SELECT 1 FROM information_schema.PROCESSLIST WHERE db = '%s'"
            " AND info LIKE '%s%%'" % (database.name, statement)) != [],
            60, statement + "to wait")
        server.kill()
        answer = asked.result(60)
    held.abandon()
    assert answer.status == 503 and int(answer.header("Retry-After")) > 0
    server.start()
    assert robots_are_whole(api) == set()
    wait_until(lambda: alice.get(PATH).status == 200, 60,
               "the index to connect again")
    assert alice.post(PATH, body, key).status == 201
    assert robots_are_whole(api) == {"alice+one"}
    assert alice.post(PATH, body, key).code == "already_done"
    assert robots_are_whole(api) == {"alice+one"}


def test_a_database_that_is_killed_leaves_nothing_half_done(
        api, alice, server):
    acknowledged = set()

    def make(caller, n):
        name = "r%d-%d" % (caller, n)
        answer = alice.post(PATH, {"name": name, "role": "read"})
        assert answer.status in (201, 503), answer
        if answer.status == 201:
            acknowledged.add("alice+" + name)
        else:
            assert int(answer.header("Retry-After")) > 0
        return answer.status

    load = Load(make)
    for _ in range(3):
        load.more(201)
        server.kill()
        load.more(503, n=3)
        server.start()
    load.more(201)
    load.end()
    assert acknowledged <= robots_are_whole(api)


def test_tokens_while_the_database_is_killed(api, server):
    secret = api.person("alice").post("/access-tokens", {
        "name": "ci", "actions": ["pull", "push"]}).json["secret"]
    tokens = []

    def buy(caller, n):
        answer = api.registry.ask_token(
            ["repository:alice/app:pull,push"], "alice", secret)
        assert answer.status in (200, 503), answer
        if answer.status == 200:
            tokens.append(answer.json()["token"])
        return answer.status

    load = Load(buy)
    for _ in range(3):
        load.more(200)
        server.kill()
        load.more(503, n=3)
        server.start()
    load.more(200)
    load.end()
    for token in tokens[:5] + tokens[-5:]:
        assert api.registry.get("/verdict", [
            ("Authorization", "Bearer " + token)]).status == 200
    assert api.sql("SELECT 1 FROM token t LEFT JOIN token_grant g"
                   " ON g.key_hash = t.key_hash WHERE g.name IS NULL") == []


def test_a_database_that_is_killed_in_a_removal(house, server):
    """The run ends; the next one goes on."""
    database = Database(server, "d%d" % server.next_number())
    world, api, _ = pushed(house, database=database, processes=1)
    fault = Fault(house)
    env = dict(fault.environment(), FAULT_SENDS="1").items()
    steps = fault.calls(lambda: removal(world, env=env))
    assert api.delete(PATH_OF_REMOVED).status == 202
    for step in range(steps, steps + 9, 4):
        with ThreadPoolExecutor(1) as pool:
            with fault.at(step, WAIT) as reached:
                run = pool.submit(removal, world, env=env)
                wait_until(lambda: reached.is_reached, 60, "a step")
                server.kill()
            assert run.result(60)[0] == 1
        server.start()
        wait_until(lambda: api.get(PATH_OF_REMOVED).status == 404, 60,
                   "the index to find the database")
    finish(world)
    nothing_is_left(world, api)


def test_connections_that_are_killed_are_not_noticed(api, alice):
    """The server is there all the time, so each change is made: the program
    tries it again itself.  A request loses one connection at the most: those
    that are killed were made by requests that have been answered."""
    answered = CALLERS * [0]
    failed = []

    def make(caller, n):
        answer = alice.post(PATH, {
            "name": "r%d-%d" % (caller, n), "role": "read"})
        answered[caller] += 1
        if answer.status == 503:
            failed.append(answer.json["request_id"])
        return answer.status

    load = Load(make)
    for _ in range(20):
        made = {row[0] for row in connections(api)}
        before = list(answered)
        wait_until(lambda: all(map(int.__gt__, answered, before)), 60,
                   "an answer to each caller")
        kill_one(api, made)
    load.end()
    # a commit may have been under way: then no one knows
    log = api.worker.process.text()
    lost = re.findall(r"database: commit: .*request_id=(\w+)", log)
    assert set(failed) <= set(lost), (failed, log)
    assert load.count(201, 503) == len(load.statuses)
    robots_are_whole(api)


def connections(api, condition="TRUE"):
    """Those of the program for which the condition holds."""
    return api.sql("SELECT id FROM information_schema.processlist"
                   " WHERE id <> CONNECTION_ID() AND db = DATABASE()"
                   " AND " + condition)


def kill_one(api, among):
    """Kills a connection of a set in the middle of a statement, but not one
    that commits."""
    def has_killed():
        for row in connections(
                api, "info REGEXP '^(SELECT|INSERT|UPDATE)'"):
            if row[0] not in among:
                continue
            try:
                api.sql("KILL " + row[0])
                return True
            except AssertionError:
                continue  # it has ended meanwhile
        return False

    wait_until(has_killed, 60, "a statement to kill")


def test_connections_that_are_killed_while_they_wait(api, alice):
    """For a lock, for longer than a server that is there needs for a
    statement; and for a request, for so long that what the server is has to
    be checked again."""
    with ThreadPoolExecutor(1) as pool:
        with api.worker.database.held(
                "SELECT * FROM namespace WHERE name = 'alice' FOR UPDATE"):
            answer = pool.submit(alice.post, PATH, {
                "name": "ci", "role": "read"})
            waits = "time >= 1 AND info LIKE '%FROM namespace%'"
            wait_until(lambda: connections(api, waits), 60, "a wait")
            for row in connections(api, waits):
                api.sql("KILL " + row[0])
        assert answer.result(60).status == 201
    wait_until(lambda: len(connections(api)) == len(connections(
        api, "time > 2")), 60, "all to be idle")
    for row in connections(api):
        api.sql("KILL " + row[0])
    with ThreadPoolExecutor(CALLERS) as pool:
        assert {answer.status for answer in pool.map(
            lambda _: alice.get(PATH), range(20))} == {200}


def test_changes_of_one_namespace_wait_for_each_other(api, alice, server):
    """One robot is made and another deleted, and rights are changed from
    outside, all at once: no deadlock, and every change is made."""
    before = deadlocks(server)

    def change(caller, n):
        name = "r%d" % caller
        if caller == 0:
            api.worker.command("namespace", "set-visibility", "alice",
                               "public" if n % 2 else "private")
            return 201
        if n % 2 == 0:
            return alice.post(
                PATH, {"name": name, "role": "read"}).status
        return alice.delete("%s/%s" % (PATH, name)).status

    load = Load(change)
    load.more(201, n=100)
    load.end()
    assert load.count(201, 204) == len(load.statuses), load.statuses
    assert deadlocks(server) == before
    assert "conflict" not in api.worker.process.text()


def deadlocks(server):
    return int(server.sql(
        "SELECT count FROM information_schema.innodb_metrics"
        " WHERE name = 'lock_deadlocks'")[0][0])


@pytest.fixture
def plain_user(server):
    """The environment of a user who may not write where others may not:
    root may."""
    server.sql("CREATE USER IF NOT EXISTS plain@localhost;"
               "GRANT ALL ON `d%`.* TO plain@localhost")
    yield {"SLIPWAY_DB_USER": "plain"}
    server.sql("SET GLOBAL read_only = OFF")


class Plain(Database):
    def environment(self):
        return {**super().environment(), "SLIPWAY_DB_USER": "plain"}


def test_a_server_that_becomes_read_only(house, server, plain_user):
    """As a primary does whose place another one takes.  What it knows gets
    old, so after two seconds it is not asked either; nothing is half done,
    and each answer says that a retry may help."""
    api = ApiHouse(house, "alice", processes=4, database=Plain(
        server, "d%d" % server.next_number()))
    made = api.person("alice").post("/access-tokens", {
        "name": "ci", "actions": ["pull", "push", "manage"]})
    alice = api.bearer(made.json["secret"])
    acknowledged = set()

    def ask(caller, n):
        name = "r%d-%d" % (caller, n)
        if caller % 3 == 0:
            answer = alice.post(PATH, {"name": name, "role": "read"})
            if answer.status == 201:
                acknowledged.add("alice+" + name)
        elif caller % 3 == 1:
            answer = alice.get(PATH)
        else:
            answer = api.registry.ask_token(
                ["repository:alice/app:pull"], "alice", made.json["secret"])
        assert answer.status in (200, 201, 503), answer
        assert answer.status != 503 or int(answer.header("Retry-After")) > 0
        return answer.status

    load = Load(ask)
    load.more(201)
    server.sql("SET GLOBAL read_only = ON")
    load.more(503)
    wait_until(lambda: "the server is read only" in api.worker.process.text(),
               60, "all to be refused")
    wait_until(lambda: load_is_refused(load), 60, "reads to be refused")
    server.sql("SET GLOBAL read_only = OFF")
    load.more(201)
    load.more(200)
    load.end()
    assert acknowledged <= robots_are_whole(api)


def load_is_refused(load):
    """Whether a hundred answers in a row were 503."""
    return load.statuses[-100:] == [503] * 100


def test_a_replica_is_not_used(house, server, plain_user):
    """A program that is started on a server that is read only answers 503, and
    a command says why."""
    database = Plain(server, "d%d" % server.next_number())
    api = ApiHouse(house, "alice", processes=2, database=database)
    assert api.person("alice").get("/session").status == 200
    api.worker.stop()
    server.sql("SET GLOBAL read_only = ON")
    assert "the server is read only" in api.worker.fails("account", "list")
    api.worker._serve()
    answer = api.person("alice").get("/session")
    assert (answer.status, answer.code) == (503, "unavailable")
    server.sql("SET GLOBAL read_only = OFF")
    wait_until(lambda: api.person("alice").get("/session").status == 200, 60,
               "the index to find the database")
