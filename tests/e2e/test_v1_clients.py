"""Clients of the original protocol that others wrote, against the shipped
configuration: docker-registry-client of npm, docker and podman search."""

import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile

import pytest

from testenv import npm, paths
from testenv.clients import Failed, Podman
from testenv.events import Deliverer
from testenv.mirror import Mirror
from testenv.process import WAIT_SECONDS, wait_until
from testenv.v1 import V1Client
from testenv.v1_images import chain_1_6, chain_1_10

from test_docker import dockerd  # noqa: F401, pylint: disable=unused-import

ALICE = ("alice", "correct horse")
OPEN, CLOSED = "alice/open-tool", "alice/closed-tool"


class Shipped:
    """conf/index.conf with the original protocol; two repositories of it, a
    public and a private one."""

    def __init__(self, house):
        house.registry_worker()
        house.layers_worker()
        self.index = house.index_worker(memcached=[house.memcached()])
        self.nginx = house.example("index.conf", v1=True)
        self.port, self.v2_port = house.port(8600), house.port(8500)
        self.index.add_account(*ALICE)
        mirror = Mirror(self.index, self.nginx.client(8500))
        headers = house.dir + "/event.header"
        with open(headers, "w", encoding="utf-8") as file:
            file.write(": ".join(mirror.header) + "\n")
        house.keep(Deliverer(
            house, "http://127.0.0.1:%d/_registry/events" % house.port(8085),
            "--headers", headers))
        self.images = {OPEN: chain_1_6(seed="open"),
                       CLOSED: chain_1_10(seed="closed")}
        docker = V1Client("1.6.2", self.port, *ALICE)
        for name, images in self.images.items():
            docker.push(name, images)
        wait_until(lambda: set(mirror.held()) == {OPEN, CLOSED}, WAIT_SECONDS,
                   "the index to know both repositories")
        self.index.set_visibility(OPEN, "public")
        self.index.command("search", "rebuild")


@pytest.fixture
def shipped(house):
    return Shipped(house)


class Npm:
    def __init__(self, port):
        self._node, self._directory = npm.environment()
        self._host = "127.0.0.1:%d" % port

    def __call__(self, command, *account, **more):
        more.update(zip(("login", "password"), account))
        run = subprocess.run(
            [*self._node, str(npm.DIRECTORY / "v1.js"), str(self._directory),
             json.dumps({"host": self._host, "command": command, **more})],
            env=paths.environment(), capture_output=True, text=True,
            timeout=WAIT_SECONDS)
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)


def pulled(found, images):
    """What the client of npm saw is these images."""
    assert found["id"] == images[-1].id
    assert found["ancestry"] == [image.id for image in reversed(images)]
    for image in images:
        assert found["json"][image.id] == json.loads(image.json)
        assert found["layers"][image.id] == {
            "status": 200, "size": len(image.layer),
            "sha256": hashlib.sha256(image.layer).hexdigest()}


def test_npm(shipped):
    """Login, search and pull; what it may not have it does not get."""
    client = Npm(shipped.port)
    assert client("login", *ALICE) == {"status": "Login Succeeded"}
    assert "error" in client("login", "alice", "wrong horse")
    assert [one["name"] for one in client(
        "search", term="tool")["results"]] == [OPEN]
    assert sorted(one["name"] for one in client(
        "search", *ALICE, term="tool")["results"]) == [CLOSED, OPEN]
    found = client("pull", repository=OPEN, tag="latest")
    assert found["ping"] is True
    assert found["tags"] == {"latest": shipped.images[OPEN][-1].id}
    pulled(found, shipped.images[OPEN])
    pulled(client("pull", *ALICE, repository=CLOSED, tag="latest"),
           shipped.images[CLOSED])
    assert client("pull", repository=CLOSED, tag="latest")["status"] == 404
    assert client("pull", repository=OPEN, tag="none")["status"] == 404


@pytest.mark.skipif("SLIPWAY_DOCKER2ACI" not in os.environ,
                    reason="docker2aci is not built: make check-docker2aci")
def test_docker2aci(shipped, house):
    """Of a public repository; its layers are these images'."""
    def convert(name):
        return subprocess.run(
            [os.environ["SLIPWAY_DOCKER2ACI"], "127.0.0.1:%d/%s:latest" % (
                shipped.port, name), house.dir],
            env=paths.environment(), capture_output=True, text=True,
            timeout=WAIT_SECONDS)
    run = convert(OPEN)
    assert run.returncode == 0, run.stderr
    made = run.stdout.split()
    assert len(made) == len(shipped.images[OPEN])
    for file, image in zip(made, shipped.images[OPEN]):
        with tarfile.open(fileobj=io.BytesIO(
                gzip.decompress(image.layer))) as layer:
            names = {entry.name.strip("/") for entry in layer}
        with tarfile.open(file) as found:
            assert names <= {entry.name.removeprefix("rootfs/").strip("/")
                             for entry in found}
    assert convert(CLOSED).returncode != 0


def test_podman_search(shipped, house):
    """It refuses a host without /v2/, and searches by the original protocol on
    one that has both."""
    podman = Podman(house)

    def search(port):
        return podman.run("search", "--tls-verify=false", "--format",
                          "{{.Name}}", "127.0.0.1:%d/tool" % port).split()
    assert search(shipped.v2_port) == [
        "127.0.0.1:%d/%s" % (shipped.v2_port, OPEN)]
    [asked] = [line for line in shipped.nginx.access_lines()
               if "/v1/search" in line]
    assert "GET /v1/search?n=25&q=tool " in asked
    with pytest.raises(Failed, match="V1 container registry"):
        search(shipped.port)


def test_docker_search(shipped, dockerd):  # noqa: F811
    """On a host of the original protocol only."""
    out = dockerd.docker("search", "--format", "{{.Name}}",
                         "127.0.0.1:%d/tool" % shipped.port)
    assert out.split() == [OPEN]
