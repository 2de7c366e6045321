"""Uploads that are cut, continued, raced, and begun at a wrong offset."""

import random
from pathlib import Path
from concurrent.futures import ThreadPoolExecutor

import pytest

from testenv import images
from testenv.client import digest
from testenv.process import wait_until

BUFFER = 256 * 1024     # client_body_buffer_size of a registry


def size_of(registry, location):
    """How much of an upload arrived."""
    answer = registry.get(location)
    assert answer.status == 204, answer
    first, last = answer.header("Range").split("-")
    assert first == "0"
    return int(last) + 1 if last != "0" else 0


def data_file(store, repo, location):
    name = location.split("?")[0].rsplit("/", 1)[1]
    return store / "repositories" / repo / "_uploads" / name / "data"


def cut(shared, registry, method, location, headers, body):
    """A request whose client goes away; returns when nginx has seen it."""
    wanted = '"%s %s ' % (method, location)

    def seen():
        return sum(wanted in line for line in shared.front.access_lines())

    before = seen()
    registry.cut(method, location, headers, body)
    wait_until(lambda: seen() > before, 60, "nginx to give the request up")


def chunked(data):
    return b"%x\r\n%b\r\n" % (len(data), data)


CUTS = sorted({0, 1, 100, BUFFER - 1, BUFFER, BUFFER + 1, 699999}
              | {random.Random(n).randrange(700000) for n in range(8)})


@pytest.mark.idea(4)
@pytest.mark.parametrize("coding", ["length", "chunked"])
@pytest.mark.parametrize("at", CUTS)
def test_a_cut_patch_keeps_its_prefix(shared, registry, store, repo, coding,
                                      at):
    data = images.blob(700000, at)
    location = registry.start_upload(repo)
    if coding == "length":
        cut(shared, registry, "PATCH", location,
            {"Content-Length": "700000"}, data[:at])
    else:
        cut(shared, registry, "PATCH", location,
            {"Transfer-Encoding": "chunked"},
            chunked(data[:at]) if at else b"")
    kept = data_file(store, repo, location).read_bytes()
    assert data.startswith(kept)
    assert at - BUFFER <= len(kept) <= at
    if len(kept) != 1:
        assert size_of(registry, location) == len(kept)
    answer = registry.patch(location, [
        ("Content-Range", "%d-%d" % (len(kept), len(data) - 1))],
        data[len(kept):])
    assert answer.status == 202, answer
    assert answer.header("Range") == "0-699999"
    assert registry.finish(location, digest(data)).status == 201
    assert registry.blob(repo, digest(data)).body == data


@pytest.mark.idea(4)
@pytest.mark.parametrize("method", ["PATCH", "PUT", "POST"])
def test_reset(shared, registry, store, repo, method):
    """As above, but the connection breaks: bytes on their way may be lost,
    none may be wrong, and the session is free for the next request."""
    data = images.blob(700000, method)
    location = registry.start_upload(repo)
    path = {"PATCH": location, "PUT": location + "?digest=" + digest(data),
            "POST": "/v2/%s/blobs/uploads/?digest=%s" % (
                repo, digest(data))}[method]
    before = len(shared.front.access_lines())

    def is_seen():
        """A connection that broke before it was read leaves no line."""
        for at in (0, 5, 300000, 699999):
            registry.cut(method, path, {"Content-Length": "700000"},
                         data[:at], is_reset=True)
        return any(method in line
                   for line in shared.front.access_lines()[before:])
    wait_until(is_seen, 60, "nginx to see one of them")
    uploads = store / "repositories" / repo / "_uploads"
    if method == "POST":
        wait_until(lambda: len(list(uploads.iterdir())) == 1, 60,
                   "nothing to be left")
    wait_until(lambda: registry.finish(
        location, "sha256:" + "0" * 64).status == 400, 60, "the session")
    have = registry.get(location)
    assert have.status == 204
    registry.delete(location)


@pytest.mark.idea(4)
def test_cut_and_resumed_many_times(shared, registry, repo):
    """A client on a bad line: it believes the status, nothing else."""
    choose = random.Random(7)
    data = images.blob(3000000, "many times")
    location = registry.start_upload(repo)
    have = 0
    for _ in range(12):
        sent = min(choose.randrange(600000), len(data) - have - 1)
        cut(shared, registry, "PATCH", location, [
            ("Content-Length", str(len(data) - have)),
            ("Content-Range", "%d-%d" % (have, len(data) - 1))],
            data[have:have + sent])
        before, have = have, size_of(registry, location)
        assert before <= have <= before + sent
    assert have > 0
    assert registry.finish(location, digest(data), [
        ("Content-Range", "%d-%d" % (have, len(data) - 1))],
        data[have:]).status == 201
    assert registry.blob(repo, digest(data)).body == data


