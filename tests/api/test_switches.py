"""The switches of a location, each on every route: one that is forgotten on
one route is a hole (CVE-2026-41888)."""

import json
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testenv import House, images
from testenv.client import Registry, digest, with_query
from testenv.events import spool
from testenv.process import wait_until

ZERO = "sha256:" + "0" * 64

# Ports by the switches that are on there; all serve one store.
SWITCHES = {
    8500: "",
    8501: "registry_readonly on;",
    8502: "registry_delete off;",
    8503: r'registry_immutable_tags "^fix.*:v[0-9]+\z";',
    8504: "registry_manifest_urls off;",
    8505: "registry_upload_expiry 1h;",
    # nginx cannot know what the variable will hold.
    8506: 'set $p "(v"; registry_immutable_tags $p;',
    8507: 'registry_immutable_tags "^(a|a?)+:x";',
}

SERVER = """
    server {
        listen 127.0.0.1:%d;
        %s
        location /v2/ {
            registry       on;
            registry_root  %%%%DIR%%%%/store;
            fastcgi_pass   unix:%%%%DIR%%%%/registry.sock;
            include        %%%%CONF%%%%/registry_params;
        }
    }"""


def configuration(servers):
    return ("%%GLOBALS%%\nworker_processes 2;\nevents {}\nhttp {\n"
            "%%GLOBALS_HTTP%%\n" + "".join(servers) + "\n}")


@pytest.fixture(scope="module")
def front(database_server):
    house = House(database_server)
    house.worker = house.registry_worker(processes=8)
    try:
        yield house.nginx(configuration(
            SERVER % switch for switch in SWITCHES.items()))
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture
def client(front):
    """A function from a port to its client; 8500 has no switch."""
    return lambda port=8500: front.client(port)


class Subject:
    """A repository with an image under two tags, and an upload."""

    def __init__(self, client, repo):
        self.repo = repo
        self.image = images.Image(seed=repo)
        self.other = images.Image(seed=repo + "other")
        for tag in ("v1", "latest"):
            client.push_image(repo, tag, self.image)
        for data in self.other.blobs():
            client.push_blob(repo, data)
        self.blob = images.blob(100, repo)
        self.upload = client.start_upload(repo)

    def path(self, tail):
        return "/v2/%s/%s" % (self.repo, tail)

    def manifest(self, image=None):
        chosen = (image or self.image).manifest
        return {"headers": [("Content-Type", chosen.media_type)],
                "body": chosen.data}

    def routes(self):
        """Every method of every path that is none but the last to spoil the
        others: name, method, path, and how."""
        digest_of = self.image.manifest.digest
        layer = digest(self.image.layers[0])
        uploads = self.path("blobs/uploads/")
        return [
            ("base", "GET", "/v2/", {}),
            ("catalog", "GET", "/v2/_catalog", {}),
            ("tag_list", "GET", self.path("tags/list"), {}),
            ("manifest_get", "GET", self.path("manifests/v1"), {}),
            ("manifest_head", "HEAD", self.path("manifests/" + digest_of), {}),
            ("blob_get", "GET", self.path("blobs/" + layer), {}),
            ("blob_head", "HEAD", self.path("blobs/" + layer), {}),
            ("referrer_list", "GET", self.path("referrers/" + digest_of), {}),
            ("upload_status", "GET", self.upload, {}),
            ("upload_start", "POST", uploads, {}),
            ("upload_start_bare", "POST", uploads[:-1], {}),
            ("upload_mount", "POST", uploads + "?mount=" + layer, {}),
            ("upload_mount_from", "POST", uploads + "?mount=%s&from=%s" % (
                layer, self.repo), {}),
            ("upload_whole", "POST",
             uploads + "?digest=" + digest(self.blob), {"body": self.blob}),
            ("upload_whole_chunked", "POST",
             uploads + "?digest=" + digest(self.blob),
             {"body": [self.blob], "is_chunked": True}),
            ("upload_patch", "PATCH", self.upload, {"body": self.blob}),
            ("upload_put", "PUT", with_query(
                self.upload, digest=digest(self.blob)), {}),
            ("manifest_put_tag", "PUT", self.path("manifests/v1"),
             self.manifest()),
            ("manifest_put_new", "PUT", self.path("manifests/v2"),
             self.manifest()),
            ("manifest_put_digest", "PUT",
             self.path("manifests/" + digest_of), self.manifest()),
            ("manifest_put_tags", "PUT",
             self.path("manifests/%s?tag=v3&tag=new" % digest_of),
             self.manifest()),
            ("upload_cancel", "DELETE", None, {}),
            ("manifest_delete_tag", "DELETE", self.path("manifests/latest"),
             {}),
            ("manifest_delete_digest", "DELETE",
             self.path("manifests/" + digest_of), {}),
            ("blob_delete", "DELETE", self.path("blobs/" + layer), {}),
        ]


