"""Who may do what, through the token endpoint; and first pushes."""

import concurrent.futures
import subprocess
import threading

import pytest

from index_house import IndexHouse
from testenv.process import wait_until

ALL = "pull,push,delete"


@pytest.fixture
def index(house):
    house_ = IndexHouse(house, "alice", "bob")
    house_.add("root1", "--admin")
    return house_


def granted(index, login, name, asked="pull,push,delete"):
    thing = "repository:" + name
    return index.grants(index.token(login, thing + ":" + asked))[thing]


def known(index):
    return {line.split()[0]: line.split()[1:] for line in
            index.worker.command("repository", "list").splitlines()}


def test_a_push_of_the_owner_makes_a_private_repository(index):
    assert granted(index, "alice", "alice/app", "pull,push") == "pull,push"
    assert known(index) == {"alice/app": ["private", "alice"]}
    for login in ("bob", "root1", None):
        assert granted(index, login, "alice/app") == ""


def test_a_pull_makes_nothing(index):
    assert granted(index, "alice", "alice/app", "pull") == "pull"
    assert known(index) == {}


def test_others_make_nothing(index):
    for login in ("bob", None, "root1"):
        assert granted(index, login, "alice/app") == ""
    assert granted(index, "bob", "nobodys/app") == ""
    assert known(index) == {}


def test_a_private_repository_is_as_one_that_is_not_there(index):
    granted(index, "alice", "alice/app")
    for login in ("bob", None, "root1"):
        assert (granted(index, login, "alice/app") ==
                granted(index, login, "alice/nothing") == "")


def test_a_public_repository_is_pulled_by_all(index):
    granted(index, "alice", "alice/app")
    index.worker.set_visibility("alice/app", "public")
    for login in ("bob", None, "root1"):
        assert granted(index, login, "alice/app") == "pull"
        assert granted(index, login, "alice/app", "*") == "pull"
    assert granted(index, "alice", "alice/app", "*") == ALL


def test_a_namespace_may_make_public_ones(index):
    index.worker.command("namespace", "set-visibility", "alice", "public")
    granted(index, "alice", "alice/app")
    assert known(index) == {"alice/app": ["public", "alice"]}


def test_a_namespace_is_the_first_part_of_a_name(index):
    assert granted(index, "alice", "alice") == ALL
    assert granted(index, "alice", "alice/a/b/c") == ALL
    assert granted(index, "alice", "alicex/app") == ""
    assert granted(index, "alice", "bob/alice") == ""


def test_an_admin_takes_what_nobody_owns(index):
    assert granted(index, "root1", "ubuntu", "pull") == "pull"
    assert known(index) == {}
    assert granted(index, "root1", "ubuntu", "pull,push") == "pull,push"
    assert granted(index, "root1", "library/a/b") == ALL
    assert known(index) == {"ubuntu": ["private", "root1"],
                            "library/a/b": ["private", "root1"]}
    index.add("root2", "--admin")
    assert granted(index, "root2", "ubuntu") == ""
    assert granted(index, "root2", "library/other") == ""


def test_an_adopted_repository_stays_nobodys(index):
    index.worker.set_visibility("debian", "public")
    assert known(index) == {"debian": ["public", "-"]}
    assert granted(index, None, "debian") == "pull"
    assert granted(index, "alice", "debian") == "pull"
    assert granted(index, "root1", "debian") == ALL


def test_an_account_takes_over_an_ownerless_namespace(index):
    index.worker.set_visibility("carol/app", "private")
    token = index.token("root1", "repository:carol/app:pull")
    assert index.grants(token) == {"repository:carol/app": "pull"}
    index.add("carol")
    assert index.verdict(token).status == 403
    assert granted(index, "root1", "carol/app") == ""
    assert granted(index, "carol", "carol/app") == ALL


def test_an_account_cannot_have_the_name_of_another_ones_namespace(index):
    granted(index, "root1", "ubuntu")
    with pytest.raises(AssertionError, match="belongs to somebody else"):
        index.add("ubuntu")
    assert "ubuntu" not in index.worker.command("account", "list")


def test_first_pushes_at_once(index):
    """Sixteen clients, the same new repositories in two orders."""
    names = ["repository:alice/r%d:pull,push" % i for i in range(8)]
    wrong = []

    def push(i):
        scopes = names if i % 2 else list(reversed(names))
        answer = index.ask("alice", *scopes)
        if answer.status != 200 or set(index.grants(
                answer.json()["token"]).values()) != {"pull,push"}:
            wrong.append(answer)

    threads = [threading.Thread(target=push, args=(i,)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(known(index)) == 8


def test_first_pushes_into_one_namespace_do_not_meet(house):
    index = IndexHouse(house, "alice", processes=8)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(
            lambda i: index.ask("alice", "repository:alice/r%d:push" % i),
            range(64)))
    assert {answer.status for answer in answers} == {200}
    assert "Deadlock" not in index.worker.process.log.read_text()


def test_a_first_push_that_would_wait_for_ever_is_tried_again(index):
    """Two that wait for each other, one of them for the table's next number:
    whom the server stops there is told that it cannot read any."""
    database = index.worker.database

    def session(*statements):
        made = subprocess.Popen(database.server.client(database.name),
                                stdin=subprocess.PIPE, text=True)
        made.stdin.write(";\n".join((
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
            "BEGIN", *statements, "COMMIT")))
        made.stdin.close()
        return made

    allocate = ("INSERT INTO repository (namespace_id, name, is_private,"
                " created_at) SELECT id, 'alice/%s', 1, 1 FROM namespace"
                " WHERE name = 'alice'"
                " ON DUPLICATE KEY UPDATE repository.name = repository.name")
    # the index has "a" and waits for "b"; the second waits for a number, has
    # one, and waits for "a", while the index waits for one for "c"; who has
    # done more is not the one to be stopped
    first = session(allocate % "b", "DO SLEEP(2.5)")
    wait_until(lambda: first.poll() is not None or database.sql(
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST"
        " WHERE state = 'User sleep'") == [["1"]], 60, "the first to sleep")
    second = session(
        "INSERT INTO namespace (name, created_at)"
        " SELECT CONCAT('n', seq), 1 FROM seq_1_to_1000", "DO SLEEP(1)",
        allocate % "a")
    token = index.token("alice", *[
        "repository:alice/%s:push" % name for name in "abc"])
    assert [client.wait(60) for client in (first, second)] == [0, 0]
    assert set(index.grants(token).values()) == {"push"}
    assert set(known(index)) == {"alice/a", "alice/b", "alice/c"}


def test_two_admins_at_once_have_one_owner(index):
    index.add("root2", "--admin")
    for i in range(10):
        got = {}

        def push(login, name="free%d/app" % i):
            got[login] = granted(index, login, name)

        threads = [threading.Thread(target=push, args=(login,))
                   for login in ("root1", "root2")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(got.values()) == ["", ALL]