@pytest.mark.idea(6)
@pytest.mark.parametrize("sent", [0, 10, 300000])
def test_a_cut_put_keeps_the_session(shared, registry, store, repo, sent):
    data = images.blob(500000, sent)
    location = registry.start_upload(repo)
    assert registry.patch(location, [], data[:1000]).status == 202
    cut(shared, registry, "PUT",
        location + "?digest=" + digest(data),
        {"Content-Length": "499000"}, data[1000:1000 + sent])
    have = len(data_file(store, repo, location).read_bytes())
    assert 1000 <= have <= 1000 + sent
    assert registry.blob(repo, digest(data)).status == 404
    assert registry.finish(location, digest(data), [],
                           data[have:]).status == 201
    assert registry.blob(repo, digest(data)).body == data


@pytest.mark.parametrize("sent", [0, 10, 300000])
def test_a_cut_single_post_leaves_nothing(shared, registry, store, repo, sent):
    data = images.blob(500000, "post%d" % sent)
    cut(shared, registry, "POST",
        "/v2/%s/blobs/uploads/?digest=%s" % (repo, digest(data)),
        {"Content-Length": "500000"}, data[:sent])
    uploads = store / "repositories" / repo / "_uploads"
    assert not uploads.exists() or list(uploads.iterdir()) == []
    assert registry.blob(repo, digest(data)).status == 404


# --- Content-Range ---------------------------------------------------------
# With 1000 bytes received of 3000.

OUT_OF_ORDER = {
    "ahead": "1500-2499", "one ahead": "1001-2000", "behind": "999-1998",
    "the first again": "0-999", "inside": "500-1499", "far": "1000000-1000999",
    "huge": "9223372036854774000-9223372036854774999", "inverted": "1000-999",
    "inverted far": "1000-0"}
MALFORMED = ["x", "1000-", "-1999", "-", "1000", "a-b", "1000-1999-2999",
             "1000 - 1999", "0x3e8-1999", "+1000-1999",
             "18446744073709551616-18446744073709552615", "1000-1999,2000-2999",
             "9223372036854775000-9223372036854775999",
             "1000-99999999999999999999999", "1e3-2e3", "\xff-\xfe", "-1--1"]
WRONG_LENGTH = ["1000-1998", "1000-2000", "1000-1000",
                "1000-9223372036854775806"]


@pytest.fixture
def begun(registry, repo):
    """(location, all of the data), 1000 of 3000 bytes received."""
    data = images.blob(3000, repo)
    answer = registry.patch(registry.start_upload(repo), [], data[:1000])
    assert answer.status == 202, answer
    return answer.header("Location"), data


def ends_well(registry, repo, location, data):
    """The session still has its 1000 bytes and takes the rest."""
    answer = registry.get(location)
    assert answer.status == 204
    assert answer.header("Range") == "0-999"
    assert registry.patch(location, [("Content-Range", "1000-1999")],
                          data[1000:2000]).status == 202
    assert registry.finish(location, digest(data), [
        ("Content-Range", "2000-2999")], data[2000:]).status == 201
    assert registry.blob(repo, digest(data)).body == data


def send(registry, method, location, data, content_range, body):
    path = location if method == "PATCH" else (
        location + "?digest=" + digest(data))
    return registry.request(method, path, [
        ("Content-Range", content_range)], body)


@pytest.mark.idea(5)
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize("case", OUT_OF_ORDER)
def test_out_of_order(registry, repo, begun, method, case):
    location, data = begun
    answer = send(registry, method, location, data, OUT_OF_ORDER[case],
                  b"x" * 1000)
    assert answer.status == 416, answer
    assert answer.codes() == ["RANGE_INVALID"]
    assert answer.header("Range") == "0-999"
    assert answer.header("Location").split("?")[0] == location.split("?")[0]
    assert answer.header("Docker-Upload-UUID") in location
    ends_well(registry, repo, location, data)


@pytest.mark.idea(5)
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize("case", range(len(MALFORMED)),
                         ids=lambda i: "%d" % i)
def test_malformed_range(registry, repo, begun, method, case):
    location, data = begun
    answer = send(registry, method, location, data, MALFORMED[case],
                  b"x" * 1000)
    assert answer.status in (400, 416), answer
    assert answer.codes()[0] in ("SIZE_INVALID", "RANGE_INVALID")
    ends_well(registry, repo, location, data)


@pytest.mark.idea(6)
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize("case", WRONG_LENGTH)
def test_range_and_length_differ(registry, repo, begun, method, case):
    location, data = begun
    answer = send(registry, method, location, data, case, data[1000:2000])
    assert answer.status == 400, answer
    assert answer.codes() == ["SIZE_INVALID"]
    ends_well(registry, repo, location, data)


