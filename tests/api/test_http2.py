"""HTTP/2, with and without TLS: the same registry, other framing."""

import json
import socket
import ssl
import struct
import subprocess
import threading
import time
from pathlib import Path

import pytest

from testenv import House, images
from testenv.client import digest, trusting, with_query
from testenv.http2 import Http2
from testenv.process import wait_until
from testenv.uploads import WAYS

CURL = "/usr/bin/curl"
CONF = """
    %%GLOBALS%%
    worker_processes 2;
    events {}
    http {
        %%GLOBALS_HTTP%%
        sendfile            on;
        ssl_protocols       TLSv1.2 TLSv1.3;
        ssl_certificate     %%DIR%%/tls.pem;
        ssl_certificate_key %%DIR%%/tls.key;
        server {
            listen  127.0.0.1:8500 http2;
            listen  127.0.0.1:8443 ssl http2;
            listen  127.0.0.1:8080;
            location /v2/ {
                registry       on;
                registry_root  %%DIR%%/store;
                fastcgi_pass   unix:%%DIR%%/registry.sock;
                include        %%CONF%%/registry_params;
                location /v2/none/ {
                    registry     on;
                    fastcgi_pass unix:%%DIR%%/registry.sock;
                    return       204;
                }
                # A worker that is not ours, and says too much.
                location /v2/long/ {
                    registry     on;
                    fastcgi_pass 127.0.0.1:8600;
                }
            }
            location = /none { return 204; }
        }
    }"""


@pytest.fixture(scope="module")
def front(database_server):
    """nginx with HTTP/2 on 8500, with TLS on 8443, HTTP/1.1 on 8080."""
    built = House(database_server)
    built.certificate()
    built.registry_worker()
    front = built.nginx(CONF)
    front.house = built
    yield front
    problems = built.problems()
    built.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture(autouse=True)
def judged_here(front):
    yield
    problems = front.house.look()
    assert not problems, "\n".join(problems)


@pytest.fixture
def plain(front):
    """An HTTP/1.1 client, to check the result."""
    return front.client(8080)


@pytest.fixture
def session(front, plain, repo):
    """(location, its data file)."""
    location = plain.start_upload(repo)
    return location, Path(
        front.house.dir, "store/docker/registry/v2/repositories", repo,
        "_uploads", location.rsplit("/", 1)[1], "data")


class Curl:
    """curl by HTTP/2, over TLS or with prior knowledge."""

    def __init__(self, house, is_tls, directory):
        self._base = ("https://127.0.0.1:%d" % house.port(8443) if is_tls
                      else "http://127.0.0.1:%d" % house.port(8500))
        self._flags = ["-sk", "--http2" if is_tls
                       else "--http2-prior-knowledge"]
        self._directory = directory

    def __call__(self, path, *words, data=None):
        """(status, {header: value}, body)"""
        head, body = self._directory / "head", self._directory / "body"
        body.write_bytes(b"")
        done = subprocess.run(
            [CURL, *self._flags, "-D", head, "-o", body, "-w",
             "%{http_version}", *words, self._base + path],
            input=data, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert done.stdout == b"2"
        lines = head.read_text().splitlines()
        fields = dict(line.split(": ", 1) for line in lines[1:] if line)
        return int(lines[0].split()[1]), fields, body.read_bytes()


@pytest.fixture(params=["h2c", "h2"])
def curl(front, request, tmp_path):
    return Curl(front.house, request.param == "h2", tmp_path)


# --- what curl does --------------------------------------------------------

@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 3000001])
@pytest.mark.parametrize("has_length", [True, False])
def test_put(curl, plain, repo, tmp_path, size, has_length):
    data = images.blob(size, repo)
    (tmp_path / "data").write_bytes(data)
    path = with_query(plain.start_upload(repo), digest=digest(data))
    status, fields, _ = curl(path, "-T", tmp_path / "data") if has_length else (
        curl(path, "-T", "-", data=data))
    assert status == 201
    assert fields["docker-content-digest"] == digest(data)
    assert fields["docker-distribution-api-version"] == "registry/2.0"
    status, fields, body = curl(fields["location"])
    assert (status, body) == (200, data)
    assert fields["content-length"] == str(size)


def test_patches(curl, plain, repo):
    data = images.blob(600000, repo)
    status, fields, _ = curl("/v2/%s/blobs/uploads/" % repo, "-X", "POST")
    assert status == 202
    for at in range(0, len(data), 200000):
        status, fields, _ = curl(
            fields["location"], "-X", "PATCH", "--data-binary", "@-", "-H",
            "Content-Range: %d-%d" % (at, at + 199999),
            data=data[at:at + 200000])
        assert status == 202
        assert fields["range"] == "0-%d" % (at + 199999)
    status, fields, _ = curl(with_query(
        fields["location"], digest=digest(data)), "-X", "PUT")
    assert status == 201
    assert plain.blob(repo, digest(data)).body == data


