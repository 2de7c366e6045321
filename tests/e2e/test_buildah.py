"""buildah: images built here, pushed, and pulled again."""

import pytest

from testenv.clients import Buildah


@pytest.fixture
def buildah(house):
    return Buildah(house)


def test_build_push_pull(setup, buildah):
    setup.login(buildah)
    buildah.build("built", {"/hello": b"hello\n" * 1000})
    target = setup.repository("built") + ":1"
    buildah.push("built", target)
    before = buildah.run("images", "-q", "--no-trunc", "built").strip()
    buildah.run("rmi", "-af")
    assert buildah.pull(target) == before.removeprefix("sha256:")


def test_image_index(setup, buildah):
    setup.login(buildah)
    buildah.run("manifest", "create", "all")
    for arch in ("amd64", "arm64"):
        buildah.build("part-" + arch, {"/arch": arch.encode()}, arch)
        buildah.run("manifest", "add", "--arch", arch, "all", "part-" + arch)
    buildah.push_all("all", setup.repository("all") + ":1")
    found = setup.client("repository:admin/all:pull").manifest(
        "admin/all", "1")
    assert [m["platform"]["architecture"]
            for m in found.json()["manifests"]] == ["amd64", "arm64"]
