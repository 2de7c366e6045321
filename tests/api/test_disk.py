"""A full disk: errors of the protocol, nothing lost, and on with freed space."""

import os
import subprocess
from pathlib import Path

import pytest

from testenv import images
from testenv.images import sha256

SIZE = 12 << 20    # bytes of the file system
NAME = "app"
IMAGE = images.Image()


class Disk:
    """A small tmpfs with a standalone registry's store."""

    def __init__(self, house, *options):
        self.store = Path(house.dir, "store")
        self.store.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", ",".join((
                "size=%d" % SIZE, "mode=0770", *options)), "slipway",
             str(self.store)], capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip("no tmpfs may be mounted: " + done.stderr.strip())
        house.expect("No space left|has written only")
        house.registry_worker()
        self.nginx = house.example("standalone.conf")
        self.client = self.nginx.client(8500)
        self.client.push_image(NAME, "1", IMAGE)

    def fill(self, left=0):
        """Leaves so many bytes."""
        with open(self.store / "filler", "wb") as f:
            os.posix_fallocate(f.fileno(), 0, self.free() - left)

    def free(self):
        found = os.statvfs(self.store)
        return found.f_bavail * found.f_frsize

    def clear(self):
        (self.store / "filler").unlink()

    def umount(self):
        # Lazily: its servers stop later.
        subprocess.run(["umount", "-l", str(self.store)], check=True)


@pytest.fixture
def disk(house, request):
    if os.getuid() != 0:
        pytest.skip("only root may mount a small file system")
    made = Disk(house, *getattr(request, "param", ()))
    yield made
    made.umount()


def assert_no_space(answer):
    assert answer.status == 503, answer
    assert answer.codes() == ["UNAVAILABLE"] and answer.header("Retry-After")
    assert b"/store" not in answer.body    # no paths


def assert_pulls(client):
    assert client.manifest(NAME, "1").body == IMAGE.manifest.data
    for data in IMAGE.blobs():
        assert client.blob(NAME, sha256(data)).body == data


@pytest.mark.idea(30)
@pytest.mark.parametrize("is_chunked", [True, False])
def test_in_the_middle_of_a_body(disk, is_chunked):
    """What was written is a prefix; the upload goes on from its end."""
    client = disk.client
    data = images.blob(6 << 20, is_chunked)
    location = client.start_upload(NAME)
    assert client.patch(location, [], data[:1 << 20]).status == 202
    disk.fill(left=2 << 20)
    pieces = [data[i:i + 65536] for i in range(1 << 20, len(data), 65536)]
    headers = [] if is_chunked else [("Content-Length", str(5 << 20))]
    assert_no_space(client.patch(location, headers, iter(pieces),
                                 is_chunked=is_chunked))
    assert_pulls(client)
    status = client.get(location)
    assert status.status == 204
    size = int(status.header("Range").split("-")[1]) + 1
    assert 1 << 20 <= size <= 3 << 20
    upload = disk.store.glob("docker/registry/v2/repositories/%s/_uploads/"
                             "*/data" % NAME)
    assert next(upload).read_bytes() == data[:size]
    disk.clear()
    answer = client.put(location + "?digest=" + sha256(data), [
        ("Content-Range", "%d-%d" % (size, len(data) - 1))], data[size:])
    assert answer.status == 201, answer
    assert client.blob(NAME, sha256(data)).body == data


def test_at_once(disk):
    """A single POST leaves nothing behind."""
    data = images.blob(3 << 20)
    disk.fill(left=1 << 20)
    path = "/v2/%s/blobs/uploads/?digest=%s" % (NAME, sha256(data))
    assert_no_space(disk.client.post(path, [], data))
    assert disk.free() > 900 << 10
    disk.clear()
    assert disk.client.post(path, [], data).status == 201
    assert disk.client.blob(NAME, sha256(data)).body == data


@pytest.mark.idea(30)
def test_not_a_byte(disk):
    """Nothing can be begun, all can be read, and deleted."""
    client = disk.client
    location = client.start_upload(NAME)
    assert client.patch(location, [], b"x" * 5000).status == 202
    disk.fill()
    other = images.Image(seed=2)
    for answer in (
            client.post("/v2/%s/blobs/uploads/" % NAME),
            client.post("/v2/new/blobs/uploads/"),
            client.patch(location, [], b"y" * 100000),
            client.put("/v2/%s/manifests/1" % NAME,
                       [("Content-Type", IMAGE.manifest.media_type)],
                       IMAGE.manifest.data + b"\n")):
        assert answer.status < 300 or answer.status in (500, 503)
        assert answer.status < 300 or answer.codes()[0] in ("UNKNOWN",
                                                            "UNAVAILABLE")
    assert client.get("/v2/%s/tags/list" % NAME).json()["tags"] == ["1"]
    assert_pulls(client)
    disk.clear()
    client.push_image(NAME, "2", other)
    assert client.manifest(NAME, "2").body == other.manifest.data
    assert_pulls(client)


@pytest.mark.idea(30)
@pytest.mark.parametrize("disk", [("nr_inodes=120",)], indirect=True)
def test_no_more_files(disk):
    """Bytes are left, but no names."""
    client = disk.client
    made = []
    while True:
        answer = client.post("/v2/%s/blobs/uploads/" % NAME)
        if answer.status != 202:
            break
        made.append(answer.header("Location"))
    assert_no_space(answer)
    assert_pulls(client)
    assert made
    assert client.put(made[0] + "?digest=" + sha256(b"x"), [],
                      b"x").status in (201, 500, 503)
    for location in made[1:]:
        assert client.delete(location).status == 204
    other = images.Image(seed=2)
    client.push_image(NAME, "2", other)
    assert client.manifest(NAME, "2").body == other.manifest.data
