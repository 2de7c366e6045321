"""Garbage collection: what it keeps, what it takes, when it refuses, and what
registry:2 makes of the same store."""

import fcntl
import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from testenv import images, paths
from testenv.accounts import Accounts, scope
from testenv.client import digest
from testenv.images import Manifest
from testenv.process import wait_until
from testenv.store import Store


class World:
    """A standalone registry and its store."""

    def __init__(self, house):
        self.house = house
        self.front = house.standalone()
        self.client = self.front.client(8500)
        self.store = Store(house.dir + "/store")


@pytest.fixture
def world(house):
    return World(house)


def index_of(manifests, **more):
    return Manifest({"schemaVersion": 2, "mediaType": images.OCI_INDEX,
                     "manifests": [m.descriptor() for m in manifests],
                     **more})


def push_parts(client, name, image):
    """An image whose manifest no tag names."""
    return client.push_image(name, image.manifest.digest, image)


def push_artifact(client, name, reference, payload, subject):
    manifest, blobs = images.artifact(payload, "application/x.test", subject)
    for data in blobs:
        client.push_blob(name, data)
    return manifest, client.push_manifest(
        name, reference or manifest.digest, manifest)


def image_is_whole(client, name, reference, image):
    answer = client.manifest(name, reference)
    assert answer.status == 200, answer
    for data in image.blobs():
        assert client.blob(name, digest(data)).body == data


# --- what stays and what goes ----------------------------------------------


@pytest.mark.idea(18)
def test_what_goes(world):
    client, store = world.client, world.store
    one, two, three = (images.Image(2, seed=i, architecture=a) for i, a in
                       enumerate(("amd64", "arm64", "s390x")))
    for image in (one, two, three):
        push_parts(client, "a/multi", image)
    nested = index_of([two.manifest, three.manifest])
    client.push_manifest("a/multi", nested.digest, nested)
    client.push_manifest("a/multi", "v1", index_of([one.manifest, nested]))
    client.push_image("b", "latest", one)
    signature, _ = push_artifact(client, "a/multi", None, b"signed",
                                 one.manifest)
    # BuildKit's caches: an index of layers
    layer = images.blob(3000, "cache")
    client.push_blob("c/cache", layer)
    client.push_manifest("c/cache", "cache", Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_INDEX, "manifests": [
            images.descriptor(images.OCI_LAYER, layer)]}))
    # and what is a config only
    client.push_blob("c/config", b"a config")
    client.push_manifest("c/config", "v1", Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_MANIFEST, "layers": [],
        "config": images.descriptor(images.OCI_CONFIG, b"a config")}))
    for algorithm in ("sha256", "sha512"):
        client.push_blob("a/multi", b"orphan " + algorithm.encode(), algorithm)
    orphans = {digest(b"orphan sha256"), digest(b"orphan sha512", "sha512")}
    store.age()
    before = store.blobs()

    dry = store.gc("--dry-run")
    assert dry.digests() == orphans
    assert (dry.swept, dry.bytes, dry.young) == (2, 26, 0)
    assert dry.links == 2
    assert store.blobs() == before

    done = store.gc()
    assert done.digests() == orphans and done.swept == 2 and done.links == 2
    assert store.blobs() == before - orphans
    assert done.kept == len(before) - 2
    for name, image in (("a/multi", one), ("a/multi", two),
                        ("a/multi", three), ("b", one)):
        image_is_whole(client, name, image.manifest.digest, image)
    assert client.blob("c/cache", digest(layer)).status == 200
    assert client.manifest("a/multi", signature.digest).status == 200
    assert client.blob("a/multi", digest(b"orphan sha256")).status == 404
    # and what went can come again
    client.push_blob("a/multi", b"orphan sha256")
    assert client.blob("a/multi", digest(b"orphan sha256")).status == 200


def test_the_grace_time(world):
    store = world.store
    old, young = (world.client.push_blob("a", data)
                  for data in (b"old", b"young"))
    store.age(7300, store.blob(old))
    store.age(7100, store.blob(young))
    run = store.gc()
    assert run.digests() == {old} and run.young == 1
    assert store.gc("--grace", "3h").swept == 0
    assert store.gc("--grace", "115m").digests() == {young}


