"""Errors: each code with its status and form, from each program; and requests
that are malformed in every place a request has."""

import json
import random
import re
from pathlib import Path

import pytest

from testenv import House, images
from testenv.client import digest

ZERO = "sha256:" + "0" * 64
VECTORS = Path(__file__).resolve().parents[1] / "vectors"
STATUS = json.loads((VECTORS / "errors.json").read_text())
NAMES = json.loads((VECTORS / "names.json").read_text())
DIGESTS = json.loads((VECTORS / "digests.json").read_text())


def is_error(answer, status=None, code=None, method="GET"):
    """An OCI error, complete and without anything of ours in it."""
    assert answer.status >= 400, answer
    assert status is None or answer.status == status, answer
    assert answer.header("Docker-Distribution-API-Version") == "registry/2.0"
    assert answer.header("Content-Type").split(";")[0] == "application/json"
    assert answer.header("Docker-Content-Digest") is None
    if answer.status == 405:
        assert answer.header("Allow")
    if answer.status in (429, 503):
        assert answer.header("Retry-After")
    if method == "HEAD":
        assert answer.body == b""
        return
    assert answer.header("Content-Length") == str(len(answer.body))
    body = answer.json()
    assert list(body) == ["errors"] and body["errors"]
    for error in body["errors"]:
        assert set(error) <= {"code", "message", "detail"}
        assert re.fullmatch("[A-Z_]+", error["code"])
        assert error["code"] in STATUS
        assert error["message"]
    assert code is None or answer.codes()[0] == code, answer
    text = answer.body.decode()
    for secret in ("/tmp", "store", "sock", "nginx", "errno"):
        assert secret not in text, text


# --- the codes -------------------------------------------------------------

BAD_IMAGE = json.dumps({
    "schemaVersion": 2, "mediaType": images.OCI_MANIFEST, "layers": [],
    "config": {"mediaType": "a/b", "digest": ZERO, "size": 2}}).encode()

# (code, method, path, headers, body); %s is the repository, which has one
# session with five bytes, %u.
CODES = [
    ("UNSUPPORTED", "POST", "/v2/%s/manifests/1", [], b""),
    ("UNSUPPORTED", "PUT", "/v2/%s/blobs/" + ZERO, [], b""),
    ("BLOB_UNKNOWN", "GET", "/v2/%s/blobs/" + ZERO, [], None),
    ("BLOB_UNKNOWN", "HEAD", "/v2/%s/blobs/" + ZERO, [], None),
    ("BLOB_UNKNOWN", "DELETE", "/v2/%s/blobs/" + ZERO, [], None),
    ("BLOB_UPLOAD_UNKNOWN", "GET", "/v2/%s/blobs/uploads/"
     "00000000-0000-4000-8000-000000000000", [], None),
    ("BLOB_UPLOAD_UNKNOWN", "PATCH", "/v2/%s/blobs/uploads/"
     "00000000-0000-4000-8000-000000000000", [], b"x"),
    ("DIGEST_INVALID", "GET", "/v2/%s/blobs/sha256:x", [], None),
    ("DIGEST_INVALID", "HEAD", "/v2/%s/blobs/sha256:x", [], None),
    ("DIGEST_INVALID", "PUT", "%u?digest=" + ZERO, [], b""),
    ("DIGEST_INVALID", "PUT", "%u", [], b""),
    ("SIZE_INVALID", "PATCH", "%u", [("Content-Range", "5-5")], b"xx"),
    ("RANGE_INVALID", "PATCH", "%u", [("Content-Range", "6-6")], b"x"),
    ("NAME_INVALID", "GET", "/v2/UPPER/tags/list", [], None),
    ("NAME_INVALID", "HEAD", "/v2/UPPER/manifests/1", [], None),
    ("NAME_UNKNOWN", "GET", "/v2/absent/tags/list", [], None),
    ("MANIFEST_UNKNOWN", "GET", "/v2/%s/manifests/none", [], None),
    ("MANIFEST_UNKNOWN", "HEAD", "/v2/%s/manifests/none", [], None),
    ("MANIFEST_UNKNOWN", "DELETE", "/v2/%s/manifests/" + ZERO, [], None),
    ("MANIFEST_INVALID", "PUT", "/v2/%s/manifests/1", [], b"{"),
    ("MANIFEST_BLOB_UNKNOWN", "PUT", "/v2/%s/manifests/1", [], BAD_IMAGE),
    ("TAG_INVALID", "PUT", "/v2/%s/manifests/-x", [], BAD_IMAGE),
    ("TAG_INVALID", "DELETE", "/v2/%s/manifests/-x", [], None),
    ("PAGINATION_NUMBER_INVALID", "GET", "/v2/_catalog?n=x", [], None),
    ("PAGINATION_NUMBER_INVALID", "GET", "/v2/%s/tags/list?n=-1", [], None)]


