"""`slipway-registry import-v1`: the storage of the first registry, the one in
Python, becomes images of a store."""

import gzip
import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from testenv import paths
from testenv.store import Store
from testenv.v1_images import V1Image, chain_1_6


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Storage:
    """As docker-registry 0.9.1 wrote it."""

    def __init__(self, root):
        self.root = Path(root)
        (self.root / "images").mkdir(parents=True)

    def image(self, image_id, *below):
        return self.root.joinpath("images", image_id, *below)

    def put_chain(self, chain, checksums=None):
        """Root first; checksums: what _checksum holds, of an image."""
        ancestry = []
        for image in chain:
            ancestry.insert(0, image.id)
            self.image(image.id).mkdir(exist_ok=True)
            self.image(image.id, "json").write_bytes(image.json)
            self.image(image.id, "layer").write_bytes(image.layer)
            self.image(image.id, "ancestry").write_text(json.dumps(ancestry))
            self.image(image.id, "_checksum").write_text(
                json.dumps([image.payload()]) if checksums is None
                else checksums(image))

    def tag(self, name, tag, image_id):
        """name: as it is on the disk."""
        directory = self.root / "repositories" / name
        directory.mkdir(parents=True, exist_ok=True)
        (directory / ("tag_" + tag)).write_text(image_id)
        (directory / ("tag%s_json" % tag)).write_text("{}")
        (directory / "_index_images").write_text("[]")


class World:
    def __init__(self, tmp_path):
        self.storage = Storage(tmp_path / "old")
        self.store = Store(tmp_path / "store")
        self.store.root.mkdir()

    def run(self, *flags):
        return subprocess.run(
            [paths.BUILD / "slipway-registry", "import-v1",
             self.storage.root, self.store.root, *flags], text=True,
            capture_output=True, env=paths.environment(), timeout=120)

    def layers(self, name, tag):
        digest = self.store.tag(name, tag).read_text()
        model = json.loads(self.store.blob(digest).read_bytes())
        return [self.store.blob(layer["digest"]).read_bytes()
                for layer in model["layers"]]


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_images_and_tags_are_imported(world):
    """The manifests are those that a push makes; nothing is lost of the
    images."""
    chain = chain_1_6()
    world.storage.put_chain(chain)
    world.storage.tag("foo/bar", "latest", chain[-1].id)
    world.storage.tag("foo/bar", "base", chain[0].id)
    world.storage.tag("library/solo", "1.0", chain[-1].id)
    run = world.run()
    assert run.returncode == 0, run
    assert sorted(run.stdout.splitlines()) == sorted([
        "tag foo/bar:latest: imported", "tag foo/bar:base: imported",
        "tag solo:1.0: imported",
        "repositories: 2; tags: 3 imported, 0 there already, 0 failed",
        "images: 6 imported, 6 of them verified by their checksums, %d there "
        "already; %d bytes" % (0, 2 * sum(len(i.layer) for i in chain))])
    for name, tag in (("foo/bar", "latest"), ("solo", "1.0")):
        assert world.layers(name, tag) == [i.layer for i in chain]
    assert world.layers("foo/bar", "base") == [chain[0].layer]
    for image in chain:
        directory = world.store.repository("foo/bar", "_v1", image.id)
        assert (directory / "json").read_bytes() == image.json
        sums = json.loads((directory / "sums").read_bytes())
        assert sums["payload"] == image.payload()
        assert sums["diff_id"] == sha256(gzip.decompress(image.layer))
        assert not (directory / "inprogress").exists()
    world.store.fsck(status=0)
    world.store.age()
    world.store.gc()
    world.store.fsck("--verify", status=0)
    assert world.layers("foo/bar", "latest") == [i.layer for i in chain]


def test_it_is_run_again(world):
    """After it was done, and after it ended in the middle."""
    chain = chain_1_6()
    world.storage.put_chain(chain)
    world.storage.tag("foo/bar", "latest", chain[-1].id)
    assert world.run().returncode == 0
    before = world.store.files()
    run = world.run("--quiet")
    assert run.returncode == 0
    assert run.stdout.splitlines() == [
        "repositories: 1; tags: 0 imported, 1 there already, 0 failed",
        "images: 0 imported, 0 of them verified by their checksums, 3 there "
        "already; 0 bytes"]
    assert world.store.files() == before
    # as a kill leaves it
    directory = world.store.repository("foo/bar", "_v1", chain[1].id)
    for name in ("layer", "sums", "files"):
        (directory / name).unlink()
    (directory / "inprogress").write_bytes(b"")
    world.store.tag("foo/bar", "latest").unlink()
    run = world.run()
    assert run.returncode == 0
    assert "images: 1 imported, 1 of them verified" in run.stdout
    assert world.store.files() == before


