"""What clients do to a registry whose calls to the store fail: each operation
prepared, done, checked from outside, and done again.

    world = World(house, Fault(house))
    calls = at_every_call(world, MoveTag, KILL)
"""

import os
from pathlib import Path

from . import images
from .images import sha256

NAME = "app"
SIZE = 300000    # bytes of a blob
MAX_CALLS = 80

# Where fsync costs nothing.
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp"


class World:
    """A standalone registry whose worker has a fault; a repository and content
    of its own for each number."""

    def __init__(self, house, fault, more=""):
        """more: parameters behind registry_params."""
        house.expect("ended by signal 9|prematurely closed|reset by peer"
                     "|could not|cannot|failed")
        self.fault = fault
        self.worker = house.registry_worker(
            processes=64, program=fault.PROGRAM, **fault.environment())
        self.client = house.example(
            "standalone.conf", more=" registry_sparse on;" + more).client(8500)
        self.spool = Path(house.dir, "store/slipway/events")
        self.store = Path(house.dir,
                          "store/docker/registry/v2/repositories")
        self.count = 0
        self.name = None

    def begin(self, image=None):
        """A new repository; where there is an image, two tags name it."""
        self.count += 1
        self.name = "%s/%d" % (NAME, self.count)
        if image:
            self.push_blobs(image.blobs())
            for tag in ("old", "it"):
                self.client.push_manifest(self.name, tag, image.manifest)

    def push_blobs(self, blobs):
        for data in blobs:
            answer = self.client.post(
                self.url("blobs/uploads/?digest=" + sha256(data)), [], data)
            assert answer.status == 201, answer

    def count_events(self):
        """How many events of the repository there are."""
        word = b'"repository":"%s"' % self.name.encode()
        return sum(path.read_bytes().count(word)
                   for path in self.spool.glob("*.jsonl"))

    def url(self, tail):
        return "/v2/%s/%s" % (self.name, tail)

    def put_manifest(self, manifest, reference):
        return self.client.put(
            self.url("manifests/" + reference),
            [("Content-Type", manifest.media_type)], manifest.data)


# An operation: prepares, does, and says whether its effect is there.

class Operation:
    """do() is what a client does, once; again() what it does next, as often
    as it must, and returns whether it got there."""

    has_image = False    # the tags "old" and "it" name one before
    has_event = False    # with events on there is one

    def __init__(self, world):
        self.world = world
        self.client = world.client
        seed = "%s %d" % (type(self).__name__, world.count)
        self.data = images.blob(SIZE, seed)
        self.digest = sha256(self.data)
        self.old = images.Image(seed=seed + " old")
        self.new = images.Image(seed=seed + " new")
        world.begin(self.old if self.has_image else None)

    def again(self):
        return self.do()

    def is_done(self):
        """Whether a reader sees the effect; fails on anything wrong."""

    def check_blob(self, data=None):
        data = data or self.data
        answer = self.client.blob(self.world.name, sha256(data))
        assert answer.status in (200, 404), answer
        assert answer.status == 404 or answer.body == data
        return answer.status == 200

    def check_tag(self, tag="it", absent=False):
        """The image that a tag names, whole; None where it is gone."""
        answer = self.client.manifest(self.world.name, tag)
        if answer.status == 404 and absent:
            return None
        assert answer.status == 200, answer
        image = {each.manifest.data: each
                 for each in (self.old, self.new)}[answer.body]
        assert answer.header("Docker-Content-Digest") \
            == image.manifest.digest
        for data in image.blobs():
            assert self.check_blob(data)
        return image


class Start(Operation):
    def do(self):
        return self.client.post(self.world.url("blobs/uploads/"))

    def is_done(self):
        return None


class Upload(Operation):
    def begin(self, *chunks):
        self.location = self.client.start_upload(self.world.name)
        for chunk in chunks:
            assert self.client.patch(self.location, [], chunk).status == 202

    def commit(self):
        return self.client.put(self.location + "?digest=" + self.digest)

    def push_again(self):
        """A client whose session is gone looks for the blob, and pushes it
        again where it is not there."""
        if self.check_blob():
            return self.client.head(self.world.url("blobs/" + self.digest))
        self.begin(self.data)
        return self.commit()


class Patch(Upload):
    """A PATCH that fails has its bytes or not, and the status says so; where
    fsync failed, what the disk has is unknown, and the upload is gone."""

    is_pushed = False

    def __init__(self, world):
        super().__init__(world)
        self.begin(self.data[:1000])

    def do(self):
        return self.client.patch(self.location, [("Content-Range",
                                                  "1000-99999")],
                                 self.data[1000:100000])

    def again(self):
        self.is_pushed = True
        answer = self.client.get(self.location)
        if answer.status == 404:
            return self.push_again()
        assert answer.status == 204, answer
        size = int(answer.header("Range").split("-")[1]) + 1
        assert size in (1000, 100000)
        return self.client.put(
            self.location + "?digest=" + self.digest,
            [("Content-Range", "%d-%d" % (size, SIZE - 1))],
            self.data[size:])

    def is_done(self):
        if self.is_pushed:
            return self.check_blob()
        status = self.client.get(self.location)
        return status.header("Range") == "0-99999"


