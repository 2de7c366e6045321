"""Wrong passwords in any number: who has none, or a right one, goes on."""

import concurrent.futures
import fcntl
import os
import signal
import threading
import time
from contextlib import contextmanager

import pytest

from index_house import IndexHouse
from testenv.client import basic
from testenv.process import memfd, wait_until

OLD = 60  # seconds; nothing here waits as long


@pytest.fixture
def index(house):
    return IndexHouse(house, "alice", "bob", processes=4)


def log_in(index, login, password=None, address=None, **more):
    headers = basic("%s:%s" % (login, password or index.password(login)))
    if address is not None:
        headers.append(("X-Forwarded-For", address))
    return index.client.get("/token", headers, **more)


def fail(index, login, address, times=1):
    """With another password each time, as who guesses has it."""
    for i in range(times):
        assert log_in(index, login, "wrong%d" % i, address).status == 401


def refresh(index, login="alice"):
    answer = index.ask(login, offline_token="true")
    assert answer.status == 200
    return answer.json()["refresh_token"]


@contextmanager
def all_checks_run(index, places=2):
    """As if other processes were checking passwords: they hold the places."""
    with open(memfd(index.worker.pid, "semaphore"), "r+b") as file:
        for i in range(places):
            fcntl.lockf(file, fcntl.LOCK_EX, 1, i)
        yield lambda: fcntl.lockf(file, fcntl.LOCK_UN)


# --- what checks at once -----------------------------------------------------

def test_a_check_without_a_place_is_503_after_a_moment(index):
    with all_checks_run(index):
        begun = time.monotonic()
        answer = log_in(index, "alice")
        took = time.monotonic() - begun
    assert answer.status == 503
    assert answer.codes() == ["UNAVAILABLE"]
    assert answer.header("Retry-After") == "1"
    assert 0.2 <= took < OLD
    assert log_in(index, "alice").status == 200


def test_half_of_the_processes_check(index):
    with all_checks_run(index, places=1):
        assert log_in(index, "alice").status == 200


@pytest.mark.idea(44)
def test_others_go_on_while_many_checks_wait(index):
    token = refresh(index)
    with all_checks_run(index), \
            concurrent.futures.ThreadPoolExecutor(40) as pool:
        waiting = [pool.submit(log_in, index, "bob") for _ in range(40)]
        while not all(one.done() for one in waiting):
            assert index.ask(None).status == 200
            assert index.post(grant_type="refresh_token",
                              refresh_token=token).status == 200
            # its password was right a moment ago
            assert log_in(index, "alice").status == 200
    assert {one.result().status for one in waiting} == {503}


def test_a_check_begins_when_there_is_a_place(index):
    """With all that it came with, the body that was read too."""
    with all_checks_run(index) as leave:
        begun = time.monotonic()
        threading.Timer(0.05, leave).start()
        answer = index.post(grant_type="password", username="alice",
                            password=index.password("alice"),
                            scope="repository:alice/app:pull")
    assert time.monotonic() - begun >= 0.05
    assert answer.status == 200
    assert answer.json()["scope"] == "repository:alice/app:pull"


@pytest.mark.idea(41)
def test_a_check_whose_client_has_gone_is_not_begun(index):
    for _ in range(5):
        with all_checks_run(index) as leave:
            with index.client.connect() as s:
                line = basic("bob:wrong")[0][1]
                s.sendall(("GET /token HTTP/1.1\r\nHost: x\r\n"
                           "Authorization: %s\r\n\r\n" % line).encode())
                index.ask(None)  # nginx has read it before this
            index.ask(None)
            leave()
            assert log_in(index, "alice", "wrong").status == 401
    assert "account=alice" in index.worker.process.text()
    assert "account=bob" not in index.worker.process.text()