def answers(client, plain, subject):
    """The status of each route, in order; what was refused must say why."""
    found = {}
    for name, method, path, how in subject.routes():
        if path is None:
            path = plain.start_upload(subject.repo)
        answer = client.request(method, path, **how)
        found[name] = answer.status
        if answer.status >= 400 and method != "HEAD":
            assert answer.codes(), (name, answer)
        if answer.status == 405:
            assert answer.codes() == ["UNSUPPORTED"], (name, answer)
            assert method not in answer.header("Allow"), (name, answer)
    return found


ALL = {
    "base": 200, "catalog": 200, "tag_list": 200, "manifest_get": 200,
    "manifest_head": 200, "blob_get": 200, "blob_head": 200,
    "referrer_list": 200, "upload_status": 204, "upload_start": 202,
    "upload_start_bare": 202, "upload_mount": 201, "upload_mount_from": 201,
    "upload_whole": 201, "upload_whole_chunked": 201, "upload_patch": 202,
    "upload_put": 201, "manifest_put_tag": 201, "manifest_put_new": 201,
    "manifest_put_digest": 201, "manifest_put_tags": 201,
    "upload_cancel": 204, "manifest_delete_tag": 202,
    "manifest_delete_digest": 202, "blob_delete": 202}
DELETES = [name for name in ALL if "_delete" in name]
WRITES = [name for name, status in ALL.items()
          if status in (201, 202) or name == "upload_cancel"]


def but(names, status):
    return {**ALL, **dict.fromkeys(names, status)}


@pytest.mark.idea(32)
@pytest.mark.parametrize("port,expected", [
    (8500, ALL),
    (8501, but(WRITES, 405)),
    (8502, but(DELETES, 405)),
    (8503, but(["manifest_delete_digest"], 403)),
    (8504, ALL),
    (8505, ALL),
    (8506, but(["manifest_put_tag", "manifest_put_new", "manifest_put_tags",
                "manifest_delete_tag", "manifest_delete_digest"], 500)),
], ids=["none", "readonly", "no-deletes", "immutable", "no-urls",
        "expiry", "bad-pattern"])
def test_every_route(client, repo, port, expected):
    subject = Subject(client(), "fix/" + repo)
    assert answers(client(port), client(), subject) == expected


def test_readonly_changes_nothing(client, front, repo):
    subject = Subject(client(), repo)
    before = tree(front)
    answers(client(8501), client(), subject)
    after = {path for path in tree(front) if "_uploads" not in path}
    assert after == {path for path in before if "_uploads" not in path}
    # Not even of the upload that was there.
    answer = client().get(subject.upload)
    assert answer.header("Range") == "0-0"
    assert client().finish(subject.upload, digest(b""), [], b"").status == 201


@pytest.mark.parametrize("param,value", [
    ("REGISTRY_SPARSE", "maybe"), ("REGISTRY_MANIFEST_URLS", "yes"),
    ("REGISTRY_EVENTS", "On"), ("REGISTRY_EVENTS_SIZE", "many")])
def test_a_switch_that_cannot_be_understood_refuses_every_write(
        house, repo, param, value):
    """Whether or not the request would have asked for it, and before its body
    is read; reads go on."""
    worker = house.registry_worker()
    plain, broken = SERVER % (8500, ""), SERVER % (8501, "")
    front = house.nginx(configuration([plain, broken.replace(
        "include ", "fastcgi_param %s %s; include " % (param, value))]))
    subject = Subject(front.client(8500), repo)
    before = tree(front)
    assert answers(front.client(8501), front.client(8500),
                   subject) == but(WRITES, 500)
    assert front.client(8501).put(subject.path("manifests/v1"), [],
                                  b"no manifest").status == 500
    assert param in worker.process.text()
    assert not spool(house).exists()
    after = {path for path in tree(front) if "_uploads" not in path}
    assert after == {path for path in before if "_uploads" not in path}


def tree(front):
    root = front.dir / "store"
    return {str(path.relative_to(root)) for path in root.rglob("*")}


