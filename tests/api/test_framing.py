"""How bytes of HTTP/1.1 arrive: in one segment or many, pipelined, with
trailers and extensions, where no body is expected."""

import os

import pytest

from testenv import images
from testenv.client import digest, with_query

BUFFER = 256 * 1024     # client_body_buffer_size of a registry


def request(method, path, body=None, headers=(), is_chunked=False, step=1000):
    """The bytes of a request, all of them."""
    lines = ["%s %s HTTP/1.1" % (method, path), "Host: a", *headers]
    if is_chunked:
        lines.append("Transfer-Encoding: chunked")
        body = b"".join(b"%x\r\n%b\r\n" % (len(body[at:at + step]),
                                           body[at:at + step])
                        for at in range(0, len(body), step)) + b"0\r\n\r\n"
    elif body is not None:
        lines.append("Content-Length: %d" % len(body))
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


def talk(registry, data, count):
    """The statuses and bodies of so many answers to bytes sent at once."""
    found = []
    with registry.connect() as s:
        s.sendall(data)
        with s.makefile("rb") as answers:
            while len(found) < count:
                line = answers.readline()
                if not line:
                    break
                status, length, is_chunked = int(line.split()[1]), 0, False
                for field in iter(answers.readline, b"\r\n"):
                    name, value = field.lower().split(b":", 1)
                    if name == b"content-length":
                        length = int(value)
                if status >= 200:
                    found.append((status, answers.read(length)))
    return found


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("size", [0, 1, 500, 900, 1024, 8192, 40000,
                                  BUFFER - 1, BUFFER, BUFFER + 1, 1000003])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST"])
def test_in_one_piece(registry, repo, method, size, is_chunked):
    """The start of the body comes with the header, or all of it."""
    data = images.blob(size, repo)
    if method == "POST":
        path = "/v2/%s/blobs/uploads/?digest=%s" % (repo, digest(data))
    else:
        path = location = registry.start_upload(repo)
        if method == "PUT":
            path = with_query(location, digest=digest(data))
    (status, _), = talk(registry, request(
        method, path, data, is_chunked=is_chunked), 1)
    assert status in ((202,) if method == "PATCH" else (201,)) or (
        status == 202 and size == 0)
    if method == "PATCH":
        assert registry.finish(location, digest(data)).status == 201
    if size:
        assert registry.blob(repo, digest(data)).body == data


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("size", [10, 3000, 300000])
def test_pipelined(registry, repo, size, is_chunked):
    """What follows a body is the next request, and no part of the blob."""
    data = images.blob(size, repo)
    location = registry.start_upload(repo)
    half = size // 2
    answers = talk(registry, b"".join([
        request("PATCH", location, data[:half], is_chunked=is_chunked),
        request("GET", location),
        request("PATCH", location, data[half:], is_chunked=is_chunked),
        request("PUT", with_query(location, digest=digest(data)), b""),
        request("GET", "/v2/%s/blobs/%s" % (repo, digest(data))),
        request("GET", "/v2/")]), 6)
    assert [status for status, _ in answers] == [202, 204, 202, 201, 200, 200]
    assert answers[4][1] == data
    assert answers[5][1] == b"{}"


@pytest.mark.parametrize("coded", [
    b"5;name=value\r\nhello\r\n0\r\n\r\n", b"5 \r\nhello\r\n0\r\n\r\n",
    b"0005\r\nhello\r\n000\r\n\r\n", b"5\r\nhello\r\n0;last\r\n\r\n",
    b'5;a="b;c"\r\nhello\r\n0\r\n\r\n',
    b"5\r\nhello\r\n0\r\nX-Checksum: none\r\nY: z\r\n\r\n",
    b"1\r\nh\r\n4\r\nello\r\n0\r\n\r\n"])
def test_chunked_coding(registry, repo, coded):
    """Extensions and trailers are no part of the body."""
    path = with_query(registry.start_upload(repo), digest=digest(b"hello"))
    answers = talk(registry, request(
        "PUT", path, headers=["Transfer-Encoding: chunked"]) + coded
        + request("GET", "/v2/"), 2)
    assert [status for status, _ in answers] == [201, 200]
    assert registry.blob(repo, digest(b"hello")).body == b"hello"


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("method,path,statuses", [
    ("GET", "/v2/", (200,)), ("GET", "/v2/%s/blobs/%d", (200,)),
    ("HEAD", "/v2/%s/blobs/%d", (200,)), ("GET", "/v2/%s/manifests/x", (404,)),
    ("GET", "/v2/%s/tags/list", (404,)), ("DELETE", "/v2/%s/blobs/%d", (202,)),
    ("GET", "/v2/UPPER/tags/list", (400,)), ("GET", "%u", (204,)),
    ("HEAD", "%u", (204,)), ("DELETE", "%u", (204,)),
    ("PUT", "/v2/%s/blobs/%d", (405,)), ("POST", "/v2/%s/manifests/x", (405,)),
    ("POST", "/v2/%s/blobs/uploads/", (202,)),
    ("PATCH", "/v2/%s/blobs/uploads/00000000-0000-4000-8000-000000000000",
     (404,))])
