"""The 401 and its challenge (Docker token authentication)."""

import pytest

from testenv.accounts import SERVICE, Accounts, scope, verdict
from testenv.images import sha256

NAME = "alice/app"
DIGEST = sha256(b"nothing")
UPLOAD = "/v2/alice/app/blobs/uploads/8ae4ba40-6e31-44a1-b1c7-ffffffffffff"

PULL = scope(NAME, "pull")
PUSH = scope(NAME, "pull,push")
DELETE = scope(NAME, "delete")

# method, path, the scope of the challenge; None: a challenge without scope
ACTIONS = [
    ("GET", "/v2/", None),
    ("HEAD", "/v2/", None),
    ("GET", "/v2/_catalog", "registry:catalog:*"),
    ("GET", "/v2/_catalog?n=10", "registry:catalog:*"),
    ("GET", "/v2/alice/app/tags/list", PULL),
    ("GET", "/v2/alice/app/manifests/1", PULL),
    ("HEAD", "/v2/alice/app/manifests/1", PULL),
    ("GET", "/v2/alice/app/manifests/" + DIGEST, PULL),
    ("PUT", "/v2/alice/app/manifests/1", PUSH),
    ("DELETE", "/v2/alice/app/manifests/1", DELETE),
    ("GET", "/v2/alice/app/blobs/" + DIGEST, PULL),
    ("HEAD", "/v2/alice/app/blobs/" + DIGEST, PULL),
    ("DELETE", "/v2/alice/app/blobs/" + DIGEST, DELETE),
    ("POST", "/v2/alice/app/blobs/uploads/", PUSH),
    ("POST", "/v2/alice/app/blobs/uploads", PUSH),
    ("POST", "/v2/alice/app/blobs/uploads/?digest=" + DIGEST, PUSH),
    ("POST", "/v2/alice/app/blobs/uploads/?mount=%s&from=bob/base" % DIGEST,
     PUSH + " " + scope("bob/base", "pull")),
    ("POST", "/v2/alice/app/blobs/uploads/?from=bob/base&mount=" + DIGEST,
     PUSH + " " + scope("bob/base", "pull")),
    ("POST", "/v2/alice/app/blobs/uploads/?mount=" + DIGEST, PUSH),
    ("POST", "/v2/alice/app/blobs/uploads/?mount=%s&from=Bad//Name" % DIGEST,
     PUSH),
    ("POST", "/v2/alice/app/blobs/uploads/?mount=%s&from=%s" % (
        DIGEST, "a" * 300), PUSH),
    ("GET", UPLOAD, PULL),
    ("PATCH", UPLOAD, PUSH),
    ("PUT", UPLOAD + "?digest=" + DIGEST, PUSH),
    ("DELETE", UPLOAD, PUSH),
    ("GET", "/v2/alice/app/referrers/" + DIGEST, PULL),
    # A name may hold the words that split a path.
    ("GET", "/v2/a/blobs/b/manifests/1", scope("a/blobs/b", "pull")),
    ("GET", "/v2/latest/tags/list", scope("latest", "pull")),
]


@pytest.mark.parametrize("method, path, wanted", ACTIONS,
                         ids=range(len(ACTIONS)))
def test_challenge(accounts, method, path, wanted):
    answer = accounts.open.request(method, path)
    assert answer.status == 401
    assert len(answer.headers.get_all("WWW-Authenticate")) == 1
    expected = {"scheme": "Bearer", "service": SERVICE,
                "realm": "http://127.0.0.1:%d/token" % accounts.open.port}
    if wanted is not None:
        expected["scope"] = wanted
    assert answer.challenge() == expected
    assert answer.header("Docker-Distribution-API-Version") == "registry/2.0"
    assert answer.header("Content-Type").startswith("application/json")
    assert answer.header("Content-Encoding") is None
    if method == "HEAD":
        assert answer.body == b""
    else:
        assert answer.codes() == ["UNAUTHORIZED"]


def test_detail_names_what_is_needed(accounts):
    answer = accounts.open.post(
        "/v2/alice/app/blobs/uploads/?mount=%s&from=bob/base" % DIGEST)
    assert answer.json()["errors"][0]["detail"] == [
        {"Type": "repository", "Class": "", "Name": name, "Action": action}
        for name, action in ((NAME, "pull"), (NAME, "push"),
                             ("bob/base", "pull"))]


def test_the_host_of_the_realm_is_the_clients(accounts):
    answer = accounts.open.get("/v2/", [("Host", "registry.example:444")])
    assert answer.challenge()["realm"] == "http://registry.example:444/token"


