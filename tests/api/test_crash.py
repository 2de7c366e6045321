"""kill -9 and failing calls at every step of every request that writes.

Each operation is begun anew for n = 1, 2, 3... until it passes without its
n-th call to the store.  Whatever the n-th call does: readers see what was
before or what is after, what was acknowledged is there, and the client's
next try succeeds."""

import errno
import os
from pathlib import Path

import pytest

from testenv import House, images
from testenv.faults import FOR_GOOD, KILL, WAIT, Fault
from testenv.images import sha256
from testenv.process import wait_until

NAME = "app"
OLD, NEW = images.Image(seed=1), images.Image(seed=2)
DATA = images.blob(300000, "crash")
DIGEST = sha256(DATA)
MAX_CALLS = 80

# Where fsync costs nothing.
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp"


class World:
    """A standalone registry whose worker has a fault; a repository of its own
    for each number."""

    def __init__(self, house):
        self.fault = Fault(house)
        self.worker = house.registry_worker(processes=64,
                                            **self.fault.environment())
        self.client = house.example("standalone.conf").client(8500)
        self.store = Path(house.dir,
                          "store/docker/registry/v2/repositories")
        self.count = 0
        self.name = None

    def begin(self, image):
        self.count += 1
        self.name = "%s/%d" % (NAME, self.count)
        if image:
            self.client.push_image(self.name, "old", image)
            self.client.push_manifest(self.name, "it", image.manifest)

    def url(self, tail):
        return "/v2/%s/%s" % (self.name, tail)

    def put_manifest(self, manifest, reference):
        return self.client.put(
            self.url("manifests/" + reference),
            [("Content-Type", manifest.media_type)], manifest.data)


@pytest.fixture(scope="module")
def world(database_server):
    house = House(database_server, FAST)
    house.expect("ended by signal 9|prematurely closed|reset by peer"
                 "|could not|cannot|failed")
    try:
        yield World(house)
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


# An operation: prepares, does, and says whether its effect is there.

class Operation:
    """do() is what a client does, once; again() what it does next, as often
    as it must, and returns whether it got there."""

    image = None    # what the tags "old" and "it" name before

    def __init__(self, world):
        self.world = world
        self.client = world.client
        world.begin(self.image)

    def again(self):
        return self.do()

    def is_done(self):
        """Whether a reader sees the effect; fails on anything wrong."""

    def check_blob(self, digest=DIGEST, data=DATA):
        answer = self.client.blob(self.world.name, digest)
        assert answer.status in (200, 404), answer
        assert answer.status == 404 or answer.body == data
        return answer.status == 200

    def check_tag(self, tag="it", absent=False):
        """The image that a tag names, whole; None where it is gone."""
        answer = self.client.manifest(self.world.name, tag)
        if answer.status == 404 and absent:
            return None
        assert answer.status == 200, answer
        image = {OLD.manifest.data: OLD, NEW.manifest.data: NEW}[answer.body]
        assert answer.header("Docker-Content-Digest") \
            == image.manifest.digest
        for data in image.blobs():
            assert self.check_blob(sha256(data), data)
        return image


class Start(Operation):
    def do(self):
        return self.client.post(self.world.url("blobs/uploads/"))

    def is_done(self):
        return None


class Patch(Operation):
    """A PATCH that fails has its bytes or not, and the status tells; where
    fsync failed, nobody knows what the disk has, and the session is gone."""

    is_pushed = False

    def __init__(self, world):
        super().__init__(world)
        self.location = self.client.start_upload(world.name)
        assert self.client.patch(self.location, [], DATA[:1000]).status == 202

    def do(self):
        return self.client.patch(self.location, [("Content-Range",
                                                  "1000-99999")],
                                 DATA[1000:100000])

    def again(self):
        self.is_pushed = True
        answer = self.client.get(self.location)
        if answer.status == 404:
            return Commit.again(Commit(self.world))
        assert answer.status == 204, answer
        size = int(answer.header("Range").split("-")[1]) + 1
        assert size in (1000, 100000)
        answer = self.client.put(self.location + "?digest=" + DIGEST, [
            ("Content-Range", "%d-%d" % (size, len(DATA) - 1))], DATA[size:])
        assert self.check_blob()
        return answer

    def is_done(self):
        if self.is_pushed:
            return self.check_blob()
        status = self.client.get(self.location)
        return status.header("Range") == "0-99999"


