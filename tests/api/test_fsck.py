"""What a check finds, in which words, and what it repairs."""

import contextlib
import errno
import json
import os
import re
import shutil
import threading
import time
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor

import pytest

from testenv import images, paths
from testenv.client import digest
from testenv.faults import WAIT, Fault, StoreFault
from testenv.images import Manifest
from testenv.process import wait_until
from testenv.store import Store

NOWHERE = "sha256:" + "0" * 64
FOREIGN_LAYER = images.OCI + "layer.nondistributable.v1.tar"
CALLS_MAX = 400         # of a check of a small store
HELD_SECONDS = 0.2      # for a push that waits until a check goes on


class World:
    def __init__(self, house):
        self.house = house
        self.front = house.standalone()
        self.client = self.front.client(8500)
        self.store = Store(house.dir + "/store")
        self.image = images.Image(2, seed=1)
        self.client.push_image("a/b", "v1", self.image)
        self.top = self.image.manifest.digest
        self.layer = digest(self.image.layers[0])

    def finds(self, *lines, is_repaired=True, flags=()):
        """The report of a check is these lines (patterns); --repair reports
        the same, and the next check is clean or, without is_repaired, reports
        the same again."""
        store = self.store
        before = store.files()
        run = store.fsck(*flags, status=1)
        assert store.files() == before
        self._match(run, lines, "")
        self._match(store.fsck("--repair", *flags, status=1), lines,
                    r"( \[repaired\])?" if is_repaired is None
                    else r" \[repaired\]" if is_repaired else "")
        if is_repaired:
            assert store.fsck(*flags, status=0).out == ""

    @staticmethod
    def _match(run, patterns, end):
        lines = sorted(run.lines())
        assert len(lines) == len(patterns), run
        for line, pattern in zip(lines, sorted(patterns)):
            assert re.fullmatch(pattern + end, line), (pattern + end, line)

    def pull(self):
        answer = self.client.manifest("a/b", "v1")
        assert answer.status == 200, answer
        for data in self.image.blobs():
            assert self.client.blob("a/b", digest(data)).body == data


@pytest.fixture
def world(house):
    return World(house)


def test_a_clean_store(world):
    client = world.client
    part = images.Image(seed=2)
    client.push_image("c", part.manifest.digest, part)
    client.push_manifest("c", "multi", images.image_index([part]))
    manifest, blobs = images.artifact(b"sbom", "application/x",
                                      world.image.manifest)
    for data in blobs:
        client.push_blob("a/b", data)
    client.push_manifest("a/b", manifest.digest, manifest)
    client.push_blob("c", b"sha512", "sha512")
    client.push_blob("c", b"orphan")
    client.push_image("d", "gone", images.Image(seed=3))
    client.delete("/v2/d/manifests/gone")
    client.delete("/v2/d/manifests/" + images.Image(seed=3).manifest.digest)
    client.start_upload("e")
    for flags in ((), ("--verify",), ("--repair",), ("--verify", "--repair")):
        run = world.store.fsck(*flags, status=0)
        assert run.out == ""
        assert re.search(r"fsck: 16 blobs, \d+ MiB read, 4 repositories, "
                         r"4 manifests: 0 findings", run.err), run
    assert world.store.fsck("--quiet", status=0).err == ""


def test_a_store_of_registry_2(house):
    root = house.dir + "/theirs"
    stock = house.docker_registry(root).client()
    image = images.Image(2, seed=5, is_docker=True)
    stock.push_image("x/y", "v1", image)
    stock.push_image("x/y", "v2", image)
    stock.start_upload("x/y")
    assert Store(root).fsck("--verify", status=0).out == ""


def test_findings_are_json_too(world):
    """The same as in words, of a repository and of none."""
    world.store.blob(world.layer).unlink()
    world.store.blob(world.layer).with_name("stray").touch()
    lines = world.store.fsck(status=1).lines()
    objects = [json.loads(line)
               for line in world.store.fsck("--json", status=1).lines()]
    assert [one["repository"] for one in objects] == [None, "a/b"]
    assert lines == ["%s %s %s: %s" % (
        one["finding"], one["repository"] or "-", one["subject"],
        one["detail"]) for one in objects]
    assert not any(one["is_repaired"] for one in objects)


