"""Blobs that an edge serves: one nginx redirects a client with a signature, and
another one checks it (docs/chaining.md)."""

import os
import re
import time
from pathlib import Path

import pytest

from testenv import Nginx, images
from testenv.accounts import Accounts, scope
from testenv.clients import Podman, Skopeo
from testenv.client import basic, digest
from testenv.process import wait_until

NAME = "alice/app"
DATA = images.blob(5000, 1)
SMALL = images.blob(900, 2)
KEY, OLD, OTHER = ("%s-key-%s" % (word, "x" * 32)
                   for word in ("new", "old", "other"))

REDIRECT = """
    registry_redirect       $http_x_edge min=1k {valid};
    registry_redirect_edge  http://127.0.0.1:8600 %%DIR%%/edge.key;
    registry_redirect_edge  http://127.0.0.1:8601 %%DIR%%/other.key;
"""

EDGE = """
    %%GLOBALS%%
    events {}
    http {
        %%GLOBALS_HTTP%%
        log_format  who '$uri "$http_authorization" "$remote_user" '
                        '"$registry_account" "$registry_token_key" $status';
        access_log  %%DIR%%/edge.log who;
        registry_root  %%DIR%%/store;
        server {
            listen 127.0.0.1:8600;
            location /v2/ {
                registry       on;
                registry_edge  127.0.0.1:8600 %%DIR%%/edge-keys;
                fastcgi_pass   unix:%%DIR%%/registry.sock;
                include        %%CONF%%/registry_params;
            }
        }
        server {
            listen 127.0.0.1:8601;
            location /v2/ {
                registry       on;
                registry_edge  127.0.0.1:8601 %%DIR%%/other.key;
                registry_root  %%DIR%%/empty;
                fastcgi_pass   unix:%%DIR%%/registry.sock;
                include        %%CONF%%/registry_params;
            }
        }
    }"""


class Pair:
    """A registry with tokens at 8500, and edges at 8600 and 8601: the one has
    its store, the other an empty one."""

    def __init__(self, house, valid="", redirect=REDIRECT):
        self.house = house
        self.dir = Path(house.dir)
        for name, keys in (("edge.key", [KEY]), ("edge-keys", [OLD, KEY]),
                           ("other.key", [OTHER])):
            path = self.dir / name
            path.write_text("\n".join(keys) + "\n")
            os.chmod(path, 0o600)
        (self.dir / "empty").mkdir()
        self.accounts = Accounts(
            house, "alice", location=redirect.replace("{valid}", valid))
        self.edge = house.nginx(EDGE, name="edge")
        self.here = self.accounts.client("alice", scope(NAME))
        self.there = self.edge.client(8600)
        self.names = ["127.0.0.1:%d" % house.port(n) for n in (8600, 8601)]

    def ask(self, wanted, edge=0, client=None, method="GET", headers=()):
        return (client or self.here).request(
            method, "/v2/%s/blobs/%s" % (NAME, wanted),
            [("X-Edge", self.names[edge] if edge is not None else ""),
             *headers])

    def target(self, wanted, edge=0):
        """The path to which it redirects."""
        answer = self.ask(wanted, edge)
        assert answer.status == 307, answer
        host, path = re.fullmatch(r"http://([^/]+)(/.*)",
                                  answer.header("Location")).groups()
        assert host == self.names[edge]
        return path


@pytest.fixture
def pair(house):
    return Pair(house)


def refused(answer, says):
    assert answer.status == 403, answer
    assert answer.codes() == ["DENIED"]
    assert says in answer.json()["errors"][0]["message"]
    return True