def test_a_process_that_is_killed_leaves_its_place(index):
    index.house.expect("ended by signal 9")
    is_over = threading.Event()

    def flood():
        while not is_over.is_set():
            log_in(index, "bob", "wrong")

    threads = [threading.Thread(target=flood) for _ in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(6):
        victims = index.worker.workers()
        for victim in victims:
            os.kill(victim, signal.SIGKILL)
        wait_until(lambda: len(index.worker.workers()) == 4
                   and not set(victims) & set(index.worker.workers()), 60,
                   "new processes")
    is_over.set()
    for thread in threads:
        thread.join()
    assert log_in(index, "alice").status == 200


def test_a_stop_ends_what_waits(index):
    with all_checks_run(index), \
            concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(log_in, index, "alice")
        wait_until(lambda: index.ask(None).status == 200, 60, "an answer")
        index.worker.process.send(signal.SIGHUP)
        assert waiting.result().status == 503


# --- what is remembered ------------------------------------------------------

def test_a_right_password_is_remembered_and_a_wrong_one_is_not(index):
    assert log_in(index, "alice").status == 200
    with all_checks_run(index):
        assert log_in(index, "alice").status == 200
        assert log_in(index, "alice", "alicealicf").status == 503
        assert log_in(index, "bob", "alicealice").status == 503


def test_a_new_password_is_one_that_was_not_right_yet(index):
    assert log_in(index, "alice").status == 200
    index.passwd("alice", "new-password")
    assert log_in(index, "alice").status == 401
    assert log_in(index, "alice", "new-password").status == 200
    index.worker.command("account", "disable", "alice")
    assert log_in(index, "alice", "new-password").status == 401


def test_the_shared_memory_has_no_password(index):
    password = "a-password-to-look-for"
    index.passwd("alice", password)
    assert log_in(index, "alice", password, "192.0.2.1").status == 200
    pid = index.worker.workers()[0]
    shared = b""
    with open("/proc/%d/maps" % pid) as maps, \
            open("/proc/%d/mem" % pid, "rb") as memory:
        for line in maps:
            if "/dev/zero (deleted)" in line:
                first, last = (int(x, 16) for x in
                               line.split()[0].split("-"))
                memory.seek(first)
                shared += memory.read(last - first)
    assert shared.strip(b"\0")
    assert password.encode() not in shared


# --- how many may be wrong ---------------------------------------------------

def test_one_address_guesses_at_one_account_five_times(index):
    token = refresh(index)
    fail(index, "alice", "192.0.2.1", 5)
    for password in ("wrong", None):
        answer = log_in(index, "alice", password, "192.0.2.1")
        assert answer.status == 429
        assert answer.codes() == ["TOOMANYREQUESTS"]
        assert 1 <= int(answer.header("Retry-After")) <= 60
    assert log_in(index, "alice", address="192.0.2.2").status == 200
    assert log_in(index, "bob", address="192.0.2.1").status == 200
    assert index.client.post(
        "/token", [("Content-Type", "application/x-www-form-urlencoded"),
                   ("X-Forwarded-For", "192.0.2.1")],
        ("grant_type=refresh_token&refresh_token=" + token).encode()
    ).status == 200


def test_an_account_that_is_not_there_is_limited_alike(index):
    fail(index, "absent", "192.0.2.1", 5)
    assert log_in(index, "absent", "wrong", "192.0.2.1").status == 429


def test_an_ipv6_client_is_its_64(index):
    for i in range(5):
        assert log_in(index, "alice", "wrong%d" % i,
                      "2001:db8::%x:1" % i).status == 401
    assert log_in(index, "alice", address="2001:db8::ffff").status == 429
    assert log_in(index, "alice", address="2001:db8:0:1::1").status == 200


def test_an_ipv4_client_is_the_same_in_ipv6(index):
    fail(index, "alice", "::ffff:192.0.2.1", 5)
    assert log_in(index, "alice", address="192.0.2.1").status == 429


def test_one_address_guesses_fifty_times(index):
    """But who logged in from there does so again."""
    assert log_in(index, "alice", address="192.0.2.1").status == 200
    for i in range(50):
        fail(index, "guess%d" % i, "192.0.2.1")
    assert log_in(index, "bob", address="192.0.2.1").status == 429
    assert log_in(index, "alice", address="192.0.2.1").status == 200
    assert log_in(index, "bob", address="192.0.2.2").status == 200


@pytest.mark.idea(44)
def test_an_account_cannot_be_locked_out(index):
    """A hundred wrong passwords from everywhere: new addresses wait, the
    owner's do not, and neither do tokens."""
    token = refresh(index)
    assert log_in(index, "alice", address="192.0.2.1").status == 200
    for i in range(25):
        fail(index, "alice", "198.51.100.%d" % i, 4)
    assert log_in(index, "alice", address="203.0.113.1").status == 429
    assert log_in(index, "alice", address="192.0.2.1").status == 200
    assert log_in(index, "bob", address="203.0.113.1").status == 200
    assert index.post(grant_type="refresh_token",
                      refresh_token=token).status == 200
    # a month later no one has logged in from there
    index.worker.database.sql("UPDATE account_address SET seen_at = 1")
    index.passwd("alice", "new-password")
    assert log_in(index, "alice", "new-password", "192.0.2.1").status == 429


def test_an_old_password_is_no_guess(index):
    """A client that repeats it does not lock out those at its address that
    have the new one; nor does it cost a check."""
    index.passwd("alice", "new-password")
    for _ in range(60):
        assert log_in(index, "alice", "alicealice", "192.0.2.1").status == 401
    with all_checks_run(index):
        assert log_in(index, "alice", "alicealice", "192.0.2.1").status == 401
        assert log_in(index, "alice", "alicealice", "192.0.2.2").status == 503
    assert log_in(index, "alice", "new-password", "192.0.2.1").status == 200
    index.passwd("alice", "alicealice")
    assert log_in(index, "alice", "alicealice", "192.0.2.1").status == 200
    index.worker.command("account", "disable", "alice")
    assert log_in(index, "alice", "alicealice", "192.0.2.1").status == 401
    index.worker.command("account", "enable", "alice")
    assert log_in(index, "alice", "alicealice", "192.0.2.1").status == 200


def test_a_password_that_was_right_meets_no_limit(index):
    assert log_in(index, "alice", address="192.0.2.1").status == 200
    fail(index, "alice", "192.0.2.1", 5)
    assert log_in(index, "alice", "wrong", "192.0.2.1").status == 429
    assert log_in(index, "alice", address="192.0.2.1").status == 200


def test_loopback_is_no_clients_address(index):
    """A proxy that does not pass its clients' addresses on."""
    for _ in range(6):
        assert log_in(index, "alice", "wrong").status == 401
    assert log_in(index, "alice").status == 200


# --- what nginx limits -------------------------------------------------------

@pytest.fixture
def front(house):
    """conf/index.conf, behind a proxy."""
    nginx, _ = house.with_index()

    def configure(*changes):
        text = nginx.conf.read_text()
        for old, new in (("server {\n", "server {\n set_real_ip_from 127.0.0.1;"
                          " real_ip_header X-Forwarded-For;\n"), *changes):
            assert old in text
            text = text.replace(old, new, 1)
        nginx.conf.write_text(text)
        nginx.reload()
        return nginx.client(8500)

    return configure


def ask_from(client, address):
    return client.get("/token", [("X-Forwarded-For", address)])


SAME = "2001:db8:0:a0a::1", "2001:db8:0:a0a:ffff::2"  # 0x0a ends a line
OTHERS = "2001:db8:0:a0b::1", "192.0.2.1", "192.0.2.2"


def test_nginx_limits_the_rate_of_a_64(front):
    client = front(("rate=20r/s", "rate=1r/m"), ("burst=100 nodelay", ""))
    answers = [ask_from(client, address) for address in SAME]
    assert [answer.status for answer in answers] == [200, 429]
    assert answers[1].codes() == ["TOOMANYREQUESTS"]
    assert answers[1].header("Retry-After") == "2"
    for address in OTHERS:
        assert ask_from(client, address).status == 200


def test_nginx_limits_what_a_64_asks_at_once(front):
    client = front(("token_open 32", "token_open 1"))
    with client.connect() as s:
        s.sendall(("POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
                   "X-Forwarded-For: %s\r\n\r\nhalf" % SAME[0]).encode())
        wait_until(lambda: ask_from(client, SAME[1]).status == 429, OLD,
                   "nginx to count the first")
        for address in OTHERS:
            assert ask_from(client, address).status == 200