def test_readonly_answers_before_the_body(client, front):
    """Gigabytes that are promised need not come."""
    head = ("PATCH /v2/a/blobs/uploads/0b4c0d8e-9d1a-4d5e-9f6a-1c2d3e4f5a6b "
            "HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000000\r\n\r\n")
    started = time.monotonic()
    with client(8501).connect() as s:
        s.sendall(head.encode() + b"some of it")
        answer = s.recv(65536)
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert b"UNSUPPORTED" in answer and b"read-only" in answer
    assert time.monotonic() - started < 30


def test_readonly_asks_no_client_to_continue(client):
    with client(8501).connect() as s:
        s.sendall(b"PUT /v2/a/manifests/b HTTP/1.1\r\nHost: x\r\n"
                  b"Expect: 100-continue\r\nContent-Length: 10\r\n\r\n")
        assert s.recv(65536).startswith(b"HTTP/1.1 405 ")


def test_readonly_on_a_keep_alive_connection(client, repo):
    kept = Registry(client(8501).port, keep=True)
    for _ in range(3):
        answer = kept.put("/v2/%s/manifests/a" % repo, [], b"x" * 10000)
        assert answer.status == 405
        assert kept.get("/v2/").status == 200


def test_readonly_allow(client, repo):
    """What Allow names is what is left, also for a method that no path has."""
    session = client().start_upload(repo)
    for method, path, allow in [
            ("PUT", "/v2/a/manifests/b", "GET, HEAD"),
            ("POST", "/v2/a/manifests/b", "GET, HEAD"),
            ("DELETE", "/v2/a/blobs/" + ZERO, "GET, HEAD"),
            ("POST", "/v2/a/blobs/uploads/", ""),
            ("GET", "/v2/a/blobs/uploads/", ""),
            ("PATCH", session, "GET, HEAD"),
            ("DELETE", session, "GET, HEAD"),
            ("POST", "/v2/_catalog", "GET, HEAD"),
            ("OPTIONS", "/v2/a/manifests/b", "GET, HEAD")]:
        answer = client(8501).request(method, path)
        assert answer.status == (204 if method == "OPTIONS" else 405), (
            method, path, answer)
        assert answer.header("Allow") == allow, (method, path)


def test_mistakes_are_reported_before_readonly(client):
    for path, status in [("/v2/A/manifests/b", 400), ("/v2/a/manifests/.", 400),
                         ("/v2/a/nothing", 404)]:
        assert client(8501).put(path, [], b"x").status == status


def test_no_deletes_allow(client, repo):
    session = client().start_upload(repo)
    for method, path, allow in [
            ("DELETE", "/v2/a/manifests/b", "GET, HEAD, PUT"),
            ("POST", "/v2/a/manifests/b", "GET, HEAD, PUT"),
            ("DELETE", "/v2/a/blobs/" + ZERO, "GET, HEAD"),
            ("POST", session, "GET, HEAD, PUT, PATCH, DELETE")]:
        answer = client(8502).request(method, path)
        assert answer.status == 405, (method, path, answer)
        assert answer.header("Allow") == allow, (method, path)


# --- where a switch stands ---------------------------------------------------

LEVELS = """
    {http}
    server {
        listen 127.0.0.1:8500;
        {server}
        location /v2/ {
            registry       on;
            registry_root  %%DIR%%/store;
            fastcgi_pass   unix:%%DIR%%/registry.sock;
            include        %%CONF%%/registry_params;
            fastcgi_param  REGISTRY_OTHER x;
            {location}
            location /v2/open/ {
                fastcgi_pass unix:%%DIR%%/registry.sock;
                {open}
            }
        }
    }"""
ON = """
    registry_delete          off;
    registry_immutable_tags  ":v";
    registry_manifest_urls   off;
    registry_sparse          on;
    registry_upload_expiry   1h;
    registry_events          on;
    registry_events_size     2m;
    registry_url             https://$host.example;
    registry_manifest_size   2k;"""
OFF = """
    registry_delete          on;
    registry_immutable_tags  off;
    registry_manifest_urls   on;
    registry_sparse          off;
    registry_upload_expiry   0;
    registry_events          off;
    registry_manifest_size   4m;"""


def at_level(house, level, switches, opened):
    """A registry with switches at a level, and others for /v2/open/."""
    conf = LEVELS.replace("{%s}" % level, switches).replace("{open}", opened)
    for other in ("http", "server", "location"):
        conf = conf.replace("{%s}" % other, "")
    house.registry_worker()
    return house.nginx(configuration([conf])).client(8500)