@pytest.mark.parametrize("code,method,path,headers,body", CODES)
def test_code(registry, repo, code, method, path, headers, body):
    location = registry.start_upload(repo)
    registry.patch(location, [], b"12345")
    registry.push_blob(repo, b"{}")
    registry.push_manifest(repo, "there", images.Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_INDEX, "manifests": []}))
    answer = registry.request(
        method, path.replace("%u", location).replace("%s", repo), headers,
        body)
    is_error(answer, STATUS[code], code, method)


@pytest.mark.parametrize("method,path,detail", [
    ("GET", "/v2/a/tags/list?n=+1", {"n": "+1"}),
    ("GET", "/v2/_catalog?n=%2B1", {"n": "+1"}),
    ("GET", "/v2/_catalog?n=%201", {"n": " 1"}),
    ("PUT", "%u?digest=sha256+b64u:x", "sha256+b64u:x"),
    ("PUT", "/v2/a/manifests/" + ZERO + "?tag=1.0+build", "1.0+build")])
def test_a_plus_in_a_uri_is_a_plus(registry, method, path, detail):
    """RFC 3986: only a form makes it a space."""
    path = path.replace("%u", registry.start_upload("a"))
    answer = registry.request(method, path)
    assert answer.status == 400, answer
    assert answer.json()["errors"][0]["detail"] == detail


# What each path knows, and so what its Allow says.
ALLOW = [
    ("/v2/", "GET, HEAD"), ("/v2/_catalog", "GET, HEAD"),
    ("/v2/a/tags/list", "GET, HEAD"),
    ("/v2/a/manifests/1", "GET, HEAD, PUT, DELETE"),
    ("/v2/a/manifests/" + ZERO, "GET, HEAD, PUT, DELETE"),
    ("/v2/a/blobs/" + ZERO, "GET, HEAD, DELETE"),
    ("/v2/a/blobs/uploads/", "POST"), ("/v2/a/blobs/uploads", "POST"),
    ("/v2/a/blobs/uploads/00000000-0000-4000-8000-000000000000",
     "GET, HEAD, PUT, PATCH, DELETE"),
    ("/v2/a/referrers/" + ZERO, "GET, HEAD")]


@pytest.mark.parametrize("path,allow", ALLOW)
def test_methods(registry, path, allow):
    known = set(allow.split(", "))
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE",
                   "PROPFIND", "LOCK", "MKCOL", "MOVE"):
        answer = registry.request(method, path)
        if method in known:
            assert answer.status != 405
        else:
            is_error(answer, 405, "UNSUPPORTED", method)
            assert set(answer.header("Allow").split(", ")) == known
    answer = registry.request("OPTIONS", path)
    assert (answer.status, answer.body) == (204, b"")
    assert set(answer.header("Allow").split(", ")) == known


@pytest.mark.parametrize("path,code", [
    ("/v2/A/tags/list", "NAME_INVALID"), ("/v2/a/b", "NAME_UNKNOWN"),
    ("/v2/a/blobs/sha256:1", "DIGEST_INVALID")])