@pytest.mark.idea(17)
def test_nothing_is_left_over(world):
    """No directory of a blob, no link, and all of it may be written again."""
    store = world.store
    wanted = world.client.push_blob("a", b"orphan")
    store.age()
    assert store.gc().links == 1
    assert not store.blob(wanted).parent.exists()
    assert not store.layer("a", wanted).parent.exists()
    assert world.client.push_blob("a", b"orphan") == wanted
    assert world.client.blob("a", wanted).body == b"orphan"


@pytest.mark.idea(17)
def test_no_cache_has_what_was_swept(world):
    """Whatever was asked just before: it has gone, and can be pushed again."""
    client, store = world.client, world.store
    image = images.Image(seed=1)
    paths_of = ["/v2/a/manifests/v1", "/v2/a/manifests/"
                + image.manifest.digest] + [
        "/v2/a/blobs/" + digest(data) for data in image.blobs()]
    for _ in range(2):
        client.push_image("a", "v1", image)
        for path in paths_of * 2:
            assert client.head(path).status == 200
            assert client.get(path).status == 200
        assert client.delete("/v2/a/manifests/v1").status == 202
        store.age()
        assert store.gc("--delete-untagged").untagged == 1
        for path in paths_of:
            assert client.head(path).status == 404
            assert client.get(path).status == 404


@pytest.mark.idea(18)
def test_a_deleted_manifest_and_its_blobs(world):
    client, store = world.client, world.store
    kept, gone = images.Image(seed=1), images.Image(seed=2)
    client.push_image("a", "kept", kept)
    client.push_image("a", "gone", gone)
    assert client.delete("/v2/a/manifests/" + gone.manifest.digest
                         ).status == 202
    store.age()
    assert store.gc().digests() == {
        digest(data) for data in gone.blobs() + [gone.manifest.data]}
    image_is_whole(client, "a", "kept", kept)


def test_a_stored_subject_does_not_bring_back_a_deleted_one(world):
    client, store = world.client, world.store
    image = images.Image(seed=1)
    client.push_image("a", "v1", image)
    referrer, _ = push_artifact(client, "a", None, b"signature",
                                image.manifest)
    client.delete("/v2/a/manifests/" + image.manifest.digest)
    store.age()
    store.gc()
    assert client.manifest("a", referrer.digest).status == 200
    assert not store.blob(digest(image.layers[0])).exists()


# --- who touches -----------------------------------------------------------


def old_blob(world, name="a", data=b"content"):
    wanted = world.client.push_blob(name, data)
    world.store.age()
    return wanted


def test_a_commit_of_what_is_there_touches(world):
    wanted = old_blob(world)
    world.client.push_blob("b", b"content")
    assert world.store.gc().swept == 0
    assert world.client.blob("b", wanted).status == 200


def test_a_commit_long_after_the_last_byte_touches(world):
    location = world.client.start_upload("a")
    answer = world.client.patch(location, [], b"content")
    world.store.age()
    wanted = digest(b"content")
    answer = world.client.finish(answer.header("Location"), wanted)
    assert answer.status == 201
    assert world.store.gc().swept == 0
    assert world.store.blob(wanted).exists()


def test_a_mount_touches(world):
    wanted = old_blob(world)
    answer = world.client.post(
        "/v2/b/blobs/uploads/?mount=%s&from=a" % wanted)
    assert answer.status == 201
    assert world.store.gc().swept == 0
    assert world.client.blob("b", wanted).status == 200


def test_a_manifest_touches_what_it_refers_to(world):
    client, store = world.client, world.store
    image = images.Image(2, seed=1)
    for data in image.blobs():
        client.push_blob("a", data)
    store.age()
    client.push_manifest("a", "v1", image.manifest)
    for data in image.blobs():
        assert time.time() - store.blob(digest(data)).stat().st_mtime < 60
    store.age()
    client.push_manifest("a", "all", index_of([image.manifest]))
    touched = store.blob(image.manifest.digest).stat().st_mtime
    assert time.time() - touched < 60


def test_a_manifest_again_touches_itself(world):
    client, store = world.client, world.store
    image = images.Image(seed=1)
    push_parts(client, "a", image)
    store.age()
    push_parts(client, "a", image)
    assert store.gc("--delete-untagged").untagged == 0