def test_a_blob_comes_from_the_edge(pair):
    wanted = pair.here.push_blob(NAME, DATA)
    answer = pair.ask(wanted)
    assert (answer.status, answer.body) == (307, b"")
    assert answer.header("Content-Length") == "0"
    assert answer.header("Docker-Content-Digest") == wanted
    assert answer.header("Cache-Control") == "private, no-cache"
    path = pair.target(wanted)
    assert re.fullmatch(r"/v2/%s/blobs/%s\?slipway=[0-9]{10}\.[A-Za-z0-9_-]{43}"
                        % (NAME, wanted), path)
    answer = pair.there.get(path)
    assert (answer.status, answer.body) == (200, DATA)
    assert answer.header("Docker-Content-Digest") == wanted
    assert answer.header("Cache-Control").startswith("private")
    answer = pair.there.get(path, [("Range", "bytes=100-199")])
    assert (answer.status, answer.body) == (206, DATA[100:200])
    # over and over, until it expires
    assert pair.there.get(path).status == 200


def test_what_is_served_here(pair):
    wanted, small = (pair.here.push_blob(NAME, data) for data in (DATA, SMALL))
    image = images.Image(size=5000)
    pair.here.push_image(NAME, "latest", image)
    for method, answer in (
            ("GET", pair.ask(wanted, None)), ("GET", pair.ask(small)),
            ("HEAD", pair.ask(wanted, method="HEAD")),
            ("GET", pair.here.request(
                "GET", "/v2/%s/manifests/latest" % NAME,
                [("X-Edge", pair.names[0]),
                 ("Accept", image.manifest.media_type)]))):
        assert answer.status == 200, (method, answer)
    # what is no edge is not believed
    for edge in ("evil.example", "http://" + pair.names[0], pair.names[0] + "/",
                 pair.names[0].replace("1", "2", 1)):
        answer = pair.here.get("/v2/%s/blobs/%s" % (NAME, wanted),
                               [("X-Edge", edge)])
        assert (answer.status, answer.body) == (200, DATA)
    assert "is not a \"registry_redirect_edge\"" in (
        pair.accounts.nginx.log_text())
    # rights come first
    stranger = pair.accounts.client()
    assert pair.ask(wanted, client=stranger).status == 401
    assert pair.ask(digest(b"absent")).status == 404


def test_a_signature_is_for_one_blob_of_one_repository_on_one_edge(pair):
    wanted, other = (pair.here.push_blob(NAME, data)
                     for data in (DATA, images.blob(5000, 3)))
    path = pair.target(wanted)
    says = "for another request"
    for bad in (path.replace(wanted, other), path.replace(NAME, "alice/ap"),
                path.replace(NAME, "bob/app"), path[:-1], path + "A",
                path.replace("slipway=", "slipway=1"),
                path.replace("slipway=1", "slipway=2"),
                path.split("=")[0] + "="):
        refused(pair.there.get(bad), says)
    refused(pair.edge.client(8601).get(path), says)
    refused(pair.there.get(pair.target(wanted, 1)), says)
    assert pair.there.head(path).status == 403
    query = path[path.index("?"):]
    for method, what in (("GET", "/tags/list"),
                         ("DELETE", "/blobs/" + wanted),
                         ("GET", "/manifests/" + wanted),
                         ("POST", "/blobs/uploads/")):
        refused(pair.there.request(method, "/v2/" + NAME + what + query), says)
    assert pair.there.get(path).body == DATA


def test_an_edge_without_a_realm_serves_nothing_else(pair):
    wanted = pair.here.push_blob(NAME, DATA)
    uploads = pair.dir / "store/docker/registry/v2/repositories"
    for method, path in (("GET", "/v2/"), ("GET", "/v2/_catalog"),
                         ("GET", "/v2/%s/blobs/%s" % (NAME, wanted)),
                         ("HEAD", "/v2/%s/blobs/%s" % (NAME, wanted)),
                         ("POST", "/v2/new/blobs/uploads/"),
                         ("PUT", "/v2/new/manifests/x")):
        assert pair.there.request(method, path).status == 403, path
    assert not (uploads / "new").exists()
    # what the edge does not have
    answer = pair.edge.client(8601).get(pair.target(wanted, 1))
    assert (answer.status, answer.codes()) == (404, ["BLOB_UNKNOWN"])