@pytest.mark.parametrize("level", ["http", "server", "location"])
def test_each_level(house, level):
    """It is inherited, and switched back where something else is set."""
    client = at_level(house, level, ON, OFF)
    for repo, is_open in [("closed/a", False), ("open/a", True)]:
        subject = Subject(client, repo)
        config, kept_elsewhere = foreign(["https://example.com/layer"])
        client.push_blob(repo, config)
        started(house, subject.upload, 3601)
        done = [client.put(subject.path("manifests/v1"),
                           **subject.manifest(subject.other)),
                client.put(subject.path("manifests/x"),
                           [("Content-Type", kept_elsewhere.media_type)],
                           kept_elsewhere.data),
                client.put(subject.path("manifests/x"), [], b" " * 2049),
                client.put(subject.path("manifests/x"),
                           **subject.manifest(images.Image(seed="unpushed"))),
                client.get(subject.upload),
                client.delete(subject.path("manifests/latest"))]
        assert [answer.status for answer in done] == (
            [201, 201, 400, 400, 204, 202] if is_open else
            [403, 403, 413, 201, 404, 405])
    events = "".join(path.read_text() for path in Path(
        house.dir, "store/slipway/events").glob("*.jsonl"))
    assert '"https://127.0.0.1.example/v2/closed/a/' in events
    assert "open/a" not in events


@pytest.mark.parametrize("level", ["http", "server", "location"])
def test_readonly_at_each_level(house, level):
    client = at_level(house, level, "registry_readonly on;",
                      "registry_readonly off;")
    assert client.post("/v2/closed/blobs/uploads/").status == 405
    assert client.post("/v2/open/a/blobs/uploads/").status == 202
    client.push_image("open/a", "1", images.Image())
    assert client.manifest("open/a", "1").status == 200


# --- the expiry of uploads ---------------------------------------------------

def session_directory(house, location):
    """The directory of an upload."""
    name, upload = location[len("/v2/"):].split("/blobs/uploads/")
    return (Path(house.dir, "store/docker/registry/v2/repositories") / name
            / "_uploads" / upload)


def started(house, location, seconds):
    """Makes an upload begin so long ago."""
    then = time.gmtime(time.time() - seconds)
    (session_directory(house, location) / "startedat").write_text(
        time.strftime("%Y-%m-%dT%H:%M:%SZ", then))


def requests_of(location):
    """All that a session is there for, but its end."""
    return [("GET", location, None), ("HEAD", location, None),
            ("PATCH", location, b"more"), ("PATCH", location, None),
            ("PUT", with_query(location, digest=digest(b"more")), b"more"),
            ("PUT", with_query(location, digest=digest(b"")), None)]


def test_an_old_upload_is_unknown(client, front, repo):
    location = client(8505).start_upload(repo)
    started(front.house, location, 3700)
    for method, path, body in requests_of(location):
        answer = client(8505).request(method, path, body=body)
        assert answer.status == 404, (method, answer)
        if method != "HEAD":
            assert answer.codes() == ["BLOB_UPLOAD_UNKNOWN"]
    data = session_directory(front.house, location) / "data"
    assert data.read_bytes() == b""
    # Another location lets it live, and it may be cancelled anywhere.
    assert client().get(location).status == 204
    assert client(8505).delete(location).status == 204
    assert client().get(location).status == 404


def test_a_young_upload_goes_on(client, front, repo):
    location = client(8505).start_upload(repo)
    started(front.house, location, 3000)
    assert client(8505).get(location).status == 204
    assert client(8505).patch(location, [], b"mo").status == 202
    assert client(8505).finish(location, digest(b"more"), [], b"re"
                               ).status == 201


def test_what_began_in_time_may_end(client, front, repo):
    """Also where it gets old while its bytes come in."""
    location = client(8505).start_upload(repo)
    data = session_directory(front.house, location) / "data"
    with client(8505).connect() as s:
        s.sendall(("PATCH %s HTTP/1.1\r\nHost: x\r\nContent-Length: 600000"
                   "\r\nConnection: close\r\n\r\n" % location).encode()
                  + b"x" * 599999)
        wait_until(lambda: data.stat().st_size > 0, 60, "the first bytes")
        started(front.house, location, 3700)
        s.sendall(b"x")
        assert s.recv(65536).startswith(b"HTTP/1.1 202 ")
    assert client(8505).get(location).status == 404
    assert client().get(location).header("Range") == "0-599999"


