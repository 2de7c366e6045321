"""A slash too many at the end of a path: a redirect to the path without it, as
registry:2 answers."""

import pytest

from testenv import House
from testenv.client import digest

D = digest(b"x")
U = "6b3c9a93-af5d-473f-a4cc-9710022ad9b7"
PLAIN = ["/v2/_catalog", "/v2/a/tags/list", "/v2/a/b/tags/list",
         "/v2/a/manifests/v1", "/v2/a/manifests/" + D,
         "/v2/a/manifests/blobs", "/v2/a/blobs/" + D,
         "/v2/a/blobs/uploads/" + U]
METHODS = ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"]

SERVERS = """
    %%GLOBALS%%
    events {}
    http {
        %%GLOBALS_HTTP%%
        registry_root  %%DIR%%/store;
        server {
            listen             127.0.0.1:8500;
            absolute_redirect  off;
            location /v2/ {
                registry      on;
                fastcgi_pass  unix:%%DIR%%/registry.sock;
                include       %%CONF%%/registry_params;
            }
            location /prefix/ {
                rewrite ^/prefix(/v2/.*)$ $1 last;
            }
        }
        server {
            listen             127.0.0.1:8501;
            merge_slashes      off;
            location / {
                registry           on;
                registry_readonly  on;
                fastcgi_pass       unix:%%DIR%%/registry.sock;
                include            %%CONF%%/registry_params;
            }
        }
    }"""


@pytest.fixture(scope="module")
def servers(database_server):
    """nginx twice, 8500 with relative redirects, and registry:2 at 8900."""
    built = House(database_server)
    built.registry_worker()
    nginx = built.nginx(SERVERS)
    nginx.peer = built.docker_registry(built.dir + "/peer")
    yield nginx
    problems = built.problems()
    built.remove()
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("query", ["", "?n=5&last=a%2Fb", "?"])
def test_the_same_as_registry_2(servers, method, query):
    for plain in PLAIN:
        ours = servers.client(8500).request(method, plain + "/" + query)
        theirs = servers.peer.client().request(method, plain + "/" + query)
        assert ours.status == theirs.status == 301, plain
        assert (ours.header("Location").rstrip("?")
                == theirs.header("Location").rstrip("?")
                == plain + query.rstrip("?"))
        assert ours.header("Docker-Distribution-API-Version") == "registry/2.0"


def test_referrers(servers):
    """registry:2 has none."""
    answer = servers.client(8500).get(
        "/v2/a/referrers/%s/?artifactType=a/b+c" % D)
    assert (answer.status, answer.header("Location")) == (
        301, "/v2/a/referrers/%s?artifactType=a/b+c" % D)


def test_it_is_absolute_where_nginx_says_so(servers):
    client = servers.client(8501)
    assert client.get("/v2/_catalog/?n=1").header("Location") == (
        "http://127.0.0.1:%d/v2/_catalog?n=1" % client.port)


def test_also_where_nothing_may_be_written(servers):
    assert servers.client(8501).put("/v2/a/manifests/1/").status == 301


@pytest.mark.parametrize("path,status", [
    ("/v2/", 200), ("/v2/_catalog", 200), ("/v2/a/", 404),
    ("/v2/a/tags/", 404), ("/v2/a/b/c/", 404), ("/v2/_catalog/x/", 404),
    ("/v2/a/blobs/uploads/", 405), ("/v2/a/blobs/uploads//", 400),
    ("/v2/_catalog//", 400), ("/v2//_catalog/", 400),
    ("/v2/A/tags/list/", 404), ("/v2/a/manifests/-v/", 404),
    ("/v2/a/manifests/", 404), ("/v2/a/manifests/v%201/", 404),
    ("/v2/a/manifests/v%0d%0aSet-Cookie:%20x=y/", 404),
    ("/v2/a/blobs/sha256:1/", 404), ("/v2/a/blobs/", 400),
    ("/v2/a%2Ftags/list/", 400), ("/v2/a/tags/list%2F", 400),
    ("/v2/x/../a/tags/list/", 400), ("/v2/./_catalog/", 400),
    ("/v2//evil.example/tags/list/", 400),
    ("//evil.example/v2/_catalog/", 404), ("/prefix/v2/_catalog/", 404),
    ("/prefix//evil.example/v2/_catalog/", 404)])
def test_everything_else_leads_nowhere(servers, path, status):
    answer = servers.client(8500).get(path)
    assert (answer.status, answer.header("Location")) == (status, None)


@pytest.mark.parametrize("path", [
    "//evil.example/v2/_catalog/", "///v2/_catalog/", "/v2//_catalog/",
    "/v2/_catalog//", "/v2//evil.example/tags/list/",
    "/evil.example/v2/_catalog/", "/v2/a/blobs/uploads//",
    "/v2/a/tags/list//", "/v2/..//evil.example/v2/_catalog/"])
def test_no_other_host_where_slashes_stay(servers, path):
    answer = servers.client(8501).get(path)
    assert answer.status in (400, 404), answer
    assert answer.header("Location") is None


def test_a_body_is_taken_off_the_connection(servers):
    client = servers.client(8500)
    client = type(client)(client.port, keep=True)
    for body in (b"x" * 3000000, [b"x" * 1000] * 50, b""):
        answer = client.request(
            "PUT", "/v2/a/manifests/1/", [], body,
            is_chunked=isinstance(body, list))
        assert answer.status == 301
        assert client.get("/v2/").status == 200


@pytest.mark.parametrize("name", ["alice/app", "alice/none"])
def test_it_comes_before_the_token(accounts, name):
    """So it reveals nothing, and the path behind it asks for the token."""
    path = "/v2/%s/tags/list" % name
    answer = accounts.open.get(path + "/")
    assert answer.status == 301
    assert answer.header("WWW-Authenticate") is None
    assert answer.header("Location").endswith(path)
    answer = accounts.open.get(path)
    assert (answer.status, answer.challenge()["scope"]) == (
        401, "repository:%s:pull" % name)