def test_options_of_what_is_no_path(registry, path, code):
    is_error(registry.request("OPTIONS", path), STATUS[code], code)


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "X", "get", "A" * 200])
def test_strange_methods(registry, method):
    answer = registry.raw(b"%s /v2/a/tags/list HTTP/1.1\r\nHost: a\r\n"
                          b"Connection: close\r\n\r\n" % method.encode(),
                          is_closing=False)
    assert answer[9:12] in (b"400", b"405"), answer[:200]


# --- errors of nginx itself ------------------------------------------------

NGINX = """
    %%GLOBALS%%
    events {}
    http {
        %%GLOBALS_HTTP%%
        limit_req_zone        $server_port zone=few:1m rate=1r/m;
        limit_req_status      429;
        large_client_header_buffers 4 8k;
        server {
            listen 127.0.0.1:8500;
            location /v2/ {
                registry       on;
                registry_root  %%DIR%%/store;
                fastcgi_pass   unix:%%DIR%%/registry.sock;
                include        %%CONF%%/registry_params;

                location /v2/denied/    { LIKE deny all; }
                location /v2/basic/     { LIKE auth_basic "it";
                    auth_basic_user_file %%DIR%%/none; }
                location /v2/limited/   { LIKE limit_req zone=few; }
                location /v2/small/     { LIKE client_max_body_size 2000; }
                location /v2/absent/    {
                    registry      on;
                    fastcgi_pass  unix:%%DIR%%/absent.sock; }
                location /v2/500/       { LIKE return 500; }
                location /v2/404/       { LIKE return 404; }
                location /v2/418/       { LIKE return 418; }
                location /v2/text/      { LIKE return 403 "secret: /tmp\\n"; }
                location /v2/page/      { LIKE error_page 404 /page.html; }
                location /v2/range/     { LIKE error_page 416 = @elsewhere; }
            }
            location @elsewhere { proxy_pass http://127.0.0.1:8501; }
            location = /page.html { return 200 "a page"; }
            location / { return 404; }
        }
        server {
            listen 127.0.0.1:8501;
            location / { return 404; }
        }
    }""".replace("LIKE", """registry on;
                    fastcgi_pass unix:%%DIR%%/registry.sock;""")


@pytest.fixture(scope="module")
def nginx(database_server):
    """A server that is set up to refuse in many ways."""
    built = House(database_server)
    built.expect(r"connect\(\) to unix:\S*absent.sock failed")
    built.expect(r"open\(\) \"\S*/none\" failed")
    built.registry_worker()
    yield built.nginx(NGINX)
    problems = built.problems()
    built.remove()
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
@pytest.mark.parametrize("path,status,code", [
    ("/v2/denied/a/manifests/1", 403, "DENIED"),
    ("/v2/basic/a/manifests/1", 401, "UNAUTHORIZED"),
    ("/v2/500/a/manifests/1", 500, "UNKNOWN"),
    ("/v2/404/a/manifests/1", 404, None),
    ("/v2/418/a/manifests/1", 418, None),
    ("/v2/text/a/manifests/1", 403, "DENIED")])
def test_raised_by_nginx(nginx, path, status, code, method):
    answer = nginx.client(8500).request(method, path)
    is_error(answer, status, code, method)
    if status == 401:
        assert answer.header("WWW-Authenticate").startswith("Basic realm=")


def test_too_many_requests(nginx):
    client = nginx.client(8500)
    answers = [client.get("/v2/limited/a/manifests/1") for _ in range(3)]
    is_error(answers[-1], 429, "TOOMANYREQUESTS")


@pytest.mark.parametrize("method,path", [
    ("GET", "/v2/absent/a/tags/list"), ("HEAD", "/v2/absent/a/tags/list"),
    ("POST", "/v2/absent/a/blobs/uploads/"),
    ("DELETE", "/v2/absent/a/manifests/1")])
def test_no_worker(nginx, method, path):
    is_error(nginx.client(8500).request(method, path), 503, "UNAVAILABLE",
             method)


