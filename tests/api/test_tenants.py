"""Tenants of one server block: the root in variables (docs/module.md)."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testenv import House, Registry, images
from testenv.accounts import Accounts, scope
from testenv.process import wait_until

MANIFEST = images.Manifest({"schemaVersion": 2, "manifests": [],
                            "mediaType": images.OCI_INDEX})
SERVERS = """
    %%GLOBALS%%
    events {}
    http {
        %%GLOBALS_HTTP%%
        log_format   root "$http_x_mark|$registry_root|$registry_root_below";
        access_log   %%DIR%%/roots.log root;
        limit_req_zone $server_port zone=slow:1m rate=30r/m;
        map $http_x_tenant $tenant_root {
            default  "";
            one      %%DIR%%/registries/a.example;
            two      %%DIR%%/registries/deep/er;
            up       %%DIR%%/registries/../outside;
            outside  %%DIR%%/outside;
            top      %%DIR%%/registries;
            slash    %%DIR%%/registries/a.example/;
            relative a.example;
            ~^/      $http_x_tenant;
        }
        registry_events off;
        server {
            listen       127.0.0.1:8500;
            server_name  "";
            location /v2/ {
                registry       on;
                registry_root  %%DIR%%/registries/$host;
                fastcgi_pass   unix:%%DIR%%/registry.sock;
                include        %%CONF%%/registry_params;
            }
        }
        server {
            listen       127.0.0.1:8501;
            location /v2/ {
                registry       on;
                registry_root  %%DIR%%/registries/$http_x_tenant;
                fastcgi_pass   unix:%%DIR%%/registry.sock;
                include        %%CONF%%/registry_params;
            }
        }
        server {
            listen       127.0.0.1:8502;
            location /v2/ {
                registry       on;
                registry_root  $tenant_root below=%%DIR%%/registries;
                fastcgi_pass   unix:%%DIR%%/registry.sock;
                include        %%CONF%%/registry_params;
            }
        }
        server {
            listen       127.0.0.1:8505;
            location /v2/ {
                registry       on;
                registry_root  %%DIR%%/registries/$http_x_tenant;
                limit_req      zone=slow burst=5;
                fastcgi_pass   unix:%%DIR%%/registry.sock;
                include        %%CONF%%/registry_params;
            }
        }
        # the worker alone, with whatever an nginx may send
        server {
            listen       127.0.0.1:8503;
            location / {
                fastcgi_pass   unix:%%DIR%%/registry.sock;
                fastcgi_param  REGISTRY_ROOT        $http_x_root;
                fastcgi_param  REGISTRY_ROOT_BELOW  $http_x_below;
                fastcgi_param  REGISTRY_ACTION      $http_x_action;
                fastcgi_param  REGISTRY_REPOSITORY  a;
                fastcgi_param  REGISTRY_REFERENCE   1;
                fastcgi_param  REQUEST_METHOD       $request_method;
                fastcgi_param  CONTENT_TYPE         $content_type;
                fastcgi_param  CONTENT_LENGTH       $content_length;
            }
        }
        server {
            listen       127.0.0.1:8504;
            location /v2/ {
                registry       on;
                registry_root  %%DIR%%/registries/t-$http_x_tenant;
                fastcgi_pass   unix:%%DIR%%/registry.sock;
                include        %%CONF%%/registry_params;
            }
        }
    }"""


class Tenant(Registry):
    """A client of one tenant: every request has these headers."""

    def __init__(self, port, *lines, token=None):
        super().__init__(port, token=token)
        self._lines = list(lines)

    def request(self, method, path, headers=(), body=None, is_chunked=False):
        return super().request(method, path, self._lines + list(headers),
                               body, is_chunked)


@pytest.fixture(scope="module")
def servers(database_server):
    built = House(database_server)
    built.worker = built.registry_worker()
    nginx = built.nginx(SERVERS)
    nginx.house = built
    nginx.root = Path(built.dir, "registries")
    for name in ("a.example", "b.example", "deep/er", "t-", "t-one"):
        (nginx.root / name).mkdir(parents=True)
    Path(built.dir, "outside").mkdir()
    (nginx.root / "file").write_text("")
    yield nginx
    problems = built.problems()
    built.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture
def tenant(servers):
    """A client of a port's tenant, by Host or by X-Tenant."""
    def make(port, value, name=None):
        return Tenant(servers.house.port(port),
                      (name or ("Host" if port == 8500 else "X-Tenant"),
                       value))
    return make


