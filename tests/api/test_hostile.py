"""Clients that break off, flood, and pretend: nginx lives, nothing leaks."""

import os
import signal
import socket
import stat
import struct
import threading

import pytest

from testenv import House, h2, images
from testenv.accounts import Accounts, scope
from testenv.images import sha256
from testenv.process import pause, wait_until

NAME = "alice/app"
DATA = images.blob(20000, "hostile")
DIGEST = sha256(DATA)

HTTP2 = """
    location = /open { return 200; }
}
server {
    listen 127.0.0.1:8502 http2;
    registry_realm         http://$http_host/token;
    registry_service       registry.test;
    registry_verdict       /_verdict;
    registry_verdict_key   %%DIR%%/verdict.key;
    registry_verdict_valid 10ms;
    location /v2/ {
        registry      on;
        registry_root %%DIR%%/store;
        fastcgi_pass  unix:%%DIR%%/registry.sock;
        include       %%CONF%%/registry_params;
    }
    location = /_verdict {
        internal;
        set            $memcached_key $registry_token_key;
        memcached_pass memcached;
        error_page     404 502 504 = /_verify;
    }
    location = /_verify {
        internal;
        fastcgi_pass  unix:%%DIR%%/index.sock;
        include       %%CONF%%/index_params;
        fastcgi_param INDEX_ROUTE verdict;
    }
"""


@pytest.fixture(scope="module")
def world(database_server):
    house = House(database_server)
    house.expect("reset by peer|prematurely closed|timed out|closed keepalive"
                 "|client sent|upstream")
    try:
        made = Accounts(house, "alice", "bob", valid="10ms", server=HTTP2)
        made.client("alice", scope(NAME)).push_blob(NAME, DATA)
        yield made
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture(autouse=True)
def survivors(world):
    """The same processes serve on, and no upload is held."""
    before = world.nginx.workers(), world.worker.workers()
    yield
    assert (world.nginx.workers(), world.worker.workers()) == before
    client = world.client("alice", scope(NAME))
    assert client.blob(NAME, DIGEST).body == DATA
    wait_until(lambda: b"\nslipway_uploads_open 0\n" in
               client.get("/metrics").body, 60, "no open uploads")
    assert "[alert]" not in world.nginx.log_text()


def hang_up(s, is_reset):
    if is_reset:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
    s.close()


def requests(client, session):
    def head(method, path, body=b"", *lines):
        return ("%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                "%s\r\n" % (method, path, client.token, "".join(
                    line + "\r\n" for line in lines))).encode() + body
    length = "Content-Length: %d" % len(DATA)
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(DATA), DATA)
    base = "/v2/%s/" % NAME
    return {
        "blob": head("GET", base + "blobs/" + DIGEST),
        "tags": head("GET", base + "tags/list"),
        "patch": head("PATCH", session, DATA, length),
        "chunked": head("PATCH", session, chunks,
                        "Transfer-Encoding: chunked"),
        "at once": head("POST", base + "blobs/uploads/?digest=" + DIGEST,
                        DATA, length),
        "manifest": head("PUT", base + "manifests/cut", DATA, length),
    }


@pytest.mark.parametrize("is_reset", [False, True])
@pytest.mark.parametrize("kind", ["blob", "tags", "patch", "chunked",
                                  "at once", "manifest"])
def test_break_off_anywhere(world, kind, is_reset):
    """After so many bytes of a request the client is gone."""
    client = world.client("alice", scope(NAME))
    session = client.start_upload(NAME)
    request = requests(client, session)[kind]
    cuts = sorted({*range(0, len(request), 997), *range(0, 60, 7),
                   len(request) - 1, len(request)})
    for cut in cuts:
        s = client.connect()
        s.sendall(request[:cut])
        hang_up(s, is_reset)

    def is_free():
        return client.patch(session, [], b"").status == 202
    wait_until(is_free, 60, "the session")
    assert client.delete(session).status == 204