@pytest.mark.parametrize("is_chunked", [False, True])
def test_413(nginx, is_chunked):
    client = nginx.client(8500)
    location = client.start_upload("small/a")
    body = [b"x" * 1500] * 2 if is_chunked else b"x" * 3000
    is_error(client.patch(location, [], body, is_chunked=is_chunked), 413)
    is_error(client.put("/v2/small/a/manifests/1", [
        ("Content-Type", images.OCI_MANIFEST)], body, is_chunked=is_chunked),
        413)
    assert client.get(location).status == 204


@pytest.mark.idea(39)
def test_413_before_the_body(nginx):
    """A client that sends Expect gets the error before it sends the body."""
    client = nginx.client(8500)
    location = client.start_upload("small/a")
    for method, path in (("PATCH", location),
                         ("PUT", "/v2/small/a/manifests/1")):
        with client.connect() as s:
            s.sendall(b"%s %s HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n"
                      b"Expect: 100-continue\r\n\r\n" % (
                          method.encode(), path.encode()))
            assert s.recv(100).startswith(b"HTTP/1.1 413 ")


def test_414(nginx):
    for path in ("/v2/a/manifests/" + "a" * 20000,
                 "/v2/" + "a/" * 8000 + "tags/list",
                 "/v2/a/tags/list?last=" + "a" * 20000):
        is_error(nginx.client(8500).get(path), 414)


@pytest.mark.parametrize("lines", [
    "", "Host: a\r\nHost: b", "Host: a b", "Host: a/b", "Host: \x00",
    "Host: a\r\nX: " + "x" * 20000, "Host: a\r\nContent-Length: x",
    "Host: a\r\nContent-Length: 1\r\nContent-Length: 2",
    "Host: a\r\nTransfer-Encoding: x"])
def test_bad_headers(nginx, lines):
    answer = nginx.client(8500).raw(
        b"GET /v2/a/tags/list HTTP/1.1\r\n%s\r\n\r\n" % (
            lines.encode("latin-1")), is_closing=False)
    head, body = answer.split(b"\r\n\r\n", 1)
    assert head[9:12] in (b"400", b"501"), answer
    assert b"Docker-Distribution-API-Version: registry/2.0" in head
    assert b"Content-Type: application/json" in head
    assert json.loads(body)["errors"][0]["code"]


@pytest.mark.parametrize("line", [
    b"GET /v2/%zz HTTP/1.1", b"GET /v2/a%0 HTTP/1.1", b"GET /v2/%00 HTTP/1.1",
    b"GET /v2/../../../etc/passwd HTTP/1.1", b"GET /v2/a HTTP/3.0",
    b"GET  HTTP/1.1", b"GET", b"\x16\x03\x01\x02\x00\x01\x00", b"\0" * 100,
    b"PRI * HTTP/2.0", b"GET /v2/ HTTP/0.9", b"GET /v2/"])
def test_bad_request_lines(nginx, line):
    answer = nginx.client(8500).raw(line + b"\r\nHost: a\r\n\r\n")
    assert not answer.startswith(b"HTTP/1.1 500")
    if answer.startswith(b"HTTP/1.1 ") and line.startswith(b"GET /v2/"):
        head, body = answer.split(b"\r\n\r\n", 1)
        if head[9:12] >= b"400":
            assert b"Docker-Distribution-API-Version" in head, answer
            assert json.loads(body)["errors"]


def test_an_error_page_of_the_operator(nginx):
    """error_page is nginx's, and what it does is the operator's wish; it must
    only not break."""
    answer = nginx.client(8500).get("/v2/page/a/manifests/1")
    assert answer.status in (200, 404)


