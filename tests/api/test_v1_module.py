"""The module's half of the original protocol: who may, what is served from
files, and what an error looks like."""

import email
import os
import re
from pathlib import Path

import pytest

from testenv import Nginx, Response, images, shared_house
from testenv.accounts import Accounts, scope, verdict, verdict_of
from testenv.client import digest
from testenv.process import wait_until

LAYER = images.blob(60000, "a layer of the original protocol")
DIGEST = digest(LAYER)
NAME, OTHER = "alice/app", "alice/other"
ID, EMPTY, BUSY, LOST = (64 * c for c in "abcd")
PATH = "/v1/images/%s/layer" % ID

V1 = """
    server {
        listen 127.0.0.1:8600;
        large_client_header_buffers 4 40k;
        registry_realm         http://$http_host/token;
        registry_service       registry.test;
        registry_verdict       /_verdict;
        registry_verdict_valid 200ms;
        registry_verdict_key   %%DIR%%/verdict.key;
        registry_root          %%DIR%%/store;
        add_header X-Verdict "$registry_verdict_source,$registry_verdict_result" always;
        add_header X-Seen "$registry_action $registry_repository $registry_image" always;
        location ^~ /v1/ {
            registry        on;
            registry_index  @v1_index;
            registry_layers @v1_layers;
            fastcgi_pass    unix:%%DIR%%/registry.sock;
            include         %%CONF%%/registry_params;
        }
        location @v1_layers {
            registry     on;
            fastcgi_pass unix:%%DIR%%/none.sock;
            include      %%CONF%%/registry_params;
        }
        location @v1_index {
            add_header   X-Index yes always;
            fastcgi_pass unix:%%DIR%%/none.sock;
            include      %%CONF%%/index_params;
        }
        location = /_verdict {
            internal;
            set            $memcached_key $registry_token_key;
            memcached_pass memcached;
            error_page     404 502 504 = @verify;
        }
        location @verify {
            if ($registry_token_key = "") {
                return 404;
            }
            fastcgi_pass  unix:%%DIR%%/index.sock;
            include       %%CONF%%/index_params;
            fastcgi_param INDEX_ROUTE verdict;
        }
    }
    server {
        listen 127.0.0.1:8610;
        registry_root %%DIR%%/store;
        add_header X-Seen "$registry_action $registry_repository $registry_image" always;
        location ^~ /v1/ {
            registry     on;
            fastcgi_pass unix:%%DIR%%/registry.sock;
            include      %%CONF%%/registry_params;
        }
        location = /_ping {
            registry     on;
            fastcgi_pass unix:%%DIR%%/registry.sock;
        }
        location / {
            registry     on;
            fastcgi_pass unix:%%DIR%%/registry.sock;
            include      %%CONF%%/registry_params;
        }
    }"""


# The same without an index on this host.
V1 += V1[:V1.index("listen 127.0.0.1:8610") - len("    server {\n        ")] \
    .replace("8600", "8620").replace("registry_index  @v1_index;", "")

# Both kinds of the first two servers, where nothing changes.
V1 += "".join(V1.split("    server {\n")[n].join(["    server {\n", ""])
              .replace("registry_root ", more + " registry_root ")
              .replace(str(old), str(new))
              for n, old, new, more in (
                  (1, 8600, 8630, "registry_readonly on;"),
                  (2, 8610, 8631, "registry_readonly on;"),
                  (1, 8600, 8632, "registry_delete off;")))


def image_dir(house, name, image_id):
    return Path(house.dir, "store/docker/registry/v2/repositories", name,
                "_v1", image_id)


def place(house, name, image_id, wanted, *marks):
    """An image as slipway-registry keeps it."""
    where = image_dir(house, name, image_id)
    where.mkdir(parents=True)
    (where / "layer").write_text(wanted)
    for mark in marks:
        (where / mark).touch()


@pytest.fixture(scope="module")
def world(database_server):
    with shared_house(database_server) as house:
        house.expect("none.sock failed")
        made = Accounts(house, "alice", "bob", http=V1)
        alice = made.client("alice", scope(NAME), scope(OTHER))
        for data in (LAYER, b"", b"lost"):
            alice.push_blob(NAME, data)
        place(house, NAME, ID, DIGEST)
        place(house, NAME, EMPTY, digest(b""))
        place(house, NAME, BUSY, DIGEST, "inprogress")
        place(house, NAME, LOST, digest(b"lost"))
        yield made


