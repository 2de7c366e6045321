"""Who may do what, through the token endpoint; and first pushes."""

import subprocess
import threading

import pytest

from index_house import IndexHouse
from testenv.mirror import Mirror, manifests, push, snapshot
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


def pushed(index, *names):
    """What the store says when it was pushed to."""
    Mirror(index.worker, index.client).take(*[push(name) for name in names])


def test_a_push_makes_a_private_repository(index):
    assert granted(index, "alice", "alice/app", "pull,push") == "pull,push"
    pushed(index, "alice/app")
    assert known(index) == {"alice/app": ["private", "alice", "stored"]}
    assert granted(index, "alice", "alice/app") == ALL
    for login in ("bob", "root1", None):
        assert granted(index, login, "alice/app") == ""


@pytest.mark.idea(46)
def test_tokens_make_no_rows(index):
    """However many repositories they are for."""
    scopes = ["repository:alice/r%d:pull,push" % i for i in range(40)]
    assert set(index.grants(index.token("alice", *scopes)).values()) == {
        "pull,push"}
    assert granted(index, "root1", "ubuntu/app") == ALL
    for login in ("bob", None, "root1"):
        assert granted(index, login, "alice/app") == ""
    assert granted(index, "bob", "nobodys/app") == ""
    assert known(index) == {}
    assert index.worker.command("namespace", "list").splitlines() == [
        "alice private alice", "bob private bob", "root1 private root1"]


def test_visibility_may_be_said_before_the_first_push(index):
    token = index.token("bob", "repository:alice/app:pull")
    index.worker.set_visibility("alice/app", "public")
    assert index.verdict(token).status == 403
    assert granted(index, "bob", "alice/app") == "pull"
    pushed(index, "alice/app")
    assert known(index) == {"alice/app": ["public", "alice", "stored"]}


def test_a_private_repository_is_as_one_that_is_not_there(index):
    pushed(index, "alice/app")
    for login in ("bob", None, "root1"):
        assert (granted(index, login, "alice/app") ==
                granted(index, login, "alice/nothing") == "")


def test_a_public_repository_is_pulled_by_all(index):
    pushed(index, "alice/app")
    index.worker.set_visibility("alice/app", "public")
    for login in ("bob", None, "root1"):
        assert granted(index, login, "alice/app") == "pull"
        assert granted(index, login, "alice/app", "*") == "pull"
    assert granted(index, "alice", "alice/app", "*") == ALL


def test_a_namespace_may_make_public_ones(index):
    index.worker.command("namespace", "set-visibility", "alice", "public")
    assert granted(index, None, "alice/app") == ""
    pushed(index, "alice/app")
    assert known(index) == {"alice/app": ["public", "alice", "stored"]}
    assert granted(index, None, "alice/app") == "pull"


def test_what_reindex_finds_is_private(index):
    """Who pushed it is not known."""
    index.worker.command("namespace", "set-visibility", "alice", "public")
    Mirror(index.worker, index.client).take(
        snapshot("begin"), manifests("alice/app", 1), snapshot("end"))
    assert known(index) == {"alice/app": ["private", "alice", "stored"]}


def test_a_namespace_is_the_first_part_of_a_name(index):
    assert granted(index, "alice", "alice") == ALL
    assert granted(index, "alice", "alice/a/b/c") == ALL
    assert granted(index, "alice", "alicex/app") == ""
    assert granted(index, "alice", "bob/alice") == ""


def test_no_push_takes_a_namespace(index):
    """The store may hold much of it that the index does not know, as after a
    restored database: who pushes first does not own that."""
    index.add("root2", "--admin")
    for login in ("root1", "root2"):
        for name in ("ubuntu", "library/a/b", "library/other"):
            assert granted(index, login, name) == ALL
    pushed(index, "ubuntu", "library/a/b")
    assert known(index) == {"ubuntu": ["private", "-", "stored"],
                            "library/a/b": ["private", "-", "stored"]}
    for login in ("alice", None):
        assert granted(index, login, "library/a/b") == ""
    token = index.token("root2", "repository:library/a/b:pull")
    index.worker.command("namespace", "set-owner", "library", "root1")
    assert index.verdict(token).status == 403
    assert granted(index, "root1", "library/a/b") == ALL
    assert granted(index, "root2", "library/a/b") == ""


def test_an_adopted_repository_stays_without_an_owner(index):
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
    pushed(index, "ubuntu")
    index.worker.command("namespace", "set-owner", "ubuntu", "root1")
    with pytest.raises(AssertionError, match="belongs to another account"):
        index.add("ubuntu")
    assert "ubuntu" not in index.worker.command("account", "list")


def test_no_token_of_an_admin_escapes_a_new_owner(index):
    """A token that is being made has nothing of the namespace to lock when
    the namespace gets its owner."""
    database = index.worker.database

    def runs(text):
        return database.sql(
            "SELECT 1 FROM information_schema.PROCESSLIST WHERE db = '%s'"
            " AND info LIKE '%s%%'" % (database.name, text)) != []

    made = []
    asking = threading.Thread(target=lambda: made.append(
        index.token("root1", "repository:carol/app:pull")))
    # the token is decided, and cannot be recorded
    locked = subprocess.Popen(
        database.server.client(database.name, "-N", "-B", "--unbuffered"),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    locked.stdin.write("LOCK TABLES token READ; SELECT 'locked';\n")
    locked.stdin.flush()
    assert locked.stdout.readline() == "locked\n"
    asking.start()
    wait_until(lambda: runs("INSERT INTO token "), 60, "the token to wait")
    adding = subprocess.Popen(
        [index.worker._argv[0], "account", "add", "carol", "--password-stdin"],
        env=index.worker._env, stdin=subprocess.PIPE, text=True)
    adding.stdin.write("carolcarol\n")
    adding.stdin.close()
    wait_until(lambda: adding.poll() is not None
               or runs("SELECT CAST(COUNT(*) AS UNSIGNED) AS n FROM account"), 60,
               "the account to wait, or to be there")
    locked.stdin.close()
    assert locked.wait(60) == 0
    asking.join()
    assert adding.wait(60) == 0
    assert index.verdict(made[0]).status == 403
    assert granted(index, "root1", "carol/app", "pull") == ""
