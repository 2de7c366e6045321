"""Of a repository as a whole, in the original protocol: who set a
tag and when, and who may read it; and what garbage collection takes."""

import time

import pytest

from testenv.operations_v1 import BASIC, CONF, image_of
from testenv.store import Store
from testenv.v1 import V1Client

UNKNOWN = {"last_update": None, "docker_version": None,
           "docker_go_version": None, "arch": "amd64", "os": "linux",
           "kernel": None}
DOCKER = {"docker_version": "1.6.2", "docker_go_version": "go1.4.2",
          "arch": "amd64", "os": "linux", "kernel": "3.16.0-4-amd64"}


# To docker a host with /v2/ is one of that protocol alone.
APART = CONF.replace("            location ^~ /v2/", """        }
        server {
            listen 127.0.0.1:8500;
            location ^~ /v2/""")


@pytest.fixture
def site(house):
    house.registry_worker()
    house.layers_worker()
    return house.nginx(APART)


@pytest.fixture
def docker(site):
    return V1Client("1.6.2", site.house.port(8600))


def get(docker, path):
    return docker.request("GET", "/v1/repositories/" + path)


def test_who_set_a_tag(site, docker):
    """By the other protocol: no one knows."""
    before = int(time.time())
    docker.push("foo/bar", [image_of(1)], ["latest", "old"])
    found = get(docker, "foo/bar/json").json()
    assert before <= found.pop("last_update") <= time.time() + 1
    assert found == DOCKER
    found = get(docker, "foo/bar/tags/latest/json").json()
    assert found.keys() == UNKNOWN.keys()

    docker.request("PUT", "/v1/repositories/foo/bar/tags/old", body=b'"%s"' % (
        image_of(1).id.encode()), agent="Docker/0.9 go/ os/plan9 \xe4/1",
        headers=[("Content-Type", "application/json")])
    found = get(docker, "foo/bar/tags/old/json").json()
    assert found.pop("last_update") >= before
    assert {**found, "last_update": None} == {
        **UNKNOWN, "docker_version": "0.9", "os": "plan9"}

    docker.push("foo/bar", [image_of(2)], ["other"])
    client = site.client(8500)
    manifest = client.manifest("foo/bar", "other")
    client.put("/v2/foo/bar/manifests/latest",
               [("Content-Type", manifest.header("Content-Type"))],
               manifest.body)
    found = get(docker, "foo/bar/json").json()
    assert {**found, "last_update": None} == UNKNOWN


def test_of_what_is_not_there(docker):
    docker.push("foo/bar", [image_of(1)], ["one"])
    assert get(docker, "foo/bar/json").json() == UNKNOWN
    for path, text in (("foo/none/json", "Repository not found"),
                       ("foo/none/properties", "Repository not found"),
                       ("foo/bar/tags/none/json", "Tag not found"),
                       ("foo/none/tags/none/json", "Tag not found")):
        answer = get(docker, path)
        assert (answer.status, answer.json()) == (404, {"error": text}), path


@pytest.mark.parametrize("body, status", [
    (b'{"access":"public"}', 200), (b'{"access":"private"}', 403),
    (b'{"access":"PUBLIC"}', 400), (b'{"access":1}', 400), (b"{}", 400),
    (b"[]", 400), (b"", 400), (b'"public"', 400), (b"{" * 9000, 413)])
def test_properties(docker, body, status):
    """What is decided elsewhere is not changed here."""
    docker.push("foo/bar", [image_of(1)])
    assert get(docker, "foo/bar/properties").json() == {"access": "public"}
    answer = docker.request("PUT", "/v1/repositories/foo/bar/properties",
                            body=body)
    assert answer.status == status, answer
    assert status != 200 or answer.body == b"true"
    assert get(docker, "foo/bar/properties").json() == {"access": "public"}


def test_what_waits_for_a_tag_is_collected(site, docker):
    """And what has one stays."""
    docker.push("foo/bar", [image_of(1)])
    waiting = image_of(2)
    for put in docker.put_json, docker.put_layer, docker.put_checksum:
        assert put(waiting, more=[BASIC]).status == 200
    assert docker.json(waiting.id, more=[BASIC]).status == 200
    store = Store(site.house.dir + "/store")
    store.gc("--grace", "1h")
    assert docker.json(waiting.id, more=[BASIC]).status == 200
    store.gc("--grace", "0")
    store.gc("--grace", "0")
    assert docker.json(waiting.id, more=[BASIC]).status == 404
    assert docker.pull("foo/bar")[0].layer == image_of(1).layer
    store.fsck("--verify", status=0)