# --- blobs -----------------------------------------------------------------


def test_a_missing_blob(world):
    world.store.blob(world.layer).unlink()
    world.finds("missing-blob a/b %s: it needs %s" % (world.top, world.layer),
                is_repaired=False)
    # the link stays, so a push to anywhere heals every repository
    world.client.push_blob("other", world.image.layers[0])
    world.pull()
    world.store.fsck(status=0)


@pytest.mark.parametrize("how", ["short", "long", "empty"])
def test_a_blob_of_another_size(world, how):
    path = world.store.blob(world.layer)
    data = path.read_bytes()
    path.write_bytes({"short": data[:-1], "long": data + b"x",
                      "empty": b""}[how])
    run = world.store.fsck(status=1)
    assert "corrupt-blob - %s: its " % world.layer in run.out
    run = world.store.fsck("--repair", status=1)
    assert re.search(r"corrupt-blob - %s: its \d+ bytes have another digest "
                     r"\[repaired\]" % world.layer, run.out)
    assert not path.exists()
    aside = world.store.root / "slipway/corrupt" / world.layer.replace(":", "/")
    assert aside.exists()
    # a client that looks finds it missing, and heals it
    assert world.client.head("/v2/a/b/blobs/" + world.layer).status == 404
    world.client.push_blob("a/b", data)
    world.pull()
    world.store.fsck("--verify", status=0)


def test_changed_bytes_are_found_by_reading_only(world):
    path = world.store.blob(world.layer)
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"?")
    world.store.fsck(status=0)
    run = world.store.fsck("--verify", status=1)
    assert run.lines() == ["corrupt-blob - %s: its %d bytes have another "
                           "digest" % (world.layer, len(data))]
    run = world.store.fsck("--verify", "--repair", status=1)
    assert run.lines() == [
        "corrupt-blob - %s: its %d bytes have another digest [repaired]" % (
            world.layer, len(data)),
        "missing-blob a/b %s: it needs %s" % (world.top, world.layer)]
    world.client.push_blob("a/b", data)
    world.pull()
    world.store.fsck("--verify", status=0)


def test_a_corrupt_manifest_is_healed_by_its_push(world):
    path = world.store.blob(world.top)
    path.write_bytes(path.read_bytes().replace(b"schemaVersion",
                                               b"schemaversion"))
    run = world.store.fsck("--repair", status=1)
    assert "corrupt-blob - " + world.top in run.out
    for _ in range(2):
        run = world.store.fsck("--repair", status=1)
        assert sorted(line.split(":")[0] for line in run.lines()) == [
            "dangling-link a/b sha256", "dangling-tag a/b v1"], run
        assert "[repaired]" not in run.out and "push it again" in run.out
    world.client.push_manifest("a/b", "v1", world.image.manifest)
    world.pull()
    world.store.fsck("--verify", status=0)


@pytest.mark.parametrize("content", [b"", b"\0" * 300],
                         ids=["empty", "zeros"])
def test_the_type_of_a_corrupt_manifest_is_not_cached(world, content):
    image = images.Image(seed=2, is_docker=True)
    world.client.push_image("a/b", "docker", image)
    world.store.blob(image.manifest.digest).write_bytes(content)
    assert world.client.manifest("a/b", "docker").body == content
    world.store.fsck("--repair", "--verify", status=1)
    world.client.push_manifest("a/b", "docker", image.manifest)
    answer = world.client.manifest("a/b", "docker")
    assert answer.body == image.manifest.data
    assert answer.header("Content-Type") == images.DOCKER_MANIFEST