def test_a_body_where_none_is_wanted(registry, repo, method, path, statuses,
                                     is_chunked):
    """It is read away: the connection stays in step."""
    wanted = registry.push_blob(repo, b"there")
    path = path.replace("%u", registry.start_upload(repo)).replace(
        "%s", repo).replace("%d", wanted)
    for size in (10, 20000):
        evil = (b"GET /v2/none/such HTTP/1.1\r\nHost: a\r\n\r\n" * 500)[:size]
        with registry.connect() as s:
            s.sendall(request(method, path, evil, is_chunked=is_chunked)
                      + request("GET", "/v2/", headers=["Connection: close"]))
            text = b""
            while piece := s.recv(65536):
                text += piece
        heads = text.count(b"Docker-Distribution-API-Version")
        assert int(text[9:12]) in statuses or (
            size == 20000 and int(text[9:12]) in (404, 202)), text[:300]
        assert heads == 2 or b"Connection: close" in text.split(b"\r\n\r\n")[0]
        assert text.endswith(b"{}") or heads == 1


def test_a_mount_with_a_body(registry, repo, store):
    """?mount= and ?digest= and the bytes: hit or miss, the blob is there and
    nothing is left over."""
    data = images.blob(70000, repo)
    wanted = registry.push_blob(repo + "/a", data)
    other = images.blob(70000, repo + "x")
    for target, content, source in (("b", data, "a"), ("c", other, "a"),
                                    ("d", data, "none")):
        answer = registry.post(
            "/v2/%s/%s/blobs/uploads/?mount=%s&from=%s/%s&digest=%s" % (
                repo, target, digest(content), repo, source,
                digest(content)), [], content)
        assert answer.status == 201, answer
        name = "%s/%s" % (repo, target)
        assert registry.blob(name, digest(content)).body == content
        uploads = store / "repositories" / name / "_uploads"
        assert not uploads.exists() or list(uploads.iterdir()) == []
    assert registry.blob(repo + "/a", wanted).body == data


def test_a_large_body_that_begins_an_upload(registry, repo):
    """Without a digest it is not wanted; bounded as any other body."""
    answer = registry.post("/v2/%s/blobs/uploads/" % repo, [],
                           b"x" * 6000000)
    assert answer.status in (202, 413), answer


@pytest.mark.parametrize("query", [
    "digest=", "digest=x", "digest=%s&digest=%s", "Digest=%s", "digest",
    "digest=%s&mount=x", "a=b&digest=%s&n=5"])
def test_queries_of_a_single_post(registry, repo, store, query):
    data = images.blob(5000, repo)
    query = query.replace("%s", digest(data))
    answer = registry.post("/v2/%s/blobs/uploads/?%s" % (repo, query), [],
                           data)
    assert answer.status in (201, 202, 400), answer
    uploads = store / "repositories" / repo / "_uploads"
    if answer.status != 202:
        assert not uploads.exists() or list(uploads.iterdir()) == []
    assert registry.blob(repo, digest(data)).status == (
        200 if answer.status == 201 else 404)


@pytest.mark.parametrize("broken", ["directory", "link", "fifo", "absent",
                                    "no startedat"])
def test_a_strange_session(shared, registry, repo, store, broken):
    """What stands in the place of the data file, or next to it."""
    shared.expect(r"open\(\).*/data.*(Is a directory|symbolic links)")
    location = registry.start_upload(repo)
    directory = (store / "repositories" / repo / "_uploads"
              / location.rsplit("/", 1)[1])
    path = directory / "data"
    if broken == "no startedat":
        (directory / "startedat").unlink()
        assert registry.finish(location, digest(b"x"), [], b"x").status == 201
        return
    path.unlink()
    if broken == "directory":
        path.mkdir()
    elif broken == "link":
        (directory / "other").write_bytes(b"")
        path.symlink_to(directory / "other")
    elif broken == "fifo":
        os.mkfifo(path)
    for answer in (registry.get(location), registry.patch(location, [], b"x"),
                   registry.finish(location, digest(b"x"), [], b"x")):
        assert answer.status in (404, 500), answer
        assert answer.codes()
    if broken == "link":
        assert (directory / "other").read_bytes() == b""
