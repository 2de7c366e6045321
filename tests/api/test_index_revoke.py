"""What takes tokens out of force, and what does not."""

import hashlib
import os
import signal
import subprocess
import threading
import time

import pytest

from index_house import IndexHouse
from testenv.process import pause, wait_until

APP = "repository:alice/app:pull,push"


@pytest.fixture
def index(house):
    return IndexHouse(house, "alice", "bob")


def ends(index, token):
    return not index.holds(token) and index.verdict(token).status == 403 \
        and not index.holds(token)


def lives(index, token):
    return index.holds(token) and index.verdict(token).status == 200


def held(index, *who, **more):
    """A token that memcached has: where that is too slow for once, the index
    gives one all the same."""
    made = []

    def is_held():
        made.append(index.token(*who, **more))
        return index.holds(made[-1])
    wait_until(is_held, 60, "a token in memcached")
    return made[-1]


def test_a_token_is_in_memcached_from_the_first(index):
    token = held(index, "alice", APP)
    key = "slipway:2:" + hashlib.sha256(token.encode()).hexdigest()
    text = index.memcached[0].ask("get " + key)
    assert "grant repository:alice/app:pull,push\n" in text
    assert text.startswith("VALUE %s 0 " % key)
    assert token not in text


def test_the_verdict_route_fills_memcached_again(index):
    token = index.token("alice", APP)
    index.memcached[0].flush()
    assert not index.holds(token)
    wait_until(lambda: index.verdict(token).status == 200
               and index.holds(token), 60, "the token in memcached")


def test_a_new_password_ends_all_tokens_of_the_account(index):
    tokens = [index.token("alice", APP), index.token("alice")]
    refresh = index.ask("alice", offline_token="true").json()["refresh_token"]
    others = held(index, "bob", APP)
    index.passwd("alice", "something else")
    assert all(ends(index, token) for token in tokens)
    assert index.post(grant_type="refresh_token",
                      refresh_token=refresh).status == 401
    assert lives(index, others)
    assert index.ask("alice").status == 401
    assert lives(index, held(index, "alice", password="something else"))


def test_disabling_ends_and_enabling_does_not_bring_back(index):
    token = index.token("alice", APP)
    refresh = index.ask("alice", offline_token="true").json()["refresh_token"]
    index.worker.command("account", "disable", "alice")
    assert ends(index, token)
    assert index.ask("alice").status == 401
    index.worker.command("account", "enable", "alice")
    assert ends(index, token)
    assert index.post(grant_type="refresh_token",
                      refresh_token=refresh).status == 401
    assert lives(index, held(index, "alice", APP))


def test_a_role_that_goes_takes_its_tokens(index):
    index.worker.command("account", "set-admin", "bob", "on")
    token = index.token("bob", "registry:catalog:*")
    assert index.grants(token) == {"registry:catalog": "*"}
    index.worker.command("account", "set-admin", "bob", "off")
    assert ends(index, token)
    assert index.grants(index.token("bob", "registry:catalog:*")) == {
        "registry:catalog": ""}


def test_making_private_ends_others_tokens_of_that_repository(index):
    owner = held(index, "alice", APP, "repository:alice/other:pull,push")
    index.worker.set_visibility("alice/app", "public")
    index.worker.set_visibility("alice/other", "public")
    anonymous = index.token(None, "repository:alice/app:pull")
    bob = index.token("bob", APP, "repository:alice/other:pull")
    unconcerned = held(index, "bob", "repository:alice/other:pull")
    index.worker.set_visibility("alice/app", "private")
    assert ends(index, anonymous)
    assert ends(index, bob)
    assert lives(index, unconcerned)
    assert lives(index, owner)


def test_making_public_ends_tokens_that_were_denied(index):
    index.token("alice", APP)
    denied = index.token(None, "repository:alice/app:pull")
    index.worker.set_visibility("alice/app", "public")
    assert ends(index, denied)


def test_a_revocation_outlives_memcached(index):
    token = index.token("alice", APP)
    index.passwd("alice", "something else")
    index.memcached[0].flush()
    assert ends(index, token)


def test_a_command_says_when_memcached_may_still_grant(index):
    token = index.token("alice", APP)
    index.memcached[0].kill()
    with pytest.raises(AssertionError, match="may still be in memcached"):
        index.passwd("alice", "something else")
    assert index.verdict(token).status == 403


def test_a_command_waits_for_a_memcached_that_is_busy(index):
    """Longer than a request would."""
    database = index.worker.database

    def is_done():
        held(index, "alice", APP)
        pause(index.memcached[0].pid)
        try:
            disable = subprocess.Popen(
                [index.worker._argv[0], "account", "disable", "alice"],
                env=index.worker._env, stderr=subprocess.DEVNULL)
            wait_until(lambda: database.sql(
                "SELECT is_disabled FROM account WHERE login = 'alice'"
                ) == [["1"]], 60, "the change")
            time.sleep(0.5)
        finally:
            os.kill(index.memcached[0].pid, signal.SIGCONT)
        status = disable.wait(60)
        index.worker.command("account", "enable", "alice")
        return status == 0

    # this test may be as late as memcached, but not always
    assert any(is_done() for _ in range(10))


def test_no_token_escapes_a_concurrent_revocation(index):
    """Tokens are made and verified all the time while passwords change; none
    made with an old password is in force after a change."""
    index.house.expect("gave up after")
    tokens, stop = [], threading.Event()
    passwords = ["password-%d" % i for i in range(8)]
    index.passwd("alice", passwords[0])

    def work():
        while not stop.is_set():
            for number, password in enumerate(passwords):
                answer = index.ask("alice", APP, password=password)
                if answer.status == 200:
                    token = answer.json()["token"]
                    tokens.append((number, token))
                    index.verdict(token)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for password in passwords[1:]:
            index.passwd("alice", password)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    last = len(passwords) - 1
    for number, token in tokens:
        if number != last:
            assert ends(index, token)


def test_rows_of_ended_tokens_go(index):
    for _ in range(5):
        index.token("alice", APP)
    database = index.worker.database
    database.sql("UPDATE token SET expires_at = 1")
    for _ in range(64 * 2 + 1):
        index.token(None, "repository:bob/x:pull")
    assert database.sql("SELECT COUNT(*) FROM token WHERE expires_at = 1") \
        == [["0"]]
    assert database.sql("SELECT COUNT(*) FROM token_grant WHERE name ="
                        " 'alice/app'") == [["0"]]