def test_credentials_are_ignored_and_forgotten(pair):
    wanted = pair.here.push_blob(NAME, DATA)
    path = pair.target(wanted)
    for headers in (basic("alice:secret-word"),
                    [("Authorization", "Bearer secret-word")],
                    [("Authorization", "Bearer " + "x" * 3000)],
                    [("Authorization", "nonsense secret-word")]):
        answer = pair.there.get(path, headers)
        assert (answer.status, answer.body) == (200, DATA)
        refused(pair.there.get(path + "A", headers), "for another request")
    log = pair.dir / "edge.log"
    wait_until(lambda: len(log.read_text().splitlines()) == 8, 60,
               "the edge's log")
    assert {line.split(" ", 1)[1].replace("-", "")
            for line in log.read_text().splitlines()} == {
        '"" "" "" "" 200', '"" "" "" "" 403'}
    assert "secret-word" not in pair.edge.log_text()


def test_a_signature_expires(house):
    pair = Pair(house, "valid=1s")
    wanted = pair.here.push_blob(NAME, DATA)
    path = pair.target(wanted)
    wait_until(lambda: pair.there.get(path).status == 403, 60,
               "the signature to expire")
    refused(pair.there.get(path), "has expired")
    expires = int(re.search(r"=(\d+)\.", path)[1])
    assert time.time() >= expires
    later = path.replace("=%d." % expires, "=%d." % (expires + 600))
    refused(pair.there.get(later), "for another request")


def test_clients_pull_through_a_redirect(house):
    """Each pulls an image whose layer comes from the edge; tokens stay here."""
    pair = Pair(house, redirect=REDIRECT.replace("$http_x_edge",
                                                 "127.0.0.1:8600"))
    host = "127.0.0.1:%d" % house.port(8500)
    password = pair.accounts.password("alice")
    image = images.Image(size=20000)
    pair.here.push_image(NAME, "latest", image)
    log = pair.dir / "edge.log"
    for number, client in enumerate((Skopeo(house), Podman(house)), 1):
        client.login(host, "alice", password)
        client.pull("%s/%s:latest" % (host, NAME), *(
            ["dir:%s/pulled" % house.dir] if isinstance(client, Skopeo)
            else []))
        wait_until(lambda: log.exists()
                   and len(log.read_text().splitlines()) >= number, 60,
                   "the edge's log")
    for line in log.read_text().splitlines():
        assert line.endswith('"-" "-" "" "" 200'), line


@pytest.mark.skipif(os.getuid() != 0 or not os.path.exists("/usr/sbin/dockerd"),
                    reason="needs root, and dockerd (package docker.io)")
def test_docker_pulls_through_a_redirect(house):
    pair = Pair(house, redirect=REDIRECT.replace("$http_x_edge",
                                                 "127.0.0.1:8600"))
    try:
        docker = house.dockerd().docker
    except RuntimeError as e:
        pytest.skip("dockerd does not start here: %s" % str(e)[-300:])
    host = "127.0.0.1:%d" % house.port(8500)
    image = images.Image(size=20000)
    pair.here.push_image(NAME, "latest", image)
    docker("login", "-u", "alice", "--password-stdin", host,
           stdin=pair.accounts.password("alice").encode())
    docker("pull", "-q", "%s/%s:latest" % (host, NAME))
    log = pair.dir / "edge.log"
    wait_until(lambda: log.read_text(), 60, "the edge's log")
    assert all(line.endswith('"-" "-" "" "" 200')
               for line in log.read_text().splitlines())


