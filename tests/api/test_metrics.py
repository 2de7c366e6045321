"""/metrics: Prometheus text that counts right."""

import os
import re
import signal
import socket
import struct
import threading

import pytest

from testenv import House, images
from testenv.accounts import Accounts, scope
from testenv.images import sha256
from testenv.process import wait_until

NAME = "alice/app"
DATA = images.blob(50000, "metrics")
DIGEST = sha256(DATA)

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"'
_SAMPLE = re.compile(r"(%s)(?:\{(%s(?:,%s)*)\})? (\d+)" % (
    _NAME, _LABEL, _LABEL))
_HELP = re.compile(r"# HELP (%s) (.+)" % _NAME)
_TYPE = re.compile(r"# TYPE (%s) (counter|gauge)" % _NAME)

ESTABLISHED, CLOSE_WAIT = "01", "08"    # in /proc/net/tcp


def parse(text):
    """(name, labels) -> number, of the text format 0.0.4; strict."""
    samples, types, helped = {}, {}, set()
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP"):
            helped.add(_HELP.fullmatch(line)[1])
        elif line.startswith("# TYPE"):
            name, kind = _TYPE.fullmatch(line).groups()
            assert name not in types, "twice: " + name
            types[name] = kind
        else:
            name, labels, value = _SAMPLE.fullmatch(line).groups()
            assert name in types, "no type: " + name
            assert list(types)[-1] == name, "not in one group: " + name
            key = (name, tuple(sorted((labels or "").split(","))))
            assert key not in samples, "twice: " + line
            samples[key] = int(value)
            assert types[name] == "gauge" or name.endswith("_total"), name
    assert set(types) <= helped
    return samples


class Metrics:
    """The difference since it was made."""

    def __init__(self, client):
        self._client = client
        self.settle()
        self._before = self.read()

    def settle(self):
        """Counters are written when a request ends, after its last byte, and
        before its connection is closed."""
        port = ":%04X" % self._client.port

        def is_open(line):
            row = line.split()
            return row[1].endswith(port) and row[3] in (ESTABLISHED,
                                                        CLOSE_WAIT)

        def is_quiet():
            with open("/proc/net/tcp") as f:
                return not any(map(is_open, f))
        wait_until(is_quiet, 60, "nginx to close what its clients closed")

    def read(self):
        answer = self._client.get("/metrics")
        assert answer.status == 200
        assert answer.header("Content-Type").startswith(
            "text/plain; version=0.0.4")
        found = parse(answer.body.decode("ascii"))
        assert all(value < 1 << 62 for value in found.values()), found
        return found

    def gained(self, name, **labels):
        """The sum over the labels that are not said."""
        wanted = {'%s="%s"' % item for item in labels.items()}
        now = self.read()
        return sum(value - self._before.get(key, 0)
                   for key, value in now.items()
                   if key[0] == "slipway_" + name and wanted <= set(key[1]))

    def now(self, name):
        return self.read()[("slipway_" + name, ("",))]


@pytest.fixture(scope="module")
def world(database_server):
    house = House(database_server)
    try:
        yield Accounts(house, "alice", valid="1h", patience="60s")
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture
def metrics(world):
    return Metrics(world.open)


def counts(metrics, **expected):
    metrics.settle()
    for name, value in expected.items():
        assert metrics.gained("requests_total", action=name) == value, name


def wait_for_open(metrics, count):
    wait_until(lambda: metrics.now("uploads_open") == count, 60,
               "%d open uploads" % count)


def test_requests(world, metrics):
    client = world.client("alice", scope(NAME))
    client.push_blob(NAME, DATA)
    for _ in range(3):
        client.blob(NAME, DIGEST)
    client.head("/v2/%s/blobs/%s" % (NAME, DIGEST))
    client.blob(NAME, sha256(b"none"))
    world.open.blob(NAME, DIGEST)
    counts(metrics, upload_start=1, upload_patch=1, upload_put=1,
           blob_get=5, blob_head=1)
    for status, value in (("2xx", 3), ("4xx", 2), ("5xx", 0)):
        assert metrics.gained("requests_total", action="blob_get",
                              status=status) == value
    sent = metrics.gained("sent_bytes_total", action="blob_get")
    assert 150000 < sent < 155000
    received = metrics.gained("received_bytes_total")
    assert 50000 < received < 60000


def test_verdicts(world, metrics):
    client = world.held("alice", scope(NAME))
    for _ in range(3):
        client.get("/v2/")
    client.get("/v2/bob/x/tags/list")
    client.with_token("unknown").get("/v2/")
    metrics.settle()
    assert metrics.gained("verdicts_total") == 5
    for source, result, value in (("memcached", "granted", 1),
                                  ("zone", "granted", 2),
                                  ("zone", "denied", 1),
                                  ("index", "invalid", 1)):
        assert metrics.gained("verdicts_total", source=source,
                              result=result) == value


