"""The base endpoint, versions, and what every answer has in common."""

import pytest

VERSION = "Docker-Distribution-API-Version"


def test_base(registry):
    answer = registry.get("/v2/")
    assert answer.status == 200
    assert answer.body == b"{}"
    assert answer.header("Content-Type").split(";")[0] == "application/json"
    assert answer.header("Content-Length") == "2"
    assert answer.header(VERSION) == "registry/2.0"
    # It switches clients to an API that is not there.
    assert answer.header("X-Registry-Supports-Signatures") is None


def test_every_answer_names_the_version(registry, repo):
    """For every status, from nginx and from the worker."""
    wanted = registry.push_blob(repo, b"some bytes")
    blob, uploads = "/v2/%s/blobs/%s" % (repo, wanted), (
        "/v2/%s/blobs/uploads/" % repo)
    location = registry.start_upload(repo)
    answers = {answer.status: answer for answer in (
        registry.get(blob), registry.head(blob), registry.post(uploads),
        registry.post(uploads + "?digest=" + wanted, [], b"some bytes"),
        registry.patch(location, [], b"x"), registry.get(location),
        registry.get(blob, [("Range", "bytes=0-0")]),
        registry.get(blob, [("If-None-Match", '"%s"' % wanted)]),
        registry.get(blob, [("Range", "bytes=99-")]), registry.put(location),
        registry.get("/v2/none/tags/list"), registry.post("/v2/"),
        registry.delete(blob))}
    assert sorted(answers) == [200, 201, 202, 204, 206, 304, 400, 404, 405,
                               416]
    for answer in answers.values():
        assert answer.header(VERSION) == "registry/2.0", answer


def test_head_equals_get(registry):
    get, head = registry.get("/v2/"), registry.head("/v2/")
    assert head.status == 200
    assert head.body == b""
    for name in ("Content-Type", "Content-Length", VERSION):
        assert head.header(name) == get.header(name), name


@pytest.mark.parametrize("path", [
    "/v2/?ns=docker.io", "/v2/?", "/v2/?a=b&&=", "/v2/?%00"])
def test_a_query_changes_nothing(registry, path):
    assert registry.get(path).body == b"{}"


def test_without_the_slash(registry):
    """Either the answer itself or the way to it."""
    answer = registry.get("/v2")
    if answer.status == 301:
        assert answer.header("Location").endswith("/v2/")
    else:
        assert answer.body == b"{}"


@pytest.mark.parametrize("header", [
    ("Accept", "text/html"), ("Accept-Encoding", "gzip"),
    ("Range", "bytes=0-0"),
    ("Accept-Encoding", "zstd;q=1.0, gzip;q=0.8, deflate;q=0.5")])
def test_headers_change_nothing(registry, header):
    answer = registry.get("/v2/", [header])
    assert (answer.status, answer.body) == (200, b"{}")
    assert answer.header("Content-Encoding") is None


def test_http_1_0(registry):
    answer = registry.raw(b"GET /v2/ HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\n{}")


def test_a_connection_is_kept(shared):
    client = shared.front.client(8500, keep=True)
    for path, status in (("/v2/", 200), ("/v2/a/tags/list", 404),
                         ("/v2/a/manifests/x", 404), ("/v2/", 200)):
        answer = client.get(path)
        assert answer.status == status
        assert answer.header("Connection") != "close"


def test_extensions_are_not_there(registry):
    for path in ("/v2/_oci/ext/discover", "/v2/a/_oci/ext/discover"):
        answer = registry.get(path)
        assert answer.status in (400, 404)
        assert answer.codes()