@pytest.mark.parametrize("method,is_touched", [("HEAD", True), ("GET", False)])
def test_an_existence_check_touches(world, method, is_touched):
    wanted = old_blob(world)
    answer = world.client.request(method, "/v2/a/blobs/" + wanted)
    assert answer.status == 200
    assert world.store.gc().swept == (0 if is_touched else 1)


def test_an_existence_check_of_a_manifest_touches(world):
    image = images.Image(seed=1)
    push_parts(world.client, "a", image)
    world.store.age()
    world.client.head("/v2/a/manifests/" + image.manifest.digest)
    assert world.store.gc("--delete-untagged").untagged == 0


def test_what_was_touched_a_moment_ago_is_not_written(world):
    wanted = old_blob(world)
    path = world.store.blob(wanted)
    world.store.age(30, path)
    before = path.stat().st_mtime_ns
    world.client.head("/v2/a/blobs/" + wanted)
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize("actions,is_touched", [
    ("pull,push", True), ("pull", False)])
def test_only_who_may_push_touches(house, actions, is_touched):
    accounts = Accounts(house, "alice")
    store = Store(house.dir + "/store")
    wanted = accounts.client("alice", scope("alice/a")).push_blob(
        "alice/a", b"content")
    store.age()
    client = accounts.client("alice", scope("alice/a", actions))
    assert client.head("/v2/alice/a/blobs/" + wanted).status == 200
    assert store.gc().swept == (0 if is_touched else 1)


@pytest.mark.idea(17)
def test_a_check_sees_through_the_cache_of_open_files(house):
    """The data has gone, its link has not: a client must send it again."""
    house.registry_worker()
    front = house.nginx("""
        %%GLOBALS%%
        events {}
        http {
            %%GLOBALS_HTTP%%
            open_file_cache max=100;
            server {
                listen 127.0.0.1:8500;
                location /v2/ {
                    registry       on;
                    registry_root  %%DIR%%/store;
                    fastcgi_pass   unix:%%DIR%%/registry.sock;
                    include        %%CONF%%/registry_params;
                }
            }
        }""")
    client, store = front.client(8500), Store(house.dir + "/store")
    wanted = client.push_blob("a", b"content")
    assert client.head("/v2/a/blobs/" + wanted).status == 200
    link = store.layer("a", wanted).read_bytes()
    store.age()
    assert store.gc().swept == 1
    store.put(store.layer("a", wanted), link)
    assert client.head("/v2/a/blobs/" + wanted).status == 404
    client.push_blob("a", b"content")
    assert client.head("/v2/a/blobs/" + wanted).status == 200
    assert client.blob("a", wanted).body == b"content"


@pytest.mark.idea(16)
def test_a_check_at_the_moment_of_removal(world):
    """The process that removes data has its lock alone: for a client the
    data is gone already, and the answer comes at once."""
    wanted = old_blob(world)
    with open(world.store.blob(wanted)) as data:
        fcntl.flock(data, fcntl.LOCK_EX)
        assert world.client.head("/v2/a/blobs/" + wanted).status == 404
        assert world.client.blob("a", wanted).status == 200
    assert world.client.head("/v2/a/blobs/" + wanted).status == 200


# --- untagged manifests ----------------------------------------------------


@pytest.mark.idea(18)
def test_delete_untagged(world):
    client, store = world.client, world.store
    kept, part, old, lone = (images.Image(seed=i) for i in range(4))
    push_parts(client, "a", part)
    nested = index_of([part.manifest])
    client.push_manifest("a", nested.digest, nested)
    client.push_manifest("a", "multi", index_of([nested]))
    client.push_image("a", "latest", old)
    client.push_image("a", "latest", kept)
    push_parts(client, "a", lone)
    sbom, _ = push_artifact(client, "a", None, b"sbom", kept.manifest)
    of_sbom, _ = push_artifact(client, "a", None, b"of sbom", sbom)
    gone, _ = push_artifact(client, "a", None, b"sbom of lone", lone.manifest)
    orphan, _ = push_artifact(client, "a", None, b"of nothing",
                              images.Image(seed=9).manifest)
    push_parts(client, "b", lone)
    client.push_manifest("b", "lone", lone.manifest)
    store.age()

    dry = store.gc("--dry-run", "--delete-untagged")
    run = store.gc("--delete-untagged")
    assert run.untagged == dry.untagged == 4
    assert run.digests() == dry.digests()
    assert sorted(line for line in dry.lines() if line.startswith("manifest ")
                  ) == sorted(line for line in run.lines()
                              if line.startswith("manifest "))
    for manifest in (old.manifest, lone.manifest, gone, orphan):
        assert client.manifest("a", manifest.digest).status == 404
    for manifest in (part.manifest, nested, kept.manifest, sbom, of_sbom):
        assert client.manifest("a", manifest.digest).status == 200
    image_is_whole(client, "a", "latest", kept)
    image_is_whole(client, "a", part.manifest.digest, part)
    image_is_whole(client, "b", "lone", lone)
    assert not store.blob(digest(old.layers[0])).exists()
    assert not store.referrer("a", lone.manifest.digest, gone.digest).exists()
    listed = client.get("/v2/a/referrers/" + kept.manifest.digest).json()
    assert [m["digest"] for m in listed["manifests"]] == [sbom.digest]
    assert store.gc("--delete-untagged").untagged == 0