PAGES = """
    %%GLOBALS%%
    events {}
    http {
        %%GLOBALS_HTTP%%
        error_page 400 401 403 404 405 413 416 500 502 503 =200 /page.html;
        server {
            listen 127.0.0.1:8500;
            SERVER
            location /v2/ {
                registry       on;
                registry_root  %%DIR%%/store;
                fastcgi_pass   unix:%%DIR%%/registry.sock;
                include        %%CONF%%/registry_params;
                if ($arg_x)    { set $x 1; }
                limit_except GET PUT { deny all; }
                location /v2/absent/ {
                    fastcgi_pass unix:%%DIR%%/absent.sock;
                }
                location /v2/own/ {
                    fastcgi_pass unix:%%DIR%%/registry.sock;
                    error_page   404 =200 /page.html;
                    if ($arg_x)  { set $x 1; }
                    location /v2/own/not/ {
                        fastcgi_pass unix:%%DIR%%/registry.sock;
                    }
                }
            }
            location / { registry off; return 404; }
            location = /page.html { registry off; return 200 "a page"; }
        }
    }"""


@pytest.mark.parametrize("server", [
    "", "error_page 404 =200 /page.html;",
    "registry on; registry_root %%DIR%%/store;"
    "error_page 404 =200 /page.html;"], ids=["http", "server", "on"])
def test_error_pages_of_others(house, server):
    """An inherited page is for people and does not replace a registry's
    error, else a client that checks for a blob would read "it is there"."""
    house.expect(r"connect\(\) to unix:\S*absent.sock failed")
    house.registry_worker()
    client = house.nginx(PAGES.replace("SERVER", server)).client(8500)
    for method in ("GET", "HEAD"):
        for query in ("", "?x=1"):
            blob = "a/blobs/" + ZERO + query
            is_error(client.request(method, "/v2/" + blob), 404,
                     "BLOB_UNKNOWN", method)
            is_error(client.request(method, "/v2/own/not/" + blob), 404,
                     "BLOB_UNKNOWN", method)
            assert client.request(method, "/v2/own/" + blob).status == 200
        is_error(client.request(method, "/v2/a/blobs/x"), 400, None, method)
        is_error(client.request(method, "/v2/absent/a/tags/list"), 503,
                 "UNAVAILABLE", method)
    is_error(client.post("/v2/a/blobs/uploads/"), 403, "DENIED")
    is_error(client.put("/v2/a/manifests/1", [], b"x" * (5 << 20)), 413)
    assert client.get("/elsewhere").body == b"a page"


def test_an_error_page_that_reads_the_body(nginx):
    """What the upload was refused does not come to it behind its back."""
    client = nginx.client(8500)
    location = client.start_upload("range/a")
    assert client.patch(location, [], b"0123456789").status == 202
    client.patch(location, [("Content-Range", "5-9")], b"56789")
    assert client.get(location).header("Range") == "0-9"


def test_elsewhere_nothing_changes(nginx):
    """Other locations and servers answer as nginx does."""
    for port, path in ((8500, "/"), (8500, "/v1/_ping"), (8501, "/v2/")):
        answer = nginx.client(port).get(path)
        assert answer.status == 404
        assert answer.header("Content-Type").startswith("text/html")
        assert answer.header("Docker-Distribution-API-Version") is None


# --- a disk that fails -----------------------------------------------------

@pytest.mark.parametrize("broken", ["_uploads", "_layers", "_manifests"])
def test_a_file_where_a_directory_should_be(shared, registry, repo, store,
                                         broken):
    """500 or 503 in the right form, a line in a log, and no path in it."""
    shared.expect("(Not a directory|File exists)")
    directory = store / "repositories" / repo
    directory.mkdir(parents=True)
    (directory / broken).write_text("x")
    data = b"{}"
    answers = [registry.post("/v2/%s/blobs/uploads/" % repo),
               registry.post("/v2/%s/blobs/uploads/?digest=%s" % (
                   repo, digest(data)), [], data),
               registry.put("/v2/%s/manifests/1" % repo, [], json.dumps({
                   "schemaVersion": 2, "manifests": []}).encode())]
    answers += [registry.get("/v2/%s/%s" % (repo, path)) for path in (
        "tags/list", "manifests/1", "blobs/" + ZERO, "referrers/" + ZERO)]
    bad = [answer for answer in answers if answer.status >= 400]
    assert bad
    for answer in bad:
        is_error(answer)