@pytest.mark.parametrize("is_reset", [False, True])
def test_break_off_while_a_verdict_is_awaited(world, is_reset):
    """memcached says nothing: the clients are gone before it is asked
    elsewhere."""
    client = world.client("alice", scope(NAME))
    session = client.start_upload(NAME)
    made = requests(client, session)
    pause(world.memcached[0].pid)
    try:
        for request in made.values():
            for _ in range(4):
                s = client.connect()
                s.sendall(request)
                hang_up(s, is_reset)
        assert client.get("/v2/").status == 200
    finally:
        os.killpg(world.memcached[0].pid, signal.SIGCONT)
    wait_until(lambda: client.patch(session, [], b"").status == 202, 60,
               "the session")
    assert client.delete(session).status == 204


def test_an_unread_answer(world):
    """Clients that ask for much and take nothing."""
    client = world.client("alice", scope(NAME))
    big = client.push_blob(NAME, images.blob(3 << 20, "big"))
    request = "GET /v2/%s/blobs/%s HTTP/1.1\r\nHost: x\r\n" \
              "Authorization: Bearer %s\r\n\r\n" % (NAME, big, client.token)
    sockets = [client.connect() for _ in range(20)]
    for s in sockets:
        s.sendall(request.encode() * 5)
    for i, s in enumerate(sockets):
        hang_up(s, i % 2)


# --- what is read in two ways ----------------------------------------------

SMUGGLED = b"GET /v2/bob/app/tags/list HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize("lines, body", [
    (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
     b"0\r\n\r\n" + SMUGGLED),
    (b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
     b"0\r\n\r\n" + SMUGGLED),
    (b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(SMUGGLED),
     SMUGGLED),
    (b"Transfer-Encoding: chunked, identity\r\n", b"0\r\n\r\n" + SMUGGLED),
    (b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n" + SMUGGLED),
    (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
     b"0\r\n\r\n" + SMUGGLED),
    (b"Content-Length: -1\r\n", SMUGGLED),
    (b"Content-Length: 99999999999999999999\r\n", b"x"),
    (b"Content-Length: 0x5\r\n", b"hello"),
    (b"Transfer-Encoding: chunked\r\n",
     b"fffffffffffffffff\r\nx\r\n0\r\n\r\n"),
    (b"Transfer-Encoding: chunked\r\n", b"-1\r\nx\r\n0\r\n\r\n"),
    (b"Transfer-Encoding: chunked\r\n", b"x\r\n0\r\n\r\n"),
], ids=range(12))
def test_smuggling(world, lines, body):
    """400 or 501, and no byte of it is taken for a body or a request."""
    client = world.client("alice", scope(NAME))
    session = client.start_upload(NAME)
    answer = client.raw(
        b"PATCH %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
        b"%s\r\n" % (session.encode(), client.token.encode(), lines) + body,
        is_closing=False)
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 501",
                              b"HTTP/1.1 413")), answer
    assert answer.count(b"HTTP/1.1 ") == 1
    status = client.get(session)
    assert status.header("Range") == "0-0"
    assert client.delete(session).status == 204


def test_a_pipeline_keeps_its_order(world):
    """Bodies of uploads end where they end; the next request is the next."""
    client = world.client("alice", scope(NAME))
    session = client.start_upload(NAME)
    auth = "Host: x\r\nAuthorization: Bearer %s\r\n" % client.token
    pieces = []
    for i in range(5):
        pieces.append("PATCH %s HTTP/1.1\r\n%sContent-Length: 10\r\n\r\n"
                      "body%06d" % (session, auth, i))
        pieces.append("GET /v2/ HTTP/1.1\r\n%s%s\r\n" % (
            auth, "Connection: close\r\n" if i == 4 else ""))
    answer = client.raw("".join(pieces).encode(), is_closing=False)
    assert answer.count(b"HTTP/1.1 202") == 5
    assert answer.count(b"HTTP/1.1 200") == 5
    data = b"".join(b"body%06d" % i for i in range(5))
    assert client.put(session + "?digest=" + sha256(data)).status == 201


# --- HTTP/2 ----------------------------------------------------------------

@pytest.fixture
def h2_socket(world):
    with socket.create_connection(
            ("127.0.0.1", world.house.port(8502)), 60) as s:
        h2.begin(s)
        yield s


def await_answers(s, *streams):
    """Fails where the connection ends before each has one."""
    left = set(streams)
    for kind, _, number, _ in h2.frames(s):
        if kind == h2.HEADERS:
            left.discard(number)
        if not left:
            return
    raise AssertionError("no answer on %r" % left)