class Commit(Operation):
    """A client whose session is gone looks for the blob, and pushes it again
    where it is not there."""

    def __init__(self, world):
        super().__init__(world)
        self.location = self.client.start_upload(world.name)
        assert self.client.patch(self.location, [], DATA).status == 202

    def do(self):
        return self.client.put(self.location + "?digest=" + DIGEST)

    def again(self):
        answer = self.do()
        if answer.status == 404:
            if self.check_blob():
                return self.client.head(self.world.url("blobs/" + DIGEST))
            self.__init__(self.world)
            answer = self.do()
        return answer

    def is_done(self):
        return self.check_blob()


class CommitWithBody(Commit):
    def __init__(self, world):
        Operation.__init__(self, world)
        self.location = self.client.start_upload(world.name)

    def do(self):
        return self.client.put(self.location + "?digest=" + DIGEST, [], DATA)

    def again(self):
        """Where the session has the bytes, they need not be sent again."""
        answer = self.client.get(self.location)
        if answer.header("Range") == "0-%d" % (len(DATA) - 1):
            return self.client.put(self.location + "?digest=" + DIGEST)
        return super().again()


class AtOnce(Operation):
    def do(self):
        return self.client.post(
            self.world.url("blobs/uploads/?digest=" + DIGEST), [], DATA)

    def is_done(self):
        """Nobody knows its session, so none is left."""
        uploads = self.world.store / self.world.name / "_uploads"
        assert not list(uploads.glob("*/data"))
        return self.check_blob()


class Mount(Operation):
    def __init__(self, world):
        super().__init__(world)
        self.client.push_blob("source", DATA)

    def do(self):
        return self.client.post(self.world.url(
            "blobs/uploads/?mount=%s&from=source" % DIGEST))

    def is_done(self):
        return self.check_blob()


class Cancel(Operation):
    def __init__(self, world):
        super().__init__(world)
        self.location = self.client.start_upload(world.name)
        assert self.client.patch(self.location, [], DATA).status == 202

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

    image = OLD

    def __init__(self, world):
        super().__init__(world)
        for data in NEW.blobs():
            self.client.push_blob(world.name, data)

    def do(self):
        return self.world.put_manifest(NEW.manifest, "it")

    def is_done(self):
        assert self.check_tag("old") is OLD
        return self.check_tag() is NEW


class NewTag(MoveTag):
    def do(self):
        return self.world.put_manifest(NEW.manifest, "new")

    def is_done(self):
        assert self.check_tag("it") is OLD
        return self.check_tag("new", absent=True) is NEW


class ByDigest(MoveTag):
    def do(self):
        return self.world.put_manifest(NEW.manifest, NEW.manifest.digest)

    def is_done(self):
        return self.check_tag(NEW.manifest.digest, absent=True) is NEW


class Attach(Operation):
    """A manifest with a subject: no referrer is listed that is not there."""

    image = OLD

    def __init__(self, world):
        super().__init__(world)
        self.manifest, blobs = images.artifact(b"signed", "application/x",
                                               OLD.manifest)
        for data in blobs:
            self.client.push_blob(world.name, data)

    def do(self):
        return self.world.put_manifest(self.manifest, self.manifest.digest)

    def is_done(self):
        listed = self.client.get(self.world.url(
            "referrers/" + OLD.manifest.digest)).json()["manifests"]
        held = self.client.manifest(self.world.name, self.manifest.digest)
        assert held.status in (200, 404)
        if listed:
            assert [d["digest"] for d in listed] == [self.manifest.digest]
            assert held.body == self.manifest.data
        return bool(listed)


class Delete(Operation):
    """Of a manifest: its tags go with it, the others stay."""

    image = OLD

    def do(self):
        return self.client.delete(self.world.url(
            "manifests/" + OLD.manifest.digest))

    def again(self):
        answer = self.do()
        if answer.status == 404:
            answer = self.client.get("/v2/")
        return answer

    def is_done(self):
        """A tag never names what is not there."""
        gone = self.client.manifest(self.world.name,
                                    OLD.manifest.digest).status == 404
        for tag in ("it", "old"):
            self.check_tag(tag, absent=True)
        return gone


class DeleteTag(Delete):
    def do(self):
        return self.client.delete(self.world.url("manifests/it"))

    def is_done(self):
        assert self.check_tag("old") is OLD
        return self.check_tag("it", absent=True) is None


class DeleteBlob(Delete):
    image = None

    def __init__(self, world):
        super().__init__(world)
        self.client.push_blob(world.name, DATA)

    def do(self):
        return self.client.delete(self.world.url("blobs/" + DIGEST))

    def is_done(self):
        return not self.check_blob()


OPERATIONS = [Start, Patch, Commit, CommitWithBody, AtOnce, Mount, Cancel,
              MoveTag, NewTag, ByDigest, Attach, Delete, DeleteTag,
              DeleteBlob]