PROXY = """
    %%GLOBALS%%
    events {}
    http {
        %%GLOBALS_HTTP%%
        server {
            listen 127.0.0.1:8700;
            location /v2/ {
                proxy_pass              http://127.0.0.1:8500;
                proxy_set_header        Host $http_host;
                proxy_intercept_errors  on;
                error_page              307 = @edge;
            }
            location @edge {
                set               $edge $upstream_http_location;
                proxy_pass        $edge;
                proxy_set_header  Authorization "";
            }
        }
    }"""


def test_a_proxy_follows_for_a_client_that_does_not(pair):
    wanted = pair.here.push_blob(NAME, DATA)
    proxy = pair.house.nginx(PROXY, name="proxy").client(8700)
    proxy = proxy.with_token(pair.here.token)
    answer = pair.ask(wanted, client=proxy)
    assert (answer.status, answer.body) == (200, DATA)
    answer = pair.ask(wanted, client=proxy, headers=[("Range", "bytes=5-9")])
    assert (answer.status, answer.body) == (206, DATA[5:10])
    log = pair.dir / "edge.log"
    wait_until(lambda: len(log.read_text().splitlines()) == 2, 60,
               "the edge's log")
    assert pair.ask(wanted, None, client=proxy).body == DATA


# --- nginx -t ----------------------------------------------------------------

ONE = "registry_redirect_edge https://a.example %%DIR%%/good.key;"


@pytest.mark.parametrize("line, says", [
    ("registry_redirect $host;", 'no "registry_redirect_edge"'),
    ("registry_redirect b.example; " + ONE, "is not a"),
    ("registry_redirect https://a.example; " + ONE, "is not a"),
    ("registry_redirect $host min=x; " + ONE, "invalid parameter"),
    ("registry_redirect $host valid=0; " + ONE, "invalid parameter"),
    ("registry_redirect $host valid=2d; " + ONE, "invalid parameter"),
    ("registry_redirect $host max=1; " + ONE, "invalid parameter"),
    ("registry_redirect $host; registry_redirect $host; " + ONE, "duplicate"),
    (ONE + ONE, "duplicate"),
    (ONE.replace("https://", ""), "must be a URL"),
    (ONE.replace("https", "ftp"), "must be a URL"),
    (ONE.replace("a.example", "a.example/"), "must be a URL"),
    (ONE.replace("a.example", "A.example"), "must be a URL"),
    (ONE.replace("good", "absent"), "open() "),
    (ONE.replace("good", "open"), "chmod 0600"),
    (ONE.replace("good", "short"), "characters"),
    ("registry_edge https://a.example %%DIR%%/good.key;", "must be the host"),
    ("registry_edge a.example %%DIR%%/empty.key;", "keys"),
    ("registry_edge a.example %%DIR%%/good.key; "
     "registry_edge b.example %%DIR%%/good.key;", "duplicate"),
])
def test_what_would_lead_nowhere_is_refused(house, line, says):
    code, said = checked(house, line)
    assert code != 0 and "[emerg]" in said and says in said


@pytest.mark.parametrize("line", [
    "registry_redirect a.example; " + ONE,
    "registry_redirect $host min=0 valid=1d; " + ONE,
    "registry_redirect off;",
    "registry_edge [::1]:5000 %%DIR%%/good.key;",
])
def test_what_is_taken(house, line):
    assert checked(house, line) == (0, "")


def checked(house, line):
    for name, text, mode in (("good", KEY, 0o600), ("open", KEY, 0o640),
                             ("short", "x" * 31, 0o600), ("empty", "", 0o600)):
        path = Path(house.dir, name + ".key")
        path.write_text(text + "\n")
        os.chmod(path, mode)
    return Nginx(house, """
        %%GLOBALS%%
        events {}
        http {
            %%GLOBALS_HTTP%%
            server {
                listen 127.0.0.1:8500;
                location /v2/ {
                    registry       on;
                    registry_root  %%DIR%%/store;
                    fastcgi_pass   unix:%%DIR%%/registry.sock;
                    include        %%CONF%%/registry_params;
                    LINE
                }
            }
        }""".replace("LINE", line)).test()
