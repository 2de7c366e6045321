"""How an image was built, and how it runs, as the API shows it: its config,
which the index reads from the registry."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from testenv import House, images
from testenv.api import (API_LOCATION, ApiClient, ApiHouse, Document,
                         encoded)
from testenv.client import basic
from testenv.mirror import Mirror, push
from testenv.mirrored import World
from testenv.process import wait_until

HISTORY = [
    {"created": "2026-01-01T00:00:00Z", "created_by": "ADD rootfs.tar.xz /",
     "comment": "debuerreotype 0.15"},
    {"created_by": "ENV PATH=/bin", "empty_layer": True},
    {"created_by": "RUN make <b>&\u202e", "author": "A\u00efda"},
    {"created_by": "CMD [\"app\"]", "empty_layer": True},
]
CONFIG = {"Entrypoint": ["/bin/sh", "-c"], "Cmd": ["app"],
          "Env": ["PATH=/bin", "A="], "User": "1000:1000",
          "WorkingDir": "/srv", "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
          "Volumes": {"/data": {}}, "StopSignal": "SIGINT",
          "Labels": {"org.opencontainers.image.source": "https://x.example"}}


@pytest.fixture(scope="module")
def world(database_server):
    """A registry with an index that knows where it is."""
    house = House(database_server)
    try:
        made = World(house, "alice", "bob", server=API_LOCATION, processes=4,
                     SLIPWAY_REGISTRY_URL="http://127.0.0.1:%d"
                     % house.port(8500),
                     SLIPWAY_REGISTRY_SERVICE="registry.test")
        made.deliver()
        yield made
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture
def name():
    """A name that no other test has."""
    name.count = getattr(name, "count", 0) + 1
    return "alice/i%d" % name.count


def person(world, login):
    return ApiClient(world.accounts.open, Document(),
                     basic("%s:%s" % (login, login * 2)))


def path(name, digest, query=""):
    return "/repositories/%s/manifests/%s/image%s" % (
        encoded(name), digest, query)


def pushed(world, name, image, tag="1"):
    """The digest of an image that the mirror knows."""
    digest = world.pusher(name).push_image(name, tag, image)
    world.settle()
    return digest


def commands(model):
    return [layer["command"] for layer in model["layers"]]


@pytest.mark.parametrize("is_docker", [False, True])
def test_the_build_of_an_image(world, name, is_docker):
    image = images.Image(layers=2, is_docker=is_docker, history=HISTORY,
                         config=CONFIG, created="2026-01-02T03:04:05.6Z",
                         author="alice", variant="v8", **{"os.version": "10"})
    digest = pushed(world, name, image)
    answer = person(world, "alice").get(path(name, digest))
    assert answer.status == 200, answer
    assert answer.header("Cache-Control") == "private, no-store"
    layers = image.manifest.model["layers"]
    assert answer.json == {
        "digest": digest, "os": "linux", "architecture": "amd64",
        "variant": "v8", "os_version": "10",
        "created": "2026-01-02T03:04:05.6Z", "author": "alice",
        "config": {
            "entrypoint": ["/bin/sh", "-c"], "command": ["app"],
            "environment": ["PATH=/bin", "A="], "user": "1000:1000",
            "working_directory": "/srv", "volumes": ["/data"],
            "exposed_ports": ["80/tcp", "53/udp"], "stop_signal": "SIGINT",
            "labels": CONFIG["Labels"]},
        "layers": [
            {"digest": layer["digest"], "media_type": layer["mediaType"],
             "size": layer["size"], "command": command}
            for layer, command in zip(layers, [
                HISTORY[0]["created_by"], HISTORY[2]["created_by"]])],
        "history": [
            {"command": step["created_by"], "created": step.get("created"),
             "author": step.get("author"), "comment": step.get("comment"),
             "is_empty": "empty_layer" in step, "layer": layer}
            for step, layer in zip(HISTORY, [
                layers[0]["digest"], None, layers[1]["digest"], None])],
        "is_aligned": True}


def test_the_platforms_of_an_index(world, name):
    """Each by its name; without one the first that is no attestation."""
    client, api = world.pusher(name), person(world, "alice")
    built = {architecture: images.Image(
        architecture=architecture, seed=architecture,
        history=[{"created_by": "for " + architecture}])
        for architecture in ("amd64", "arm64", "unknown")}
    for image in built.values():
        for blob in image.blobs():
            client.push_blob(name, blob)
        client.push_manifest(name, image.manifest.digest, image.manifest)
    index = images.Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_INDEX, "manifests": [
            built["unknown"].manifest.descriptor(platform={
                "os": "unknown", "architecture": "unknown"}),
            built["amd64"].manifest.descriptor(platform={
                "os": "linux", "architecture": "amd64"}),
            built["arm64"].manifest.descriptor(platform={
                "os": "linux", "architecture": "arm64", "variant": "v8"})]})
    client.push_manifest(name, "1", index)
    world.settle()
    for query, wanted in (("", "amd64"), ("?platform=linux%2Famd64", "amd64"),
                          ("?platform=linux%2Farm64", "arm64"),
                          ("?platform=linux/arm64/v8", "arm64")):
        answer = api.get(path(name, index.digest, query))
        assert answer.status == 200, answer
        assert answer.json["digest"] == built[wanted].manifest.digest
        assert commands(answer.json) == ["for " + wanted]
    for query in ("linux/arm", "linux/arm64/v7", "unknown/unknown"):
        answer = api.get(path(name, index.digest, "?platform=" + query))
        assert answer.status == 404, query


def test_an_image_of_another_platform(world, name):
    """Its config says of which it is."""
    api = person(world, "alice")
    digest = pushed(world, name, images.Image(architecture="arm64",
                                              variant="v8"))
    for query in ("linux/arm64", "linux/arm64/v8", "linux"):
        assert api.get(path(name, digest, "?platform=" + query)).json[
            "digest"] == digest, query
    for query in ("linux/amd64", "linux/arm64/v7", "linux/arm", "windows"):
        answer = api.get(path(name, digest, "?platform=" + query))
        assert (answer.status, answer.json["detail"]) == (
            404, "the image is of another platform"), query
    unknown = pushed(world, name, images.Image(architecture=7), "2")
    assert api.get(path(name, unknown)).status == 200
    assert api.get(path(name, unknown, "?platform=linux/amd64")).status == 404


def test_a_history_that_does_not_fit(world, name):
    for tag, history in (("1", HISTORY[:1]), ("2", []), ("3", None),
                         ("4", [{}] * 1001), ("5", "x"), ("6", [1, "x"])):
        image = images.Image(layers=2, seed=tag, history=history)
        model = person(world, "alice").get(
            path(name, pushed(world, name, image, tag))).json
        fits = history == [1, "x"]   # two steps of which nothing is known
        assert model["is_aligned"] == fits, tag
        assert commands(model) == [None, None]
        assert [layer["digest"] for layer in model["layers"]] == [
            layer["digest"] for layer in image.manifest.model["layers"]]
        assert len(model["history"]) == {"1": 1, "4": 1000, "6": 2}.get(tag, 0)
        assert not fits or all(s["layer"] for s in model["history"])
        assert fits or not any(s["layer"] for s in model["history"])


def test_values_of_other_types(world, name):
    """What a stranger writes into a config is shown as it is, or not at
    all."""
    image = images.Image(history={"a": 1}, created=7, author=["x"], os=None,
                         config={"Cmd": "x", "Env": ["A=1", 2, None],
                                 "Labels": {"a": 1, "b": "2"}, "User": {},
                                 "ExposedPorts": ["80"], "Volumes": None})
    model = person(world, "alice").get(
        path(name, pushed(world, name, image))).json
    assert model["created"] is model["author"] is model["os"] is None
    assert model["config"] == {
        "entrypoint": [], "command": [], "environment": ["A=1"],
        "labels": {"b": "2"}, "user": None, "working_directory": None,
        "exposed_ports": [], "volumes": [], "stop_signal": None}
    odd = images.Image(seed=9)
    odd.config = b"[1]"
    odd.manifest.model["config"] = images.descriptor(images.OCI_CONFIG,
                                                     odd.config)
    odd.manifest = images.Manifest(odd.manifest.model)
    answer = person(world, "alice").get(
        path(name, pushed(world, name, odd, "odd")))
    assert (answer.status, answer.code) == (404, "not_found")
    assert answer.json["detail"] == "the config of the image cannot be read"


def test_many_layers(world, name):
    """An event does not say what such a manifest consists of."""
    image = images.Image(layers=80, size=1, history=[
        {"created_by": "step %d" % n} for n in range(80)])
    digest = pushed(world, name, image)
    assert world.mirror.row("parts IS NULL", "manifest",
                            "digest = '%s'" % digest) == ["1"]
    model = person(world, "alice").get(path(name, digest)).json
    assert commands(model) == ["step %d" % n for n in range(80)]
    assert [layer["digest"] for layer in model["layers"]] == [
        layer["digest"] for layer in image.manifest.model["layers"]]


def test_what_is_no_image(world, name):
    client, api = world.pusher(name), person(world, "alice")
    chart, blobs = images.artifact(b"chart", "application/vnd.cncf.helm.chart")
    for blob in blobs:
        client.push_blob(name, blob)
    client.push_manifest(name, "chart", chart)
    world.settle()
    answer = api.get(path(name, chart.digest))
    assert (answer.status, answer.json["detail"]) == (
        404, "the manifest is not that of an image")
    assert api.get(path(name, "sha256:" + "0" * 64)).status == 404
    assert api.get(path(name, "latest")).status == 404
    assert api.get(path(name, chart.digest, "?x=1")).status == 400
    assert api.get(path(name, chart.digest, "?platform=")).status == 400


def test_a_config_that_is_too_large_or_gone(world, name):
    api = person(world, "alice")
    large = images.Image(author="x" * (1 << 20))
    answer = api.get(path(name, pushed(world, name, large)))
    assert (answer.status, answer.json["detail"]) == (
        404, "the config of the image is larger than a MiB")
    gone = images.Image(seed=3)
    digest = pushed(world, name, gone, "gone")
    assert api.get(path(name, digest)).status == 200
    config = gone.manifest.model["config"]["digest"]
    assert world.pusher(name).delete(
        "/v2/%s/blobs/%s" % (name, config)).status == 202
    answer = api.get(path(name, digest))
    assert (answer.status, answer.json["detail"]) == (
        404, "the config of the image is not stored")


def test_who_may(world, name):
    """And of which repository: the digest alone is no key."""
    other = name + "/other"
    digest = pushed(world, name, images.Image(seed=name))
    pushed(world, other, images.Image(seed=other))
    world.index.set_visibility(other, "public")
    alice, bob = person(world, "alice"), person(world, "bob")
    assert alice.get(path(name, digest)).status == 200
    assert bob.get(path(name, digest)).status == 404
    for one in (alice, bob):
        assert one.get(path(other, digest)).status == 404
    world.index.set_visibility(name, "public")
    anyone = ApiClient(world.accounts.open, Document())
    assert anyone.get(path(name, digest)).status == 200
    # a token for another repository
    made = alice.post("/access-tokens", {
        "name": "one", "actions": ["pull"], "repositories": [other]})
    assert made.status == 201, made
    bearer = ApiClient(world.accounts.open, Document(), [
        ("Authorization", "Bearer " + made.json["secret"])])
    world.index.set_visibility(name, "private")
    assert bearer.get(path(name, digest)).status in (403, 404)


def test_pushed_before_the_index_was_there(house):
    """A run of reindex is enough."""
    world = World(house, "alice", server=API_LOCATION,
                  SLIPWAY_REGISTRY_URL="http://127.0.0.1:%d"
                  % house.port(8500),
                  SLIPWAY_REGISTRY_SERVICE="registry.test")
    digest = world.pusher("alice/app").push_image(
        "alice/app", "1", images.Image(history=HISTORY[2:3]))
    (world.store.root / "slipway" / "events" / "0000000001.jsonl").unlink()
    assert world.store.command("reindex").status == 0
    world.deliver("--snapshots")
    world.settle()
    api = person(world, "alice")
    model = api.get(path("alice/app", digest)).json
    assert commands(model) == [HISTORY[2]["created_by"]]
    # without memcached the verdict of the token is the index's
    for memcached in world.accounts.memcached:
        memcached.kill()
    assert api.get(path("alice/app", digest)).status == 200
    world.accounts.worker.kill()   # blobs are nginx's own
    assert api.get(path("alice/app", digest)).status == 200


def test_blobs_in_an_object_store(house):
    """One redirect is followed, without the token."""
    store = """
        server {
            listen 127.0.0.1:8501;
            location /once/ {
                if ($http_authorization) {
                    return 403;
                }
                return 200 '{"os":"moved"}';
            }
            location /twice/ {
                return 307 /once/;
            }
            location /file/ {
                return 307 file:///etc/hostname;
            }
        }"""
    world = World(house, "alice", http=store, server=API_LOCATION + "".join("""
        location ^~ /v2/alice/%s/blobs/sha256: {
            return 307 http://127.0.0.1:8501/%s/x;
        }""" % (name, name) for name in ("once", "twice", "file")),
        SLIPWAY_REGISTRY_URL="http://127.0.0.1:%d" % house.port(8500),
        SLIPWAY_REGISTRY_SERVICE="registry.test")
    world.deliver()
    found = {}
    for name in ("once", "twice", "file"):
        name = "alice/" + name
        answer = person(world, "alice").get(
            path(name, pushed(world, name, images.Image())))
        found[name] = (answer.status, answer.json.get("os"))
    assert found == {"alice/once": (200, "moved"), "alice/twice": (503, None),
                     "alice/file": (503, None)}


class Silent:
    """A port that accepts connections and answers nothing."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = "http://127.0.0.1:%d" % self.socket.getsockname()[1]