def test_a_tagged_referrer_keeps_its_subject(world):
    client, store = world.client, world.store
    image = images.Image(seed=1)
    push_parts(client, "a", image)
    push_artifact(client, "a", "signature", b"s", image.manifest)
    store.age()
    assert store.gc("--delete-untagged").untagged == 0
    image_is_whole(client, "a", image.manifest.digest, image)


def test_a_referrer_that_is_kept_does_not_keep_the_others(world):
    """Their subject is gone: each needs a tag of its own."""
    client, store = world.client, world.store
    image = images.Image(seed=1)
    push_parts(client, "a", image)
    kept, _ = push_artifact(client, "a", "signature", b"s", image.manifest)
    gone, _ = push_artifact(client, "a", None, b"t", image.manifest)
    path = "/v2/a/manifests/" + image.manifest.digest
    assert client.delete(path).status == 202
    store.age()
    assert store.gc("--delete-untagged").untagged == 1
    assert client.manifest("a", kept.digest).status == 200
    assert client.manifest("a", gone.digest).status == 404


def test_young_untagged_manifests_stay_with_all_they_need(world):
    client, store = world.client, world.store
    part = images.Image(seed=1)
    push_parts(client, "a", part)
    index = index_of([part.manifest])
    client.push_manifest("a", index.digest, index)
    store.age()
    os.utime(store.revision("a", index.digest))
    run = store.gc("--delete-untagged")
    assert run.untagged == 0 and run.swept == 0
    store.age()
    assert store.gc("--delete-untagged").untagged == 2


@pytest.mark.idea(19)
def test_a_broken_tag_keeps_everything_of_its_repository(world):
    client, store = world.client, world.store
    client.push_image("a", "v1", images.Image(seed=1))
    push_parts(client, "a", images.Image(seed=2))
    push_parts(client, "b", images.Image(seed=3))
    store.tag("a", "v1").write_bytes(b"")
    push_orphan(world)
    store.age()
    run = store.gc("--delete-untagged", status=1)
    assert "tag v1 of a cannot be read" in run.err
    assert len(list(store.v2.glob("repositories/a/_manifests/revisions/"
                                  "sha256/*/link"))) == 2
    # and goes on with the others
    assert run.untagged == 1 and digest(b"orphan") in run.digests()
    assert client.manifest("a", images.Image(seed=2).manifest.digest
                           ).status == 200


# --- what is not as it should be -------------------------------------------


def push_orphan(world):
    return world.client.push_blob("orphan", b"orphan")


def put_manifest(store, name, content):
    """Makes bytes a manifest, as another registry might have."""
    wanted = digest(content)
    store.put_blob(wanted, content)
    store.put(store.revision(name, wanted), wanted.encode())
    return wanted


@pytest.mark.idea(19)
@pytest.mark.parametrize("flags", [(), ("--delete-untagged",)],
                         ids=["all", "untagged"])
@pytest.mark.parametrize("content", [
    b"", b"{", b"[]", b'{"schemaVersion":2,"mediaType":"application/x.y"}',
    b'{"schemaVersion":1,"fsLayers":[{"blobSum":3}]}',
    b'{"schemaVersion":2,"config":{"size":1,"size":2}}', b"\xff",
    b"[" * 20000], ids=range(8))
