"""A memcached that answers nonsense: the index is asked, or the answer is
503."""

import socket
import threading
import time

import pytest

from testenv import House
from testenv.accounts import Accounts, key_of, scope, verdict, verdict_of
from testenv.images import sha256
from testenv.process import wait_until

NAME = "alice/app"
DATA = b"held"
PATH = "/v2/%s/blobs/%s" % (NAME, sha256(DATA))


class Fake:
    """Answers each question about one key on a unix socket with the same bytes,
    and knows no other key, as no process could store anything there."""

    def __init__(self, path):
        self.answer = None          # a function of key and good
        self.key = self.good = None
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
                    for piece in (self.answer(key, self.good)
                                  if key == self.key
                                  else [b"END\r\n"]):
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
        made.client("alice", scope(NAME)).push_blob(NAME, DATA)
        yield made
    finally:
        problems = house.problems()
        fake.close()
        house.remove()
    assert not problems, "\n".join(problems)


def value(key, data, length=None, end=b"\r\nEND\r\n", flags=b"0"):
    return b"VALUE %s %s %d\r\n" % (
        key, flags, len(data) if length is None else length) + data + end


def slowly(data):
    for i in range(0, len(data), 16):
        time.sleep(0.002)
        yield data[i:i + 16]


# An answer to a question about a good token, from its key and its verdict, and
# where the client may get its 200 from: from memcached or, where that is of no
# use or late, from the index.
ANSWERS = {
    "a verdict": (lambda k, g: [value(k, g)], {"memcached"}),
    "in pieces": (lambda k, g: slowly(value(k, g)), {"memcached"}),
    "each byte": (lambda k, g: (bytes([b]) for b in value(k, g)),
                  {"memcached"}),
    "nothing": (lambda k, g: [b"END\r\n"], {"index"}),
    "an error": (lambda k, g: [b"ERROR\r\n"], {"index"}),
    "a server error": (lambda k, g: [b"SERVER_ERROR out of memory\r\n"],
                       {"index"}),
    "a client error": (lambda k, g: [b"CLIENT_ERROR bad key\r\n"], {"index"}),
    "another key": (lambda k, g: [value(b"x" * len(k), g)], {"index"}),
    "a longer key": (lambda k, g: [value(k + b"x", g)], {"index"}),
    "no length": (lambda k, g: [b"VALUE %s 0\r\n" % k + g], {"index"}),
    "a negative length": (lambda k, g: [value(k, g, -1)], {"index"}),
    "a huge length": (lambda k, g: [value(k, g, 1 << 62)],
                      {"index"}),
    "an overflow": (lambda k, g: [b"VALUE %s 0 %s\r\n" % (k, b"9" * 40)],
                    {"index"}),
    "http": (lambda k, g: [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"],
             {"index"}),
    "empty lines": (lambda k, g: [b"\r\n" * 10], {"index"}),
    "binary": (lambda k, g: [b"\x81\x00\x00\x00" * 8 + b"\n"], {"index"}),
    "a long line": (lambda k, g: [b"x" * 100000], {"index"}),
    "an early end": (lambda k, g: [value(k, g)[:-3]],
                     {"memcached", "index"}),
    "no end": (lambda k, g: [value(k, g, end=b"")],
               {"memcached", "index"}),
    "another end": (lambda k, g: [value(k, g, end=b"\r\nXXXXX")],
                    {"memcached", "index"}),
    "two values": (lambda k, g: [value(k, g, end=b"\r\n") + value(k, g)],
                   {"memcached", "index"}),
    "half of it": (lambda k, g: [value(k, g)[:150]],
                   {"index"}),
    "a shorter length": (lambda k, g: [value(k, g, len(g) - 10)],
                         {"memcached", "index"}),
    "a longer length": (lambda k, g: [value(k, g, len(g) + 10)],
                        {"index"}),
    "compressed": (lambda k, g: [value(k, g, flags=b"2")], {"memcached"}),
}


@pytest.mark.parametrize("is_closing", [False, True])
@pytest.mark.parametrize("name", ANSWERS)
def test_answers(world, name, is_closing):
    """The owner of a good token is served, never cut off."""
    answer, allowed = ANSWERS[name]
    world.fake.answer, world.fake.is_closing = answer, is_closing
    text = verdict([scope(NAME)])
    token = world.sign(text)
    world.fake.good = world.seal(text, token)
    world.fake.key = key_of(token).encode()
    for _ in range(3):
        got = world.open.with_token(token).get(PATH)
        assert got.status == 200, got
        assert verdict_of(got)[0] in allowed | {"index"}
        assert got.body == DATA
    if allowed == {"memcached"}:
        wait_until(lambda: verdict_of(world.open.with_token(token).get(PATH))
                   == ["memcached", "granted"], 60, "an answer in time")


@pytest.mark.parametrize("method,path,status", [
    ("GET", PATH, 200), ("HEAD", PATH, 200),
    ("POST", "/v2/%s/blobs/uploads/" % NAME, 202),
    ("PUT", "/v2/%s/manifests/1" % NAME, 400)])
def test_the_index_is_asked_by_any_method(world, method, path, status):
    """It sees the client's, and has a verdict for each."""
    world.fake.key, world.fake.is_closing = None, False
    token = world.sign(verdict([scope(NAME)]))
    answer = world.open.with_token(token).request(method, path)
    assert verdict_of(answer) == ["index", "granted"], answer
    assert answer.status == status
    answer = world.open.with_token("x" + token).request(method, path)
    assert verdict_of(answer) == ["index", "invalid"], answer
    assert answer.status == 401


def test_it_was_asked(world):
    assert world.fake.asked > 50