def test_a_registry_that_hangs(house):
    """It holds one process in four; the others answer all the rest, and each
    request ends after some seconds."""
    silent = Silent()
    api = ApiHouse(house, "alice", processes=4,
                   SLIPWAY_REGISTRY_URL=silent.url,
                   SLIPWAY_REGISTRY_SERVICE="registry.test")
    mirror = Mirror(api.worker, api.registry)
    event = push("alice/app", 1, "1", "alice", references=[
        {"digest": "sha256:" + "c" * 64, "size": 2,
         "mediaType": images.OCI_CONFIG}])
    mirror.take(event)
    digest = event["target"]["digest"]
    secret = api.person("alice").post("/access-tokens", {
        "name": "x", "actions": ["pull"]}).json["secret"]

    def ask(_):
        begun = time.monotonic()
        answer = api.bearer(secret).get(path("alice/app", digest))
        assert (answer.status, answer.code) == (503, "unavailable"), answer
        assert int(answer.header("Retry-After")) > 0
        return time.monotonic() - begun

    with ThreadPoolExecutor(12) as pool:
        hanging = pool.map(ask, range(12))
        wait_until(lambda: len(_accepted(silent)) == 1, 60, "one to hang")
        for _ in range(20):
            assert api.bearer(secret).get("/session").status == 200
        assert len(_accepted(silent)) == 1
        assert max(hanging) < 30
    silent.socket.close()
    answer = api.bearer(secret).get(path("alice/app", digest))
    assert answer.status == 503
    assert "the registry" in answer.json["detail"]


def _accepted(silent):
    """Connections to a port that are open."""
    port = ":%04X" % silent.socket.getsockname()[1]
    with open("/proc/net/tcp") as lines:
        return [line for line in lines if line.split()[2].endswith(port)
                and line.split()[3] == "01"]


def test_an_index_that_does_not_know_the_registry(house):
    api = ApiHouse(house, "alice")
    Mirror(api.worker, api.registry).take(push("alice/app", 1, "1", "alice"))
    answer = api.person("alice").get(path("alice/app", "sha256:%064x" % 1))
    assert (answer.status, answer.code) == (403, "closed")
