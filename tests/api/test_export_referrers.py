"""`slipway-registry export-referrers`: lists of referrers under fallback tags,
and that a client of registry:2 finds by them what Slipway listed."""

import json
import shutil
import subprocess
import threading

import pytest

from testenv import images, paths
from testenv.client import digest
from testenv.faults import KILL, Fault
from testenv.images import Manifest
from testenv.store import Store

ANNOTATIONS = {"org.example.by": "someone", "created": "2026-01-02"}


class World:
    def __init__(self, house):
        self.house = house
        self.front = house.standalone()
        self.client = self.front.client(8500)
        self.store = Store(house.dir + "/store")
        self.image = images.Image(seed=1)
        self.subject = self.image.manifest
        self.client.push_image("a/b", "v1", self.image)

    def stock(self):
        """docker-registry 2.8.2 on the same directory."""
        return self.house.docker_registry(self.store.root)

    def export(self, *flags, status=0):
        run = self.store.command("export-referrers", *flags)
        assert run.status == status, run
        return run

    def referrer(self, payload, subject=None, name="a/b", **more):
        """Pushes an artifact that names the subject; its manifest."""
        manifest, blobs = images.artifact(payload, "application/x.test",
                                          subject or self.subject)
        model = json.loads(manifest.data)
        model.update(more)
        manifest = Manifest(model)
        for data in blobs:
            self.client.push_blob(name, data)
        self.client.push_manifest(name, manifest.digest, manifest)
        return manifest

    def put_list(self, manifests, subject=None, **more):
        """The list as a client of a registry without the API left it."""
        index = Manifest({"schemaVersion": 2, "mediaType": images.OCI_INDEX,
                          "manifests": manifests, **more})
        tag = tag_of((subject or self.subject).digest)
        link, store = index.digest.encode(), self.store
        store.put_blob(index.digest, index.data)
        store.put(store.revision("a/b", index.digest), link)
        store.put(store.repository("a/b", "_manifests/tags", tag, "index",
                                   *index.digest.split(":"), "link"), link)
        store.put(store.tag("a/b", tag), link)
        return index

    def listed(self, subject=None, name="a/b"):
        """What Slipway answers."""
        return self.client.get("/v2/%s/referrers/%s" % (
            name, (subject or self.subject).digest)).json()["manifests"]

    def clean(self):
        """A check finds nothing, before and after a collection."""
        self.store.fsck("--verify", status=0)
        self.store.gc("--grace", "0")
        self.store.fsck("--verify", status=0)


@pytest.fixture
def world(house):
    return World(house)


def tag_of(name):
    """As the specification cuts it."""
    algorithm, text = name.split(":")
    return "%s-%s" % (algorithm[:32], text[:64])


def fetch_list(client, subject, name="a/b"):
    """What a client does that has found no referrers API."""
    assert client.get("/v2/%s/referrers/%s" % (
        name, subject)).status in (200, 404)
    answer = client.manifest(name, tag_of(subject))
    assert answer.status == 200, answer
    assert answer.header("Content-Type") == images.OCI_INDEX
    model = answer.json()
    assert (model["schemaVersion"], model["mediaType"]) == (
        2, images.OCI_INDEX)
    return model["manifests"]


def sorted_by_digest(descriptors):
    return sorted(descriptors, key=lambda one: one["digest"])


# --- the way back ----------------------------------------------------------


def test_the_way_back(world):
    """Whatever kind of referrer: registry:2 has the same lists, by the tags
    that the specification gives, and its collection keeps what they list."""
    signature = world.referrer(b"signature", annotations=ANNOTATIONS)
    other = world.referrer(b"sbom", artifactType="application/x.sbom")
    config = world.referrer(b"old kind", artifactType="", config={
        "mediaType": "application/x.config", "size": 2,
        "digest": digest(b"{}")})
    of_signature = world.referrer(b"of it", subject=signature)
    index = Manifest({"schemaVersion": 2, "mediaType": images.OCI_INDEX,
                      "manifests": [], "subject": world.subject.descriptor(),
                      "artifactType": "application/x.index"})
    world.client.push_manifest("a/b", index.digest, index)
    elsewhere = world.referrer(b"of nothing here", name="signatures/only")
    before = {subject: world.listed(subject)
              for subject in (world.subject, signature)}
    assert len(before[world.subject]) == 4

    run = world.export()
    assert "list a/b:%s: 4 referrers, 4 of them new" % tag_of(
        world.subject.digest) in run.out
    assert run.lines()[-1] == (
        "2 repositories, 3 lists, 3 written; 6 new referrers, 0 that are gone "
        "dropped, 0 older lists removed")
    for subject, was in before.items():
        assert world.listed(subject) == was
    assert sorted(world.client.get("/v2/a/b/tags/list").json()["tags"]
                  ) == sorted(["v1", tag_of(world.subject.digest),
                               tag_of(signature.digest)])
    world.clean()

    server = world.stock()
    stock = server.client()
    for subject, was in before.items():
        assert sorted_by_digest(fetch_list(stock, subject.digest)) == was
    assert [one["digest"] for one in fetch_list(
        stock, world.subject.digest, "signatures/only")] == [elsewhere.digest]
    described = {one["digest"]: one
                 for one in fetch_list(stock, world.subject.digest)}
    assert described[signature.digest]["annotations"] == ANNOTATIONS
    assert described[signature.digest]["artifactType"] == "application/x.test"
    assert described[config.digest]["artifactType"] == "application/x.config"
    assert described[index.digest]["artifactType"] == "application/x.index"
    assert server.collect() == set()
    for manifest in (signature, other, config, of_signature, index):
        assert stock.manifest("a/b", manifest.digest).body == manifest.data
    for data in (b"signature", b"sbom", b"old kind", b"of it"):
        assert stock.blob("a/b", digest(data)).body == data
    assert sorted_by_digest(fetch_list(
        stock, world.subject.digest)) == before[world.subject]