# --- malformed names and digests -------------------------------------------

def quoted(text):
    return "".join("%%%02X" % byte for byte in text.encode())


def is_refused(answer):
    """Some client error, never a success and never a fault of ours."""
    assert 400 <= answer.status < 500, answer
    assert answer.header("Docker-Distribution-API-Version") == "registry/2.0"
    assert answer.codes()


@pytest.mark.parametrize("name", NAMES["repository"]["invalid"]
                         + ["a" * 256, "a/" * 127 + "aa", "a" * 2000])
def test_bad_names(registry, name):
    paths = ["tags/list", "manifests/1", "blobs/" + ZERO, "referrers/" + ZERO]
    for text in {quoted(name), quoted(name).replace("%2F", "/")}:
        for path in paths:
            answer = registry.get("/v2/%s/%s" % (text, path))
            if "/.." in "/" + name or "/./" in "/" + name + "/" or (
                    name in ("", "/") or "//" in name or name[0] == "/"
                    or name[-1] == "/"):
                # nginx may have made another path of it.
                assert answer.status in (400, 404), answer
            else:
                is_refused(answer)
                assert answer.status in (400, 404), answer
        answer = registry.post("/v2/%s/blobs/uploads/" % text)
        assert answer.status in (400, 404, 405), answer


@pytest.mark.idea(36)
@pytest.mark.parametrize("name", NAMES["repository"]["valid"] + ["a" * 255])
def test_good_names(registry, name):
    data = name.encode()[:100]
    wanted = registry.push_blob(name, data)
    assert registry.blob(name, wanted).body == data
    registry.push_manifest(name, "1", images.Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_INDEX, "manifests": []}))
    assert registry.get("/v2/%s/tags/list" % name).json() == {
        "name": name, "tags": ["1"]}


@pytest.mark.idea(36)
def test_a_deep_name(registry):
    """255 characters, 128 components, in a root of its own length."""
    name = "/".join("a" * 128)
    assert len(name) == 255
    wanted = registry.push_blob(name, b"deep")
    assert registry.blob(name, wanted).body == b"deep"


@pytest.mark.parametrize("path", [
    "/v2//tags/list", "/v2/a//b/tags/list", "/v2//a/tags/list",
    "/v2/a/./tags/list", "/v2/a/../b/tags/list", "/v2/a/b/../tags/list",
    "/v2/./a/tags/list", "/v2/%2e/a/tags/list", "/v2/a/%2e%2e/tags/list",
    "/v2/a%2Fb/tags/list", "/v2/a%2fb/manifests/1", "/v2/a/tags%2Flist",
    "/v2/a/blobs/uploads%2F", "/v2%2Fa/tags/list", "/v2/a%2F..%2Fb/tags/list",
    "/v2/a%00/tags/list", "/v2/a%0a/tags/list", "/v2/a\\b/tags/list",
    "/v2/a%5Cb/tags/list", "/v2/a%252Fb/tags/list", "/v2/a;x/tags/list",
    "/v2/a%20/tags/list", "/v2/a%ff/tags/list", "/v2/a?/tags/list",
    "/v2/a#/tags/list", "/v2/a/tags/list/", "/v2/a/tags/list/x",
    "/v2/a/manifests/1/x", "/v2/a/manifests/", "/v2/a/manifests",
    "/v2/a/blobs/", "/v2/a/blobs", "/v2/a/tags", "/v2/a/tags/", "/v2/a",
    "/v2/a/", "/v2/a/referrers/", "/v2/_catalog/", "/v2/_catalog/x",
    "/v2/a/blobs/uploads/x/y", "/v2/x/_uploads", "/v2/_x/tags/list",
    "/v2/a/../../v2/a/tags/list", "/v2/..", "/v2/.", "/v2//",
    "//v2/a/tags/list", "/V2/a/tags/list", "/v2/A/../a/tags/list"])