@pytest.fixture
def v1(world):
    return world.nginx.client(8600)


@pytest.fixture
def alone(world):
    return world.nginx.client(8610)


def token(value, name=NAME, access="read", scheme="Token"):
    return [("Authorization", '%s signature=%s,repository="%s",access=%s' % (
        scheme, value, name, access))]


@pytest.fixture
def reader(world):
    return world.token("alice", scope(NAME, "pull"))


def is_error(answer, status, text=None):
    """A flat object of strings, and nothing that a browser would run."""
    assert answer.status == status, answer
    body = answer.json()
    assert set(body) == {"error"} and isinstance(body["error"], str), answer
    if text is not None:
        assert body["error"] == text
    assert answer.header("Content-Type") == "application/json"
    is_v1(answer)


def is_v1(answer):
    assert answer.header("Docker-Distribution-API-Version") is None
    assert answer.header("Docker-Content-Digest") is None
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Content-Security-Policy") \
        == "default-src 'none'; sandbox"
    assert answer.header("Content-Encoding") is None


def parsed(raw):
    """The answer to what the client wrote itself."""
    head, _, body = raw.partition(b"\r\n\r\n")
    line, _, headers = head.partition(b"\r\n")
    return Response(int(line.split()[1]),
                    email.message_from_bytes(headers), body)


def is_refused(answer):
    is_error(answer, 401, "Requires authorization")
    assert answer.headers.get_all("WWW-Authenticate") == ["Token"]


# --- tokens ----------------------------------------------------------------

def test_a_token_of_its_protocol(world, v1, reader):
    """Each protocol has its own scheme, and its own challenge."""
    assert v1.get(PATH, token(reader)).body == LAYER
    is_refused(v1.get(PATH))
    is_refused(v1.with_token(reader).get(PATH))
    for value in ("Basic Og==", "Token", "Token ", "Token " + reader,
                  'Token repository="%s",access=read' % NAME):
        is_refused(v1.get(PATH, [("Authorization", value)]))
    answer = world.open.get("/v2/%s/blobs/%s" % (NAME, DIGEST), token(reader))
    assert answer.status == 401
    assert answer.header("WWW-Authenticate").startswith("Bearer ")


@pytest.mark.parametrize("form", [
    "token signature=%s", "TOKEN signature=%s,access=read",
    'Token Token signature=%s,repository="alice/app",access=read',
    'Token signature="%s", repository=alice/app', "Token signature:%s",
    'Token access=delete,repository="alice/app",signature=%s',
    'Token signature=%s,repository="alice/app",access=read,'
    'signature=x,repository="b",access=write'])
def test_forms(v1, reader, form):
    assert v1.get(PATH, [("Authorization", form % reader)]).status == 200


def test_the_text_proves_nothing(world, v1, reader):
    """Only the verdict decides; a text that says something else is of another
    request."""
    is_refused(v1.get(PATH, token(reader, OTHER)))
    is_refused(v1.get(PATH, token("x")))
    is_refused(v1.get(PATH, token("%61%61")))
    is_refused(v1.put("/v1/images/%s/json" % ID,
                      token(reader, access="write")))
    other = world.token("alice", scope(OTHER, "pull"))
    is_refused(v1.get(PATH, token(other, NAME)))


def test_a_single_repository(world, v1):
    """A path of an image names none: the verdict must."""
    for scopes in ((), (scope(NAME, "pull"), scope(OTHER, "pull")),
                   (scope(NAME, "pull"), "registry:catalog:*"),
                   ("registry:catalog:*",), ("repository(plugin):%s:pull" % NAME,
                                             scope(NAME, "pull"))):
        is_refused(v1.get(PATH, token(world.token("alice", *scopes))))
    is_refused(v1.get(PATH, token(world.sign(verdict(["repository:A:pull"])),
                                  "A")))


@pytest.mark.parametrize("actions,allowed", [
    ("", ""), ("pull", "GET HEAD"), ("push", ""), ("pull,push", "GET HEAD PUT"),
    ("delete", "DELETE"), ("pull,delete", "GET HEAD DELETE"),
    ("pull,push,delete", "GET HEAD PUT DELETE")])