def test_rapid_reset(world, h2_socket):
    """Streams that are taken back at once, at every stage of theirs."""
    client = world.client("alice", scope(NAME))
    sessions = [client.start_upload(NAME) for _ in range(8)]
    stream = 1
    try:
        for i in range(600):
            session = sessions[i % len(sessions)]
            kinds = [
                h2.request(stream, "GET", "/v2/%s/blobs/%s" % (NAME, DIGEST),
                           client.token),
                h2.request(stream, "GET", "/v2/%s/tags/list" % NAME,
                           client.token),
                h2.request(stream, "PATCH", session, client.token, False)
                + h2.frame(h2.DATA, 0, stream, DATA[:1000]),
                h2.request(stream, "POST",
                           "/v2/%s/blobs/uploads/?digest=%s" % (NAME, DIGEST),
                           client.token, False)
                + h2.frame(h2.DATA, 0, stream, DATA[:10000]),
                h2.request(stream, "PUT", "/v2/%s/manifests/h2" % NAME,
                           client.token, False)
                + h2.frame(h2.DATA, 0, stream, b"{}"),
            ]
            h2_socket.sendall(kinds[i % len(kinds)]
                              + h2.frame(h2.RST_STREAM, 0, stream,
                                         h2.CANCEL))
            stream += 2
    except (BrokenPipeError, ConnectionResetError):
        pass    # nginx may have had enough
    h2_socket.close()
    for session in sessions:
        wait_until(lambda: client.delete(session).status in (204, 404), 60,
                   "a session")


def test_h2_bodies_without_a_length(world, h2_socket):
    """In many small frames, for two sessions in turn."""
    client = world.client("alice", scope(NAME))
    sessions = [client.start_upload(NAME) for _ in range(2)]
    for stream, session in zip((1, 3), sessions):
        h2_socket.sendall(h2.request(stream, "PATCH", session, client.token,
                                     False))
    for i in range(0, len(DATA), 500):
        for stream in (1, 3):
            h2_socket.sendall(h2.frame(h2.DATA, 0, stream, DATA[i:i + 500]))
    for stream in (1, 3):
        h2_socket.sendall(h2.frame(h2.DATA, h2.END_STREAM, stream))
    await_answers(h2_socket, 1, 3)
    for session in sessions:
        assert client.get(session).header("Range") \
            == "0-%d" % (len(DATA) - 1)
        assert client.put(session + "?digest=" + DIGEST).status == 201


def test_h2_connection_is_gone(world):
    """With thirty requests under way."""
    client = world.client("alice", scope(NAME))
    session = client.start_upload(NAME)
    with socket.create_connection(
            ("127.0.0.1", world.house.port(8502)), 60) as s:
        h2.begin(s)
        for stream in range(1, 61, 2):
            s.sendall(h2.request(stream, "GET", "/v2/%s/blobs/%s" % (
                NAME, DIGEST), client.token))
        s.sendall(h2.request(61, "PATCH", session, client.token, False)
                  + h2.frame(h2.DATA, 0, 61, DATA[:5000]))
        hang_up(s, True)
    wait_until(lambda: client.patch(session, [], b"").status == 202, 60,
               "the session")


# --- doors -----------------------------------------------------------------

def test_sockets_are_not_for_everybody(world):
    for path in (world.worker.socket, world.index.socket):
        assert stat.S_IMODE(os.stat(path).st_mode) & 0o007 == 0


def test_the_store_is_not_for_everybody(world):
    store = os.path.join(world.house.dir, "store")
    seen = 0
    for directory, directories, files in os.walk(store):
        for name in directories + files:
            mode = os.stat(os.path.join(directory, name)).st_mode
            assert stat.S_IMODE(mode) & 0o007 == 0, (directory, name)
            seen += 1
    assert seen > 10


def test_many_at_once(world):
    """Tokens of two people on the same connections: each has its own."""
    alice = world.client("alice", scope(NAME, "pull"))
    bob = world.client("bob", scope(NAME, "pull"))
    wrong = []

    def ask():
        kept = type(alice)(alice.port, keep=True)
        for i in range(60):
            mine = (alice, bob)[i % 2]
            kept.token = mine.token
            answer = kept.blob(NAME, DIGEST)
            if answer.status != (200 if mine is alice else 401):
                wrong.append(answer)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