def test_paths(registry, path):
    """Nothing is decoded twice, merged or climbed into another repository."""
    registry.push_blob("a", b"{}")
    registry.push_manifest("a", "1", images.Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_INDEX, "manifests": []}))
    for method in ("GET", "PUT"):
        answer = registry.request(method, path)
        if path == "/v2/..":    # is /, what load balancers ask for
            assert (answer.status, answer.body) == (200, b""), answer
            continue
        assert answer.status in (301, 400, 404, 405), (method, answer)
        assert b"tags\":[" not in answer.body


@pytest.mark.parametrize("text", [
    case for key, cases in DIGESTS.items() if key != "valid" for case in (
        cases if isinstance(cases, list) else [])], ids=str)
def test_bad_digests(registry, text):
    text = text if isinstance(text, str) else json.dumps(text)
    for path in ("blobs", "referrers"):
        answer = registry.get("/v2/a/%s/%s" % (path, quoted(text)))
        assert 400 <= answer.status < 500, answer
        assert answer.codes()
    if ":" in text:
        answer = registry.put("/v2/a/manifests/" + quoted(text), [
            ("Content-Type", images.OCI_MANIFEST)], BAD_IMAGE)
        assert 400 <= answer.status < 500, answer


# --- noise -----------------------------------------------------------------

PIECES = ["/v2/", "a", "/", "//", "..", ".", "_catalog", "tags", "list",
          "/tags/list", "/manifests/", "/blobs/", "/blobs/uploads/", "uploads",
          "referrers", ZERO, "sha256:", "sha512:", ":", "%2F", "%00", "%", "%%",
          "%25", "?", "&", "=", "digest=", "mount=", "from=", "n=", "last=",
          "tag=", "-1", "99999999999999999999", "\xff", "\x80", "+", " ",
          "a" * 300, "#", ";", "@", "00000000-0000-4000-8000-000000000000",
          "artifactType=", "digest-algorithm=", "sha256", "latest", "_", "-"]
HEADERS = ["Content-Range", "Range", "Content-Type", "Accept", "If-None-Match",
           "If-Range", "Authorization", "Content-Length", "Expect", "Host",
           "Transfer-Encoding", "Content-Encoding", "Cookie", "If-Match",
           "X-Forwarded-Proto", "Docker-Content-Digest", "Status", "Proxy"]
VALUES = ["", "x", "0-0", "bytes=0-0", "bytes 0-0/1", "0-", "-", "-1", "5",
          "Bearer x", "Bearer", "Basic Og==", "Basic", "gzip", "chunked",
          "100-continue", "*", '"', '"x"', "W/", ZERO, "\xff\xfe", "a" * 3000,
          images.OCI_MANIFEST, "99999999999999999999-99999999999999999999"]


@pytest.mark.parametrize("seed", range(12))
def test_noise(registry, seed):
    """Requests put together at random: whatever they mean, the answer is
    HTTP, below 500, and the servers live on."""
    choose = random.Random(seed)
    for _ in range(60):
        method = choose.choice(["GET", "HEAD", "POST", "PUT", "PATCH",
                                "DELETE", "OPTIONS"])
        path = "/v2/" + "".join(
            choose.choice(PIECES) for _ in range(choose.randrange(8)))
        lines = ["%s: %s" % (choose.choice(HEADERS), choose.choice(VALUES))
                 for _ in range(choose.randrange(4))]
        body = choose.choice([b"", b"x", b"{}", b"5\r\nhello\r\n0\r\n\r\n"])
        request = "%s %s HTTP/1.1\r\nHost: a\r\n%s\r\n" % (
            method, path, "".join(line + "\r\n" for line in lines))
        answer = registry.raw(request.encode("latin-1") + body)
        if answer:
            assert answer.startswith(b"HTTP/1.1 "), (request, answer[:300])
            assert answer[9:10] in b"1234" or answer[9:12] in (
                b"501", b"505"), (request, answer[:500])
    assert registry.get("/v2/").status == 200