def test_a_manifest_that_lies_about_a_size(world):
    client = world.client
    model = {"schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
             "config": images.descriptor(images.OCI_CONFIG,
                                         world.image.config),
             "layers": [dict(images.descriptor(
                 images.OCI_LAYER, world.image.layers[0]), size=7)]}
    lie = Manifest(model)
    client.push_manifest("a/b", "lie", lie)
    size = len(world.image.layers[0])
    world.finds("wrong-size a/b %s: it gives %s a size of 7 bytes, but it has %d" % (
        lie.digest, world.layer, size), is_repaired=False)
    world.pull()


def test_the_rate(world):
    data = images.blob(4 * 1024 * 1024)
    world.client.push_blob("big", data)
    began = time.monotonic()
    run = world.store.fsck("--verify", "--rate", "2", status=0)
    assert 1.5 < time.monotonic() - began < 60
    assert re.search(r"fsck: \d+ blobs, [1-4] MiB read", run.err)
    assert run.err.count("\n") >= 2  # it reported its progress


# --- links -----------------------------------------------------------------


def test_missing_links(world):
    part = images.Image(seed=2)
    world.client.push_image("a/b", part.manifest.digest, part)
    index = images.image_index([part])
    world.client.push_manifest("a/b", "multi", index)
    world.store.layer("a/b", world.layer).unlink()
    world.store.revision("a/b", part.manifest.digest).unlink()
    world.store.revision("a/b", index.digest).unlink()
    world.store.fsck("--repair", status=1)
    world.store.fsck("--repair")
    assert world.store.fsck(status=0).out == ""
    world.pull()
    assert world.client.manifest("a/b", "multi").status == 200
    assert world.client.manifest("a/b", part.manifest.digest).status == 200


def test_a_missing_link_of_a_layer(world):
    world.store.layer("a/b", world.layer).unlink()
    world.finds("missing-link a/b %s: %s needs it, and it is stored, but "
                ".*/_layers/.*/link is missing" % (world.layer, world.top))
    world.pull()


def test_what_may_be_kept_elsewhere_gets_no_link(world):
    """Or a repair would give a client that names a digest what another
    repository keeps to itself."""
    secret = images.blob(2000, "secret")
    world.client.push_blob("theirs", secret)
    model = json.loads(world.image.manifest.data)
    model["layers"] = [images.descriptor(FOREIGN_LAYER, secret)]
    world.client.push_manifest("a/b", "greedy", Manifest(model))
    assert world.store.fsck("--repair", status=0).out == ""
    assert world.client.blob("a/b", digest(secret)).status == 404


@pytest.mark.parametrize("is_there", [True, False])
def test_a_part_that_was_a_blob_gives_nothing_away(world, is_there):
    """Its bytes are all that the client which pushed it has shown to have."""
    secret = images.Image(seed=2)
    world.client.push_image("theirs", "1", secret)
    world.client.push_blob("a/b", secret.manifest.data)
    world.client.push_manifest("a/b", "multi", images.image_index([secret]))
    if not is_there:
        world.client.delete("/v2/a/b/blobs/" + secret.manifest.digest)
    run = world.store.fsck("--repair", status=0 if is_there else 1)
    assert run.words() == ([] if is_there else ["missing-link"])
    assert world.store.fsck("--repair", status=0).out == ""
    for data in secret.blobs():
        assert world.client.blob("a/b", digest(data)).status == 404


def test_a_missing_revision_of_a_tag(world):
    world.store.revision("a/b", world.top).unlink()
    world.finds("missing-link a/b %s: tag v1 points to it, and it is stored, "
                "but .*/revisions/.*/link is missing" % world.top)
    world.pull()


def test_a_missing_referrer(world):
    manifest, blobs = images.artifact(b"sbom", "application/x",
                                      world.image.manifest)
    for data in blobs:
        world.client.push_blob("a/b", data)
    world.client.push_manifest("a/b", manifest.digest, manifest)
    world.store.referrer("a/b", world.top, manifest.digest).unlink()
    world.finds("missing-referrer a/b %s: it is not listed as a referrer of "
                "%s" % (manifest.digest, world.top))
    listed = world.client.get("/v2/a/b/referrers/" + world.top).json()
    assert [m["digest"] for m in listed["manifests"]] == [manifest.digest]