def test_rights(world, v1, actions, allowed):
    value = world.sign(verdict(["repository:%s:%s" % (NAME, actions)]))
    base = "/v1/repositories/%s/" % NAME
    for method, path in (("GET", PATH), ("HEAD", PATH), ("PUT", PATH),
                         ("PUT", "/v1/images/%s/json" % ID),
                         ("PUT", "/v1/images/%s/checksum" % ID),
                         ("GET", "/v1/images/%s/ancestry" % ID),
                         ("GET", base + "tags"), ("GET", base + "tags/none"),
                         ("GET", base + "json"), ("PUT", base + "tags/1"),
                         ("DELETE", base + "tags/none"),
                         ("GET", base + "properties")):
        answer = v1.request(method, path, token(value))
        assert (answer.status != 401) == (method in allowed.split()), (
            method, path, answer)


def test_the_repository_of_a_path(world, v1):
    value = world.token("alice", scope(NAME))
    is_refused(v1.get("/v1/repositories/%s/tags" % OTHER, token(value, OTHER)))
    is_refused(v1.get("/v1/repositories/%s/tags" % OTHER, token(value)))
    assert v1.get("/v1/repositories/%s/tags" % NAME,
                  token(value)).status != 401


def test_library(world, v1):
    """The bare name and the full one are one repository."""
    value = world.sign(verdict(["repository:solo:pull"]))
    for path in "solo", "library/solo":
        for name in "solo", "library/solo":
            answer = v1.get("/v1/repositories/%s/tags" % path,
                            token(value, name))
            assert answer.status != 401
            assert answer.header("X-Seen") == "v1_tag_list solo "


def test_sources(world, v1, reader):
    """As those of a bearer token, with the index when memcached is empty."""
    world.memcached[0].flush()
    first = v1.get(PATH, token(reader))
    assert (first.status, verdict_of(first)) == (200, ["index", "granted"])
    assert first.header("X-Seen") == "v1_image_layer_get %s %s" % (NAME, ID)
    is_refused(v1.get(PATH, token(world.sign(verdict(expires=-5)))))


def test_another_service(world, v1):
    value = world.sign(verdict([scope(NAME, "pull")], service="other.test"))
    is_refused(v1.get(PATH, token(value)))


# --- layers ----------------------------------------------------------------

def test_layer(v1, reader):
    got = v1.get(PATH, token(reader) + [("Accept-Encoding", "gzip")])
    assert (got.status, got.body) == (200, LAYER)
    is_v1(got)
    assert got.header("Content-Type") == "application/octet-stream"
    assert got.header("Content-Length") == str(len(LAYER))
    assert got.header("Accept-Ranges") == "bytes"
    assert got.header("ETag") == '"%s"' % DIGEST
    assert got.header("Cache-Control") == "private, no-cache"
    assert got.header("Vary") == "Authorization"
    head = v1.head(PATH, token(reader))
    assert (head.status, head.body) == (200, b"")
    for name in "Content-Length", "Accept-Ranges", "ETag", "Content-Type":
        assert head.header(name) == got.header(name)


def test_rest_of_a_layer(v1, reader):
    """The end that docker asks for is one past the last byte."""
    size = len(LAYER)
    for first in (0, 1, 1000, size - 1):
        got = v1.get(PATH, token(reader) + [
            ("Range", "bytes=%d-%d" % (first, size))])
        assert (got.status, got.body) == (206, LAYER[first:])
        assert got.header("Content-Range") == "bytes %d-%d/%d" % (
            first, size - 1, size)
        assert got.header("Content-Type") == "application/octet-stream"
        is_v1(got)
    got = v1.get(PATH, token(reader) + [("Range", "bytes=5-5")])
    assert (got.status, got.body) == (206, LAYER[5:6])


def test_nothing_is_left_of_a_layer(v1, reader):
    """docker takes a 416 for the end only if nothing comes with it."""
    size = len(LAYER)
    for first in (size, size + 1):
        got = v1.get(PATH, token(reader) + [
            ("Range", "bytes=%d-%d" % (first, size + 1))])
        assert (got.status, got.body) == (416, b"")
        assert got.header("Content-Length") == "0"
        assert got.header("Content-Range") == "bytes */%d" % size
        is_v1(got)


def test_a_layer_without_bytes(v1, reader):
    path = "/v1/images/%s/layer" % EMPTY
    for headers in ([], [("Range", "bytes=0-0")]):
        got = v1.get(path, token(reader) + headers)
        assert (got.status, got.body) == (200, b"")