def test_a_manifest_that_makes_no_sense_is_in_no_ones_way(world, content,
                                                          flags):
    """It stays, fsck names it, and all else goes on."""
    client, store = world.client, world.store
    client.push_image("a", "v1", images.Image(seed=1))
    wanted = put_manifest(store, "x/y", content)
    push_orphan(world)
    store.age()
    dry = store.gc("--dry-run", *flags, status=1)
    run = store.gc(*flags, status=1)
    assert "x/y@%s cannot be understood" % wanted in run.err
    assert "1 manifests could not be read or understood" in run.out
    assert dry.digests() == run.digests() == {digest(b"orphan")}
    assert store.blob(wanted).exists()
    assert store.revision("x/y", wanted).exists()
    assert "bad-manifest x/y " + wanted in store.fsck(status=1).out
    run = store.command("reindex")
    assert run.status == 1 and "x/y@%s cannot be" % wanted in run.err


@pytest.mark.idea(19)
@pytest.mark.parametrize("flags", [(), ("--delete-untagged",)],
                         ids=["all", "untagged"])
@pytest.mark.parametrize("is_escaped", [False, True])
def test_what_a_manifest_that_makes_no_sense_names_is_kept(world, is_escaped,
                                                           flags):
    """In strings and outside them, and what is named by what it names."""
    client, store = world.client, world.store
    image = images.Image(2, seed=1)
    push_parts(client, "x", image)
    push_parts(client, "x", images.Image(seed=2))
    named = [client.push_blob("x", b"%d" % n, algorithm)
             for n, algorithm in enumerate(("sha256", "sha512", "sha256"))]
    text = '{"a": "%s", "%s": %s, "c": "\\ud800%s", "d": ' % (
        named[0], named[1], named[2], image.manifest.digest)
    if is_escaped:
        text = text.replace("sha", "\\u0073h\\u0061").replace(
            ":", "\\u003a").replace(named[0][-1], "\\u%04x" % ord(
                named[0][-1]))
    put_manifest(store, "x", text.encode())
    push_orphan(world)
    store.age()
    run = store.gc(*flags, status=1)
    assert digest(b"orphan") in run.digests()
    assert run.untagged == 1 if flags else run.swept == 1
    for wanted in named:
        assert store.blob(wanted).exists()
    image_is_whole(client, "x", image.manifest.digest, image)


def test_lost_bytes_are_logged_once_for_all_that_need_them(world):
    """However many image indexes have them as a part."""
    client, store = world.client, world.store
    image = images.Image(seed=1)
    client.push_image("a", "v1", image)
    for n in range(20):
        client.push_manifest("a", "index%d" % n, images.Manifest({
            "schemaVersion": 2, "mediaType": images.OCI_INDEX,
            "manifests": [image.manifest.descriptor()],
            "annotations": {"n": str(n)}}))
    store.age()
    store.blob(image.manifest.digest).write_bytes(b"x")
    run = store.gc(status=1)
    assert 1 <= run.err.count(image.manifest.digest) <= 2, run


HURT = {
    "missing": (lambda path: path.unlink(), "is missing",
                "(dangling-link|dangling-tag)"),
    "unreadable": (lambda path: (path.rename(path.with_name("kept")),
                                 path.symlink_to("data")), "cannot be read",
                   "bad-manifest"),
    "another": (lambda path: path.write_bytes(
        images.Image(seed=7).manifest.data), "has the bytes of another",
        "corrupt-blob"),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:-9]),
            "has the bytes of another", "corrupt-blob"),
    "too long": (lambda path: os.truncate(path, (64 << 20) + 1),
                 "cannot be read", "bad-manifest"),
}


@pytest.mark.idea(19)
@pytest.mark.parametrize("flags", [(), ("--delete-untagged",)],
                         ids=["all", "untagged"])