@pytest.mark.parametrize("host", [
    'a"b', 'a",scope="repository:x:pull', "a\\b", "a b", "a\tb", "a,b",
    "\xff", "a%0d%0aX: y", "<a>", "a/../b", "[::1]:5000", ""])
def test_a_hostile_host(accounts, host):
    """Whatever a Host may be: a challenge that reads as it should, or 400."""
    answer = accounts.open.get("/v2/alice/app/tags/list", [("Host", host)])
    assert answer.status in (400, 401)
    if answer.status == 401:
        found = answer.challenge()
        assert set(found) == {"scheme", "realm", "service", "scope"}
        assert found["scope"] == PULL
        assert answer.header("WWW-Authenticate").count('"') == 6


def test_no_host(accounts):
    """A realm of $http_host is none where HTTP/1.0 names no host: an error
    that says so, and nothing is let in."""
    before = len(accounts.nginx.log_text())
    for path in (b"/v2/", b"/v2/alice/app/tags/list"):
        answer = accounts.open.raw(b"GET %s HTTP/1.0\r\n\r\n" % path)
        head, body = answer.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 400 ")
        assert b"WWW-Authenticate" not in head
        assert b"no token server is set for the host" in body
    assert accounts.nginx.log_text()[before:].count(
        'no challenge with "http:///token" of "registry_realm"') == 2


# What a client may send, and the error of the challenge: None for no token.
HEADERS = [
    ("Basic YWxpY2U6YWxpY2VhbGljZQ==", None),
    ("Basic Og==", None),
    ("Basic", None),
    ("Digest username=\"alice\"", None),
    ("alice", None),
    ("Bearer", None),
    ("Bearer ", None),
    ("Bearertoken", None),
    ("Bearer a b", "invalid_token"),
    ("Bearer a,b", "invalid_token"),
    ("Bearer \"a\"", "invalid_token"),
    ("Bearer \xff\xfe", "invalid_token"),
    ("Bearer a\tb", "invalid_token"),
    ("Bearer %s", "invalid_token"),
    ("Bearer ../../etc/passwd", "invalid_token"),
    ("Bearer sw1..", "invalid_token"),
    ("Bearer sw1.AAAA.AAAA", "invalid_token"),
    ("bearer sw1.AAAA.AAAA", "invalid_token"),
    ("Bearer " + "a" * 4096, "invalid_token"),
    ("Bearer " + "a" * 4097, "invalid_token"),
    ("Bearer " + "a" * 10000, "invalid_token"),
    ("Bearer eyJhbGciOiJub25lIn0.e30.", "invalid_token"),
]


@pytest.mark.parametrize("value, error", HEADERS, ids=range(len(HEADERS)))
def test_authorization(accounts, value, error):
    for path in ("/v2/", "/v2/alice/app/tags/list"):
        answer = accounts.open.get(path, [("Authorization", value)])
        assert answer.status == 401
        assert answer.challenge().get("error") == error


def test_two_authorization_headers(accounts):
    token = accounts.token("alice")
    answer = accounts.open.get("/v2/", [("Authorization", "Bearer " + token),
                                        ("Authorization", "Bearer x")])
    assert answer.status == 400
    assert answer.json()["errors"]


def test_the_scheme_in_any_case(accounts):
    token = accounts.token("alice")
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert accounts.open.get("/v2/", [
            ("Authorization", "%s %s" % (scheme, token))]).status == 200


def test_a_token_for_nothing_is_a_login(accounts):
    assert accounts.client("alice").get("/v2/").status == 200
    assert accounts.client().get("/v2/").status == 200


def test_insufficient_scope(accounts):
    client = accounts.client("alice", scope(NAME, "pull"))
    for method, path, wanted in ACTIONS:
        if wanted in (None, PULL):
            continue
        answer = client.request(method, path)
        assert (answer.status, path) == (401, path)
        assert answer.challenge()["error"] == "insufficient_scope"
        assert answer.challenge()["scope"] == wanted


BAD_TOKENS = {
    "expired": lambda a: a.sign(verdict([scope(NAME)], expires=-1)),
    "another service": lambda a: a.sign(verdict([scope(NAME)],
                                                service="other.test")),
    "another secret": lambda a: a.sign(verdict([scope(NAME)]),
                                       secret=b"x" * 64),
    "another version": lambda a: a.sign(verdict([scope(NAME)], version="2")),
    "no verdict": lambda a: a.sign("hello"),
    "empty": lambda a: a.sign(""),
    "cut": lambda a: a.token("alice", scope(NAME))[:-1],
    "longer": lambda a: a.token("alice", scope(NAME)) + "A",
    "padded": lambda a: a.token("alice", scope(NAME)) + "=",
    "another prefix": lambda a: "sw2" + a.token("alice", scope(NAME))[3:],
    "a refresh token": lambda a: a.ask(
        "alice", offline_token="true").json()["refresh_token"],
}