def test_an_old_upload_asks_no_client_to_continue(client, front, repo):
    location = client(8505).start_upload(repo)
    started(front.house, location, 3700)
    with client(8505).connect() as s:
        s.sendall(("PATCH %s HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n"
                   "Expect: 100-continue\r\n\r\n" % location).encode())
        assert s.recv(65536).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("content", [None, b"", b"yesterday", b"x" * 100])
def test_without_a_start_the_time_of_the_bytes_counts(client, front, repo,
                                                      content):
    """As with purge."""
    front.house.expect("startedat\" is too long")
    for seconds, status in [(3000, 204), (3700, 404)]:
        location = client(8505).start_upload(repo)
        directory = session_directory(front.house, location)
        if content is None:
            (directory / "startedat").unlink()
        else:
            (directory / "startedat").write_bytes(content)
        then = time.time() - seconds
        os.utime(directory / "data", (then, then))
        assert client(8505).get(location).status == status
        assert client(8505).patch(location, [], b"x").status == (
            202 if status == 204 else 404)


def test_the_default_is_a_week(client, front, repo):
    for days, status in [(6.9, 204), (7.1, 404)]:
        location = client().start_upload(repo)
        started(front.house, location, days * 86400)
        assert client().get(location).status == status


# --- immutable tags ----------------------------------------------------------

@pytest.fixture
def fixed(client):
    """The client of the port where tags are immutable."""
    return client(8503)


def refused(answer):
    assert answer.status == 403, answer
    assert answer.codes() == ["DENIED"]
    assert "immutable" in answer.json()["errors"][0]["message"]
    return answer.json()["errors"][0]["detail"]


def test_an_immutable_tag(fixed, client, repo):
    repo = "fix/" + repo
    subject = Subject(client(), repo)
    put = lambda tail, image: fixed.put(
        subject.path("manifests/" + tail), **subject.manifest(image))
    # A new one comes to be, and the same again is fine.
    for _ in range(2):
        assert put("v7", subject.other).status == 201
    # It cannot be moved, by tag or by digest and tag; nothing else moves.
    assert refused(put("v7", subject.image)) == "v7"
    assert refused(put(subject.image.manifest.digest + "?tag=latest&tag=v7",
                       subject.image)) == "v7"
    assert put(subject.other.manifest.digest + "?tag=v7", subject.other
               ).status == 201
    # Nor deleted, or with its manifest, which keeps all of its tags.
    client().push_manifest(repo, "also", subject.other.manifest)
    assert refused(fixed.delete(subject.path("manifests/v7"))) == "v7"
    assert refused(fixed.delete(subject.path(
        "manifests/" + subject.other.manifest.digest))) == "v7"
    for tag in ("v7", "also"):
        assert fixed.manifest(repo, tag).body == subject.other.manifest.data
    # Other tags move and go.
    assert put("latest", subject.other).status == 201
    assert put("v7x", subject.image).status == 201
    assert put("v7x", subject.other).status == 201
    assert fixed.delete(subject.path("manifests/v7x")).status == 202


def test_a_refused_manifest_moves_none_of_its_tags(fixed, client, repo):
    subject = Subject(client(), "fix/" + repo)
    answer = fixed.put(subject.path("manifests/%s?tag=latest&tag=v1&tag=n"
                                    % subject.other.manifest.digest),
                       **subject.manifest(subject.other))
    assert refused(answer) == "v1"
    assert fixed.manifest(subject.repo, "latest"
                          ).body == subject.image.manifest.data
    assert fixed.manifest(subject.repo, "n").status == 404
    assert fixed.manifest(subject.repo, subject.other.manifest.digest
                          ).status == 404


def test_other_repositories_are_not_meant(fixed, client, repo):
    subject = Subject(client(), repo)
    assert not repo.startswith("fix")
    assert fixed.put(subject.path("manifests/v1"),
                     **subject.manifest(subject.other)).status == 201
    assert fixed.delete(subject.path("manifests/v1")).status == 202


def test_a_broken_immutable_tag_may_be_repaired(fixed, client, front, repo):
    """Its link holds no digest: there is nothing to keep."""
    subject = Subject(client(), "fix/" + repo)
    (front.dir / "store/docker/registry/v2/repositories" / subject.repo
     / "_manifests/tags/v1/current/link").write_text("")
    assert fixed.put(subject.path("manifests/v1"),
                     **subject.manifest(subject.other)).status == 201


