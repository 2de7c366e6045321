"""The body of an upload is on its way while its token's verdict is looked up
by a subrequest, which has to leave it alone."""

import pytest

from testenv import House, images
from testenv.accounts import Accounts, scope
from testenv.client import digest, with_query
from testenv.http2 import Http2

@pytest.fixture(scope="module")
def site(database_server):
    """Accounts; 8501 is the same server by HTTP/2."""
    built = House(database_server)
    yield Accounts(built, "alice", server="listen 127.0.0.1:8501 http2;")
    problems = built.problems()
    built.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture
def fresh(site):
    """A client with a token that is new to nginx."""
    return site.client("alice", scope("alice/app"))


def begun(site):
    """A session, begun with another token."""
    return site.client("alice", scope("alice/app")).start_upload("alice/app")


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("size", [0, 1, 800, 9000, 70000, 600000])
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_in_one_piece(site, fresh, method, size, is_chunked):
    data = images.blob(size, method + str(is_chunked))
    path = with_query(begun(site) if method == "PUT"
                      else "/v2/alice/app/blobs/uploads/",
                      digest=digest(data))
    head = "%s %s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n" % (
        method, path, fresh.token)
    if is_chunked:
        head += "Transfer-Encoding: chunked\r\n\r\n"
        body = (b"%x\r\n%b\r\n" % (size, data) if size else b"") + (
            b"0\r\n\r\n")
    else:
        head, body = head + "Content-Length: %d\r\n\r\n" % size, data
    with fresh.connect() as s:
        s.sendall(head.encode() + body + b"GET /v2/ HTTP/1.1\r\nHost: a\r\n"
                  b"Connection: close\r\n\r\n")
        text = b""
        while piece := s.recv(65536):
            text += piece
    assert text[9:12] == b"201" or (size == 0 and text[9:12] == b"202"), text
    assert b"\r\n\r\nHTTP/1.1 401 " in text     # of the request behind it
    if size:
        assert fresh.blob("alice/app", digest(data)).body == data


@pytest.mark.parametrize("has_length", [True, False])
@pytest.mark.parametrize("size", [0, 1, 800, 9000, 60000])
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_http2(site, fresh, method, size, has_length):
    """Frames come before the location is known, let alone the verdict."""
    data = images.blob(size, "h2%s%s" % (method, has_length))
    path = with_query(begun(site) if method == "PUT"
                      else "/v2/alice/app/blobs/uploads/",
                      digest=digest(data))
    fields = [("authorization", "Bearer " + fresh.token)]
    if has_length:
        fields.append(("content-length", str(size)))
    with Http2(site.house.port(8501)) as c:
        c.request(1, method, path, fields)
        for at in range(0, size, 16000):
            c.data(1, data[at:at + 16000])
        c.data(1, b"", is_last=True)
        status, body = c.answer()
    assert status == 201 or (size == 0 and status == 202), (status, body)
    if size:
        assert fresh.blob("alice/app", digest(data)).body == data


@pytest.mark.parametrize("token", [None, "none", "x" * 5000])
@pytest.mark.parametrize("size", [10, 60000])
def test_refused(site, token, size):
    """401 while the body comes, over both; the connection stays in step."""
    location = begun(site)
    fields = [("authorization", "Bearer " + token)] if token else []
    with Http2(site.house.port(8501)) as c:
        for stream in (1, 3):
            c.request(stream, "PATCH", location, fields)
            c.data(stream, b"x" * (size // 4), is_last=True)
        c.request(5, "GET", "/v2/", is_whole=True)
        answers = c.answers(1, 3, 5)
    assert {status for status, _ in answers.values()} <= {401, 400}
    client = site.nginx.client(8500, keep=True)
    headers = [("Authorization", "Bearer " + token)] if token else []
    for _ in range(2):
        assert client.patch(location, headers, b"x" * size).status == 401
        assert client.get("/v2/").status == 401
    owner = site.client("alice", scope("alice/app"))
    assert owner.get(location).header("Range") == "0-0"
