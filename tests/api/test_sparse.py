"""registry_sparse: manifests that come before what they refer to."""

import pytest

from testenv import images
from testenv.client import digest
from testenv.store import Store

# Ports by the value of the switch.
PORTS = {"off": 8500, "index": 8501, "on": 8502}

SERVER = """
            server {
                listen 127.0.0.1:%d;
                location /v2/ {
                    registry         on;
                    registry_root    %%%%DIR%%%%/store;
                    registry_sparse  %s;
                    fastcgi_pass     unix:%%%%DIR%%%%/registry.sock;
                    include          %%%%CONF%%%%/registry_params;
                }
            }"""


class World:
    """A store behind a server for each value."""

    def __init__(self, house):
        self.worker = house.registry_worker()
        self.front = house.nginx(
            "%%GLOBALS%%\nevents {}\nhttp {\n%%GLOBALS_HTTP%%"
            + "".join(SERVER % (port, value)
                      for value, port in PORTS.items()) + "\n}")
        self.store = Store(house.dir + "/store")
        self.image = images.Image(2)
        self.index = images.image_index([self.image])

    def client(self, value="on"):
        return self.front.client(PORTS[value])

    def put(self, value, manifest, reference="1", name="a/b"):
        return self.client(value).put(
            "/v2/%s/manifests/%s" % (name, reference),
            [("Content-Type", manifest.media_type)], manifest.data)

    def pull(self, reference="1"):
        answer = self.client().manifest("a/b", reference)
        assert answer.status == 200, answer
        for data in self.image.blobs():
            assert self.client().blob("a/b", digest(data)).body == data


@pytest.fixture
def world(house):
    return World(house)


@pytest.mark.parametrize("value,image,index", [
    ("off", 400, 400), ("index", 400, 201), ("on", 201, 201)])
def test_what_may_lack_its_parts(world, value, image, index):
    client = world.client(value)
    for manifest, status in ((world.image.manifest, image),
                             (world.index, index)):
        for reference in ("1", manifest.digest):
            answer = world.put(value, manifest, reference)
            assert answer.status == status, answer
            if status == 400:
                assert set(answer.codes()) == {"MANIFEST_BLOB_UNKNOWN"}
            found = client.manifest("a/b", manifest.digest)
            assert found.status == (200 if status == 201 else 404)
    for data in world.image.blobs():
        assert client.blob("a/b", digest(data)).status == 404


def test_what_comes_later_makes_it_whole(world):
    assert world.put("on", world.index).status == 201
    assert world.put("on", world.image.manifest, "part").status == 201
    for data in world.image.blobs():
        world.client().push_blob("a/b", data)
        world.store.gc("--grace", "0")
    world.pull("part")
    assert world.client().manifest("a/b", "1").body == world.index.data


def test_some_of_it_is_there(world):
    """And stays, while the manifest does."""
    layer = world.image.layers[0]
    world.client().push_blob("a/b", layer)
    assert world.put("on", world.image.manifest).status == 201
    world.store.gc("--grace", "0")
    assert world.client().blob("a/b", digest(layer)).body == layer
    world.client().delete("/v2/a/b/manifests/1")
    assert world.store.gc("--grace", "0", "--delete-untagged").untagged == 1
    assert world.store.blobs() == set()
    assert not world.store.revision(
        "a/b", world.image.manifest.digest).parent.exists()


def test_a_delete_takes_the_note_along(world):
    """A push of the whole manifest later is one like any other."""
    manifest = world.image.manifest
    note = world.store.revision("a/b", manifest.digest).with_name("sparse")
    assert world.put("on", manifest).status == 201
    assert note.exists()
    answer = world.client().delete("/v2/a/b/manifests/" + manifest.digest)
    assert answer.status == 202 and not note.exists()
    world.client().push_image("a/b", "1", world.image)
    world.store.blob(digest(world.image.layers[0])).unlink()
    assert world.store.fsck(status=1).words() == ["missing-blob"]


def test_nothing_is_missing(world):
    """To fsck; what was there and is not any more is found as ever."""
    assert world.put("on", world.image.manifest).status == 201
    assert world.put("index", world.index).status == 201
    assert world.store.fsck("--verify", status=0).out == ""
    whole = images.Image(seed=2)
    world.client().push_image("a/b", "whole", whole)
    world.store.blob(digest(whole.layers[0])).unlink()
    assert world.store.fsck(status=1).words() == ["missing-blob"]


def test_a_repair_gives_nothing_away(world):
    """A blob of another repository is not linked because a client knows its
    digest."""
    world.client().push_image("theirs", "1", world.image)
    assert world.put("on", world.image.manifest, "2").status == 201
    assert world.put("on", world.index, "3", "a/c").status == 201
    assert world.store.fsck("--repair", status=0).out == ""
    for data in world.image.blobs():
        assert world.client().blob("a/b", digest(data)).status == 404
    assert world.client().manifest(
        "a/c", world.image.manifest.digest).status == 404


def test_what_came_later_is_missed(world):
    """When it goes."""
    assert world.put("on", world.image.manifest).status == 201
    layer = digest(world.image.layers[0])
    world.client().push_blob("a/b", world.image.layers[0])
    world.store.blob(layer).unlink()
    for flags in ((), ("--repair",), ()):
        run = world.store.fsck(*flags, status=1)
        assert run.words() == ["missing-blob"] and layer in run.out
    world.client().push_blob("elsewhere", world.image.layers[0])
    assert world.store.fsck(status=0).out == ""


def test_registry_2_minds_nothing(house, world):
    stock = house.docker_registry(house.dir + "/store")
    assert world.put("index", world.index).status == 201
    world.client().push_image("a/b", "whole", images.Image(seed=2))
    orphan = world.client().push_blob("a/b", b"orphan")
    assert stock.collect() == {orphan}
    answer = stock.client().manifest("a/b", "1")
    assert (answer.status, answer.body) == (200, world.index.data)


def test_no_other_word(world, house):
    """A parameter that cannot be understood is not the weaker of two."""
    house.expect("REGISTRY_SPARSE")
    front = house.nginx(
        "%%GLOBALS%%\nevents {}\nhttp {\n%%GLOBALS_HTTP%%" + (
            SERVER % (8510, "on")).replace(
                "include ", "fastcgi_param REGISTRY_SPARSE yes; include ")
        + "\n}", name="other")
    manifest = world.image.manifest
    answer = front.client(8510).put(
        "/v2/a/b/manifests/1", [("Content-Type", manifest.media_type)],
        manifest.data)
    assert answer.status == 500, answer
