"""Commands that care for a store, and images of the original protocol."""

import json
import shutil

import pytest

from testenv import fcgi, flat, images
from testenv.store import Store
from testenv.v1_images import chain_1_6
from testenv.v1_store import (image_path, note_manifest, put_chain, sha256)

pytestmark = pytest.mark.flat

NAME = "r"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def ids(store):
    directory = store.repository(NAME, "_v1")
    return {path.name for path in directory.iterdir()
            if any(path.iterdir())} if directory.exists() else set()


def layers(chain):
    return {sha256(image.layer) for image in chain}


@pytest.mark.parametrize("is_uploading", [False, True])
def test_a_young_image_keeps_its_layer(store, is_uploading):
    """Its parents, too, however old; the blobs themselves are old."""
    chain = chain_1_6()
    put_chain(store, NAME, chain, is_uploading=is_uploading)
    store.age()
    store.age(0, image_path(store, NAME, chain[-1].id, "json"))
    run = store.gc()
    assert "original protocol" not in run.out
    assert ids(store) == {image.id for image in chain}
    assert store.blobs() == layers(chain)


@pytest.mark.parametrize("is_uploading", [False, True])
def test_what_nothing_leads_to_goes(store, is_uploading):
    chain, other = chain_1_6(seed=1), chain_1_6(seed=2)
    put_chain(store, NAME, chain, is_uploading=is_uploading)
    store.age()
    put_chain(store, NAME, other)
    dry = store.gc("--dry-run")
    assert "3 images of the original protocol would be removed" in dry.out
    assert store.blobs() == layers(chain) | layers(other)
    run = store.gc()
    assert "3 images of the original protocol removed" in run.out
    assert ids(store) == {image.id for image in other}
    assert store.blobs() == layers(other)
    assert not store.layer(NAME, sha256(chain[0].layer)).exists()
    assert "original protocol" not in store.gc().out


def test_a_manifest_leads_to_its_chain(store):
    """Also where it has no tag, until it goes itself."""
    chain, image = chain_1_6(), images.Image(seed=1)
    put_chain(store, NAME, chain)
    for data in (*image.blobs(), image.manifest.data):
        store.put_blob(sha256(data), data)
        store.put(store.layer(NAME, sha256(data)), sha256(data).encode())
    digest = image.manifest.digest
    store.put(store.revision(NAME, digest), digest.encode())
    store.put(store.tag(NAME, "latest"), digest.encode())
    note_manifest(store, NAME, chain[-1].id, digest)
    store.age()
    store.gc()
    store.gc("--delete-untagged")
    assert ids(store) == {image.id for image in chain}
    assert layers(chain) <= store.blobs()
    shutil.rmtree(store.tag(NAME, "latest").parents[1])
    store.gc()
    assert ids(store) == {image.id for image in chain}
    run = store.gc("--delete-untagged")
    assert "3 images of the original protocol removed" in run.out
    assert ids(store) == set() and store.blobs() == set()
    assert not store.revision(NAME, digest).parent.exists()


def test_what_is_no_image_is_left_alone(store):
    chain = chain_1_6()
    put_chain(store, NAME, chain)
    store.put(image_path(store, NAME, "notes", "json"), b"mine")
    store.age()
    run = store.gc()
    assert "_v1/notes of r is no image" in run.err
    assert ids(store) == {"notes"}


def test_a_broken_image_goes_as_any_other(store):
    chain = chain_1_6()
    put_chain(store, NAME, chain)
    store.age()
    image_path(store, NAME, chain[0].id, "ancestry").unlink()
    image_path(store, NAME, chain[-1].id, "layer").write_bytes(b"rubbish")
    store.age()
    store.gc()
    assert ids(store) == set()


def test_an_image_that_a_docker_asked_for_stays(house):
    """It will not push it, and name it in a tag next."""
    store, worker = Store(house.dir + "/store"), house.registry_worker()
    chain = chain_1_6()
    put_chain(store, NAME, chain)
    store.age()
    answer = fcgi.ask(worker.socket, {
        "REGISTRY_ROOT": store.root, "REGISTRY_REPOSITORY": NAME,
        "REGISTRY_ACTION": "v1_image_json_get", "REQUEST_METHOD": "GET",
        "REGISTRY_IMAGE": chain[1].id})
    assert (answer.status, answer.body) == (200, chain[1].json)
    store.gc()
    assert ids(store) == {image.id for image in chain[:2]}
    assert store.blobs() == layers(chain[:2])


# --- fsck ------------------------------------------------------------------


def findings(store, *flags):
    return sorted(line.split(": ", 1) for line in
                  store.fsck(*flags).out.splitlines() if "-image " in line)


def test_fsck_finds_nothing_in_whole_images(store):
    put_chain(store, NAME, chain_1_6())
    store.fsck(status=0)


@pytest.mark.parametrize("below, found", [
    ("layer", [(2, "its layer is not stored, or not linked")]),
    ("ancestry", [(2, "its ancestry is missing or broken")]),
    ("json", []),       # then there is no image
])
def test_fsck_names_a_broken_image(store, below, found):
    chain = chain_1_6()
    put_chain(store, NAME, chain)
    image_path(store, NAME, chain[2].id, below).unlink()
    wanted = [["broken-image %s %s" % (NAME, chain[i].id), text]
              for i, text in found]
    assert findings(store) == wanted
    assert findings(store, "--repair") == wanted
    store.put(image_path(store, NAME, chain[2].id, "inprogress"), b"")
    assert findings(store) == []


def test_fsck_misses_a_parent_and_a_blob(store):
    chain = chain_1_6()
    put_chain(store, NAME, chain)
    shutil.rmtree(image_path(store, NAME, chain[0].id))
    store.blob(sha256(chain[2].layer)).unlink()
    assert findings(store) == sorted([
        ["broken-image %s %s" % (NAME, chain[1].id), "its parent is missing"],
        ["broken-image %s %s" % (NAME, chain[2].id),
         "its layer is not stored, or not linked"]])


# --- backup ----------------------------------------------------------------


@pytest.mark.skipif(flat.IS_FLAT, reason="copies directories")
def test_a_backup_has_the_images(store, tmp_path):
    chain = chain_1_6()
    put_chain(store, NAME, chain)
    long = b'["%s"]' % (b"a" * 2 * 1024 * 1024)
    store.put(image_path(store, NAME, chain[0].id, "files"), long)
    text = json.dumps({"id": "x", "comment": "c" * 900000}).encode()
    store.put(image_path(store, NAME, chain[0].id, "json"), text)
    copied, restored = Store(tmp_path / "copy"), Store(tmp_path / "new")
    assert store.command("backup", copied.root).status == 0
    assert copied.command("restore", restored.root).status == 0
    wanted = store.files()
    # what is too long can be made again
    wanted.pop("repositories/%s/_v1/%s/files" % (NAME, chain[0].id))
    assert restored.files() == wanted