def test_single_post(curl, plain, repo):
    data = images.blob(400000, repo)
    status, fields, _ = curl(
        "/v2/%s/blobs/uploads/?digest=%s" % (repo, digest(data)),
        "--data-binary", "@-", data=data)
    assert status == 201
    assert plain.blob(repo, digest(data)).body == data


def test_pull(curl, plain, repo):
    image = images.Image(seed=repo)
    plain.push_image(repo, "1", image)
    status, fields, body = curl("/v2/%s/manifests/1" % repo)
    assert (status, body) == (200, image.manifest.data)
    assert fields["content-type"] == images.OCI_MANIFEST
    path = "/v2/%s/blobs/%s" % (repo, digest(image.config))
    status, head, body = curl(path, "-I")
    assert (status, body) == (200, b"") or body.startswith(b"HTTP/2")
    assert head["content-length"] == str(len(image.config))
    status, fields, body = curl(path, "-r", "5-9")
    assert (status, body) == (206, image.config[5:10])
    assert fields["content-range"] == "bytes 5-9/%d" % len(image.config)
    status, fields, body = curl(path, "-H", "If-None-Match: " + head["etag"])
    assert (status, body) == (304, b"")


def test_errors(curl, repo):
    for path, wanted in (("/v2/%s/manifests/none" % repo, 404),
                         ("/v2/UPPER/tags/list", 400),
                         ("/v2/%s/blobs/x" % repo, 400),
                         ("/v2/a%2Fb/tags/list", 400)):
        status, fields, body = curl(path)
        assert status == wanted
        assert fields["content-type"].startswith("application/json")
        assert fields["docker-distribution-api-version"] == "registry/2.0"
        assert b'"errors"' in body


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_http_1_over_tls(front, repo, version, way):
    context = trusting(front.house.dir + "/tls.pem")
    context.minimum_version = context.maximum_version = getattr(
        ssl.TLSVersion, version)
    client = front.client(8443, tls=context)
    data = images.blob(400000, repo)
    assert way(client, repo, data, digest(data)).status == 201
    assert client.blob(repo, digest(data)).body == data
    assert client.blob(repo, digest(data), [
        ("Range", "bytes=300000-")]).body == data[300000:]


def test_many_streams(front, plain, repo):
    """200 pulls in 50 streams of two connections."""
    data = images.blob(100000, repo)
    plain.push_blob(repo, data)
    done = subprocess.run(
        ["/usr/bin/h2load", "-n", "200", "-c", "2", "-m", "50",
         "http://127.0.0.1:%d/v2/%s/blobs/%s" % (
             front.house.port(8500), repo, digest(data))],
        capture_output=True, text=True, timeout=60)
    assert "200 succeeded, 0 failed" in done.stdout, done.stdout


# --- what curl would not do ------------------------------------------------

def h2(front):
    return Http2(front.house.port(8500))


def put(c, stream, location, data, **more):
    c.request(stream, "PUT", with_query(location, digest=digest(data)),
              [(key.replace("_", "-"), value) for key, value in more.items()])


def test_small_frames(front, plain, repo):
    data = images.blob(3000, repo)
    with h2(front) as c:
        put(c, 1, plain.start_upload(repo), data)
        for at in range(0, 3000, 7):
            c.data(1, data[at:at + 7], padding=at % 5)
            c.data(1, b"")
        c.data(1, b"", is_last=True)
        assert c.answer()[0] == 201
    assert plain.blob(repo, digest(data)).body == data


def test_an_empty_link(front, plain, repo):
    """It is read again after a while; if it is still empty, it is no link."""
    wanted = plain.push_blob(repo, b"soon")
    link = Path(front.house.dir, "store/docker/registry/v2/repositories",
                repo, "_layers/sha256", wanted[7:], "link")
    link.write_text("")
    streams = range(1, 21, 2)
    with h2(front) as c:
        for stream in streams:
            c.request(stream, "GET", "/v2/%s/blobs/%s" % (repo, wanted),
                      is_whole=True)
        c.reset(5)
        c.request(21, "GET", "/v2/", is_whole=True)
        answers = c.answers(*(set(streams) - {5}), 21)
    assert answers.pop(21)[0] == 200
    assert {status for status, _ in answers.values()} == {404}
    link.write_text(wanted)
    assert plain.blob(repo, wanted).body == b"soon"


def test_a_link_that_is_empty_for_a_while(front, plain, repo):
    """The process that truncated it got no processor before it could write."""
    wanted = plain.push_blob(repo, b"late")
    link = Path(front.house.dir, "store/docker/registry/v2/repositories",
                repo, "_layers/sha256", wanted[7:], "link")

    def is_served():
        link.write_text("")
        with h2(front) as c:
            c.request(1, "GET", "/v2/%s/blobs/%s" % (repo, wanted),
                      is_whole=True)
            time.sleep(0.2)
            link.write_text(wanted)
            return c.answer() == (200, b"late")
    # this test may get no processor either
    assert any(is_served() for _ in range(10))