class Commit(Upload):
    has_event = True

    def __init__(self, world):
        super().__init__(world)
        self.begin(self.data)

    def do(self):
        return self.commit()

    def again(self):
        answer = self.do()
        return self.push_again() if answer.status == 404 else answer

    def is_done(self):
        return self.check_blob()


class CommitWithBody(Commit):
    def __init__(self, world):
        Operation.__init__(self, world)
        self.begin()

    def do(self):
        return self.client.put(self.location + "?digest=" + self.digest, [],
                               self.data)

    def again(self):
        """Where the session has the bytes, they need not be sent again."""
        answer = self.client.get(self.location)
        if answer.header("Range") == "0-%d" % (SIZE - 1):
            return self.commit()
        return super().again()


class CommitAgain(Commit):
    """Of what another repository has."""

    def __init__(self, world):
        super().__init__(world)
        world.client.push_blob("source", self.data)


class AtOnce(Operation):
    has_event = True

    def do(self):
        return self.client.post(
            self.world.url("blobs/uploads/?digest=" + self.digest), [],
            self.data)

    def is_done(self):
        """No client knows its upload, so none is left."""
        uploads = self.world.store / self.world.name / "_uploads"
        assert not list(uploads.glob("*/data"))
        return self.check_blob()


class Mount(Operation):
    has_event = True

    def __init__(self, world):
        super().__init__(world)
        self.client.push_blob("source", self.data)

    def do(self):
        return self.client.post(self.world.url(
            "blobs/uploads/?mount=%s&from=source" % self.digest))

    def is_done(self):
        return self.check_blob()


class Cancel(Upload):
    def __init__(self, world):
        super().__init__(world)
        self.begin(self.data)

    def do(self):
        return self.client.delete(self.location)

    def again(self):
        answer = self.do()
        if answer.status == 404:
            answer = self.client.post(self.world.url("blobs/uploads/"))
        return answer

    def is_done(self):
        return self.client.get(self.location).status == 404


class MoveTag(Operation):
    """Readers of the tag have the old image or the new one, never none."""

    has_event = True
    has_image = True

    def __init__(self, world):
        super().__init__(world)
        world.push_blobs(self.new.blobs())

    def do(self):
        return self.world.put_manifest(self.new.manifest, "it")

    def is_done(self):
        assert self.check_tag("old") is self.old
        return self.check_tag() is self.new


class NewTag(MoveTag):
    def do(self):
        return self.world.put_manifest(self.new.manifest, "new")

    def is_done(self):
        assert self.check_tag("it") is self.old
        return self.check_tag("new", absent=True) is self.new


class ByDigest(MoveTag):
    def do(self):
        return self.world.put_manifest(self.new.manifest,
                                       self.new.manifest.digest)

    def is_done(self):
        return self.check_tag(self.new.manifest.digest, absent=True) is self.new


class Sparse(Operation):
    """A manifest without its blobs: it is never seen without the note that
    says so."""

    has_event = True
    has_image = True

    def do(self):
        return self.world.put_manifest(self.new.manifest, "new")

    def is_done(self):
        directory = self.world.store.joinpath(
            self.world.name, "_manifests/revisions",
            *self.new.manifest.digest.split(":"))
        is_noted = (directory / "sparse").exists()
        assert is_noted or not (directory / "link").exists()
        answer = self.client.manifest(self.world.name, "new")
        assert answer.status == 404 or answer.body == self.new.manifest.data
        return answer.status == 200


class SameTag(Operation):
    """What is there already."""

    has_event = True
    has_image = True

    def do(self):
        return self.world.put_manifest(self.old.manifest, "it")

    def is_done(self):
        return self.check_tag() is self.old


class Attach(Operation):
    """A manifest with a subject: no referrer is listed that is not there."""

    has_event = True
    has_image = True

    def __init__(self, world):
        super().__init__(world)
        self.manifest, blobs = images.artifact(b"signed", "application/x",
                                               self.old.manifest)
        world.push_blobs(blobs)

    def do(self):
        return self.world.put_manifest(self.manifest, self.manifest.digest)

    def is_done(self):
        listed = self.client.get(self.world.url(
            "referrers/" + self.old.manifest.digest)).json()["manifests"]
        held = self.client.manifest(self.world.name, self.manifest.digest)
        assert held.status in (200, 404)
        if listed:
            assert [d["digest"] for d in listed] == [self.manifest.digest]
            assert held.body == self.manifest.data
        return bool(listed)


