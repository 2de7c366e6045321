"""`slipway-registry serve-layers`: a layer that nginx has received is unpacked
once, within limits, and becomes a blob; its files and what they change."""

import gzip
import hashlib
import json
import lzma
import os
import signal
import subprocess
import tempfile
import uuid
from pathlib import Path

import pytest

from testenv import fcgi
from testenv.process import wait_until
from testenv.v1_images import chain_1_6, payload_sum, tar_of, tarsum

ID = "a" * 64
JSON = b'{"id":"' + ID.encode() + b'"}'
LAYER = gzip.compress(tar_of(("etc/", None), ("etc/a", b"a"), ("b", b"bb")),
                      mtime=0)


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Site:
    """The processes, and a store in which images are being uploaded."""

    def __init__(self, house, **settings):
        self.root = Path(house.dir, "store")
        self.worker = house.layers_worker(**settings)
        self.repository = self.root / "docker/registry/v2/repositories/r"

    def image(self, image_id=ID, *below):
        return self.repository.joinpath("_v1", image_id, *below)

    def begin(self, image_id=ID, text=JSON):
        self.image(image_id).mkdir(parents=True, exist_ok=True)
        self.image(image_id, "json").write_bytes(text)
        self.image(image_id, "inprogress").write_bytes(b"")

    def end(self, image_id=ID):
        self.image(image_id, "inprogress").unlink()

    def params(self, action, image_id=ID):
        return {"REGISTRY_ROOT": self.root, "REGISTRY_ACTION": action,
                "REGISTRY_REPOSITORY": "r", "REGISTRY_IMAGE": image_id,
                "REQUEST_METHOD": "PUT"}

    def upload(self, layer):
        """What nginx does with a body."""
        upload = str(uuid.uuid4())
        data = self.repository / "_uploads" / upload / "data"
        data.parent.mkdir(parents=True)
        data.write_bytes(layer)
        return {"REGISTRY_UPLOAD_ID": upload, "REGISTRY_UPLOAD_OFFSET": 0,
                "REGISTRY_UPLOAD_SIZE": len(layer)}

    def put(self, layer, image_id=ID):
        return fcgi.ask(self.worker.socket,
                        self.params("v1_image_layer_put", image_id)
                        | self.upload(layer))

    def get(self, what, image_id=ID):
        return fcgi.ask(self.worker.socket,
                        self.params("v1_image_%s_get" % what, image_id))

    def sums(self, image_id=ID):
        return json.loads(self.image(image_id, "sums").read_bytes())

    def blob(self, layer):
        hexes = hashlib.sha256(layer).hexdigest()
        return self.root / "docker/registry/v2/blobs/sha256" / hexes[:2] \
            / hexes / "data"

    def uploads(self):
        return list((self.repository / "_uploads").iterdir())


@pytest.fixture
def site(house):
    return Site(house)


def flat(answer, status, text):
    assert answer.status == status, answer
    assert answer.json() == {"error": text}


@pytest.mark.parametrize("compress", [
    bytes, gzip.compress, lzma.compress])
def test_a_layer_becomes_a_blob_with_sums_and_files(site, compress):
    plain = gzip.decompress(LAYER)
    layer = compress(plain)
    site.begin()
    answer = site.put(layer)
    assert (answer.status, answer.body) == (200, b"true")
    assert site.blob(layer).read_bytes() == layer
    assert site.image(ID, "layer").read_text() == sha256(layer)
    link = site.repository / "_layers/sha256" / sha256(layer)[7:] / "link"
    assert link.read_text() == sha256(layer)
    assert site.sums() == {
        "size": len(layer), "uncompressed": len(plain),
        "json": sha256(JSON), "payload": payload_sum(JSON, layer),
        "tarsum": tarsum(JSON, plain), "diff_id": sha256(plain),
        "is_plain": layer == plain}
    assert site.uploads() == []
    site.end()
    answer = site.get("files")
    assert answer.status == 200
    assert answer.json() == [
        ["etc", "d", False, 0, 1433160000, 0o755, 0, 0],
        ["etc/a", "f", False, 1, 1433160000, 0o644, 0, 0],
        ["b", "f", False, 2, 1433160000, 0o644, 0, 0]]


def test_bytes_that_are_no_archive_are_a_layer_without_files(site):
    site.begin()
    assert site.put(b"anything").status == 200
    sums = site.sums()
    assert sums["tarsum"] is None
    assert sums["payload"] == payload_sum(JSON, b"anything")
    assert sums["diff_id"] == sha256(b"anything")
    flat(site.get("files"), 400, "Image is being uploaded, retry later")
    site.end()
    flat(site.get("files"), 400, "Layer format not supported")
    flat(site.get("diff"), 400, "Layer format not supported")


def test_a_layer_comes_after_its_json_and_before_the_end(site):
    flat(site.put(LAYER), 404, "Image not found")
    flat(site.get("files"), 404, "Image not found")
    site.begin()
    assert site.put(LAYER).status == 200
    site.end()
    flat(site.put(LAYER), 409, "Image already exists")
    flat(site.put(LAYER, "../x"), 404, "Invalid image ID")
    assert site.image(ID, "layer").read_text() == sha256(LAYER)