def test_a_second_run_has_nothing_to_do(world):
    world.referrer(b"one")
    world.referrer(b"two")
    world.export()
    before = world.store.files()
    run = world.export()
    assert run.lines() == [
        "1 repositories, 1 lists, 0 written; 0 new referrers, 0 that are gone "
        "dropped, 0 older lists removed"]
    assert world.store.files() == before


def test_nothing_is_written_by_a_dry_run(world):
    world.referrer(b"one")
    before = world.store.files()
    dry = world.export("--dry-run")
    assert world.store.files() == before
    assert dry.lines()[0] == world.export().lines()[0]
    assert "1 would be written; 1 new referrers" in dry.lines()[-1]
    assert len(world.export("--quiet").lines()) == 1


def test_a_subject_of_sha512(world):
    """The tag has the first half of its hex."""
    world.client.push_blob("a/b", world.image.config, "sha512")
    wanted = digest(world.subject.data, "sha512")
    answer = world.client.put("/v2/a/b/manifests/" + wanted, [
        ("Content-Type", images.OCI_MANIFEST)], world.subject.data)
    assert answer.status == 201, answer
    referrer = world.referrer(b"of 512", subject=type("Subject", (), {
        "descriptor": lambda self: dict(world.subject.descriptor(),
                                        digest=wanted)})())
    world.export()
    assert tag_of(wanted) == "sha512-" + wanted[7:71]
    for client in (world.client, world.stock().client()):
        assert [one["digest"] for one in fetch_list(client, wanted)] == [
            referrer.digest]
    world.clean()
    assert "1 lists, 0 written" in world.export().out.replace("2 lists",
                                                              "1 lists")


def test_what_its_untagged_option_takes(world):
    """docs/adopt.md warns of it: lists or no lists, 2.8 removes the parts of
    tagged indexes."""
    one = world.referrer(b"one")
    world.export()
    stock = world.stock()
    assert stock.collect("-m") == {digest(b"one"), digest(b"{}")}
    assert stock.client().manifest("a/b", one.digest).status == 404


# --- lists that are there --------------------------------------------------


def test_a_list_of_clients_is_completed(world):
    """Its entries stay as they are, in their order, and so does what else it
    says; none comes twice, and what has gone goes."""
    kept = world.referrer(b"kept", annotations=ANNOTATIONS)
    gone = world.referrer(b"gone")
    foreign = images.Image(seed=7)
    world.client.push_image("a/b", "foreign", foreign)
    unknown = {"mediaType": images.OCI_MANIFEST, "size": 3,
               "digest": "blake3:" + "a" * 64}
    entries = [foreign.manifest.descriptor(), gone.descriptor(),
               kept.descriptor(artifactType="application/written.by.hand"),
               kept.descriptor(), unknown]
    old = world.put_list(entries, annotations={"by": "a client"})
    note = world.store.revision("a/b", old.digest).with_name("sparse")
    world.store.put(note, b"")
    world.client.delete("/v2/a/b/manifests/" + gone.digest)
    new = world.referrer(b"new")
    was = world.listed()
    run = world.export()
    assert "4 referrers, 1 of them new, 2 that are gone dropped, 1 older" in (
        run.out)
    model = world.client.manifest(
        "a/b", tag_of(world.subject.digest)).json()
    assert model["annotations"] == {"by": "a client"}
    assert model["manifests"][:3] == [entries[0], entries[2], unknown]
    assert model["manifests"][3:] == [
        one for one in was if one["digest"] == new.digest]
    assert world.listed() == was
    # the old list goes, as clients remove it
    assert world.client.manifest("a/b", old.digest).status == 404
    assert not note.exists()
    assert "0 written" in world.export().out