class Delete(Operation):
    """Of a manifest: its tags go with it, the others stay."""

    has_event = True
    has_image = True

    def do(self):
        return self.client.delete(self.world.url(
            "manifests/" + self.old.manifest.digest))

    def again(self):
        answer = self.do()
        if answer.status == 404:
            answer = self.client.get("/v2/")
        return answer

    def is_done(self):
        """A tag never names what is not there."""
        gone = self.client.manifest(self.world.name,
                                    self.old.manifest.digest).status == 404
        for tag in ("it", "old"):
            self.check_tag(tag, absent=True)
        return gone


class DeleteTag(Delete):
    def do(self):
        return self.client.delete(self.world.url("manifests/it"))

    def is_done(self):
        assert self.check_tag("old") is self.old
        return self.check_tag("it", absent=True) is None


class DeleteBlob(Delete):
    has_image = False

    def __init__(self, world):
        super().__init__(world)
        self.client.push_blob(world.name, self.data)

    def do(self):
        return self.client.delete(self.world.url("blobs/" + self.digest))

    def is_done(self):
        return not self.check_blob()


class WithTags(Attach):
    """By digest, with a subject and two tags: each is there or not."""

    def do(self):
        return self.world.put_manifest(
            self.manifest, self.manifest.digest + "?tag=one&tag=two")

    def is_done(self):
        found = [self.client.manifest(self.world.name, tag)
                 for tag in ("one", "two")]
        for answer in found:
            assert answer.status == 404 or answer.body == self.manifest.data
        return super().is_done() and all(a.status == 200 for a in found)


class DeleteReferrer(Attach):
    """A manifest that has a subject, and a tag."""

    def __init__(self, world):
        super().__init__(world)
        world.client.push_manifest(world.name, "signature", self.manifest)

    def do(self):
        return self.client.delete(self.world.url(
            "manifests/" + self.manifest.digest))

    def again(self):
        answer = self.do()
        return self.client.get("/v2/") if answer.status == 404 else answer

    def is_done(self):
        return not super().is_done() and self.client.manifest(
            self.world.name, self.manifest.digest).status == 404


OPERATIONS = [Start, Patch, Commit, CommitWithBody, AtOnce, Mount, Cancel,
              MoveTag, NewTag, ByDigest, Sparse, Attach, Delete, DeleteTag,
              DeleteBlob]


# What reads: the whole answer or an error, never a part of it.

class Read(Operation):
    has_image = True

    def do(self):
        answer = self.client.get(self.path())
        assert answer.status >= 500 or self.is_whole(answer), answer
        return answer

    def is_done(self):
        return None


class ReadTags(Read):
    def path(self):
        return self.world.url("tags/list")

    def is_whole(self, answer):
        return answer.json()["tags"] == ["it", "old"]


class ReadReferrers(Read):
    def __init__(self, world):
        super().__init__(world)
        self.manifest, blobs = images.artifact(b"signed", "application/x",
                                               self.old.manifest)
        world.push_blobs(blobs)
        world.client.push_manifest(world.name, "tag", self.manifest)

    def path(self):
        return self.world.url("referrers/" + self.old.manifest.digest)

    def is_whole(self, answer):
        return [d["digest"] for d in answer.json()["manifests"]] == [
            self.manifest.digest]


class ReadCatalog(Read):
    def path(self):
        return "/v2/_catalog?n=1&last=" + self.world.name[:-1]

    def is_whole(self, answer):
        return len(answer.json()["repositories"]) == 1


READS = [ReadTags, ReadReferrers, ReadCatalog]


def settle(operation, answer, where):
    """An answer is a success or an error of the protocol; what was
    acknowledged is there, and the client gets it in the end."""
    is_good = answer.status < 300
    if not is_good:
        assert answer.status in (500, 503), where
        assert answer.codes() in (["UNKNOWN"], ["UNAVAILABLE"]), where
    is_done = operation.is_done()
    assert is_done is None or is_done or not is_good, where
    if not is_good:
        answer = operation.again()
        assert answer.status < 300, "%s, then %r" % (where, answer)
        assert operation.is_done() in (None, True), where


def at_every_call(world, kind, action, check=None):
    """Does it with the first call failing, with the second... until there is
    none; how many there are.  check(operation, answer, where) is asked before
    the client tries again."""
    for number in range(1, MAX_CALLS):
        operation = kind(world)
        with world.fault.at(number, action) as it:
            answer = operation.do()
        where = "call %d: %r" % (number, answer)
        assert answer.status < 300 or it.is_reached, where
        if check:
            check(operation, answer, where)
        settle(operation, answer, where)
        if not it.is_reached:
            return number - 1
    raise AssertionError("more than %d calls" % MAX_CALLS)