def files(directory):
    return sorted(str(path) for path in Path(directory).rglob("*"))


def everything(client, repo="a"):
    """One request of each kind that reads or writes."""
    wanted = images.sha256(b"x")
    blob, tag = "/v2/%s/blobs/" % repo, "/v2/%s/manifests/1" % repo
    upload = blob + "uploads/6b3c9a93-af5d-473f-a4cc-9710022ad9b7"
    kind = [("Content-Type", images.OCI_INDEX)]
    yield client.get("/v2/")
    yield client.get("/v2/_catalog")
    yield client.get("/v2/%s/tags/list" % repo)
    yield client.get("/v2/%s/referrers/%s" % (repo, wanted))
    yield client.get(tag)
    yield client.get(blob + wanted)
    yield client.put(tag, kind, MANIFEST.data)
    yield client.delete(tag)
    yield client.delete(blob + wanted)
    yield client.post(blob + "uploads/")
    yield client.post(blob + "uploads/?digest=" + wanted, [], b"x")
    yield client.post(blob + "uploads/?mount=%s&from=b" % wanted)
    yield client.get(upload)
    yield client.patch(upload, [], b"x")
    yield client.put(upload + "?digest=" + wanted, [], b"x")
    yield client.delete(upload)


def is_refused(client):
    for answer in everything(client):
        assert (answer.status, answer.codes()) == (404, ["NAME_UNKNOWN"])
        assert answer.json()["errors"][0]["message"] == "no such registry"
    head = client.head("/v2/a/manifests/1")
    assert (head.status, head.body) == (404, b"")


# --- each has its own ------------------------------------------------------

@pytest.mark.parametrize("port,mine,other", [
    (8500, "a.example", "b.example"), (8501, "a.example", "b.example"),
    (8502, "one", "two")])
def test_each_has_a_store_of_its_own(servers, tenant, repo, port, mine, other):
    client, stranger = tenant(port, mine), tenant(port, other)
    image = images.Image(seed=repo)
    client.push_image(repo, "1", image)
    path = "/v2/%s/" % repo
    wanted = images.sha256(image.layers[0])
    at_once = images.blob(70000, seed=repo + "!")
    client.push_blob_at_once(repo, at_once)
    place = servers.root / ("a.example" if mine == "one" else mine)
    assert (place / "docker/registry/v2/repositories" / repo
            / "_manifests/tags/1/current/link").exists()
    for name in (path + "manifests/1", path + "blobs/" + wanted,
                 path + "blobs/" + images.sha256(at_once),
                 path + "manifests/" + image.manifest.digest):
        for ask in (client.get, client.head):
            assert ask(name).status == 200
        for ask in (stranger.get, stranger.head, stranger.delete):
            assert ask(name).status == 404
    # neither lists, nor mounts, nor sessions cross over
    assert client.get(path + "tags/list").json()["tags"] == ["1"]
    assert stranger.get(path + "tags/list").codes() == ["NAME_UNKNOWN"]
    assert repo in client.get("/v2/_catalog").json()["repositories"]
    assert repo not in stranger.get("/v2/_catalog").json()["repositories"]
    mount = "/v2/%s-2/blobs/uploads/?mount=%s&from=%s" % (repo, wanted, repo)
    assert client.post(mount).status == 201
    assert stranger.post(mount).status == 202
    location = client.start_upload(repo)
    assert client.patch(location, [], b"12345").status == 202
    assert client.get(location).header("Range") == "0-4"
    for answer in (stranger.get(location), stranger.delete(location),
                   stranger.patch(location, [], b"678"),
                   stranger.put(location, [], b"")):
        assert answer.codes() == ["BLOB_UPLOAD_UNKNOWN"]
    assert client.finish(location, images.sha256(b"12345678"), [],
                         b"678").status == 201
    assert client.delete(path + "manifests/1").status == 202


