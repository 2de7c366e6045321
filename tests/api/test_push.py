"""Pushing blobs: every way the protocol knows, and what may go wrong."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from testenv import images
from testenv.client import digest, with_query
from testenv.uploads import WAYS, post, post_stream

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
BUFFER = 256 * 1024     # client_body_buffer_size of a registry


SIZES = [0, 1, 2, 63, 64, 65, 4096, BUFFER - 1, BUFFER, BUFFER + 1, 3000017]


@pytest.mark.idea(1)
@pytest.mark.parametrize("way,size", [
    (way, size) for way in WAYS for size in SIZES],
    ids=lambda x: getattr(x, "__name__", x))
def test_push(registry, repo, store, way, size):
    data = images.blob(size, way.__name__)
    wanted = digest(data)
    answer = way(registry, repo, data, wanted)
    assert answer.status == 201, answer
    assert answer.header("Location") == "/v2/%s/blobs/%s" % (repo, wanted)
    assert answer.header("Docker-Content-Digest") == wanted
    assert answer.header("Content-Length") == "0"
    assert answer.body == b""
    assert registry.blob(repo, wanted).body == data
    # Nothing is left of the session, and the layout is distribution's.
    assert list((store / "repositories" / repo / "_uploads").iterdir()) == []
    link = (store / "repositories" / repo / "_layers/sha256" / wanted[7:]
            / "link")
    assert link.read_text() == wanted
    assert (store / "blobs/sha256" / wanted[7:9] / wanted[7:]
            / "data").read_bytes() == data


@pytest.mark.idea(1)
@pytest.mark.parametrize("hashed", ["sha256", "sha512"])
def test_nothing_in_a_single_post(registry, repo, hashed):
    """Without a body it is whole where the digest says so; else it begins an
    upload."""
    path = "/v2/%s/blobs/uploads/?digest=%s:%s"
    nothing = hashlib.new(hashed).hexdigest()
    something = hashlib.new(hashed, b"x").hexdigest()
    for how in ({}, {"headers": [("Content-Length", "0")]},
                {"body": [], "is_chunked": True}):
        answer = registry.post(path % (repo, hashed, nothing), **how)
        assert answer.status == 201, answer
        answer = registry.post(path % (repo, hashed, something), **how)
        assert answer.status == 202, answer
    answer = registry.head("/v2/%s/blobs/%s:%s" % (repo, hashed, nothing))
    assert (answer.status, answer.header("Content-Length")) == (200, "0")


def test_start(registry, repo, store):
    for path in ("blobs/uploads/", "blobs/uploads"):
        answer = registry.post("/v2/%s/%s" % (repo, path))
        assert answer.status == 202
        name = answer.header("Docker-Upload-UUID")
        assert re.fullmatch(UUID, name)
        assert answer.header("Range") == "0-0"
        assert answer.header("Content-Length") == "0"
        location = answer.header("Location").split("?")[0]
        assert location == "/v2/%s/blobs/uploads/%s" % (repo, name)
        directory = store / "repositories" / repo / "_uploads" / name
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
                            (directory / "startedat").read_text())
        assert (directory / "data").read_bytes() == b""


@pytest.mark.parametrize("query", [
    "?ns=docker.io", "?digest-algorithm=sha256", "?digest-algorithm=sha512",
    "?origin=registry.example", "?", "?a=b&&=&%zz", "?mount=&from="])
def test_start_with_a_query(registry, repo, query):
    data = b"with a query"
    location = registry.start_upload(repo, query)
    assert registry.finish(location, digest(data), [], data).status == 201


@pytest.mark.parametrize("algorithm", [
    "sha1", "md5", "", "SHA256", "sha256,sha512", "%00", "a" * 5000])
def test_start_with_a_bad_algorithm(registry, repo, algorithm):
    answer = registry.post("/v2/%s/blobs/uploads/?digest-algorithm=%s" % (
        repo, algorithm))
    assert answer.status == 400, answer
    assert answer.codes() == ["DIGEST_INVALID"]


@pytest.mark.idea(12)
def test_status(registry, repo):
    location = registry.start_upload(repo)
    steps = [(b"", "0-0"), (b"a", "0-0"), (b"b", "0-1"), (b"c" * 999, "0-1000")]
    for piece, shown in steps:
        answer = registry.patch(location, [], piece)
        assert answer.status == 202, answer
        assert answer.header("Range") == shown
        assert answer.header("Content-Length") == "0"
        for method in ("GET", "HEAD"):
            answer = registry.request(method, location)
            assert answer.status == 204
            assert answer.header("Range") == shown
            assert answer.header("Location").split("?")[0] == location
            assert answer.header("Docker-Upload-UUID") == (
                location.rsplit("/", 1)[1])
            assert answer.header("Content-Length") in (None, "0")
        wanted = with_query(location, digest="sha256:" + "0" * 64)
        assert registry.get(wanted).status == 204


@pytest.mark.idea(10)
@pytest.mark.parametrize("state", ["garbage", "", "%00", "eyJPZmZzZXQiOjV9",
                                   "a" * 5000])
def test_a_forged_state(registry, repo, state):
    """The query that registry:2 needs; what counts for us is the file."""
    location = "%s?_state=%s" % (registry.start_upload(repo), state)
    assert registry.patch(location, [], b"stated").status == 202
    assert registry.get(location).header("Range") == "0-5"
    assert registry.finish(location, digest(b"stated")).status == 201


@pytest.mark.parametrize("headers", [
    [("Host", "evil.example")], [("X-Forwarded-Proto", "https")],
    [("X-Forwarded-Host", "evil.example"), ("Forwarded", "host=evil.example")],
    [("Host", "a:5000")]])
def test_locations_are_paths(registry, repo, headers):
    """Whatever stands in front: no client drops its credentials or scheme."""
    answer = registry.post("/v2/%s/blobs/uploads/" % repo, headers)
    location = answer.header("Location")
    assert location.startswith("/v2/%s/" % repo)
    answers = [registry.get(location, headers),
               registry.patch(location, headers, b"x"),
               registry.patch(location, headers + [
                   ("Content-Range", "7-7")], b"x"),
               registry.put(with_query(location, digest=digest(b"x")),
                            headers),
               registry.post("/v2/%s/blobs/uploads/?mount=%s&from=%s" % (
                   repo, digest(b"x"), repo), headers),
               registry.post("/v2/%s/blobs/uploads/?digest=%s" % (
                   repo, digest(b"x")), headers, b"x")]
    assert [a.status for a in answers] == [204, 202, 416, 201, 201, 201]
    for answer in answers:
        assert answer.header("Location").startswith("/v2/%s/blobs/" % repo)


@pytest.mark.idea(9)
def test_cancel(registry, repo, store):
    location = registry.start_upload(repo)
    assert registry.patch(location, [], b"some").status == 202
    answer = registry.delete(location)
    assert answer.status == 204
    assert answer.header("Docker-Upload-UUID") == location.split("/")[-1]
    assert answer.body == b""
    for answer in (registry.get(location), registry.patch(location, [], b"x"),
                   registry.finish(location, digest(b"some")),
                   registry.delete(location)):
        assert answer.status == 404
        assert answer.codes() == ["BLOB_UPLOAD_UNKNOWN"]
    assert list((store / "repositories" / repo / "_uploads").iterdir()) == []


def test_a_finished_session_is_gone(registry, repo):
    location = registry.start_upload(repo)
    data = b"finished"
    assert registry.finish(location, digest(data), [], data).status == 201
    for answer in (registry.get(location), registry.patch(location, [], b"x"),
                   registry.finish(location, digest(data), [], data),
                   registry.delete(location)):
        assert answer.status == 404
        assert answer.codes() == ["BLOB_UPLOAD_UNKNOWN"]


@pytest.mark.parametrize("name", [
    "00000000-0000-4000-8000-000000000000", "x", "..", "%2e%2e", "a%2fb",
    "00000000-0000-4000-8000-00000000000%00", "A" * 300, "."])
def test_an_unknown_session(registry, repo, name):
    registry.start_upload(repo)
    path = "/v2/%s/blobs/uploads/%s" % (repo, name)
    for answer in (registry.get(path), registry.patch(path, [], b"x"),
                   registry.put(path + "?digest=" + digest(b"x"), [], b"x"),
                   registry.delete(path)):
        assert answer.status in (400, 404, 405), answer
        assert answer.codes()


@pytest.mark.idea(10)
def test_a_session_belongs_to_its_repository(registry, repo):
    location = registry.start_upload(repo)
    assert registry.patch(location, [], b"mine").status == 202
    foreign = location.replace(repo, repo + "/other")
    registry.start_upload(repo + "/other")
    for answer in (registry.get(foreign), registry.patch(foreign, [], b"x"),
                   registry.finish(foreign, digest(b"mine")),
                   registry.delete(foreign)):
        assert answer.status == 404
        assert answer.codes()[0] in ("BLOB_UPLOAD_UNKNOWN",
                                     "BLOB_UPLOAD_INVALID")
    assert registry.get(location).header("Range") == "0-3"
    assert registry.finish(location, digest(b"mine")).status == 201


# --- wrong digests ---------------------------------------------------------

@pytest.mark.idea(8)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_wrong_digest(registry, repo, store, way):
    data = images.blob(300000, way.__name__)
    wrong = digest(data + b"!")
    answer = way(registry, repo, data, wrong)
    assert answer.status == 400
    assert answer.codes() == ["DIGEST_INVALID"]
    assert registry.blob(repo, wrong).status == 404
    assert registry.blob(repo, digest(data)).status == 404
    assert not (store / "blobs/sha256" / digest(data)[7:9]
                / digest(data)[7:]).exists()
    if way in (post, post_stream):
        uploads = store / "repositories" / repo / "_uploads"
        assert not uploads.exists() or list(uploads.iterdir()) == []


@pytest.mark.idea(8)
@pytest.mark.parametrize("body", [b"", b"the rest"])
@pytest.mark.parametrize("wanted", [
    None, "", "x", "sha256:", "sha256:abc", "sha256:" + "A" * 64,
    "md5:" + "0" * 32, "sha256:" + "0" * 64, "sha256:" + "0" * 65,
    "sha512:" + "0" * 64, "sha384:" + "0" * 96, "sha256%3A", ":", "%00",
    "sha256:" + "0" * 5000, "sha256:../../../../etc/passwd"])
def test_a_bad_digest_keeps_the_session(registry, repo, wanted, body):
    start = b"the start and "
    location = registry.patch(registry.start_upload(repo), [],
                              start).header("Location")
    answer = (registry.put(location, [], body) if wanted is None
              else registry.finish(location, wanted, [], body))
    assert answer.status == 400, answer
    assert answer.codes() == ["DIGEST_INVALID"]
    answer = registry.get(location)
    assert answer.status == 204
    assert answer.header("Range") == "0-%d" % (len(start) - 1)
    whole = start + b"the rest"
    assert registry.finish(location, digest(whole), [],
                           b"the rest").status == 201
    assert registry.blob(repo, digest(whole)).body == whole


def test_an_escaped_digest(registry, repo):
    data = b"escaped"
    wanted = digest(data)
    answer = registry.finish(registry.start_upload(repo),
                             wanted.replace(":", "%3A"), [], data)
    assert answer.status == 201
    assert registry.blob(repo, wanted.replace(":", "%3a")).body == data


@pytest.mark.idea(8)
def test_two_digests(registry, repo):
    """One of them is taken, or none: the bytes decide."""
    data = b"twice"
    for pair in ((digest(data), digest(b"x")), (digest(b"x"), digest(data))):
        location = registry.start_upload(repo)
        answer = registry.put("%s?digest=%s&digest=%s" % (location, *pair),
                              [], data)
        assert answer.status in (201, 400), answer
    assert registry.blob(repo, digest(b"x")).status == 404


# --- what exists already ---------------------------------------------------

def test_again(registry, repo, store):
    data = images.blob(5000, "again")
    wanted = registry.push_blob(repo, data)
    path = store / "blobs/sha256" / wanted[7:9] / wanted[7:] / "data"
    inode = path.stat().st_ino
    for way in WAYS:
        assert way(registry, repo, data, wanted).status == 201
    assert path.stat().st_ino == inode
    assert list((store / "repositories" / repo / "_uploads").iterdir()) == []


def test_a_truncated_blob_is_repaired(registry, repo, store):
    data = images.blob(5000, "repaired")
    wanted = registry.push_blob(repo, data)
    path = store / "blobs/sha256" / wanted[7:9] / wanted[7:] / "data"
    path.unlink()
    path.write_bytes(data[:100])
    registry.push_blob(repo, data)
    assert path.read_bytes() == data


def mount(client, repo, data, wanted):
    """From whichever repository has it by now."""
    answer = client.post("/v2/%s/blobs/uploads/?mount=%s" % (repo, wanted))
    if answer.status == 202:
        answer = client.finish(answer.header("Location"), wanted, [], data)
    return answer


@pytest.mark.idea(2)
@pytest.mark.parametrize("data", [b"{}", b"", images.blob(200000)],
                         ids=["{}", "empty", "200000"])
def test_one_digest_by_many_at_once(registry, repo, store, data):
    """The empty descriptor is what everybody pushes at the same time: one
    file holds it, and each repository has its link."""
    wanted = digest(data)
    ways = [*WAYS[:6], mount]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(
            lambda i: ways[i % len(ways)](
                registry, "%s/%d" % (repo, i % 5), data, wanted), range(35)))
    assert [a.status for a in answers] == [201] * 35
    directory = store / "blobs/sha256" / wanted[7:9] / wanted[7:]
    assert [path.name for path in directory.iterdir()] == ["data"]
    assert (directory / "data").read_bytes() == data
    for i in range(5):
        name = "%s/%d" % (repo, i)
        assert registry.blob(name, wanted).body == data
        below = store / "repositories" / name
        links = list((below / "_layers").rglob("*"))
        assert [link.read_text() for link in links if link.is_file()] == [
            wanted]
        assert list((below / "_uploads").iterdir()) == []


# --- HTTP ------------------------------------------------------------------

@pytest.mark.parametrize("kind", [
    "application/octet-stream", "application/json", "text/plain", "",
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_any_content_type(registry, repo, kind):
    data = b"a=b&c=d"
    headers = [("Content-Type", kind)]
    answer = registry.post("/v2/%s/blobs/uploads/" % repo, headers)
    location = registry.patch(answer.header("Location"), headers,
                              data).header("Location")
    assert registry.finish(location, digest(data), headers).status == 201


def test_expect_100(registry, repo):
    data = b"continue"
    location = registry.start_upload(repo)
    with registry.connect() as s:
        s.sendall(b"PUT %s HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n"
                  b"Expect: 100-continue\r\nConnection: close\r\n\r\n"
                  % with_query(location, digest=digest(data)).encode())
        assert s.recv(1000).startswith(b"HTTP/1.1 100 ")
        s.sendall(data)
        assert s.recv(1000).startswith(b"HTTP/1.1 201 ")


@pytest.mark.idea(39)
@pytest.mark.parametrize("path", [
    "/v2/%s/blobs/uploads/00000000-0000-4000-8000-000000000000",
    "/v2/%s/blobs/uploads/?digest=sha256:x", "/v2/%s/UPPER/blobs/uploads/",
    "/v2/%s/blobs/sha256:" + "0" * 64])
def test_refused_before_the_body(registry, repo, path):
    """No 100 Continue for what cannot be."""
    registry.start_upload(repo)
    with registry.connect() as s:
        s.sendall(b"PUT %s HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n"
                  b"Expect: 100-continue\r\n\r\n" % (path % repo).encode())
        assert s.recv(1000)[:12] in (b"HTTP/1.1 404", b"HTTP/1.1 400",
                                     b"HTTP/1.1 405")


@pytest.mark.parametrize("head,body", [
    ("Transfer-Encoding: chunked", b"zz\r\nabc"),
    ("Transfer-Encoding: chunked", b"-1\r\nabc"),
    ("Transfer-Encoding: chunked", b"fffffffffffffffffff\r\nabc"),
    ("Transfer-Encoding: gzip", b"abc"),
    ("Transfer-Encoding: chunked\r\nContent-Length: 3", b"3\r\nabc\r\n0\r\n\r\n"),
    ("Content-Length: -1", b""), ("Content-Length: 3x", b"abc"),
    ("Content-Length: 99999999999999999999", b"abc"),
    ("Content-Length: 3\r\nContent-Length: 4", b"abcd")])
def test_bad_framing(registry, repo, head, body):
    location = registry.start_upload(repo)
    answer = registry.raw(
        ("PATCH %s HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n" % (location, head)
         ).encode() + body)
    assert answer[9:12] in (b"400", b"413", b"501", b"")
    answer = registry.get(location)
    assert answer.status == 204
    assert answer.header("Range") in ("0-0", "0-2")
    assert registry.delete(location).status == 204


def test_sessions_live_side_by_side(registry, repo):
    """Ten sessions of one repository, their chunks in turn."""
    parts = [[images.blob(5000, "%d-%d" % (i, k)) for k in range(3)]
             for i in range(10)]
    locations = [registry.start_upload(repo) for _ in parts]
    for k in range(3):
        for i, location in enumerate(locations):
            assert registry.patch(location, [], parts[i][k]).status == 202
    for location, blob in zip(locations, parts):
        whole = b"".join(blob)
        assert registry.finish(location, digest(whole)).status == 201
        assert registry.blob(repo, digest(whole)).body == whole


@pytest.mark.idea(11)
def test_workers_restart_between_the_steps(house):
    """Nothing of a session is in any process."""
    worker = house.registry_worker()
    front = house.example("standalone.conf")
    client = front.client(8500)
    data = images.blob(100000)
    location = client.start_upload("app")
    for at in (0, 50000):
        worker.stop()
        worker.start()
        front.reload()
        answer = client.patch(
            location, [("Content-Range", "%d-%d" % (at, at + 49999))],
            data[at:at + 50000])
        assert answer.status == 202, answer
    worker.stop()
    worker.start()
    assert client.finish(location, digest(data)).status == 201
    assert client.blob("app", digest(data)).body == data