@pytest.mark.idea(38)
def test_trailers(front, plain, repo, session):
    """nginx 1.22 ends a connection that sends them; later ones need not."""
    data = images.blob(3000, repo)
    location, path = session
    with h2(front) as c:
        put(c, 1, location, data)
        c.data(1, data)
        c.fields(1, [("x-checksum", "none")], is_whole=True)
        status, _ = c.answer()
    assert status in (201, None)
    assert plain.blob(repo, digest(data)).status == (404 if status is None
                                                     else 200)


def test_uploads_side_by_side(front, plain, repo):
    """Eight bodies in one connection, their frames in turn."""
    blobs = {1 + 2 * i: images.blob(6000, "%s%d" % (repo, i))
             for i in range(8)}
    with h2(front) as c:
        for stream, data in blobs.items():
            put(c, stream, plain.start_upload(repo), data)
        for at in range(0, 6000, 500):
            for stream, data in blobs.items():
                c.data(stream, data[at:at + 500], is_last=at == 5500)
        answers = c.answers(*blobs)
    assert {status for status, _ in answers.values()} == {201}
    for data in blobs.values():
        assert plain.blob(repo, digest(data)).body == data


@pytest.mark.parametrize("how", ["reset", "closed"])
def test_a_cut_stream_keeps_its_prefix(front, plain, repo, session, how):
    data = images.blob(40000, repo)
    location, path = session
    before = len(front.access_lines())
    with h2(front) as c:
        c.request(1, "PATCH", location)
        c.data(1, data[:12000])
        c.data(1, data[12000:20000])
        if how == "reset":
            c.reset(1)
            c.request(3, "GET", "/v2/", is_whole=True)
            assert c.answer(3)[0] == 200
    wait_until(lambda: any("PATCH" in line for line in
                           front.access_lines()[before:]), 60,
               "nginx to give the stream up")
    kept = path.read_bytes()
    assert data.startswith(kept)
    # nginx writes the line before it lets the session go
    wait_until(lambda: plain.patch(location, [
        ("Content-Range", "%d-39999" % len(kept))], data[len(kept):]
        ).status == 202, 60, "the session")
    assert plain.finish(location, digest(data)).status == 201


@pytest.mark.idea(6)
@pytest.mark.parametrize("length", ["10", "30000", "x", "-1"])
def test_a_false_length(front, plain, repo, session, length):
    """Never a blob of it, whatever nginx does to the stream."""
    data = images.blob(20000, repo)
    location, path = session
    with h2(front) as c:
        put(c, 1, location, data, content_length=length)
        c.data(1, data, is_last=True)
        assert c.answer()[0] in (400, 413, None)
    assert plain.blob(repo, digest(data)).status == 404
    wait_until(lambda: plain.finish(
        location, "sha256:" + "0" * 64).status == 400, 60, "the session")
    assert data.startswith(path.read_bytes())
    assert plain.delete(location).status == 204


def test_refused_early(front, plain, repo, session):
    """An answer before the body; the connection lives on.  (curl 7.88 is no
    witness: it may lose an answer that comes before its body has gone.)"""
    location, _ = session
    with h2(front) as c:
        c.request(1, "PATCH", location, [("content-range", "7-999")])
        c.data(1, b"x" * 500)
        status, body = c.answer()
        assert status == 416 and b"RANGE_INVALID" in body
        c.request(3, "GET", "/v2/", is_whole=True)
        assert c.answer(3) == (200, b"{}")


@pytest.mark.parametrize("path", ["/v2/a\x7f", "/v2/a/%", "/v2/a b/tags/list"])
def test_a_path_that_nginx_refuses(front, path):
    """Before it has looked for a location; it is JSON all the same."""
    with h2(front) as c:
        c.request(1, "GET", path, is_whole=True)
        status, body = c.answer()
        assert status == 400
        assert json.loads(body)["errors"][0]["code"]


def test_rapid_reset(front, plain, repo):
    """Begun and abandoned, 300 times; no upload stays in use."""
    location = plain.start_upload(repo)
    data = images.blob(5000, repo)
    for _ in range(3):
        with h2(front) as c:
            for i in range(100):
                c.request(1 + 2 * i, "PATCH", location)
                c.reset(1 + 2 * i)
            c.request(201, "GET", "/v2/", is_whole=True)
            assert c.answer(201)[0] in (200, None)
    wait_until(lambda: plain.patch(location, [
        ("Content-Range", "0-4999")], data).status == 202, 60, "the session")
    assert plain.finish(location, digest(data)).status == 201