@pytest.mark.parametrize("kind", HURT)
def test_the_repositories_of_a_lost_manifest_are_kept_whole(world, kind,
                                                            flags):
    """All that is linked there: what the manifest needs is unknown."""
    client, store = world.client, world.store
    image, other = images.Image(seed=1), images.Image(seed=2)
    for name in ("a", "b/c"):
        client.push_image(name, "v1", image)
        push_parts(client, name, other)
    client.push_blob("b/c", b"a layer of it, perhaps")
    push_parts(client, "d", images.Image(seed=3))
    push_orphan(world)
    store.age()
    hurt, word, finding = HURT[kind]
    hurt(store.blob(image.manifest.digest))
    run = store.gc(*flags, status=1)
    for name in ("a", "b/c"):
        assert "%s@%s %s" % (name, image.manifest.digest, word) in run.err
        assert store.revision(name, other.manifest.digest).exists()
    for data in image.blobs() + other.blobs() + [
            other.manifest.data, b"a layer of it, perhaps"]:
        assert store.blob(digest(data)).exists()
    assert digest(b"orphan") in run.digests()
    assert run.untagged == 1 if flags else run.swept == 1
    run = store.fsck()
    assert run.status != 0 and re.search(
        finding + r".*" + image.manifest.digest, run.out), run
    # and the push that brings it back makes all well
    if kind != "unreadable":
        store.blob(image.manifest.digest).unlink(missing_ok=True)
        client.push_manifest("a", "v1", image.manifest)
        store.age()
        store.gc(*flags)


@pytest.mark.idea(19)
def test_a_lost_manifest_that_only_a_tag_leads_to(world):
    client, store = world.client, world.store
    image = images.Image(seed=1)
    client.push_image("a", "v1", image)
    push_orphan(world)
    store.age()
    store.revision("a", image.manifest.digest).unlink()
    data = store.blob(image.manifest.digest)
    data.write_bytes(data.read_bytes() + b" ")
    run = store.gc(status=1)
    assert run.digests() == {digest(b"orphan")}
    assert "a@%s has the bytes" % image.manifest.digest in run.err


def test_a_manifest_that_another_lists_as_a_layer_is_still_one(world):
    """Two tags without their revisions' links, and in each repository the
    other one's manifest as a layer: whichever comes first."""
    client, store = world.client, world.store
    pushed = {name: images.Image(seed=name) for name in ("a", "b")}
    for name, other in (("a", "b"), ("b", "a")):
        client.push_image(name, "v1", pushed[name])
        push_artifact(client, name, "copy", pushed[other].manifest.data, None)
    for name, image in pushed.items():
        store.revision(name, image.manifest.digest).unlink()
    store.age()
    assert store.gc().swept == 0
    store.fsck("--repair", status=1)
    for name, image in pushed.items():
        image_is_whole(client, name, "v1", image)


def test_what_is_too_long_for_a_manifest_is_none(world):
    """Whatever an index says of it: one push would stop every sweep."""
    store = world.store
    image = images.Image(seed=1)
    push_parts(world.client, "a", image)
    index = index_of([image.manifest])
    world.client.push_manifest("a", "v1", index)
    store.revision("a", image.manifest.digest).unlink()
    os.truncate(store.blob(image.manifest.digest), (64 << 20) + 1)
    push_orphan(world)
    store.age()
    assert store.gc().swept == 1 + len(image.blobs())
    assert store.blob(image.manifest.digest).exists()


def test_half_a_store_is_not_swept(world):
    store = world.store
    push_orphan(world)
    store.age()
    repositories = store.v2 / "repositories"
    repositories.rename(store.v2 / "elsewhere")
    run = store.gc(status=1)
    assert "has blobs, but no repositories" in run.err
    assert len(store.blobs()) == 1
    assert "has blobs, but no repositories" in store.fsck(status=2).err


COMMANDS = ["gc", "purge", "fsck", "reindex", "export-referrers"]


@pytest.mark.parametrize("path", ["store/docker", "store/docker/registry",
                                  "store/docker/registry/v2"])
@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_no_store(world, command, path):
    world.client.push_blob("a", b"x")
    before = world.store.files()
    run = Store(Path(world.house.dir, path)).command(command)
    assert run.status != 0 and run.out == ""
    assert "ROOT is the value of nginx's registry_root" in run.err
    assert world.store.files() == before


