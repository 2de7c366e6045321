"""A memcached that answers nonsense: the index is asked, or nobody knows."""

import socket
import threading
import time

import pytest

from testenv import House
from testenv.accounts import Accounts, scope, verdict, verdict_of
from testenv.images import sha256
from testenv.process import wait_until

NAME = "alice/app"
DATA = b"held"
PATH = "/v2/%s/blobs/%s" % (NAME, sha256(DATA))


class Fake:
    """Answers each question on a unix socket with the same bytes."""

    def __init__(self, path):
        self.answer = b"END\r\n"    # or a function of the key
        self.is_closing = False     # after each answer
        self.asked = 0
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(path)
        self._listening.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                s, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(s,),
                             daemon=True).start()

    def _serve(self, s):
        with s:
            while True:
                try:
                    line = s.recv(4096)
                    if not line:
                        return
                    self.asked += 1
                    key = line.split()[1]
                    for piece in self.answer(key):
                        s.sendall(piece)
                    if self.is_closing:
                        return
                except OSError:
                    return

    def close(self):
        self._listening.close()


@pytest.fixture(scope="module")
def world(database_server):
    house = House(database_server)
    house.expect("memcached|upstream|verdict")
    fake = Fake(house.dir + "/fake.sock")
    try:
        made = Accounts(house, "alice", valid="0",
                        upstream="server unix:%s/fake.sock; keepalive 4;"
                        % house.dir)
        made.fake = fake
        made.fake.answer = lambda key: [b"END\r\n"]
        made.client("alice", scope(NAME)).push_blob(NAME, DATA)
        yield made
    finally:
        problems = house.problems()
        fake.close()
        house.remove()
    assert not problems, "\n".join(problems)


# Collected long before it is used: it must not end on the way.
GOOD = verdict([scope(NAME)], expires=86400).encode()


def value(key, data, length=None, end=b"\r\nEND\r\n", flags=b"0"):
    return b"VALUE %s %s %d\r\n" % (
        key, flags, len(data) if length is None else length) + data + end


def slowly(data):
    for i in range(0, len(data), 16):
        time.sleep(0.002)
        yield data[i:i + 16]


# An answer to a question about a good token, and what the client may get:
# 200 from memcached or, where that is of no use or late, from the index; or
# 503.
ANSWERS = {
    "a verdict": (lambda k: [value(k, GOOD)], {"memcached"}),
    "in pieces": (lambda k: slowly(value(k, GOOD)), {"memcached"}),
    "each byte": (lambda k: (bytes([b]) for b in value(k, GOOD)),
                  {"memcached"}),
    "nothing": (lambda k: [b"END\r\n"], {"index"}),
    "an error": (lambda k: [b"ERROR\r\n"], {"index"}),
    "a server error": (lambda k: [b"SERVER_ERROR out of memory\r\n"],
                       {"index"}),
    "a client error": (lambda k: [b"CLIENT_ERROR bad key\r\n"], {"index"}),
    "another key": (lambda k: [value(b"x" * len(k), GOOD)], {"index"}),
    "a longer key": (lambda k: [value(k + b"x", GOOD)], {"index"}),
    "no length": (lambda k: [b"VALUE %s 0\r\n" % k + GOOD], {"index"}),
    "a negative length": (lambda k: [value(k, GOOD, -1)], {"index"}),
    "a huge length": (lambda k: [value(k, GOOD, 1 << 62)],
                      {"index", "503"}),
    "an overflow": (lambda k: [b"VALUE %s 0 %s\r\n" % (k, b"9" * 40)],
                    {"index"}),
    "http": (lambda k: [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"],
             {"index"}),
    "empty lines": (lambda k: [b"\r\n" * 10], {"index"}),
    "binary": (lambda k: [b"\x81\x00\x00\x00" * 8 + b"\n"], {"index"}),
    "a long line": (lambda k: [b"x" * 100000], {"index"}),
    "an early end": (lambda k: [value(k, GOOD)[:-3]],
                     {"memcached", "index", "503"}),
    "no end": (lambda k: [value(k, GOOD, end=b"")],
               {"memcached", "index", "503"}),
    "another end": (lambda k: [value(k, GOOD, end=b"\r\nXXXXX")],
                    {"memcached", "index", "503"}),
    "two values": (lambda k: [value(k, GOOD, end=b"\r\n") + value(k, GOOD)],
                   {"memcached", "index", "503"}),
    "half of it": (lambda k: [value(k, GOOD)[:150]],
                   {"index", "503"}),
    "a shorter length": (lambda k: [value(k, GOOD, len(GOOD) - 10)],
                         {"memcached", "index", "503"}),
    "a longer length": (lambda k: [value(k, GOOD, len(GOOD) + 10)],
                        {"index", "503"}),
    "compressed": (lambda k: [value(k, GOOD, flags=b"2")], {"memcached"}),
}


@pytest.mark.parametrize("is_closing", [False, True])
@pytest.mark.parametrize("name", ANSWERS)
def test_answers(world, name, is_closing):
    """The owner of a good token is served or told to wait, never cut off,
    and nobody else gets anything."""
    answer, allowed = ANSWERS[name]
    world.fake.answer, world.fake.is_closing = answer, is_closing
    token = world.sign(verdict([scope(NAME)]))
    for _ in range(3):
        got = world.open.with_token(token).get(PATH)
        assert got.status in (200, 503), got
        source, result = verdict_of(got)
        if got.status == 503:
            assert "503" in allowed and result == "unavailable"
            assert got.codes() == ["UNAVAILABLE"]
        else:
            assert source in allowed | {"index"}
            assert got.body == DATA
    if allowed == {"index"}:
        assert world.open.with_token("x").get(PATH).status == 401
    elif allowed == {"memcached"}:
        wait_until(lambda: verdict_of(world.open.with_token(token).get(PATH))
                   == ["memcached", "granted"], 60, "an answer in time")


@pytest.mark.parametrize("method,path,status", [
    ("GET", PATH, 200), ("HEAD", PATH, 200),
    ("POST", "/v2/%s/blobs/uploads/" % NAME, 202),
    ("PUT", "/v2/%s/manifests/1" % NAME, 400)])
def test_the_index_is_asked_by_any_method(world, method, path, status):
    """It sees the client's, and has a verdict for each."""
    world.fake.answer, world.fake.is_closing = lambda key: [b"END\r\n"], False
    token = world.sign(verdict([scope(NAME)]))
    answer = world.open.with_token(token).request(method, path)
    assert verdict_of(answer) == ["index", "granted"], answer
    assert answer.status == status
    answer = world.open.with_token("x" + token).request(method, path)
    assert verdict_of(answer) == ["index", "invalid"], answer
    assert answer.status == 401


def test_it_was_asked(world):
    assert world.fake.asked > 50