def test_rights_come_before_304(v1, reader):
    """And a date says nothing: an id may have other bytes than before."""
    known = [("If-None-Match", '"%s"' % DIGEST)]
    dated = [("If-Modified-Since", "Thu, 01 Jan 2037 00:00:00 GMT")]
    assert v1.get(PATH, token(reader) + known).status == 304
    assert v1.get(PATH, token(reader) + dated).status == 200
    is_refused(v1.get(PATH, known))
    is_refused(v1.get(PATH, token("x") + known + dated))
    busy = "/v1/images/%s/layer" % BUSY
    is_error(v1.get(busy, token(reader) + known + dated), 400)


def test_an_upload_is_not_served(v1, reader):
    path = "/v1/images/%s/layer" % BUSY
    is_error(v1.get(path, token(reader)), 400,
             "Image is being uploaded, retry later")


def test_what_v2_would_not_serve(world, v1, reader):
    """The blob was deleted, and its link is gone with it."""
    path = "/v1/images/%s/layer" % LOST
    assert v1.get(path, token(reader)).body == b"lost"
    wanted = digest(b"lost")
    deleted = world.client("alice", scope(NAME, "*")).delete(
        "/v2/%s/blobs/%s" % (NAME, wanted))
    assert deleted.status == 202
    is_error(v1.get(path, token(reader)), 404, "Image not found")


def test_an_image_of_another_repository(world, v1):
    """Its id alone opens nothing."""
    other = world.token("alice", scope(OTHER))
    for headers in ([], [("If-None-Match", '"%s"' % DIGEST)],
                    [("Range", "bytes=0-1")]):
        got = v1.get(PATH, token(other, OTHER) + headers)
        assert got.status >= 400 and LAYER[:2] not in got.body


def test_links_that_are_none(world, v1, reader):
    """A path of the store that is something else is not followed."""
    for number, text in enumerate(("", "sha256:0", "x" * 500, "../" + DIGEST)):
        image_id = "%064x" % number
        place(world.house, NAME, image_id, text)
        got = v1.get("/v1/images/%s/layer" % image_id, token(reader))
        assert got.status >= 400 and got.status != 500
    where = image_dir(world.house, NAME, 64 * "9")
    where.mkdir()
    os.symlink(world.house.dir + "/index.secret", where / "layer")
    world.house.expect("open.. .*layer. failed")
    assert v1.get("/v1/images/%s/layer" % (64 * "9"),
                  token(reader)).status >= 400


# --- ping ------------------------------------------------------------------

def test_ping(v1, alone):
    """No one needs a token; with an index a client must not take the registry
    for one that stands alone, to which it would send passwords."""
    for client, path, standalone in ((v1, "/v1/_ping", "false"),
                                     (v1, "/v1/_ping/", "false"),
                                     (alone, "/v1/_ping", "true"),
                                     (alone, "/_ping", "true")):
        got = client.get(path)
        assert (got.status, got.body) == (200, b"true")
        assert got.header("Content-Type") == "application/json"
        assert got.header("X-Docker-Registry-Standalone") == standalone
        assert got.header("X-Docker-Registry-Version")
        is_v1(got)
        head = client.head(path)
        assert (head.status, head.body) == (200, b"")
    is_error(v1.post("/v1/_ping"), 405)
    assert v1.get("/v1/_ping", [("Authorization", "Basic Og==")]).status == 200


# --- errors ----------------------------------------------------------------

def test_errors_of_paths(v1, alone, reader):
    for client in v1, alone:
        for path, status, text in (
                ("/v1/", 404, "no such endpoint"),
                ("/v1/x", 404, "no such endpoint"),
                ("/v1/images/%s" % ID, 404, "no such endpoint"),
                ("/v1/images/x/json", 404, "Invalid image ID"),
                ("/v1/images/%s/layer" % ID.upper(), 404, "Invalid image ID"),
                ("/v1/repositories/A/tags", 400, "invalid repository name"),
                ("/v1/repositories/a/tags/.x", 400, "Invalid tag name"),
                ("/v1/repositories/a/tags/$%3Cinvalid%3E", 400,
                 "Invalid tag name"),
                ("/v1/images/a%2fb/json", 400, None),
                ("/v1/images/../images/x/json", 400, None),
                ("/v1//images/%s/json" % ID, 400, None)):
            is_error(client.get(path, token(reader)), status, text)
        answer = client.post("/v1/images/%s/json" % ID)
        is_error(answer, 405)
        assert answer.header("Allow") == "GET, HEAD, PUT"