def test_a_layer_is_sent_again(site):
    """The second one counts, and nothing is left of the first but a blob."""
    site.begin()
    assert site.put(LAYER).status == 200
    assert site.put(b"other").status == 200
    assert site.image(ID, "layer").read_text() == sha256(b"other")
    assert site.sums()["size"] == 5
    assert not site.image(ID, "files").exists()


BOMB = lzma.compress(bytes(80 * 1024 * 1024))


def holes():
    """A small layer with a file of 1 GiB that has nothing in it."""
    with tempfile.TemporaryDirectory() as top:
        with open(top + "/hole", "wb") as f:
            f.truncate(1 << 30)
        return subprocess.check_output(
            ["tar", "-C", top, "--sparse", "-cz", "hole"])


@pytest.mark.parametrize("settings, layer, status, text", [
    ({"SLIPWAY_LAYERS_OUTPUT": 60}, BOMB, 413,
     "the layer is too large without compression"),
    ({}, BOMB, 413, "the layer is compressed too much"),
    ({}, holes(), 413, "the layer's files have too large holes"),
    ({"SLIPWAY_LAYERS_ENTRIES": 2}, LAYER, 413,
     "the layer has too many files"),
    ({}, LAYER[:-1], 400, "the layer's compression is broken"),
], ids=["output", "ratio", "holes", "entries", "broken"])
def test_what_exceeds_a_limit_fails_that_image_only(house, settings, layer,
                                                    status, text):
    site = Site(house, **settings)
    site.begin()
    flat(site.put(layer), status, text)
    assert not site.blob(layer).exists()
    assert site.uploads() == []
    assert sorted(os.listdir(site.image())) == ["inprogress", "json"]
    assert site.put(gzip.compress(bytes(1024))).status == 200


def test_a_killed_process_loses_nothing(house):
    """It is killed while it unpacks; the client comes again."""
    site = Site(house, processes=1, SLIPWAY_LAYERS_RATIO=1000000000,
                SLIPWAY_LAYERS_SECONDS=3600)
    # large enough that it is still at it when it is killed
    layer = lzma.compress(bytes(32 * 1024 * 1024), preset=0) * 64
    site.begin()
    connection = fcgi.send(site.worker.socket,
                           site.params("v1_image_layer_put")
                           | site.upload(layer))
    pid, = site.worker.workers()
    data = next((site.repository / "_uploads").iterdir()) / "data"
    wait_until(lambda: any(
        os.path.realpath("/proc/%s/fd/%s" % (pid, fd)) == str(data)
        for fd in os.listdir("/proc/%s/fd" % pid)), 60, "it to read the layer")
    os.kill(int(pid), signal.SIGKILL)
    assert fcgi.receive(connection) is None
    assert sorted(os.listdir(site.image())) == ["inprogress", "json"]
    assert data.read_bytes() == layer       # until a purge
    assert site.put(LAYER).status == 200
    assert site.sums()["diff_id"] == sha256(gzip.decompress(LAYER))


def test_what_came_by_version_2_is_unpacked_when_it_is_asked_for(site):
    site.begin()
    assert site.put(LAYER).status == 200
    site.end()
    files = site.get("files").body
    sums = site.sums()
    site.image(ID, "files").unlink()
    site.image(ID, "sums").write_text(json.dumps(
        {"size": len(LAYER), "diff_id": sums["diff_id"], "payload": None,
         "tarsum": None, "json": None, "uncompressed": 0, "is_plain": False}))
    assert site.get("files").body == files
    assert site.sums() == sums


def test_diff_is_what_a_layer_changes(site):
    """Whiteouts count at every level; the nearest ancestor decides."""
    layers = [
        tar_of(("d/", None), ("d/kept", b"1"), ("d/gone", b"1"),
               ("d/back", b"1"), ("top", b"1")),
        tar_of(("d/", None), ("d/.wh.back", b""), ("other", b"2")),
        tar_of(("d/", None), ("d/.wh.gone", b""), ("d/back", b"3"),
               ("d/kept", b"33"), ("new", b"3"), (".wh.top", b"")),
    ]
    ids = []
    for number, layer in enumerate(layers):
        image_id = "%064x" % number
        site.begin(image_id, json.dumps({"id": image_id}).encode())
        assert site.put(layer, image_id).status == 200
        ids.insert(0, image_id)
        site.image(image_id, "ancestry").write_text(json.dumps(ids))
        site.end(image_id)

    def facts(kind, size, mode, deleted=False):
        return [kind, deleted, size, 1433160000, mode, 0, 0]

    assert site.get("diff", ids[0]).json() == {
        "deleted": {"d/gone": facts("f", 0, 0o644, True),
                    "top": facts("f", 0, 0o644, True)},
        "changed": {"d": facts("d", 0, 0o755),
                    "d/kept": facts("f", 2, 0o644)},
        "created": {"d/back": facts("f", 1, 0o644),
                    "new": facts("f", 1, 0o644)}}
    assert sorted(site.get("diff", ids[2]).json()["created"]) == [
        "d", "d/back", "d/gone", "d/kept", "top"]


def test_layers_of_a_docker_have_the_sums_that_it_sends(site):
    for image in chain_1_6():
        site.begin(image.id, image.json)
        assert site.put(image.layer, image.id).status == 200
        assert site.sums(image.id)["payload"] == image.payload()
        assert site.sums(image.id)["tarsum"] == image.tarsum()