@pytest.mark.parametrize("content", [b"", b"sha256:", b"nonsense"])
@pytest.mark.parametrize("which", ["layer", "revision"])
def test_a_bad_link(world, which, content):
    wanted = world.layer if which == "layer" else world.top
    link = getattr(world.store, which)("a/b", wanted)
    link.write_bytes(content)
    run = world.store.fsck(status=1)
    assert "bad-link a/b %s: /docker" % wanted in run.out
    world.store.fsck("--repair", status=1)
    world.store.fsck("--repair")
    assert link.read_bytes() == wanted.encode()
    world.store.fsck(status=0)
    world.pull()


def test_a_bad_link_to_nothing(world):
    link = world.store.layer("a/b", NOWHERE)
    world.store.put(link, b"")
    world.finds("bad-link a/b %s: .* holds no digest" % NOWHERE)
    assert not link.parent.exists()


def test_links_to_nothing(world):
    for link in (world.store.layer("a/b", NOWHERE),
                 world.store.revision("a/b", NOWHERE),
                 world.store.referrer("a/b", world.top, NOWHERE)):
        world.store.put(link, NOWHERE.encode())
    world.finds(*["dangling-link a/b %s: .*/%s/.* points to nothing" % (
        NOWHERE, kind) for kind in ("_layers", "_manifests", "_referrers")])
    world.pull()


@pytest.mark.parametrize("content", ["", digest(b"pushed")],
                         ids=["empty", "whole"])
def test_a_link_that_is_pushed_again_stays(world, content):
    """Whatever a repair is doing when that happens."""
    data, store = b"pushed", world.store
    wanted = digest(data)
    fault = Fault(world.house)
    with ThreadPoolExecutor() as pool:
        for number in range(1, CALLS_MAX):
            store.blob(wanted).unlink(missing_ok=True)
            store.put(store.layer("a/b", wanted), content.encode())
            with fault.at(number, WAIT) as it:
                repair = pool.submit(store.command, "fsck", "--repair",
                                     environment=fault.environment())
                wait_until(lambda: it.is_reached or repair.done(), 60,
                           "the repair to stop")
                pushed = pool.submit(world.client.push_blob, "a/b", data)
                futures.wait([pushed], HELD_SECONDS)
            assert pushed.result() == wanted
            assert repair.result().status in (0, 1)
            assert world.client.blob("a/b", wanted).body == data
            if not it.is_reached:
                break
    assert 20 < number < CALLS_MAX - 1


def test_an_alias_of_registry_2_is_none_of_these(world):
    other = digest(world.image.layers[0], "sha512")
    world.store.put(world.store.layer("a/b", other), world.layer.encode())
    world.store.fsck("--verify", status=0)


# --- tags ------------------------------------------------------------------


def test_a_tag_without_a_link_gets_it_back_from_its_history(world):
    newer = images.Image(seed=7)
    world.client.push_image("a/b", "v1", newer)
    old = world.store.repository("a/b", "_manifests/tags/v1/index/sha256",
                                 world.top[7:], "link")
    then = time.time() - 60
    os.utime(old, (then, then))
    world.store.tag("a/b", "v1").write_bytes(b"")
    world.finds("bad-link a/b v1: the tag's link holds no digest; its history "
                "says " + newer.manifest.digest)
    assert world.client.manifest("a/b", "v1").body == newer.manifest.data


def test_a_tag_that_points_to_nothing(world):
    world.store.put(world.store.tag("a/b", "lost"), NOWHERE.encode())
    world.finds("dangling-tag a/b lost: it points to %s, which is missing"
                % NOWHERE)
    assert world.client.get("/v2/a/b/tags/list").json()["tags"] == ["v1"]


def test_a_tag_that_was_never_finished(world):
    world.store.put(world.store.repository(
        "a/b", "_manifests/tags/half/index/sha256", world.top[7:], "link"),
        world.top.encode())
    world.finds("unfinished-tag a/b half: it points nowhere")