def test_a_port_of_the_host_changes_nothing(servers, tenant, repo):
    tenant(8500, "a.example:8500").push_image(repo, "1", images.Image())
    assert tenant(8500, "A.Example").get(
        "/v2/%s/manifests/1" % repo).status == 200


def test_the_root_is_known_to_the_log(servers, tenant):
    mark = [("X-Mark", "known")]
    assert tenant(8500, "a.example").get("/v2/", mark).status == 200
    assert tenant(8502, "outside").get("/v2/", mark).status == 404
    log = Path(servers.house.dir, "roots.log")

    def lines():
        """nginx writes a line after its answer."""
        return [line for line in log.read_text().splitlines()
                if line.startswith("known|")]
    wait_until(lambda: len(lines()) >= 2, 10, "the lines of both requests")
    assert sorted(lines()) == ["known|%s/a.example|%s" % (
        servers.root, servers.root), "known||%s" % servers.root]


# --- no way out ------------------------------------------------------------

PATHS = ["..", ".", "...", "../outside", "a.example/..", "a.example/../..",
         "a.example/../b.example", "./a.example", "a.example/", "/a.example",
         "a.example/docker", "deep/er", "file", "file/x",
         "missing.example", "a.example\x01", "a.example\t.", "x" * 255,
         "x" * 256, "x" * 600, "%2e%2e", "$host", "a.example\x7f", "\xe9"]


@pytest.mark.parametrize("value", PATHS + ["", "t-/x"])
def test_a_variable_is_one_name_that_is_there(servers, tenant, value):
    """Otherwise nothing is answered, and nothing is made."""
    before = files(servers.house.dir + "/registries"), files(
        servers.house.dir + "/outside")
    is_refused(tenant(8501, value))
    assert before == (files(servers.house.dir + "/registries"), files(
        servers.house.dir + "/outside"))


@pytest.mark.parametrize("host", [
    "..", ".", "missing.example", "a.example..", "..a.example", "a.example/..",
    "[::1]", "127.0.0.1", "x" * 300, ""])
def test_a_host_cannot_climb(servers, tenant, host):
    before = files(servers.house.dir + "/registries")
    for answer in everything(tenant(8500, host)):
        assert answer.status in (400, 404)
        assert answer.codes()[0] in ("NAME_UNKNOWN", "UNSUPPORTED")
    assert before == files(servers.house.dir + "/registries")


def test_no_host_at_all(servers):
    """It is empty then, and the directory of all tenants is no root."""
    client = Registry(servers.house.port(8500))
    answer = client.raw(b"GET /v2/_catalog HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404 ") and b"NAME_UNKNOWN" in answer


@pytest.mark.parametrize("value", [
    "up", "outside", "top", "slash", "relative", "none", "",
    "/etc", "/", "//"])
def test_a_map_leads_only_below_its_directory(servers, tenant, value):
    is_refused(tenant(8502, value))


def test_a_path_of_a_variable_may_have_slashes(servers, tenant):
    for value in ("%s/deep/er", "%s/b.example"):
        client = tenant(8502, value % servers.root)
        assert client.get("/v2/_catalog").status == 200
    for value in ("%s/deep/../a.example", "%s//a.example", "%s/./a.example",
                  "%s/a.example/.", "%s2/a.example", "%s/missing", "%s"):
        is_refused(tenant(8502, value % servers.root))