def test_a_range_counts_what_was_sent(world, metrics):
    client = world.client("alice", scope(NAME))
    client.push_blob(NAME, DATA)
    client.blob(NAME, DIGEST, [("Range", "bytes=0-99")])
    counts(metrics, blob_get=1)
    assert metrics.gained("sent_bytes_total", action="blob_get") < 2000


def test_what_is_no_action(world, metrics):
    for path in ("/v2/Bad/tags/list", "/v2/a//b", "/v2/nothing"):
        world.open.get(path)
    counts(metrics, none=3)
    world.open.get("/elsewhere")
    world.open.get("/token")
    world.open.get("/metrics")
    assert metrics.gained("requests_total") == 3


# --- uploads that are open -------------------------------------------------

def open_upload(client, location, method=b"PATCH", query=b""):
    s = client.connect()
    s.sendall(b"%s %s%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
              b"Content-Length: 1000000\r\n\r\n" % (
                  method, location.encode(), query, client.token.encode())
              + DATA)
    return s


def test_open_uploads(world, metrics):
    """Counted while their bodies come; however they end, they are gone."""
    client = world.client("alice", scope(NAME))
    assert metrics.now("uploads_open") == 0
    sockets = [open_upload(client, client.start_upload(NAME))
               for _ in range(4)]
    sockets.append(open_upload(
        client, "/v2/%s/blobs/uploads/" % NAME, b"POST",
        b"?digest=" + sha256(b"x").encode()))
    wait_for_open(metrics, 5)
    sockets[0].close()
    # One with a reset, as a client that dies does.
    sockets[1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack("ii", 1, 0))
    sockets[1].close()
    wait_for_open(metrics, 3)
    sockets[2].sendall(b"x" * (1000000 - len(DATA)))
    assert sockets[2].recv(20).startswith(b"HTTP/1.1 202")
    wait_for_open(metrics, 2)
    for s in sockets:
        s.close()
    wait_for_open(metrics, 0)


def test_a_killed_worker_holds_no_upload(world, metrics):
    """Its share of the gauge ends with it, and no one else's."""
    world.house.expect("exited on signal 9")
    client = world.client("alice", scope(NAME))
    before = world.nginx.workers()
    sockets = [open_upload(client, client.start_upload(NAME))
               for _ in range(8)]
    wait_for_open(metrics, 8)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    for s in sockets:
        s.close()
    wait_until(lambda: len(set(world.nginx.workers()) - set(before)) == 2,
               60, "new workers")
    wait_for_open(metrics, 0)
    with open_upload(client, client.start_upload(NAME)):
        wait_for_open(metrics, 1)
    wait_for_open(metrics, 0)


def test_refused_uploads(world, metrics):
    """Those that never begin are never open, nor counted twice."""
    client = world.client("alice", scope(NAME))
    location = client.start_upload(NAME)
    busy = open_upload(client, location)
    wait_for_open(metrics, 1)
    assert client.patch(location, [], b"x").status == 416
    busy.close()
    wait_for_open(metrics, 0)
    unknown = location[:-12] + "0" * 12
    assert client.patch(unknown, [], b"x").status == 404
    assert client.patch(location, [("Content-Range", "9-3")],
                        b"x").status == 416
    assert client.patch(location, [("Content-Range", "x")], b"x").status == 400
    assert client.put(location + "?digest=x", [], b"x").status == 400
    assert client.delete(location).status == 204
    assert world.open.patch(location, [], b"x").status == 401
    metrics.settle()
    assert metrics.now("uploads_open") == 0


def test_under_load(world, metrics):
    """Several processes, many threads: nothing is lost."""
    client = world.client("alice", scope(NAME))
    client.push_blob(NAME, DATA)
    counts(metrics, upload_put=1)
    fresh = Metrics(world.open)

    def work():
        mine = type(client)(client.port, token=client.token, keep=True)
        for _ in range(100):
            mine.head("/v2/%s/blobs/%s" % (NAME, DIGEST))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts(fresh, blob_head=800)
    assert fresh.gained("verdicts_total", result="granted") == 800


def test_a_reload_keeps_the_counters(world, metrics):
    client = world.client("alice", scope(NAME))
    client.get("/v2/")
    counts(metrics, base=1)
    world.nginx.reload()
    client.get("/v2/")
    counts(metrics, base=2)


def test_who_may_read_them(house):
    """The examples answer the machine itself only; without a token."""
    nginx = house.standalone()
    assert nginx.client(8500).get("/metrics").status == 200
    head = nginx.client(8500).head("/metrics")
    assert (head.status, head.body) == (200, b"")
    assert nginx.client(8500).post("/metrics").status == 405