def test_an_old_list_that_is_used_elsewhere_stays(world):
    one = world.referrer(b"one")
    old = world.put_list([one.descriptor()])
    world.client.push_manifest("a/b", "kept", old)
    world.referrer(b"two")
    assert "0 older" in world.export().out
    assert world.client.manifest("a/b", "kept").body == old.data
    assert len(fetch_list(world.client, world.subject.digest)) == 2


@pytest.mark.skipif(paths.IS_ASAN, reason="a sanitizer keeps what is freed")
def test_old_lists_are_read_one_at_a_time(world):
    """Clients leave one behind for each referrer."""
    one = world.referrer(b"one")
    for n in range(24):
        world.put_list([one.descriptor()],
                       annotations={"n": "%d" % n + "x" * 2000000})
    with_little = ["/bin/sh", "-c", 'ulimit -d 40960; exec "$@"', "sh"]
    run = subprocess.run(
        with_little + world.store.argv("export-referrers"), text=True,
        env=paths.environment(), capture_output=True, timeout=120)
    assert run.returncode == 0 and "23 older lists removed" in run.stdout, run


def test_a_list_without_entries_goes(world):
    """With its tag, where the last of its entries is gone; one that a
    client wrote without any stays."""
    one = world.referrer(b"one")
    world.export()
    empty = world.put_list([], subject=one)
    world.client.delete("/v2/a/b/manifests/" + one.digest)
    world.store.fsck(status=0)  # an entry that was deleted is no finding
    run = world.export()
    assert "0 referrers, 0 of them new, 1 that are gone dropped, 1 older" in (
        run.out)
    assert sorted(world.client.get("/v2/a/b/tags/list").json()["tags"]) == [
        tag_of(one.digest), "v1"]
    assert world.client.manifest("a/b", empty.digest).status == 200
    world.clean()


def test_a_list_comes_back_as_it_was(world):
    """The index that had the tag before may be the very one that is written:
    it must not be removed as an older one."""
    one = world.referrer(b"one")
    world.export()
    first = world.client.manifest("a/b", tag_of(world.subject.digest)).body
    two = world.referrer(b"two")
    world.export()
    world.client.delete("/v2/a/b/manifests/" + two.digest)
    # as if a crash had left it
    link = world.store.revision("a/b", digest(first))
    world.store.put(link, digest(first).encode())
    world.export()
    assert world.client.manifest(
        "a/b", tag_of(world.subject.digest)).body == first
    assert [d["digest"] for d in fetch_list(
        world.stock().client(), world.subject.digest)] == [one.digest]
    world.clean()


@pytest.mark.parametrize("what", [
    "image", "platforms", "itself", "broken", "docker"])
def test_what_is_no_list_is_left(world, what):
    """A tag of that form may be anything else: it stays, the exit status says
    that a person must check it, and other lists are written."""
    subject, other = world.subject, images.Image(seed=3)
    part = images.Image(seed=4)
    for image in (other, part):
        world.client.push_image("a/b", image.manifest.digest, image)
    if what == "itself":
        subject = Manifest({"schemaVersion": 2, "manifests": [
            part.manifest.descriptor()], "mediaType": images.OCI_INDEX})
    tagged = {"image": part.manifest,
              "platforms": images.image_index([part]), "itself": subject,
              "broken": part.manifest,
              "docker": images.image_index([], is_docker=True)}[what]
    tag = tag_of(subject.digest)
    world.client.push_manifest("a/b", tag, tagged)
    if what == "broken":
        world.store.tag("a/b", tag).write_bytes(b"sha256:")
    world.referrer(b"of it", subject=subject)
    world.referrer(b"of another", subject=other.manifest)
    before = world.store.files()
    run = world.export(status=1)
    assert "a/b:%s is left as it is" % tag in run.err
    assert "2 lists, 1 written" in run.out
    after = world.store.files()
    assert {path: after.get(path) for path in before} == before
    assert fetch_list(world.client, other.manifest.digest)


def test_a_tag_to_nothing_is_written_again(world):
    one = world.referrer(b"one")
    world.store.put(world.store.tag("a/b", tag_of(world.subject.digest)),
                    ("sha256:" + "0" * 64).encode())
    world.export()
    assert [d["digest"] for d in fetch_list(
        world.client, world.subject.digest)] == [one.digest]


def test_what_is_too_long_for_clients_is_not_written(world):
    """They read four MiB."""
    for n in range(5):
        world.referrer(b"%d" % n, annotations={"x": "y" * 900000})
    run = world.export(status=1)
    assert "too long" in run.err
    assert world.client.get("/v2/a/b/tags/list").json()["tags"] == ["v1"]


# --- with the others -------------------------------------------------------


