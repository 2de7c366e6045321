"""skopeo: push, pull, copy, list, delete."""

import json

import pytest

from testenv import images
from testenv.clients import Failed, Skopeo


@pytest.fixture
def skopeo(house):
    return Skopeo(house)


def test_push_and_pull(setup, skopeo, layout, tmp_path):
    setup.login(skopeo)
    source, top = layout("in", images.Image(layers=3, size=200000))
    target = setup.repository("app") + ":1"
    skopeo.push(source, target)
    assert skopeo.raw_manifest(target).encode() == top.data
    skopeo.pull(target, "oci:%s:it" % (tmp_path / "out"))
    index = json.loads((tmp_path / "out" / "index.json").read_text())
    assert index["manifests"][0]["digest"] == top.digest


def test_docker_media_types(setup, skopeo, layout):
    setup.login(skopeo)
    source, _ = layout("in", images.Image(layers=2))
    target = setup.repository("docker") + ":1"
    skopeo.push(source, target, "--format", "v2s2")
    manifest = json.loads(skopeo.raw_manifest(target))
    assert manifest["mediaType"] == images.DOCKER_MANIFEST


def test_multi_arch(setup, skopeo, layout, tmp_path):
    setup.login(skopeo)
    source, top = layout("in", *[
        images.Image(architecture=arch, seed=arch)
        for arch in ("amd64", "arm64", "riscv64")])
    target = setup.repository("multi") + ":1"
    skopeo.push(source, target, "--all")
    assert skopeo.raw_manifest(target).encode() == top.data
    skopeo.pull(target, "oci:%s:it" % (tmp_path / "out"), "--all")
    assert (tmp_path / "out" / "blobs" / "sha256"
            / top.digest[7:]).read_bytes() == top.data
    one = setup.repository("multi") + "@" + json.loads(
        top.data)["manifests"][1]["digest"]
    assert json.loads(skopeo.raw_manifest(one))["schemaVersion"] == 2


def test_copy_to_another_repository(setup, skopeo, layout):
    setup.login(skopeo)
    source, top = layout("in", images.Image(layers=2, size=50000))
    skopeo.push(source, setup.repository("from") + ":1")
    skopeo.copy(setup.repository("from") + ":1",
                setup.repository("to") + ":2")
    assert skopeo.raw_manifest(
        setup.repository("to") + ":2").encode() == top.data


def test_tags_and_delete(setup, skopeo, layout):
    setup.login(skopeo)
    for tag in ("a", "b"):
        source, _ = layout("in-" + tag, images.Image(seed=tag))
        skopeo.push(source, setup.repository("tags") + ":" + tag)
    assert skopeo.tags(setup.repository("tags")) == ["a", "b"]
    skopeo.delete(setup.repository("tags") + ":a")
    assert skopeo.tags(setup.repository("tags")) == ["b"]
    with pytest.raises(Failed):
        skopeo.raw_manifest(setup.repository("tags") + ":a")


def test_private_and_public(indexed, house, skopeo, layout):
    indexed.login(skopeo)
    source, top = layout("in", images.Image())
    target = indexed.repository("visible") + ":1"
    skopeo.push(source, target)
    stranger = Skopeo(house)
    with pytest.raises(Failed):
        stranger.raw_manifest(target)
    indexed.index.set_visibility("admin/visible", "public")
    assert stranger.raw_manifest(target).encode() == top.data
    with pytest.raises(Failed):
        stranger.push(source, target)


def test_wrong_password(indexed, skopeo):
    with pytest.raises(Failed):
        skopeo.login(indexed.host, "admin", "wrong")