@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_store_before_its_first_push(house, command, is_there):
    """A tenant that is new: there is nothing to do, and nothing is wrong; but
    what is not there was not checked."""
    root = Path(house.dir, "store/alpha")
    if is_there:
        root.mkdir(parents=True)
    run = Store(root).command(command)
    assert run.status == (2 if command == "fsck" else 0) and run.out == ""
    assert "nothing was pushed yet" in run.err
    assert root.exists() == is_there and not list(root.glob("*"))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_store_with_a_begun_upload_alone(house, command):
    house.standalone().client(8500).start_upload("a")
    assert Store(house.dir + "/store").command(command).status == 0


@pytest.mark.idea(19)
def test_what_registry_2_tolerates_is_tolerated(world):
    client, store = world.client, world.store
    image = images.Image(seed=1)
    client.push_image("a", "v1", image)
    client.push_image("a/nested", "v1", image)
    gone = images.Image(seed=2)
    client.push_image("a", "gone", gone)
    store.blob(gone.manifest.digest).unlink()
    old = b'{"schemaVersion":1,"name":"old","fsLayers":[{"blobSum":"%s"}]}'
    layer = client.push_blob("a", b"layer of schema 1")
    old %= layer.encode()
    store.put_blob(digest(old), old)
    store.put(store.revision("a", digest(old)), digest(old).encode())
    tags = store.repository("a", "_manifests/tags")
    store.put(tags / "stray file", b"")
    store.put(tags / "unfinished/index/sha256/x", b"")
    store.put(store.repository("a", "_layers/sha256/README"), b"")
    store.put(store.repository("a", "_layers/sha256/%s/link.00.tmp"
                               % digest(b"t")[7:]), b"sha256:")
    store.put(store.repository("uploads/only", "_uploads/x/startedat"), b"")
    store.put(store.repository("a", "notes.txt"), b"")
    store.put(store.v2 / "repositories/.snapshot/a/_manifests/x", b"")
    store.put(store.v2 / "blobs/sha256/zz/x", b"")
    emptied = images.Image(seed=3)
    client.push_image("a", "emptied", emptied)
    store.revision("a", emptied.manifest.digest).write_bytes(b"")
    upper = images.Image(seed=4)
    client.push_image("upper", "v1", upper)
    store.repository("upper").rename(store.repository("Upper"))
    orphan = push_orphan(world)
    store.age()
    run = store.gc(status=1)
    assert run.digests() == {orphan}
    assert "a@%s is missing" % gone.manifest.digest in run.err
    client.delete("/v2/a/manifests/" + gone.manifest.digest)
    run = store.gc()
    assert run.digests() == {digest(data) for data in gone.blobs()}
    assert "Upper is not a repository name" in run.err
    assert client.blob("a", layer).status == 200
    image_is_whole(client, "a", "v1", image)
    image_is_whole(client, "a/nested", "v1", image)
    for data in emptied.blobs() + upper.blobs():
        assert store.blob(digest(data)).exists()


def test_an_alias_of_registry_2_is_followed(world):
    """A sha512 blob that is stored under its sha256."""
    client, store = world.client, world.store
    data = b"stored under another name"
    other = digest(data, "sha512")
    stored = client.push_blob("a", data)
    store.put(store.layer("a", other), stored.encode())
    config = b"{}"
    client.push_blob("a", config)
    client.push_manifest("a", "v1", Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
        "config": images.descriptor(images.OCI_CONFIG, config),
        "layers": [{"mediaType": images.OCI_LAYER, "size": len(data),
                    "digest": other}]}))
    os.remove(store.layer("a", stored))
    store.age()
    assert store.gc().swept == 0
    assert client.blob("a", other).body == data


# --- the command line ------------------------------------------------------


@pytest.mark.parametrize("flags", [
    ["ROOT"], ["ROOT", "--dry-run"], ["--dry-run", "ROOT"],
    ["--dry-run", "ROOT", "--grace", "1h"], ["--grace=1h", "--quiet", "ROOT"]])
def test_where_the_root_stands(world, flags):
    world.client.push_blob("a", b"x")
    run = subprocess.run(
        [paths.BUILD / "slipway-registry", "gc",
         *[str(world.store.root) if f == "ROOT" else f for f in flags]],
        env=paths.environment(), text=True, capture_output=True, timeout=60)
    assert run.returncode == 0, run
    assert "1 more within the grace time" in run.stdout