def test_lists_do_not_keep_what_is_untagged(world):
    """A collection that removes untagged manifests takes the list with them,
    and its tag: else no image that was ever signed would go."""
    world.referrer(b"signature")
    gone = images.Image(seed=5)
    world.client.push_image("a/b", "moves", gone)
    of_gone = world.referrer(b"of gone", subject=gone.manifest)
    world.export()
    world.client.push_manifest("a/b", "moves", world.subject)
    world.store.age()
    dry = world.store.gc("--dry-run", "--delete-untagged")
    run = world.store.gc("--delete-untagged")
    assert run.untagged == dry.untagged == 3
    assert (dry.digests(), dry.bytes) == (run.digests(), run.bytes)
    assert dry.links == run.links and len(run.digests()) == 6
    line = ("tag a/b:%s:"
            " it lists the referrers of a manifest that no tag reaches"
            % tag_of(gone.manifest.digest))
    assert line in dry.lines() and line in run.lines()
    for manifest in (gone.manifest, of_gone):
        assert world.client.manifest("a/b", manifest.digest).status == 404
    assert sorted(world.client.get("/v2/a/b/tags/list").json()["tags"]) == (
        sorted(["moves", "v1", tag_of(world.subject.digest)]))
    assert len(world.listed()) == 1
    world.clean()


@pytest.mark.parametrize("what", ["platforms", "foreign", "no subject",
                                  "itself"])
def test_other_tags_of_that_form_keep_what_they_point_to(world, what):
    """Only a list of the referrers of a manifest that is here depends on
    it."""
    part, named = images.Image(seed=6), images.Image(seed=7)
    world.client.push_image("a/b", part.manifest.digest, part)
    if what != "no subject":
        world.client.push_image("a/b", named.manifest.digest, named)
    index = images.image_index([part]) if what == "platforms" else Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_INDEX,
        "manifests": [part.manifest.descriptor()]})
    if what == "itself":
        index = named.manifest = images.Manifest({
            "schemaVersion": 2, "mediaType": images.OCI_INDEX,
            "manifests": [], "annotations": {"of": "nothing"}})
        world.client.push_manifest("a/b", "part", part.manifest)
    tag = tag_of(named.manifest.digest)
    world.client.push_manifest("a/b", tag, index)
    world.store.age()
    assert world.store.gc("--delete-untagged").untagged == (
        0 if what == "no subject" else 1)
    for reference in (tag, part.manifest.digest):
        assert world.client.manifest("a/b", reference).status == 200


def test_exports_during_pushes_and_collections(world):
    """Whatever is pushed and deleted meanwhile: nothing that a list names is
    taken, and in the end each list is the one that Slipway answers."""
    subjects = [images.Image(seed="s%d" % n) for n in range(4)]
    for image in subjects:
        world.client.push_image("a/b", "t" + image.manifest.digest[7:17],
                                image)
    is_over, problems, turns = threading.Event(), [], [0] * 4

    def push(number):
        own = World.__new__(World)
        own.client = world.front.client(8500)
        try:
            while not is_over.is_set():
                turns[number] += 1
                one = own.referrer(b"%d %d" % (number, turns[number]),
                                   subjects[turns[number] % 4].manifest)
                if turns[number] % 3:
                    own.client.delete("/v2/a/b/manifests/" + one.digest)
        except Exception as problem:
            problems.append(repr(problem))

    threads = [threading.Thread(target=push, args=(n,), daemon=True)
               for n in range(4)]
    for thread in threads:
        thread.start()
    try:
        while min(turns) < 6 and not problems:
            world.export()
            world.store.gc("--grace", "1h", "--delete-untagged")
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    assert not problems, problems
    world.export()
    for image in subjects:
        subject = image.manifest
        listed = world.listed(subject)
        if listed:
            assert sorted_by_digest(fetch_list(
                world.client, subject.digest)) == listed
    world.clean()


def test_killed_at_any_step(world):
    """The next run finishes what was begun: the store is then what one run
    would have made of it."""
    def whole(store):
        return {path: content for path, content in store.files().items()
                if not path.endswith(".tmp")}

    fault = Fault(world.house)
    world.referrer(b"one")
    gone = world.referrer(b"gone")
    world.export()
    world.client.delete("/v2/a/b/manifests/" + gone.digest)
    world.referrer(b"two")
    done = world.store.copy(world.house.dir + "/done")
    done.command("export-referrers")
    assert whole(done) != whole(world.store)
    assert done.fsck("--verify", status=0).out == ""
    for number in range(1, 100):
        copy = world.store.copy("%s/copy%d" % (world.house.dir, number))
        with fault.at(number, KILL) as it:
            killed = copy.command("export-referrers",
                                  environment=fault.environment())
        assert it.is_reached == (killed.status != 0), killed
        assert copy.command("export-referrers").status == 0
        assert whole(copy) == whole(done), number
        shutil.rmtree(copy.root)
        if not it.is_reached:
            break
    assert 5 < number < 99