def test_errors_of_nginx(world, v1, reader):
    """Before it has found a location, and in one."""
    big = [("Content-Length", str(5 * 1024 * 1024))]
    is_error(v1.put("/v1/images/%s/json" % ID, token(reader) + big), 413,
             "request body too large")
    is_error(v1.put("/v1/repositories/a/", big), 413)
    head = b"GET /v1/images/x/json HTTP/1.1\r\nHost: a\r\nX: %s\r\n\r\n"
    for data, status in ((head % (b"x" * 200000), 400),
                         (b"GET /v1/%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
                         (b"GET /v1/_ping HTTP/1.1\r\n\r\n", 400),
                         (b"GET /v1/" + b"a" * 60000
                          + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414)):
        is_error(parsed(v1.raw(data)), status)
    for path in "/v2/", "/v2/%zz":
        answer = parsed(v1.raw(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode()))
        assert answer.header("Docker-Distribution-API-Version") is None


def test_a_worker_that_is_down(world, v1, reader):
    """No one listens on the socket of the layers, nor on the one of the
    index."""
    for method, path in (("GET", "/v1/images/%s/files" % ID),
                         ("GET", "/v1/images/%s/diff" % ID),
                         ("GET", "/v1/users/"), ("POST", "/v1/users/"),
                         ("PUT", "/v1/repositories/a/b/")):
        answer = v1.request(method, path, token(reader))
        is_error(answer, 503)
        assert answer.header("Retry-After")


# --- who answers -----------------------------------------------------------

INDEX = [("GET", "/v1/users"), ("POST", "/v1/users/"), ("PUT", "/v1/users/al/"),
         ("PUT", "/v1/repositories/a/b/"), ("GET", "/v1/repositories/a/images"),
         ("PUT", "/v1/repositories/a/b/images"),
         ("DELETE", "/v1/repositories/a/b/images"),
         ("PUT", "/v1/repositories/a/b/auth"), ("GET", "/v1/search?q=x"),
         ("GET", "/v1/repositories/a/layer/%s/access" % ID),
         ("DELETE", "/v1/repositories/a/b/")]


def test_what_is_the_indexs(v1):
    """The index decides about passwords and tokens itself."""
    for method, path in INDEX:
        for headers in ([], [("Authorization", "Basic Og==")]):
            answer = v1.request(method, path, headers)
            assert answer.header("X-Index") == "yes", (method, path, answer)


def test_a_delete_with_a_token_is_the_registrys(world, v1):
    """The index's is the first and the last one, with a password."""
    path = "/v1/repositories/%s/" % NAME
    is_refused(v1.delete(path, token("x", access="delete")))
    reader = world.token("alice", scope(NAME, "pull"))
    is_refused(v1.delete(path, token(reader, access="delete")))
    for method, path in INDEX[:-1]:
        assert v1.request(method, path, token("x")).header("X-Index") == "yes"


def test_an_index_on_another_host(world, reader):
    """No worker of the registry answers in its place."""
    client = world.nginx.client(8620)
    assert client.get(PATH, token(reader)).body == LAYER
    assert client.get("/v1/_ping").header(
        "X-Docker-Registry-Standalone") == "false"
    for method, path in INDEX[:-1]:
        for headers in ([], token(reader), [("Authorization", "Basic Og==")]):
            is_error(client.request(method, path, headers), 404,
                     "no such endpoint")
    is_refused(client.request(*INDEX[-1]))


def test_readonly(world):
    """A push does not begin, nor does a deletion; log-ins and what a registry
    asks go on."""
    for port in 8630, 8631:
        client = world.nginx.client(port)
        for method, path in (
                ("PUT", "/v1/repositories/a/b/"),
                ("PUT", "/v1/repositories/a/b/images"),
                ("DELETE", "/v1/repositories/a/b/"),
                ("PUT", PATH), ("PUT", "/v1/images/%s/json" % ID),
                ("PUT", "/v1/images/%s/checksum" % ID),
                ("PUT", "/v1/repositories/a/b/tags/t"),
                ("DELETE", "/v1/repositories/a/b/tags/t"),
                ("PUT", "/v1/repositories/a/b/properties")):
            is_error(client.request(method, path), 405,
                     "the registry is read-only")
        for method, path in (
                ("POST", "/v1/users/"), ("PUT", "/v1/users/al/"),
                ("PUT", "/v1/repositories/a/b/auth"),
                ("DELETE", "/v1/repositories/a/b/images")):
            assert client.request(method, path).status != 405, (port, path)
    client = world.nginx.client(8632)
    is_error(client.delete("/v1/repositories/a/b/"), 405,
             "deletes are disabled")
    assert client.put("/v1/repositories/a/b/").header("X-Index") == "yes"


def test_counters(world, v1, reader):
    """By the action, as those of /v2/."""
    def counted():
        text = world.open.get("/metrics").body.decode()
        found = re.search(r'slipway_requests_total\{action="v1_image_layer_get",'
                          r'\w+="2xx"\} (\d+)', text)
        return int(found[1]) if found else 0
    before = counted()
    assert v1.get(PATH, token(reader)).status == 200
    wait_until(lambda: counted() == before + 1, 30, "the request to count")


def test_a_registry_alone(alone, world):
    """Without an index all is open, and a token only tells the repository."""
    assert alone.get(PATH, token("x")).body == LAYER
    assert alone.get(PATH, token("x", OTHER)).status >= 400
    assert alone.get(PATH, token("x", "library/none")).header("X-Seen") \
        == "v1_image_layer_get none " + ID
    for value in "Token x", 'Token signature=x,repository="A"', "Basic Og==":
        answer = alone.get(PATH, [("Authorization", value)])
        assert answer.status != 401
        assert answer.header("X-Seen") == "v1_image_layer_get  " + ID
    for method, path in INDEX:
        answer = alone.request(method, path)
        assert answer.status != 401 or answer.json() == {
            "error": "the registry has no accounts"}, answer
        assert not answer.header("X-Index")


def test_only_where_a_location_says_so(world):
    """A registry at / serves what it did."""
    found = world.open.get("/v1/_ping")
    assert found.status == 404
    answer = world.nginx.client(8610).get("/v10/_ping")
    assert answer.status == 404 and answer.codes() == ["NAME_UNKNOWN"]
    assert world.nginx.client(8610).get("/v2/").status == 200


# --- nginx -t --------------------------------------------------------------

CONF = """
    %%GLOBALS%%
    events {}
    http {
        %%GLOBALS_HTTP%%
        server {
            listen 127.0.0.1:8650;
            registry_root %%DIR%%/store;
            REALM
            location ^~ /v1/ {
                registry     on;
                fastcgi_pass unix:%%DIR%%/registry.sock;
                V1
            }
            MORE
        }
    }"""
REALM = """
    registry_realm http://a/token;
    registry_service a;
    registry_verdict /_verdict;"""


@pytest.mark.parametrize("v1,more,realm,text", [
    ("registry_index @i;", "", REALM, "needs a named location"),
    ("registry_index /v1/i;", "location /v1/i { }", REALM,
     "needs a named location"),
    ("registry_index @i;", "location @i { fastcgi_pass unix:/x; }", "",
     'without "registry_realm"'),
    ("registry_index @i;", "location @i { }", REALM, 'no "fastcgi_pass"'),
    ("registry_index @i;", "location @i { fastcgi_pass unix:/x; registry on; }",
     REALM, 'write "registry off;"'),
    ("registry_layers @l;", "", "", "needs a named location"),
    ("registry_layers @l;", "location @l { fastcgi_pass unix:/x; }", "",
     'must have "registry on"'),
    ("registry_layers @l;", "location @l { fastcgi_pass unix:/x; registry on;"
     " registry_root /y; }", "", 'must have the "registry_root"'),
    ("registry_layers @l; %s" % REALM,
     "location @l { fastcgi_pass unix:/x; registry on; }", "",
     'must have the "registry_root"'),
    ("", "", "", "layers cannot be pushed"),
])
def test_silently_wrong(house, v1, more, realm, text):
    nginx = Nginx(house, CONF.replace("V1", v1).replace("MORE", more)
                  .replace("REALM", realm))
    status, said = nginx.test()
    assert text in said
    assert (status == 0) == (text == "layers cannot be pushed")


def test_right(house):
    nginx = Nginx(house, CONF.replace(
        "V1", "registry_layers @l; registry_index @i;").replace(
        "MORE", "location @l { registry on; fastcgi_pass unix:/x; }"
        "location @i { fastcgi_pass unix:/x; }").replace("REALM", REALM))
    status, said = nginx.test()
    assert status == 0 and "layers" not in said