def rebuilt(image, **more):
    model = json.loads(image.json) | more
    return V1Image(image.id, image.parent, json.dumps(model).encode(),
                   image.layer)


FAULTS = {
    "checksum": (lambda s, i: s.image(i.id, "_checksum").write_text(
        '["sha256:%s"]' % ("0" * 64)),
        "a layer has another checksum than it was pushed with"),
    "tarsum": (lambda s, i: s.image(i.id, "_checksum").write_text(
        "tarsum+sha256:" + "0" * 64),
        "a layer has another checksum than it was pushed with"),
    "layer": (lambda s, i: s.image(i.id, "layer").unlink(),
              "an image has no layer"),
    "truncated": (lambda s, i: s.image(i.id, "layer").write_bytes(
        i.layer[:-3]), "the layer's compression is broken"),
    "json": (lambda s, i: s.image(i.id, "json").write_text("{}"),
             "an image has no json, or one of another image"),
    "no json": (lambda s, i: s.image(i.id, "json").unlink(),
                "an image has no json, or one of another image"),
    "mark": (lambda s, i: s.image(i.id, "_inprogress").write_text(""),
             "the upload of an image never ended"),
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_fails_what_has_it(world, fault):
    """And nothing else; nothing of it can be pulled."""
    broken, good = chain_1_6(seed=1), chain_1_6(seed=2)
    for chain, tag in ((broken, "broken"), (good, "good")):
        world.storage.put_chain(chain)
        world.storage.tag("foo/bar", tag, chain[-1].id)
    make, text = FAULTS[fault]
    make(world.storage, broken[1])
    run = world.run()
    assert run.returncode == 1, run
    assert "tag foo/bar:broken: not imported: %s: image %s\n" % (
        text, broken[1].id) in run.stdout
    assert "tag foo/bar:good: imported" in run.stdout
    assert not world.store.tag("foo/bar", "broken").exists()
    assert world.layers("foo/bar", "good") == [i.layer for i in good]
    world.store.fsck(status=0)


@pytest.mark.parametrize("checksums, verified", [
    (lambda image: image.payload(), 3),     # the first ones: a bare string
    (lambda image: json.dumps([image.tarsum()]), 3),
    (lambda image: json.dumps(["sha256:" + "0" * 64, image.tarsum()]), 3),
    (lambda image: json.dumps(["md5:x"]), 0),
    (lambda image: "[]", 0),
])
def test_checksums_of_every_age(world, checksums, verified):
    chain = chain_1_6()
    world.storage.put_chain(chain, checksums)
    world.storage.tag("foo/bar", "latest", chain[-1].id)
    run = world.run()
    assert run.returncode == 0, run
    assert "3 imported, %d of them verified" % verified in run.stdout


def test_names_are_quoted_on_the_disk(world):
    chain = chain_1_6(count=1)
    world.storage.put_chain(chain)
    world.storage.tag("foo/a%2Db", "latest", chain[0].id)
    world.storage.tag("foo/NOT%20valid", "latest", chain[0].id)
    world.storage.tag("foo/c", "-x", chain[0].id)
    world.storage.tag("foo/d", "latest", "../../etc")
    run = world.run()
    assert run.returncode == 1
    assert world.layers("foo/a-b", "latest") == [chain[0].layer]
    assert "repository foo/NOT%20valid: not imported: no valid name" \
        in run.stdout
    assert "tag foo/c:-x: not imported: no valid tag" in run.stdout
    assert "tag foo/d:latest: not imported: the tag names no image" \
        in run.stdout


def test_no_tag_is_moved_and_no_image_replaced(world):
    chain, other = chain_1_6(seed=1), chain_1_6(seed=2)
    world.storage.put_chain(chain)
    world.storage.tag("foo/bar", "latest", chain[-1].id)
    assert world.run().returncode == 0
    before = world.store.files()
    world.storage.put_chain(other)
    world.storage.tag("foo/bar", "latest", other[-1].id)
    run = world.run()
    assert run.returncode == 1
    assert "the tag is there, and is another image" in run.stdout
    world.storage.put_chain([rebuilt(image, comment="other")
                             for image in chain])
    world.storage.tag("foo/bar", "latest", chain[-1].id)
    run = world.run()
    assert run.returncode == 1
    assert "another image of the repository has the id" in run.stdout
    after = world.store.files()
    assert {path: after[path] for path in before} == before


def test_what_is_no_storage_is_refused(world, tmp_path):
    (tmp_path / "old/images").rmdir()
    run = world.run()
    assert run.returncode == 2
    assert "no storage of the first registry" in run.stderr
