"""What nginx remembers of links and manifests: never more than their files
say at this moment."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from testenv import House, images
from testenv.client import digest
from testenv.process import wait_until
from testenv.store import Store

# Seconds until a link is old enough to be remembered, and a bit.
SETTLED = 4.5

CONF = """
    %%GLOBALS%%
    worker_processes 1;
    events { }
    http {
        %%GLOBALS_HTTP%%
        registry_zone name:{zone};
        server {
            listen 127.0.0.1:8500;
            location /v2/ {
                registry      on;
                registry_root {root};
                fastcgi_pass  unix:%%DIR%%/registry.sock;
                include       %%CONF%%/registry_params;
                {more}
            }
            location = /metrics { registry_metrics; }
        }
    }"""


class Remembering:
    """A registry whose links are remembered wherever its store is."""

    def __init__(self, house, root="%%DIR%%/store", zone="1m",
                 more="registry_link_cache on;"):
        self.house = house
        house.registry_worker()
        conf = CONF
        for name, value in dict(root=root, zone=zone, more=more).items():
            conf = conf.replace("{%s}" % name, value)
        self.nginx = house.nginx(conf)
        self.client = self.nginx.client(8500)
        self.store = Store(root.replace("%%DIR%%", house.dir))

    def metric(self, name):
        text = self.client.get("/metrics").body.decode()
        return int(re.search("^slipway_%s (\\d+)$" % name, text, re.M)[1])

    def entries(self):
        return self.metric("zone_entries")

    def learned(self, *paths):
        """How many entries the zone has gained by getting these."""
        before = self.entries()
        for path in paths:
            assert self.client.get(path).status == 200, path
        return self.entries() - before

    def push(self, name, tag, seed, **how):
        image = images.Image(seed=seed, **how)
        self.client.push_image(name, tag, image)
        return image


def manifest(name, reference="1"):
    return "/v2/%s/manifests/%s" % (name, reference)


@contextlib.contextmanager
def built(**how):
    house = House()
    try:
        yield Remembering(house, **how)
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def settle(store):
    """Waits until no link of the store is young."""
    links = list(store.root.rglob("link"))
    assert links
    wait_until(lambda: max(link.stat().st_ctime for link in links)
               < time.time() - SETTLED, 30, "old links")


@pytest.fixture(scope="module")
def world():
    with built() as world:
        for name in NAMES:
            world.push(name, "1", name)
        settle(world.store)
        for name in NAMES:
            assert world.client.get(manifest(name)).status == 200
        yield world


NAMES = ["moved", "in-place", "untagged", "revision", "aside", "memory",
         "range", "touch", "gone", "delete", "swept", "again", "unread",
         "sized"]


def test_what_is_remembered(world):
    """A link is not while it is young: its next content may look the same."""
    image = world.push("young", "1", "young")
    by_digest = manifest("young", image.manifest.digest)
    blob = "/v2/young/blobs/" + digest(image.layers[0])
    assert world.learned(manifest("young"), by_digest, blob) == 1  # content
    assert world.learned(manifest("young"), by_digest, blob) == 0
    settle(world.store)
    assert world.learned(manifest("young")) == 1
    assert world.learned(by_digest) == 1
    assert world.learned(blob) == 1
    assert world.learned(manifest("young"), by_digest, blob) == 0


def test_a_tag_that_is_moved(world):
    """At once, however often, and from what was remembered, too."""
    tags = [images.Image(seed="moved-%d" % i) for i in range(3)]
    for image in tags:
        world.client.push_image("moved", "other", image)
    for i in range(60):
        wanted = tags[i % 3].manifest
        world.client.push_manifest("moved", "1", wanted)
        answer = world.client.get(manifest("moved"))
        assert answer.body == wanted.data, i
        assert answer.header("Docker-Content-Digest") == wanted.digest


def test_a_link_that_is_written_in_place(world):
    """registry:2 truncates a link and writes it again."""
    other = world.push("in-place", "2", "other")
    link = world.store.tag("in-place", "1")
    for i in range(30):
        wanted = [other.manifest, images.Image(seed="in-place").manifest][i % 2]
        with open(link, "w") as f:
            f.write(wanted.digest)
        assert world.client.get(manifest("in-place")).body == wanted.data, i


@pytest.mark.parametrize("name", ["untagged", "revision", "delete"])
def test_a_link_that_is_gone(world, name):
    wanted = images.Image(seed=name).manifest
    by_digest = manifest(name, wanted.digest)
    assert world.client.get(by_digest).body == wanted.data
    if name == "untagged":
        world.store.tag(name, "1").unlink()
    elif name == "revision":
        world.store.revision(name, wanted.digest).unlink()
    else:
        assert world.client.delete(by_digest).status == 202
    assert world.client.get(manifest(name)).status == 404
    assert world.client.get(by_digest).status == (
        200 if name == "untagged" else 404)


def test_a_collected_manifest(world):
    wanted = images.Image(seed="swept").manifest
    world.store.tag("swept", "1").unlink()
    world.store.age()
    world.store.gc("--delete-untagged")
    assert not world.store.blob(wanted.digest).exists()
    assert world.client.get(manifest("swept", wanted.digest)).status == 404


def test_a_store_that_is_moved_aside(world):
    """The directories that nginx keeps open are checked each second."""
    aside = str(world.store.root) + ".aside"

    def is_seen():
        return world.client.get(manifest("aside")).status == 404

    assert not is_seen()
    os.rename(world.store.root, aside)
    try:
        wait_until(is_seen, 30, "the store is seen to be away")
        shutil.copytree(aside, world.store.root)
        world.store.tag("aside", "1").unlink()
        assert is_seen()
        shutil.rmtree(world.store.root)
    finally:
        os.rename(aside, world.store.root)
    assert not is_seen()


def test_a_blob_that_is_away(world):
    """At once, and with the directory of all blobs after a second."""
    wanted = digest(images.Image(seed="sized").layers[0])
    file = world.store.blob(wanted)

    def status():
        return world.client.head("/v2/sized/blobs/" + wanted).status

    for _ in range(3):
        assert status() == 200
        os.rename(file, file.with_name("aside"))
        assert status() == 404
        os.rename(file.with_name("aside"), file)
    blobs = next(path for path in file.parents if path.name == "blobs")
    assert status() == 200
    os.rename(blobs, blobs.with_name("aside"))
    blobs.mkdir()
    try:
        wait_until(lambda: status() == 404, 30, "other blobs are seen")
    finally:
        blobs.rmdir()
        os.rename(blobs.with_name("aside"), blobs)
    assert status() == 200


def test_a_repository_that_is_made_again(world):
    """At once: what is not in the directory of before is looked for."""
    wanted = images.Image(seed="again").manifest
    for _ in range(5):
        assert world.client.get(manifest("again")).status == 200
        shutil.rmtree(world.store.repository("again"))
        assert world.client.get(manifest("again")).status == 404
        world.client.push_image("again", "1", images.Image(seed="again"))
        assert world.client.get(manifest("again")).body == wanted.data


def test_more_repositories_than_are_kept_open(world):
    """And nginx keeps no more descriptors than that."""
    source = world.store.repository("range")
    names = ["many/r%d" % i for i in range(300)]
    many = world.store.repository("many")
    many.mkdir()
    for name in names:
        os.symlink(source, world.store.repository(name))
    wanted = images.Image(seed="range").manifest
    for name in names + names[:20]:
        assert world.client.get(manifest(name)).body == wanted.data
    worker = Path("/proc/{0}/task/{0}/children".format(
        world.nginx.pid)).read_text().split()[0]
    kept = []
    for path in Path("/proc", worker, "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):    # a client's, closed
            kept.append(os.readlink(path))
    assert 200 < sum("/repositories/" in path for path in kept) <= 256
    shutil.rmtree(many)


def test_a_manifest_whose_file_is_gone(world):
    """Its links are there, as after fsck has moved it aside."""
    wanted = images.Image(seed="memory").manifest
    by_digest = manifest("memory", wanted.digest)
    path = world.store.blob(wanted.digest)
    path.unlink()
    for target in (manifest("memory"), by_digest):
        wait_until(lambda: world.client.get(target).status == 404, 30,
                   "the file is seen to be gone")
    path.write_bytes(wanted.data)
    for target in (manifest("memory"), by_digest):
        answer = world.client.get(target)
        assert (answer.status, answer.body) == (200, wanted.data)


def test_a_manifest_in_memory(world):
    """Its file is not read again: it may not even be readable."""
    wanted = images.Image(seed="unread").manifest
    path = world.store.blob(wanted.digest)
    path.write_bytes(b"?" * len(wanted.data))
    for reference in ("1", wanted.digest):
        answer = world.client.get(manifest("unread", reference))
        assert (answer.status, answer.body) == (200, wanted.data)
        assert answer.header("Content-Type") == images.OCI_MANIFEST
        assert answer.header("ETag") == '"%s"' % wanted.digest


def test_a_part_of_a_manifest(world):
    wanted = images.Image(seed="range").manifest
    path = manifest("range")
    answer = world.client.get(path, [("Range", "bytes=10-19")])
    assert (answer.status, answer.body) == (206, wanted.data[10:20])
    answer = world.client.get(path, [("If-None-Match", wanted.digest)])
    assert (answer.status, answer.body) == (304, b"")
    answer = world.client.head(path)
    assert answer.status == 200
    assert answer.header("Content-Length") == str(len(wanted.data))


def test_a_client_that_may_push(world):
    """It relies on the file, which a collection leaves then."""
    path = world.store.blob(images.Image(seed="touch").manifest.digest)
    os.utime(path, (1, 1))
    assert world.client.head(manifest("touch")).status == 200
    assert path.stat().st_mtime > time.time() - 60
    world.store.blob(images.Image(seed="gone").manifest.digest).unlink()
    assert world.client.head(manifest("gone")).status == 404


def test_larger_manifests_are_read_from_their_files():
    with built(more="registry_manifest_cache 1k;") as world:
        small = images.Image(layers=1, seed=1).manifest
        large = images.Image(layers=9, seed=2).manifest
        assert len(small.data) < 1024 < len(large.data)
        world.push("a", "small", 1)
        world.push("a", "large", 2, layers=9)
        for wanted, tag in ((small, "small"), (large, "large")):
            for _ in range(2):
                answer = world.client.get(manifest("a", tag))
                assert (answer.status, answer.body) == (200, wanted.data)
            world.store.blob(wanted.digest).write_bytes(b"?")
        assert world.client.get(manifest("a", "small")).body == small.data
        assert world.client.get(manifest("a", "large")).body == b"?"


def test_nothing_is_remembered_if_it_is_off():
    with built(more="registry_manifest_cache 0;"
                    "registry_link_cache off;") as world:
        image = world.push("a", "1", 1)
        settle(world.store)
        assert world.learned(manifest("a")) == 1  # the media type
        assert world.learned(manifest("a")) == 0
        world.store.blob(image.manifest.digest).write_bytes(b"?")
        assert world.client.get(manifest("a")).body == b"?"


def test_a_corrupt_manifest_is_not_remembered():
    with built() as world:
        wanted = world.push("a", "1", 1).manifest
        path = world.store.blob(wanted.digest)
        path.write_bytes(wanted.data + b" ")
        world.house.expect("is corrupt: its bytes have another digest")
        assert world.client.get(manifest("a")).body == wanted.data + b" "
        path.write_bytes(wanted.data)
        assert world.client.get(manifest("a")).body == wanted.data


def test_a_zone_without_room():
    """The latest used ones stay, and each answer is right."""
    with built(zone="128k") as world:
        model = json.loads(world.push("a", "1", 1).manifest.data)
        pushed = [images.Manifest({**model, "annotations": {
            "a.number": str(i), "a.text": 2000 * "x"}}) for i in range(60)]
        for i, wanted in enumerate(pushed):
            world.client.push_manifest("a", "v%d" % i, wanted)
        for _ in range(2):
            for i, wanted in enumerate(pushed):
                answer = world.client.get(manifest("a", "v%d" % i))
                assert answer.body == wanted.data
        assert world.metric("zone_evictions_total") > 60
        for wanted in (pushed[59], pushed[0]):
            world.store.blob(wanted.digest).write_bytes(b"?")
        world.house.expect("is corrupt: its bytes have another digest")
        assert world.client.get(manifest("a", "v59")).body == pushed[59].data
        assert world.client.get(manifest("a", "v0")).body == b"?"


@contextlib.contextmanager
def mounted(kind, path):
    path.mkdir()
    done = subprocess.run(["mount", "-t", kind, "slipway", path],
                          capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("no %s may be mounted: %s" % (kind, done.stderr.strip()))
    try:
        os.chmod(path, 0o777)
        yield path
    finally:
        subprocess.run(["umount", path], check=True)


def test_file_systems(tmp_path):
    """Links on one that is not known to be local are read each time."""
    if os.getuid() != 0:
        pytest.skip("only root may mount a file system")
    for path in (tmp_path, *tmp_path.parents[:3]):
        os.chmod(path, 0o755)
    with contextlib.ExitStack() as stack:
        worlds = {}
        for kind in ("tmpfs", "ramfs"):
            root = stack.enter_context(mounted(kind, tmp_path / kind))
            worlds[kind] = stack.enter_context(
                built(root="%s/store" % root, more=""))
            worlds[kind].push("a", "1", 1)
        for kind, count in (("tmpfs", 2), ("ramfs", 1)):
            settle(worlds[kind].store)
            assert worlds[kind].learned(manifest("a")) == count, kind
            assert worlds[kind].learned(manifest("a")) == 0, kind