@pytest.mark.parametrize("flags,error", [
    ([], "gc: ROOT is missing"),
    (["ROOT", "ROOT"], "gc: unexpected argument"),
    (["ROOT", "--grace"], "needs a value"),
    (["ROOT", "--grace", "2 h"], "is not a time"),
    (["--no-such-flag", "ROOT"], "unknown flag")])
def test_wrong_words(world, flags, error):
    world.client.push_blob("a", b"x")
    run = subprocess.run(
        [paths.BUILD / "slipway-registry", "gc",
         *[str(world.store.root) if f == "ROOT" else f for f in flags]],
        env=paths.environment(), text=True, capture_output=True, timeout=60)
    assert run.returncode == 1 and error in run.stderr, run


# --- at the same time as others --------------------------------------------


def test_one_at_a_time(world):
    store = world.store
    world.client.push_blob("a", b"x")
    store.gc()
    # -o: sleep, which may end a moment later, does not hold the lock
    held = subprocess.Popen(["flock", "-o", store.root / "slipway/lock",
                             "sleep", "600"], start_new_session=True)
    try:
        wait_until(lambda: "another gc or fsck" in store.command("gc").err,
                   60, "the other one to have the lock")
    finally:
        os.killpg(held.pid, 9)
        held.wait()
    store.gc()


@pytest.mark.idea(29)
@pytest.mark.parametrize("pusher", ["slipway", "registry:2"])
def test_the_verdict_of_registry_2(world, pusher):
    """Both name the same blobs, whichever client pushed them."""
    house, store = world.house, world.store
    server = house.docker_registry(store.root)
    stock = server.client()
    client = world.client if pusher == "slipway" else stock
    parts = [images.Image(2, seed=i, architecture=a, is_docker=i % 2 == 1)
             for i, a in enumerate(("amd64", "arm64", "riscv64"))]
    for image in parts:
        push_parts(client, "a/multi", image)
        client.push_image("b", "t-" + image.architecture, image)
    client.push_manifest("a/multi", "v1", images.image_index(parts))
    gone = images.Image(3, seed="gone")
    client.push_image("c", "v1", gone)
    client.push_image("c", "shared", parts[0])
    assert client.delete("/v2/c/manifests/" + gone.manifest.digest
                         ).status == 202
    client.push_blob("c", b"orphan")
    client.start_upload("c")
    store.age()
    theirs = server.collect("--dry-run")
    assert theirs == {digest(data) for data in gone.blobs()
                      + [gone.manifest.data, b"orphan"]}
    assert store.gc("--dry-run").digests() == theirs
    assert store.gc().digests() == theirs
    assert server.collect("--dry-run") == set()
    assert stock.manifest("a/multi", "v1").status == 200
    for image in parts:
        image_is_whole(stock, "a/multi", image.manifest.digest, image)


def test_the_lock_is_outside_of_what_registry_2_sees(world):
    world.client.push_blob("a", b"x")
    world.store.gc()
    assert sorted(os.listdir(world.store.root)) == ["docker", "slipway"]
    assert sorted(os.listdir(world.store.v2)) == ["blobs", "repositories"]


def kept_waiting(store, command, seconds, *flags):
    """What it says on stderr while another process has a repository's lock."""
    fd = os.open(store.repository("a", "_manifests"), os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        run = store.start(command, *flags)
        began = time.monotonic()
        wait_until(lambda: time.monotonic() > began + seconds, 60, "a while")
    finally:
        os.close(fd)
    return run.communicate(timeout=60)[1].decode()


@pytest.mark.parametrize("command,words", [
    ("gc", r"info: gc: marking: 1 repositories, \d manifests, \d+ blobs "
     r"marked, 0 swept"),
    ("export-referrers", r"info: export-referrers: 1 repositories, 1 lists, "
     r"1 new referrers")])
def test_progress(world, command, words):
    """On stderr, once a second; none with --quiet."""
    image = images.Image(seed=1)
    world.client.push_image("a", "v1", image)
    for turn, seconds in enumerate((1.5, 4, 16)):
        push_artifact(world.client, "a", None, b"%d" % turn, image.manifest)
        error = kept_waiting(world.store, command, seconds)
        if re.search(words, error):
            break
    else:  # it may not have begun within a second, but within fifteen
        pytest.fail(error)
    push_artifact(world.client, "a", None, b"more", image.manifest)
    assert kept_waiting(world.store, command, 1.5, "--quiet") == ""