@pytest.mark.idea(6)
@pytest.mark.parametrize("claimed", ["1000-1998", "1000-2000"])
def test_range_and_streamed_length_differ(registry, repo, begun, claimed):
    """Without a Content-Length the body's own length counts."""
    location, data = begun
    answer = registry.patch(location, [("Content-Range", claimed)],
                            [data[1000:2000]], is_chunked=True)
    assert answer.status == 400, answer
    assert answer.codes() == ["SIZE_INVALID"]
    assert registry.get(location).status == 204


@pytest.mark.parametrize("form", [
    "1000-1999", "bytes 1000-1999", "bytes 1000-1999/3000",
    "bytes 1000-1999/*", "1000-1999/3000"])
def test_tolerated_range(registry, repo, begun, form):
    location, data = begun
    answer = send(registry, "PATCH", location, data, form, data[1000:2000])
    assert answer.status == 202, answer
    assert answer.header("Range") == "0-1999"


def test_range_of_a_stream(registry, repo, begun):
    location, data = begun
    answer = registry.patch(location, [("Content-Range", "1000-2999")],
                            [data[1000:1700], data[1700:]], is_chunked=True)
    assert answer.status == 202
    assert registry.finish(location, digest(data)).status == 201


def test_an_early_answer_keeps_the_connection_in_step(shared, repo):
    """The body of a refused request is not taken for the next request."""
    client = shared.front.client(8500, keep=True)
    location = client.start_upload(repo)
    evil = b"GET /v2/ HTTP/1.1\r\nHost: a\r\n\r\n"
    for _ in range(3):
        answer = client.patch(location, [
            ("Content-Range", "10-%d" % (9 + len(evil)))], evil)
        assert answer.status == 416
        assert client.get(location).status == 204


# --- two writers -----------------------------------------------------------

@pytest.mark.idea(7)
def test_two_writers(registry, store, repo):
    """The second one is answered the current offset and changes nothing."""
    data = images.blob(2 * BUFFER, "two writers")
    location = registry.start_upload(repo)
    path = data_file(store, repo, location)
    with registry.connect() as s:
        s.sendall(b"PATCH %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                  b"Content-Length: %d\r\n\r\n" % (location.encode(),
                                                   len(data)))
        s.sendall(data[:-1])
        wait_until(lambda: path.stat().st_size > 0, 60, "the first writer")
        for answer in (
                registry.patch(location, [], b"intruder"),
                registry.patch(location, [("Content-Range", "0-7")],
                               b"intruder"),
                registry.finish(location, digest(b"intruder"), [],
                                b"intruder"),
                registry.finish(location, digest(data))):
            assert answer.status == 416, answer
            assert answer.codes() == ["RANGE_INVALID"]
            assert answer.header("Location").startswith(location)
            assert answer.header("Range").startswith("0-")
        assert registry.get(location).status == 204
        s.sendall(data[-1:])
        assert s.recv(1000).startswith(b"HTTP/1.1 202 ")
    assert registry.finish(location, digest(data)).status == 201
    assert registry.blob(repo, digest(data)).body == data


@pytest.mark.idea(9)
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_cancelled_while_a_body_comes(registry, store, repo, method):
    """Whatever the answer to either: no blob comes of it, nothing breaks."""
    data = images.blob(2 * BUFFER, "cancelled")
    location = registry.start_upload(repo)
    path = data_file(store, repo, location)
    query = "?digest=" + digest(data) if method == "PUT" else ""
    done = 201 if method == "PUT" else 202
    with registry.connect() as s:
        s.sendall(b"%s %s%s HTTP/1.1\r\nHost: a\r\n"
                  b"Connection: close\r\nContent-Length: %d\r\n\r\n" % (
                      method.encode(), location.encode(), query.encode(),
                      len(data)))
        s.sendall(data[:-1])
        wait_until(lambda: path.stat().st_size > 0, 60, "the writer")
        cancelled = registry.delete(location).status
        s.sendall(data[-1:])
        finished = int(s.recv(1000)[9:12])
    assert (cancelled, finished) in ((204, 404), (416, done)), (
        cancelled, finished)
    assert registry.blob(repo, digest(data)).status == (
        200 if finished == 201 else 404)
    assert registry.get(location).status == (
        204 if finished == 202 else 404)


@pytest.mark.idea(7)
def test_many_writers_race(registry, repo):
    """Each of 24 writes 5000 bytes of its own at the same offset, six times:
    one of them advances a round, and the content is never a mixture."""
    location = registry.start_upload(repo)
    whole = b""
    with ThreadPoolExecutor(8) as pool:
        for step in range(6):
            bodies = [bytes([65 + writer]) * 5000 for writer in range(24)]
            answers = list(pool.map(
                lambda body, at=len(whole): registry.patch(location, [
                    ("Content-Range", "%d-%d" % (at, at + 4999))], body),
                bodies))
            won = [body for body, answer in zip(bodies, answers)
                   if answer.status == 202]
            assert len(won) == 1, (step, [a.status for a in answers])
            assert {a.status for a in answers} == {202, 416}
            whole += won[0]
    assert registry.finish(location, digest(whole)).status == 201
    assert registry.blob(repo, digest(whole)).body == whole