@pytest.mark.idea(7)
def test_two_writers(front, plain, repo, session):
    """One in each version of HTTP."""
    location, _ = session
    data = images.blob(3000, repo)
    with h2(front) as c:
        c.request(1, "PATCH", location, [("expect", "100-continue")])
        c.data(1, data[:1500])
        c.request(3, "GET", "/v2/", is_whole=True)
        assert c.answer(3)[0] == 200
        # The first stream is being read by now: both share a connection.
        assert plain.patch(location, [], b"intruder").status == 416
        c.data(1, data[1500:], is_last=True)
        assert c.answer()[0] == 202
    assert plain.finish(location, digest(data)).status == 201


@pytest.mark.parametrize("path", [
    "", "*", "v2/", "/v2/\0/tags/list", "/v2/a b/tags/list", "/v2/\xff",
    "/v2/%zz", "/v2/" + "a" * 3000, "/v2/..", "/v2/a%2fb/tags/list"])
def test_bad_paths(front, path):
    with h2(front) as c:
        c.request(1, "GET", path, is_whole=True)
        status, body = c.answer()
        assert status in (None, 400, 404, 414), (status, body)


@pytest.mark.parametrize("fields", [
    [(":method", "GET")], [(":method", "GET"), (":path", "/v2/")],
    [(":path", "/v2/"), (":method", "GET"), (":scheme", "http"),
     (":path", "/v2/a/tags/list")],
    [(":method", "GET"), (":scheme", "http"), (":path", "/v2/"),
     ("Upper", "x")],
    [(":method", "GET"), (":scheme", "http"), (":path", "/v2/"),
     ("a", "x\r\ny: z")],
    [(":method", "GET"), (":scheme", "http"), (":path", "/v2/"), ("a", "\0")],
    [(":method", ""), (":scheme", "http"), (":path", "/v2/")]],
    ids=range(7))
def test_bad_fields(front, fields):
    with h2(front) as c:
        c.fields(1, fields, True)
        status, _ = c.answer()
        assert status in (None, 200, 400, 405), status


# --- answers without content ---------------------------------------------------

def fields(front, is_http2, path, *more):
    """(status, headers by their names in lower case) as curl saw them."""
    done = subprocess.run(
        [CURL, "-s", "-i", "--max-time", "60",
         "--http2-prior-knowledge" if is_http2 else "--http1.1", *more,
         "http://127.0.0.1:%d%s" % (
             front.house.port(8500 if is_http2 else 8080), path)],
        check=True, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    return int(lines[0].split()[1]), {
        name.lower(): value.strip() for name, value in
        (line.split(":", 1) for line in lines[1:] if line)}


def without_content(front, name):
    """The answers that have none: (status, path, curl's words)."""
    client = front.client(8080)
    wanted = client.push_blob(name, b"x")
    manifest = images.Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_INDEX, "manifests": []})
    client.push_manifest(name, "1", manifest)
    upload = client.start_upload(name)
    return [
        (204, "/v2/", ("-X", "OPTIONS")),
        (204, "/v2/%s/blobs/%s" % (name, wanted), ("-X", "OPTIONS")),
        (204, upload, ()), (204, upload, ("-I",)),
        (204, upload, ("-X", "DELETE")),
        (204, "/v2/none/a", ()), (204, "/v2/none/a", ("-I",)),
        (204, "/none", ()), (204, "/v2/long/tags/list", ()),
        (304, "/v2/%s/blobs/%s" % (name, wanted),
         ("-H", "If-None-Match: " + wanted)),
        (304, "/v2/%s/manifests/1" % name,
         ("-H", "If-None-Match: " + manifest.digest))]


def say_too_much(listener):
    """A FastCGI responder for one request: 204 with a length."""
    peer, _ = listener.accept()
    with peer:
        peer.recv(65536)
        text = b"Status: 204 No Content\r\nContent-Length: 0\r\n\r\n"
        peer.sendall(b"".join(
            struct.pack(">BBHHBB", 1, kind, 1, len(data), 0, 0) + data
            for kind, data in ((6, text), (6, b""), (3, b"\0" * 8))))


@pytest.mark.parametrize("is_http2", [False, True])
def test_no_length_without_content(front, is_http2):
    """RFC 9110 8.6: proxies refuse a 204 with Content-Length: 0."""
    name = "empty%d/app" % is_http2
    with socket.create_server(("127.0.0.1", front.house.port(8600))) as end:
        worker = threading.Thread(target=say_too_much, args=(end,),
                                  daemon=True)
        worker.start()
        for wanted, path, words in without_content(front, name):
            status, headers = fields(front, is_http2, path, *words)
            assert status == wanted, (path, words, headers)
            assert not {"content-length", "transfer-encoding",
                        "content-type"} & set(headers), (path, words, headers)
        worker.join(60)