ACTIONS = {"killed": KILL, "full": errno.ENOSPC | FOR_GOOD,
           "broken": errno.EIO}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("kind", OPERATIONS, ids=lambda kind: kind.__name__)
def test_at_every_step(world, kind, action):
    for number in range(1, MAX_CALLS):
        operation = kind(world)
        with world.fault.at(number, ACTIONS[action]) as it:
            answer = operation.do()
        where = "call %d: %r" % (number, answer)
        is_good = answer.status < 300
        if not is_good:
            assert it.is_reached and answer.status in (500, 503), where
            assert answer.codes() in (["UNKNOWN"], ["UNAVAILABLE"]), where
        is_done = operation.is_done()
        assert is_done is None or is_done or not is_good, where
        if not is_good:
            answer = operation.again()
            assert answer.status < 300, "%s, then %r" % (where, answer)
            assert operation.is_done() in (None, True), where
        if not it.is_reached:
            assert number > 1 or action == "full"
            return
    raise AssertionError("more than %d calls" % MAX_CALLS)


# --- a commit that takes its time ------------------------------------------

INTRUDERS = {
    "PATCH": lambda client, location: client.patch(location, [], b"x"),
    "PUT": lambda client, location: client.put(
        location + "?digest=" + sha256(DATA + b"x"), [], b"x"),
    "DELETE": lambda client, location: client.delete(location),
}


def begin_and_leave(world, location, it):
    """Asks for the commit; the client is gone when it stops, True, or is
    over, False."""
    with world.client.connect() as s:
        s.settimeout(0.02)
        s.sendall(b"PUT %s?digest=%s HTTP/1.0\r\n\r\n" % (
            location.encode(), DIGEST.encode()))
        while not it.is_reached:
            try:
                if s.recv(1000):
                    return False
            except TimeoutError:
                pass
    return True


@pytest.mark.parametrize("method", INTRUDERS)
def test_nobody_writes_while_a_commit_goes_on(world, method):
    """Nor when the client that asked for it has left.  Who is let in before
    it begins has its bytes in the session, and there is no commit."""
    commits = []
    for number in range(1, MAX_CALLS):
        commit = Commit(world)
        with world.fault.at(number, WAIT) as it:
            if not begin_and_leave(world, commit.location, it):
                break
            answer = INTRUDERS[method](world.client, commit.location)
        where = "call %d: %r" % (number, answer)
        if answer.status == 202:
            assert world.client.get(commit.location).header("Range") \
                == "0-%d" % len(DATA), where
        elif answer.status == 201:
            commit.check_blob(sha256(DATA + b"x"), DATA + b"x")
        elif answer.status == 204:
            assert method == "DELETE"
        else:
            assert answer.status in (404, 416), where
            wait_until(lambda: world.client.get(
                commit.location).status == 404, 5, "the end of the commit")
            assert commit.is_done(), where
        commits.append(commit)
    assert len(commits) > 3
    for commit in commits:
        commit.check_blob()


# --- durability ------------------------------------------------------------

DURABLE = [Commit, CommitWithBody, AtOnce, Mount, MoveTag, NewTag, ByDigest,
           Attach]


@pytest.mark.parametrize("kind", DURABLE, ids=lambda kind: kind.__name__)
def test_durable_before_it_is_acknowledged(world, kind):
    """What gets its name by a rename was synced before it, and the folders
    with new names after it, all before the answer."""
    operation = kind(world)
    with world.fault.traced() as calls:
        assert operation.do().status < 300
    assert any(name == "rename" for name, _ in calls)
    synced = set()
    unsynced_names = set()
    for name, path in calls:
        folder = path.rsplit("/", 1)[0]
        if name in ("fsync", "fdatasync"):
            synced.add(path)
            unsynced_names.discard(path)
        elif name in ("write", "pwrite64", "pwritev64"):
            synced.discard(path)
        elif name in ("rename", "mkdir"):
            if "/_uploads" not in path and "hashstates" not in path:
                unsynced_names.add(folder)
        elif name == "link":
            unsynced_names.add(folder)
    assert not unsynced_names
    for name, path in calls:
        if name == "write" and path.endswith(".tmp") \
                and "/_uploads/" not in path:
            assert ("fsync", path) in calls
    if kind in (Commit, CommitWithBody, AtOnce):
        data = [i for i, (name, path) in enumerate(calls)
                if name == "fsync" and "/_uploads/" in path
                and path.endswith("/data")]
        moved = [i for i, (name, path) in enumerate(calls)
                 if name == "rename" and "/blobs/" in path]
        assert not moved or data and data[0] < moved[0]
