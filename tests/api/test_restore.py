"""A copy of the index's database: made during requests, and what an older one
has forgotten when it is back."""

import os
import re
import subprocess

import pytest

from index_house import IndexHouse
from testenv import paths
from testenv.mirror import Mirror, manifests, push, snapshot
from testenv.servers import numbers


@pytest.fixture
def index(house):
    index = IndexHouse(house, "alice", "bob")
    index.add("root1", "--admin")
    index.mirror = Mirror(index.worker, index.client)
    return index


def dump(database, out):
    """As docs/operations.md has it."""
    [flags] = set(re.findall(r"^ *mariadb-dump (.*?)slipway >",
                             (paths.TOP / "docs/operations.md").read_text(),
                             re.M))
    return subprocess.Popen(
        ["/usr/bin/mariadb-dump", "--no-defaults", "-u", "root", "-S",
         str(database.server.socket), *flags.split(), database.name],
        stdout=out, env=paths.environment())


def restore(index, text):
    """Stops the index, loads a copy, and starts it again."""
    database = index.worker.database
    index.worker.stop()
    database.sql("DROP DATABASE `%s`; CREATE DATABASE `%s`" % (
        database.name, database.name))
    database.sql(text)
    index.worker.start()


def copy(index):
    with open(index.house.dir + "/copy.sql", "w") as out:
        assert dump(index.worker.database, out).wait(60) == 0
    # seconds count: what comes now is younger than the copy
    index.worker.database.sql("DO SLEEP(1.1)")
    with open(index.house.dir + "/copy.sql") as text:
        return text.read()


def reindexed(index, *names):
    index.mirror.take(snapshot("begin"),
                      *[manifests(name, 1) for name in names],
                      snapshot("end"))