def test_one_of_many_gets_an_immutable_tag(fixed, client, repo):
    """Many at once want a tag that does not exist: one wins, once."""
    repo = "fix/" + repo
    made = [images.Image(seed="%s-%d" % (repo, n)) for n in range(8)]
    for image in made:
        for data in image.blobs():
            client().push_blob(repo, data)

    def push(image):
        return fixed.put("/v2/%s/manifests/v1" % repo, [
            ("Content-Type", image.manifest.media_type)], image.manifest.data)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(push, made))
    statuses = sorted(answer.status for answer in answers)
    assert statuses == [201] + [403] * 7
    winner = made[[a.status for a in answers].index(201)]
    assert fixed.manifest(repo, "v1").body == winner.manifest.data


@pytest.mark.parametrize("port,tag,words", [
    (8506, "v1", "missing closing parenthesis at character 3"),
    (8507, "x", "match limit exceeded")])
def test_a_bad_pattern_refuses_and_says_why(client, front, repo, port, tag,
                                            words):
    repo = "a" * 42 + "b"
    image = images.Image(seed=repo)
    client().push_image(repo, "before", image)
    log = front.house.worker.process
    at = len(log.text())
    started = time.monotonic()
    answer = client(port).put("/v2/%s/manifests/%s" % (repo, tag), [
        ("Content-Type", image.manifest.media_type)], image.manifest.data)
    assert time.monotonic() - started < 30
    assert answer.status == 500
    assert answer.codes() == ["UNKNOWN"]
    lines = [line for line in log.text()[at:].splitlines() if "error" in line]
    assert len(lines) == 1
    assert "REGISTRY_IMMUTABLE_TAGS" in lines[0] and words in lines[0]
    assert re.search("request_id=[0-9a-f]{32}", lines[0])
    assert client().manifest(repo, tag).status == 404


# --- URLs --------------------------------------------------------------------

def foreign(urls):
    """A manifest with a layer that is kept elsewhere."""
    layer = {"mediaType": "application/vnd.docker.image.rootfs.foreign."
             "diff.tar.gzip", "size": 5, "digest": digest(b"windows")}
    if urls is not None:
        layer["urls"] = urls
    config = json.dumps({"os": "windows"}).encode()
    return config, images.Manifest({
        "schemaVersion": 2, "mediaType": images.DOCKER_MANIFEST,
        "config": images.descriptor(images.DOCKER_CONFIG, config),
        "layers": [layer]})


@pytest.mark.idea(26)
@pytest.mark.parametrize("urls,denied,allowed", [
    (["https://example.com/layer"], 403, 201), (None, 201, 201)])
def test_urls(client, repo, urls, denied, allowed):
    config, manifest = foreign(urls)
    client().push_blob(repo, config)
    for port, status in [(8504, denied), (8500, allowed)]:
        for reference in ("a", manifest.digest):
            answer = client(port).put(
                "/v2/%s/manifests/%s" % (repo, reference),
                [("Content-Type", manifest.media_type)], manifest.data)
            assert answer.status == status, answer
            if status == 403:
                assert answer.codes() == ["DENIED"]


# --- with an index -----------------------------------------------------------

def test_readonly_comes_before_the_token(accounts):
    """A good token opens nothing; the switch is read before it is."""
    front = accounts.house.nginx("""
        %%GLOBALS%%
        events {}
        http {
            %%GLOBALS_HTTP%%
            server {
                listen 127.0.0.1:8510;
                registry_realm    http://127.0.0.1/token;
                registry_service  registry.test;
                registry_verdict  /_verdict;
                location /v2/ {
                    registry           on;
                    registry_readonly  on;
                    registry_root      %%DIR%%/store;
                    fastcgi_pass       unix:%%DIR%%/registry.sock;
                    include            %%CONF%%/registry_params;
                }
                location = /_verdict {
                    internal;
                    return 503;
                }
            }
        }""", name="readonly")
    plain = front.client(8510)
    bearer = plain.with_token("x")
    for each in (plain, bearer):
        answer = each.post("/v2/alice/a/blobs/uploads/")
        assert answer.status == 405, answer
        assert answer.codes() == ["UNSUPPORTED"]
    assert plain.get("/v2/").status == 401
    assert bearer.get("/v2/").status == 503