def test_a_part_of_a_name_is_not_empty(servers, tenant):
    """The directory t- is there, but is no tenant's."""
    assert tenant(8504, "one").get("/v2/_catalog").status == 200
    is_refused(tenant(8504, ""))


def test_a_reason_is_logged(servers, tenant):
    log = Path(servers.error_log)
    before = log.stat().st_size
    tenant(8501, "missing.example").get("/v2/")
    tenant(8501, "..").get("/v2/")
    tenant(8501, "a\tb\x01c").get("/v2/")
    said = log.read_bytes()[before:].decode()
    assert ('"registry_root" "%s/missing.example" is not a directory '
            '(2: No such file' % servers.root) in said
    assert 'invalid "registry_root" "%s/.."' % servers.root in said
    assert 'invalid "registry_root" "%s/a?b?c"' % servers.root in said


# --- roots come and go -----------------------------------------------------

def test_a_root_is_never_made(servers, tenant, repo):
    """Gone in the middle of a push, it does not come back by it."""
    place = servers.root / "gone.example"
    place.mkdir()
    client = tenant(8500, "gone.example")
    client.push_image(repo, "1", images.Image())
    location = client.start_upload(repo)
    shutil.rmtree(place)
    is_refused(client)
    for answer in (client.patch(location, [], b"x"), client.get(location)):
        assert answer.codes() == ["NAME_UNKNOWN"]
    assert not place.exists()
    place.mkdir()
    assert client.get("/v2/%s/manifests/1" % repo).codes() == [
        "MANIFEST_UNKNOWN"]
    client.push_image(repo, "2", images.Image())
    shutil.rmtree(place)


def test_a_root_that_goes_before_an_upload_is_made(servers, tenant, repo):
    """After nginx has looked for it: while limit_req holds the request."""
    place, away = servers.root / "going.example", servers.root / "away"
    log = Path(servers.error_log)
    place.mkdir()
    client = tenant(8505, "going.example")
    path = "/v2/%s/blobs/uploads/?digest=%s" % (repo, images.sha256(b"x"))
    assert client.post(path, [], b"x").status == 201
    before = log.stat().st_size
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.post, path, [], b"x")
        wait_until(lambda: b"delaying request" in log.read_bytes()[before:],
                   60, "the request to be held")
        place.rename(away)
        answer = waiting.result()
    assert (answer.status, answer.codes()) == (404, ["NAME_UNKNOWN"])
    assert not place.exists()
    shutil.rmtree(away)