def test_a_copy_delays_no_request(index):
    """No process reads it, and so it stands in the middle of a table."""
    database = index.worker.database
    database.sql("INSERT INTO repository (namespace_id, name, is_private,"
                 " created_at) SELECT id, CONCAT('alice/', REPEAT('x', 100),"
                 " seq), 1, 1 FROM namespace, " + numbers(20000) +
                 " WHERE name = 'alice'")
    reader, writer = os.pipe()
    running = dump(database, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as copied:
        text = b""
        while b"INSERT INTO `repository`" not in text:
            text += copied.read(4096)
        for login in ("alice", "bob", None):
            assert index.ask(login, "repository:alice/app:push").status == 200
        index.mirror.take(push("alice/app"))
        index.worker.set_visibility("alice/app", "public")
        text += copied.read()
    assert running.wait(60) == 0
    assert text.rstrip().splitlines()[-1].startswith(b"-- Dump completed")
    assert b"'alice/app'" not in text


@pytest.mark.idea(45)
def test_what_an_older_copy_has_forgotten_is_listed(index):
    command = index.worker.command
    index.mirror.take(push("alice/app"), push("alice/was-public"),
                      push("alice/gone"))
    for name in ("was-public", "gone"):
        index.worker.set_visibility("alice/" + name, "public")
    reindexed(index, "alice/app", "alice/was-public", "alice/gone")
    text = copy(index)
    # decisions that the copy does not have
    index.worker.set_visibility("alice/was-public", "private")
    command("account", "disable", "bob")
    index.add("carol")
    index.mirror.take(push("carol/secret"), push("alice/new"))
    restore(index, text)
    says = index.complaint("restore-check")
    assert "reindex" in says
    reindexed(index, "alice/app", "alice/was-public", "carol/secret",
              "alice/new")
    lines = command("restore-check").splitlines()
    assert re.fullmatch(r"loaded 20\d\d-\S+Z", lines[0])
    assert re.fullmatch(r"last used before 20\d\d-\S+Z", lines[1])
    assert lines[2:] == [
        "namespace carol: not in the copy; its owner: no one",
        "repository alice/gone: public; not in the store",
        "repository alice/new: private; not in the copy",
        "repository alice/was-public: public",
        "repository carol/secret: private; not in the copy",
        "account alice: may log in",
        "account bob: may log in",
        "account root1: may log in; is an admin"]
    objects = index.listed("restore-check")
    assert objects[:4] == [
        {"kind": "database", "loaded_at": True, "used_at": True},
        {"kind": "namespace", "name": "carol", "owner": None},
        {"kind": "repository", "name": "alice/gone", "visibility": "public",
         "is_in_copy": True, "is_stored": False},
        {"kind": "repository", "name": "alice/new", "visibility": "private",
         "is_in_copy": False, "is_stored": True}]
    assert objects[6:] == [
        {"kind": "account", "login": "alice", "is_admin": False},
        {"kind": "account", "login": "bob", "is_admin": False},
        {"kind": "account", "login": "root1", "is_admin": True}]
    assert len(objects) == len(lines) - 1


def test_a_run_that_is_under_way_is_not_enough(index):
    index.mirror.take(snapshot("begin"), manifests("alice/app", 1))
    assert "reindex" in index.complaint("restore-check")
    index.mirror.take(snapshot("end"))
    index.worker.command("restore-check")


def test_an_admins_push_does_not_take_what_a_copy_has_forgotten(index):
    """The store holds carol's repositories, the copy does not know carol: an
    admin who pushes there before a check owns nothing by that."""
    text = copy(index)
    index.add("carol")
    index.mirror.take(push("carol/secret"))
    restore(index, text)
    scope = "repository:carol/mine:pull,push"
    assert index.grants(index.token("root1", scope)) == {
        "repository:carol/mine": "pull,push"}
    index.mirror.take(push("carol/mine", by="root1"))
    assert "carol private -" in index.worker.command("namespace", "list")
    reindexed(index, "carol/secret", "carol/mine")
    index.add("carol")
    for name in ("secret", "mine"):
        thing = "repository:carol/" + name
        for login, actions in (("carol", "pull"), ("root1", "")):
            assert index.grants(index.token(login, thing + ":pull")) == {
                thing: actions}


# --- refresh tokens ----------------------------------------------------------

def refresh(index, login):
    return index.ask(login, offline_token="true").json()["refresh_token"]


def use(index, token):
    return index.post(grant_type="refresh_token", refresh_token=token).status


def listed(index):
    """{id: the rest of its line}"""
    return dict(line.split(" ", 1) for line in
                index.worker.command("refresh-token", "list").splitlines())


def test_refresh_tokens_are_listed_and_revoked_one_by_one(index):
    tokens = {}
    for login in ("alice", "alice", "bob"):
        before = listed(index)
        token = refresh(index, login)
        [new] = set(listed(index)) - set(before)
        tokens[new] = token
    first, second, third = tokens
    time = r"20\d\d-\S+Z"
    assert re.fullmatch(r"alice registry\.test issued %s used - expires %s"
                        % (time, time), listed(index)[first])
    assert use(index, tokens[first]) == 200
    assert re.search("used %s expires" % time, listed(index)[first])
    index.worker.command("refresh-token", "revoke", first)
    assert set(listed(index)) == {second, third}
    assert "id=" not in index.worker.process.text()
    assert use(index, tokens[first]) == 401
    assert use(index, tokens[second]) == use(index, tokens[third]) == 200
    assert ("warn: a revoked refresh token was used: id=%s account=alice "
            "remote_addr=127.0.0.1" % first) in index.worker.process.text()
    assert tokens[first] not in index.worker.process.text()
    index.worker.command("refresh-token", "revoke", "all")
    assert listed(index) == {}
    assert use(index, tokens[second]) == use(index, tokens[third]) == 401


def test_one_that_a_new_password_ended_is_noticed_too(index):
    token = refresh(index, "alice")
    index.passwd("alice", "another password")
    assert listed(index) == {}
    assert use(index, token) == 401
    assert "a revoked refresh token was used" in index.worker.process.text()


def test_ids_that_are_none(index):
    for word in ("", "x", "0" * 15, "0" * 17, "%" * 16, "A" * 16):
        assert "is no id" in index.complaint("refresh-token", "revoke", word)
    assert "there is no valid refresh token" in index.complaint(
        "refresh-token", "revoke", "0" * 16)