def test_commit_races_append(registry, repo):
    """PUT and PATCH at once, twenty times: the blob is what its digest says,
    and the request that was late gets 404 or 416."""
    with ThreadPoolExecutor(4) as pool:
        for step in range(20):
            data = images.blob(3000, "race%d" % step)
            location = registry.start_upload(repo)
            assert registry.patch(location, [], data).status == 202
            jobs = [pool.submit(registry.patch, location, [], b"late"),
                    pool.submit(registry.finish, location, digest(data)),
                    pool.submit(registry.get, location)]
            patched, finished, status = [job.result().status for job in jobs]
            assert patched in (202, 404, 416)
            assert finished in (201, 400, 416)
            assert status in (204, 404)
            answer = registry.blob(repo, digest(data))
            assert answer.status == (200 if finished == 201 else 404)
            if finished == 201:
                assert answer.body == data


@pytest.mark.idea(4)
def test_reload_while_a_body_comes(house):
    """nginx finishes the upload with its old process."""
    house.registry_worker()
    front = house.example("standalone.conf")
    client = front.client(8500)
    data = images.blob(2 * BUFFER, "reload")
    location = client.start_upload("app")
    with client.connect() as s:
        s.sendall(b"PUT %s?digest=%s HTTP/1.1\r\nHost: a\r\n"
                  b"Connection: close\r\nContent-Length: %d\r\n\r\n" % (
                      location.encode(), digest(data).encode(), len(data)))
        s.sendall(data[:-1])
        path = data_file(Path(house.dir, "store/docker/registry/v2"), "app",
                         location)
        wait_until(lambda: path.stat().st_size > 0, 60, "the writer")
        front.reload()
        assert client.get(location).status == 204
        assert client.patch(location, [], b"x").status == 416
        s.sendall(data[-1:])
        assert s.recv(1000).startswith(b"HTTP/1.1 201 ")
    assert client.blob("app", digest(data)).body == data


IMPATIENT = """
    %%GLOBALS%%
    events {}
    http {
        %%GLOBALS_HTTP%%
        registry_root %%DIR%%/store;
        include       %%CONF%%/registry_params;
        server {
            listen 127.0.0.1:8500;
            location /v2/ {
                registry      on;
                fastcgi_pass  unix:%%DIR%%/registry.sock;
            }
        }
        server {
            listen 127.0.0.1:8501;
            client_body_timeout 100ms;
            location /v2/ {
                registry      on;
                fastcgi_pass  unix:%%DIR%%/registry.sock;
            }
        }
    }"""


@pytest.mark.parametrize("sent", [0, 500, BUFFER + 500])
def test_a_client_that_stalls(house, sent):
    """nginx ends the connection; what came stays, and the session is free."""
    house.registry_worker()
    front = house.nginx(IMPATIENT)
    client, impatient = front.client(8500), front.client(8501)
    data = images.blob(BUFFER + 1000, sent)

    def stalled():
        """The session; None where nginx gave up before all was sent."""
        location = client.start_upload("app")
        with impatient.connect() as s:
            try:
                s.sendall(b"PATCH %s HTTP/1.1\r\nHost: a\r\n"
                          b"Content-Length: %d\r\n\r\n" % (
                              location.encode(), len(data)) + data[:sent])
                assert s.recv(1000)[:12] in (b"", b"HTTP/1.1 408")
            except (BrokenPipeError, ConnectionResetError):
                pass
        have = size_of(client, location)
        assert have <= sent
        return location if have == sent else None
    location = wait_until(stalled, 60, "an upload that stalls where it should")
    assert client.finish(location, digest(data), [
        ("Content-Range", "%d-%d" % (sent, len(data) - 1))],
        data[sent:]).status == 201


def test_slow_pieces(registry, repo):
    """A body in hundreds of small TCP segments."""
    data = images.blob(20000, "slow")
    location = registry.start_upload(repo)
    with registry.connect() as s:
        s.sendall(b"PUT %s?digest=%s HTTP/1.1\r\nHost: a\r\n"
                  b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" % (
                      location.encode(), digest(data).encode()))
        for at in range(0, len(data), 50):
            for piece in (b"32", b"\r\n", data[at:at + 25],
                          data[at + 25:at + 50], b"\r\n"):
                s.sendall(piece)
        s.sendall(b"0\r\n\r\n")
        assert s.recv(1000).startswith(b"HTTP/1.1 201 ")
    assert registry.blob(repo, digest(data)).body == data