@pytest.mark.parametrize("name", BAD_TOKENS)
def test_invalid_token(accounts, name):
    token = BAD_TOKENS[name](accounts)
    for path in ("/v2/", "/v2/alice/app/tags/list"):
        answer = accounts.open.with_token(token).get(path)
        assert answer.status == 401
        assert answer.challenge()["error"] == "invalid_token"


def test_a_service_of_the_clients_making(house):
    """Where a variable makes it, say of Host, one that is none is no fault of
    ours."""
    service = "registry_service $http_x_service;"
    client = Accounts(house, location=service, token=service).open
    for value in ('a "b" c', 'a"b', "a\\b", "\xe4", "x" * 1000):
        headers = [("X-Service", value)]
        for path in ("/v2/", "/v2/a/tags/list", "/token"):
            answer = client.get(path, headers)
            assert answer.status == 400, answer
            assert answer.codes() == ["UNSUPPORTED"]
    headers = [("X-Service", "a.test")]
    assert client.get("/v2/", headers).challenge()["service"] == "a.test"
    assert client.get("/token", headers).status == 200


def test_a_changed_byte_is_another_token(accounts):
    token = accounts.token("alice", scope(NAME))
    for i in range(0, len(token), 7):
        other = "B" if token[i] != "B" else "C"
        changed = token[:i] + other + token[i + 1:]
        assert accounts.open.with_token(changed).get("/v2/").status == 401, i


def test_errors_before_rights(accounts):
    """A malformed path says so to every client, and is no challenge."""
    for path, code in (("/v2/Alice/app/tags/list", "NAME_INVALID"),
                       ("/v2/alice/app/blobs/sha256:abc", "DIGEST_INVALID")):
        answer = accounts.open.get(path)
        assert (answer.status, answer.codes()) == (400, [code])


def test_options_need_no_token(accounts):
    """A browser sends no token with them, and they reveal nothing."""
    for name in ("alice/app", "alice/none", "absent/none"):
        answer = accounts.open.request("OPTIONS", "/v2/%s/tags/list" % name)
        assert (answer.status, answer.header("Allow")) == (204, "GET, HEAD")


@pytest.mark.idea(39)
@pytest.mark.parametrize("method, path", [
    (method, path) for method, path, _ in ACTIONS
    if method in ("POST", "PUT", "PATCH")])
def test_before_the_body(accounts, method, path):
    """A client that sends Expect gets it before it sends the body."""
    with accounts.open.connect() as s:
        s.sendall(b"%s %s HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n"
                  b"Expect: 100-continue\r\n\r\n" % (
                      method.encode(), path.encode()))
        assert s.recv(1000).startswith(b"HTTP/1.1 401 ")


ANY = """
    %%GLOBALS%%
    events {}
    http {
        %%GLOBALS_HTTP%%
        server {
            listen 127.0.0.1:8500;
            registry_realm   http://registry.test/token;
            registry_service registry.test;
            registry_verdict /_verdict;
            satisfy          any;
            location ^~ /v2/ {
                registry      on;
                registry_root %%DIR%%/store;
                fastcgi_pass  unix:%%DIR%%/registry.sock;
                include       %%CONF%%/registry_params;
                allow         127.0.0.1;
                deny          all;
            }
            location ^~ /v2/closed/ {
                registry      on;
                registry_root %%DIR%%/store;
                fastcgi_pass  unix:%%DIR%%/registry.sock;
                include       %%CONF%%/registry_params;
                deny          all;
            }
            location = /_verdict { internal; return 403; }
        }
    }"""


def test_satisfy_any(house):
    """The challenge is made, and taken back where an address lets in: in
    nginx since 1.23 a list of headers of one name, read to its end."""
    house.registry_worker()
    client = house.nginx(ANY).client(8500)
    for token in (None, "bad"):
        asking = client.with_token(token)
        wanted = asking.push_blob("app", b"x")
        answer = asking.blob("app", wanted)
        assert (answer.status, answer.body) == (200, b"x")
        assert answer.header("ETag") == '"%s"' % wanted
        assert answer.header("WWW-Authenticate") is None
        answer = asking.blob("closed/app", wanted)
        assert answer.status == 401 and answer.codes() == ["UNAUTHORIZED"]
        assert answer.challenge()["realm"] == "http://registry.test/token"