@pytest.mark.parametrize("what", ["chunk", "manifest", "blob"])
def test_a_root_that_goes_while_a_body_comes(servers, tenant, repo, what):
    """nginx has looked for it by then; the worker looks again."""
    place, away = servers.root / "going.example", servers.root / "away"
    place.mkdir()
    client = tenant(8500, "going.example")
    location = client.start_upload(repo)
    body = MANIFEST.data
    method, path = {
        "chunk": ("PATCH", location),
        "manifest": ("PUT", "/v2/%s/manifests/1" % repo),
        "blob": ("POST", "/v2/%s/blobs/uploads/?digest=%s" % (
            repo, images.sha256(body)))}[what]
    with client.connect() as s:
        s.sendall(("%s %s HTTP/1.1\r\nHost: going.example\r\nContent-Type: %s"
                   "\r\nContent-Length: %d\r\nExpect: 100-continue\r\n"
                   "Connection: close\r\n\r\n" % (
                       method, path, images.OCI_INDEX, len(body))).encode())
        assert s.recv(100).startswith(b"HTTP/1.1 100 ")
        place.rename(away)
        s.sendall(body)
        answer = b"".join(iter(lambda: s.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 404 "), answer
    assert b"NAME_UNKNOWN" in answer
    assert not place.exists()
    shutil.rmtree(away)


def test_a_root_without_variables_is_made_by_the_first_push(house):
    client = house.standalone().client(8500)
    assert not os.path.exists(house.dir + "/store")
    client.push_image("a", "1", images.Image())
    assert os.path.exists(house.dir + "/store/docker/registry/v2/blobs")


# --- what the worker itself checks -----------------------------------------

def ask_worker(servers, action, root, below, method="GET", body=None):
    return Registry(servers.house.port(8503)).request(method, "/", [
        ("X-Action", action), ("X-Root", root), ("X-Below", below),
        ("Content-Type", images.OCI_INDEX)], body)


def test_the_worker_makes_no_root_either(servers):
    base = str(servers.root)
    for action, method, body in (
            ("catalog", "GET", None), ("upload_start", "POST", b""),
            ("manifest_put", "PUT", MANIFEST.data)):
        answer = ask_worker(servers, action, base + "/none", base, method,
                            body)
        assert (answer.status, answer.codes()) == (404, ["NAME_UNKNOWN"])
    assert not (servers.root / "none").exists()
    assert ask_worker(servers, "manifest_put", base + "/deep/er", base, "PUT",
                      MANIFEST.data).status == 201


@pytest.mark.parametrize("root,below", [
    ("%s", "%s"), ("%s/", "%s"), ("%s/..", "%s"), ("%s/a.example/..", "%s"),
    ("%s/../outside", "%s"), ("%s/../outside", "%s/a.example"),
    ("%s//a.example", "%s"), ("", "%s"), ("%s/a.example", "/x"),
    ("%s/a.example", "/"), ("%s/a.example", "%s/"), ("a.example", "%s")])
def test_the_worker_checks_the_root_again(servers, root, below):
    fill = [text.replace("%s", str(servers.root)) for text in (root, below)]
    answer = ask_worker(servers, "manifest_put", *fill, "PUT", MANIFEST.data)
    assert (answer.status, answer.codes()) == (500, ["UNKNOWN"])


# --- what is remembered ----------------------------------------------------

def test_a_media_type_is_remembered_for_each_root(house):
    """A damaged manifest of one gets its type from its own bytes."""
    house.registry_worker()
    house.nginx(SERVERS)
    clients = []
    for name in ("a.example", "b.example"):
        Path(house.dir, "registries", name).mkdir(parents=True)
        client = Tenant(house.port(8500), ("Host", name))
        client.push_manifest("a", "1", MANIFEST)
        clients.append(client)
    assert clients[0].get("/v2/a/manifests/1").header(
        "Content-Type") == images.OCI_INDEX
    [blob] = Path(house.dir, "registries/b.example").rglob("data")
    blob.write_text('{"mediaType": "%s"}' % images.OCI_MANIFEST)
    assert clients[1].get("/v2/a/manifests/1").header(
        "Content-Type") == images.OCI_MANIFEST
    assert clients[0].get("/v2/a/manifests/1").header(
        "Content-Type") == images.OCI_INDEX


class Hosts(Accounts):
    """An account's token is good for every host: one service, many roots."""

    _CONF = Accounts._CONF.replace("registry_root %%DIR%%/store",
                                   "registry_root %%DIR%%/hosts/$host")


def test_a_verdict_is_remembered_for_each_root(house):
    accounts = Hosts(house, "alice", valid="60s")
    token = accounts.client("alice", scope("alice/app")).token
    sources = []
    for name in ("a.example", "b.example"):
        Path(house.dir, "hosts", name).mkdir(parents=True)
        client = Tenant(house.port(8500), ("Host", name), token=token)
        sources += [client.get("/v2/alice/app/tags/list").header("X-Verdict")
                    for _ in range(2)]
    assert sources == 2 * ["memcached,granted", "zone,granted"]


def test_who_has_no_token_hears_of_a_root_that_is_not_there(house):
    """It is looked for before a token is asked for."""
    Hosts(house, "alice")
    Path(house.dir, "hosts", "a.example").mkdir(parents=True)
    answer = Tenant(house.port(8500), ("Host", "a.example")).get("/v2/")
    assert answer.status == 401
    is_refused(Tenant(house.port(8500), ("Host", "b.example")))