def half_pushed(client, store, fault, image):
    """The number of the call by which a push puts the link of its tag: what is
    there before it is a tag without one."""
    for number in range(1, CALLS_MAX):
        name = "half/r%d" % number
        for data in image.blobs():
            client.push_blob(name, data)
        with fault.at(number, errno.EIO):
            answer = client.put("/v2/%s/manifests/v1" % name, [
                ("Content-Type", image.manifest.media_type)],
                image.manifest.data)
        assert answer.status == 500, number
        if store.repository(name, "_manifests/tags/v1").exists():
            shutil.rmtree(store.repository("half"))
            return number
    raise AssertionError("no such call")


@pytest.mark.idea(71)
def test_the_first_push_of_a_repository_keeps_its_tag(house):
    """It is half done when a repair reads it, and done when the repair goes
    on from any of its calls."""
    push, check = StoreFault(house), Fault(house)
    house.registry_worker(program=StoreFault.PROGRAM, **push.environment())
    client = house.example("standalone.conf").client(8500)
    store = Store(house.dir + "/store")
    image = images.Image(seed=1)
    step = half_pushed(client, store, push, image)

    def repair():
        return store.command("fsck", "--repair",
                             environment=check.environment())

    # the last of the blobs, so the next one is in the repository
    listed = check.calls(repair) + 1
    with ThreadPoolExecutor() as pool:
        for number in range(1, CALLS_MAX):
            for data in image.blobs():
                client.push_blob("new", data)
            store.put(store.layer("new", NOWHERE), NOWHERE.encode())
            with contextlib.ExitStack() as stack:
                first = stack.enter_context(check.at(listed, WAIT))
                running = pool.submit(repair)
                wait_until(lambda: first.is_reached, 60, "the repair")
                with push.at(step, WAIT) as half:
                    pushed = pool.submit(client.push_manifest, "new", "v1",
                                         image.manifest)
                    wait_until(lambda: half.is_reached, 60, "half a push")
                    it = stack.enter_context(check.at(number, WAIT))
                    with contextlib.suppress(TimeoutError):
                        wait_until(lambda: it.is_reached or running.done(),
                                   HELD_SECONDS, "the repair to stop")
                assert pushed.result() == image.manifest.digest
                is_reached = it.is_reached
            assert running.result().status in (0, 1)
            answer = client.manifest("new", "v1")
            assert answer.status == 200, (number, answer, running.result())
            shutil.rmtree(store.repository("new"))
            if not is_reached:
                break
    assert 5 < number < CALLS_MAX - 1


def test_without_manifests_there_is_nothing_to_lock(world):
    """And no check makes a repository of what is none."""
    store = world.store
    world.client.push_blob("blobs", b"of no manifest")
    store.put(store.layer("blobs", NOWHERE), NOWHERE.encode())
    store.put(store.referrer("list", world.top, NOWHERE), NOWHERE.encode())
    world.finds(*["dangling-link %s %s: .*/%s/.* points to nothing" % (
        name, NOWHERE, kind) for name, kind in (
            ("blobs", "_layers"), ("list", "_referrers"))])
    assert not store.repository("blobs", "_manifests").exists()


@pytest.mark.parametrize("is_deleted", [True, False])
def test_a_bad_link_during_a_delete(world, is_deleted):
    """A repair does not bring back what was deleted while it looked."""
    store, fault = world.store, Fault(world.house)
    data = b"to be deleted"
    wanted = world.client.push_blob("a/b", data)
    path = "/v2/a/b/blobs/" + wanted
    with ThreadPoolExecutor() as pool:
        for number in range(1, CALLS_MAX):
            store.put(store.layer("a/b", wanted), b"")
            with fault.at(number, WAIT) as it:
                repair = pool.submit(store.command, "fsck", "--repair",
                                     environment=fault.environment())
                wait_until(lambda: it.is_reached or repair.done(), 60,
                           "the repair to stop")
                deleted = pool.submit(world.client.delete, path)
                if is_deleted:
                    futures.wait([deleted], HELD_SECONDS)
            assert deleted.result().status == 202
            assert repair.result().status in (0, 1)
            assert not store.layer("a/b", wanted).exists(), number
            if not it.is_reached:
                break
    assert 20 < number < CALLS_MAX - 1


