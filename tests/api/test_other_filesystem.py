"""Blobs on another filesystem than the uploads: a mount, or a link to one."""

import os
import subprocess
from pathlib import Path

import pytest

from testenv import images
from testenv.client import digest
from testenv.store import Store


def mounted(path, size):
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=%d,mode=0770" % size, "slipway",
         str(path)], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("no tmpfs may be mounted: " + done.stderr.strip())


@pytest.fixture(params=["mount", "link"])
def store(house, request):
    if os.getuid() != 0:
        pytest.skip("only root may mount a filesystem")
    made = Store(Path(house.dir, "store"))
    blobs = made.v2 / "blobs"
    blobs.parent.mkdir(parents=True)
    (made.v2 / "repositories").mkdir()
    disk = Path(house.dir, "disk") if request.param == "link" else blobs
    disk.mkdir()
    mounted(disk, 16 << 20)
    if request.param == "link":
        blobs.symlink_to(disk)
    yield made
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.fixture
def client(house, store):
    house.registry_worker()
    return house.example("standalone.conf").client(8500)


@pytest.mark.idea(43)
def test_everything(client, store):
    image = images.Image(seed="other")
    client.push_image("a", "v1", image)
    at_once = client.push_blob_at_once("a", b"x" * 3000000, "sha512")
    for data in image.blobs():
        assert client.blob("a", digest(data)).body == data
    assert client.blob("a", at_once).body == b"x" * 3000000
    assert store.fsck(status=0)
    assert os.listdir(store.repository("a", "_uploads")) == []
    assert not [p for p in store.files() if str(p).endswith(".tmp")]
    assert client.delete("/v2/a/manifests/" + image.manifest.digest
                         ).status == 202
    store.age()
    store.age(86400, *(store.v2 / "blobs").rglob("data"))  # behind the link
    assert store.gc().swept == len(image.blobs()) + 2
    assert store.blobs() == set()


def test_a_corrupt_blob_is_moved_aside(client, store):
    image = images.Image(seed="corrupt")
    client.push_image("a", "v1", image)
    bad = digest(image.blobs()[0])
    store.blob(bad).write_bytes(b"corrupt")
    store.fsck("--verify", "--repair")
    aside = store.root / "slipway/corrupt/sha256" / bad[7:]
    assert aside.read_bytes() == b"corrupt" and not store.blob(bad).exists()
    client.push_blob("a", image.blobs()[0])
    assert store.fsck("--verify", status=0)


def test_no_room_there(house, client, store):
    """The upload is as it was, for another try."""
    house.expect("No space left")
    blob = b"x" * (20 << 20)
    location = client.start_upload("a")
    location = client.patch(location, [], iter([blob]), is_chunked=True
                            ).header("Location")
    for _ in range(2):
        answer = client.finish(location, digest(blob))
        assert answer.status == 503 and answer.codes() == ["UNAVAILABLE"]
        assert not [p for p in (store.v2 / "blobs").rglob("*") if p.is_file()]
    subprocess.run(["mount", "-o", "remount,size=64m",
                    os.path.realpath(store.v2 / "blobs")], check=True)
    assert client.finish(location, digest(blob)).status == 201
    assert client.blob("a", digest(blob)).body == blob
