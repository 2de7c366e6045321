"""podman: login, push, pull, multi-arch."""

import pytest

from testenv import images
from testenv.clients import Failed, Podman


@pytest.fixture
def podman(house):
    return Podman(house)


def test_push_and_pull(setup, podman, layout):
    setup.login(podman)
    source, _ = layout("in", images.Image(layers=2, size=100000))
    image = podman.pull(source)
    target = setup.repository("app") + ":1"
    podman.push(image, target)
    podman.run("rmi", "-af")
    assert podman.pull(target) == image


def test_manifest_list(setup, podman, layout):
    setup.login(podman)
    podman.run("manifest", "create", "list")
    for arch in ("amd64", "arm64"):
        source, _ = layout(arch, images.Image(architecture=arch, seed=arch))
        podman.run("manifest", "add", "list", source)
    podman.run("manifest", "push", "--all", "--tls-verify=false", "list",
               "docker://" + setup.repository("multi") + ":1")
    found = setup.client("repository:admin/multi:pull").manifest(
        "admin/multi", "1")
    assert found.status == 200
    assert {m["platform"]["architecture"]
            for m in found.json()["manifests"]} == {"amd64", "arm64"}


def test_pull_by_digest(setup, podman, layout):
    setup.login(podman)
    source, _ = layout("in", images.Image())
    image = podman.pull(source)
    podman.push(image, setup.repository("app") + ":1")
    found = setup.client("repository:admin/app:pull").manifest(
        "admin/app", "1")
    podman.run("rmi", "-af")
    assert podman.pull("%s@%s" % (
        setup.repository("app"),
        found.header("Docker-Content-Digest"))) == image


def test_anonymous(indexed, house, podman, layout):
    indexed.login(podman)
    source, _ = layout("in", images.Image())
    target = indexed.repository("open") + ":1"
    podman.push(podman.pull(source), target)
    podman.run("logout", indexed.host)
    podman.run("rmi", "-af")
    with pytest.raises(Failed):
        podman.pull(target)
    indexed.index.set_visibility("admin/open", "public")
    assert podman.pull(target)