# --- files -----------------------------------------------------------------


def test_leftovers(world):
    store = world.store
    old = [path.with_name(path.name + ".0123456789abcdef.tmp") for path in (
        store.blob(world.top), store.layer("a/b", world.layer),
        store.revision("a/b", world.top), store.tag("a/b", "v1"))]
    for path in old:
        store.put(path, b"half")
        store.age(7200, path)
    store.put(store.layer("a/b", world.layer).with_name("link.1.tmp"), b"new")
    world.finds(*["leftover (a/b|-) .*%s: an unfinished file"
                  % path.name for path in old])
    world.pull()


def test_what_has_no_place(world):
    store = world.store
    for path in ("blobs/sha256/README", "blobs/blake3/xx/y/data",
                 "blobs/sha256/00/notes", "repositories/lost+found/x",
                 "repositories/a/b/_layers/md5/x",
                 "repositories/a/b/_manifests/tags/.DS_Store"):
        store.put(store.v2 / path, b"x")
    store.put(store.blob(world.top).with_name("extra"), b"x")
    (store.v2 / "repositories/A/_manifests").mkdir(parents=True)
    run = store.fsck("--repair", status=1)
    assert sorted(line.split()[0] for line in run.lines()) == [
        "bad-name"] + 7 * ["unknown-file"], run
    assert "registry/v2/repositories/lost+found: " in run.out, run
    assert store.fsck(status=1).out == run.out
    world.pull()


def test_a_manifest_that_makes_no_sense(world):
    content = b'{"schemaVersion":2,"mediaType":"application/x.y"}'
    wanted = digest(content)
    world.store.put_blob(wanted, content)
    world.store.put(world.store.revision("a/b", wanted), wanted.encode())
    world.finds("bad-manifest a/b %s: manifests of this mediaType are not "
                "served" % wanted, is_repaired=False)


def test_schema_1_is_fine(world):
    content = (b'{"schemaVersion":1,"fsLayers":[{"blobSum":"%s"},'
               b'{"blobSum":"%s"}]}' % (world.layer.encode(),
                                        world.layer.encode()))
    wanted = digest(content)
    world.store.put_blob(wanted, content)
    world.store.put(world.store.revision("a/b", wanted), wanted.encode())
    world.store.fsck("--verify", status=0)


# --- the command -----------------------------------------------------------


def test_every_word_is_explained():
    words = re.findall(r'FSCK_FINDING\(\w+, "([a-z-]+)"\)', (
        paths.TOP / "fcgi_registry/fsck/fsck.def").read_text())
    page = (paths.TOP / "docs/gc.md").read_text()
    assert len(words) > 10
    assert re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)[-len(
        words):] == words


def test_what_cannot_be_checked(world):
    assert Store(world.house.dir + "/nothing").fsck(status=2).out == ""
    data = world.store.blob(world.top)
    data.rename(data.with_name("kept.tmp"))
    data.symlink_to("data")
    world.store.fsck("--verify", status=2)


def test_nothing_is_found_while_it_is_used(world):
    """What is on its way is neither missing nor left over."""
    is_over = threading.Event()
    problems = []

    def push(number):
        client = world.front.client(8500)
        turn = 0
        try:
            while not is_over.is_set():
                turn += 1
                name = "p/%d" % (turn % 5)
                image = images.Image(seed="%d-%d" % (number, turn))
                client.push_image(name, "t%d" % number, image)
                if turn % 3 == 0:
                    client.delete("/v2/%s/manifests/%s" % (
                        name, image.manifest.digest))
        except Exception as problem:
            problems.append(repr(problem))

    threads = [threading.Thread(target=push, args=(i,), daemon=True)
               for i in range(6)]
    for thread in threads:
        thread.start()
    try:
        for i in range(15):
            run = world.store.fsck(*(["--repair"] if i % 2 else []))
            assert (run.status, run.out) == (0, ""), run
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    assert not problems, problems
