"""Garbage collection during pushes, mounts, deletes and its own death: a
manifest is refused, or all that it needs can be read.

SLIPWAY_SOAK=600 lets the races run for so many seconds instead of a few."""

import itertools
import json
import os
import random
import shutil
import signal
import threading
import time
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor

import pytest

from testenv import House, images
from testenv.client import digest
from testenv.faults import KILL, WAIT, Fault
from testenv.images import Manifest
from testenv.process import wait_until
from testenv.store import Store

SECONDS = float(os.environ.get("SLIPWAY_SOAK", "4"))
LIMIT = 300  # more, before what is waited for counts as missed
CLIENTS = 50
RACED = 120             # blobs
STEPS_MAX = 400         # calls of a small collection
HELD_SECONDS = 0.2      # for who must wait until a collection goes on

# Where fsync costs nothing.
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp"


class World:
    def __init__(self, house):
        house.registry_worker(processes=16)
        self.front = house.example("standalone.conf")
        self.store = Store(house.dir + "/store")
        self.client().push_image("first", "v1", images.Image(seed="first"))

    def client(self):
        return self.front.client(8500)


@pytest.fixture
def world(house):
    return World(house)


class Refused(Exception):
    """A manifest whose parts a collection had taken."""


def manifest_of(*blobs):
    return Manifest({
        "schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
        "config": images.descriptor(images.OCI_CONFIG, blobs[0]),
        "layers": [images.descriptor(images.OCI_LAYER, b)
                   for b in blobs[1:]]})


def push_blob(client, name, data, source=None):
    """As clients do: look, then mount, then send."""
    wanted = digest(data)
    if client.head("/v2/%s/blobs/%s" % (name, wanted)).status == 200:
        return
    query = "?mount=%s&from=%s" % (wanted, source) if source else ""
    answer = client.post("/v2/%s/blobs/uploads/%s" % (name, query))
    if answer.status == 202:
        answer = client.finish(answer.header("Location"), wanted, [], data)
    assert answer.status == 201, answer


def put_manifest(client, name, reference, manifest):
    answer = client.put("/v2/%s/manifests/%s" % (name, reference),
                        [("Content-Type", manifest.media_type)],
                        manifest.data)
    if answer.status == 400 and answer.codes()[0] == "MANIFEST_BLOB_UNKNOWN":
        raise Refused
    assert answer.status == 201, answer


def is_readable(client, name, reference, *needed):
    answer = client.manifest(name, reference)
    assert answer.status == 200, (name, reference, answer)
    for data in needed:
        answer = client.blob(name, digest(data))
        assert answer.status == 200 and answer.body == data, (name, answer)


class Collector(threading.Thread):
    """Collects without a pause until the test ends it."""

    def __init__(self, store, graces, *flags, is_killing=False):
        super().__init__(daemon=True)
        self._store = store
        self._graces = graces
        self._flags = flags
        self._is_killing = is_killing
        self._is_over = threading.Event()
        self.runs = self.killed = self.swept = 0
        self.problems = []

    def run(self):
        while not self._is_over.is_set():
            grace = random.choice(self._graces)
            if self._is_killing and random.random() < 0.9:
                self._kill(grace)
                continue
            run = self._store.command("gc", "--grace", grace, *self._flags)
            self.runs += 1
            if run.status != 0:
                self.problems.append(repr(run))
                return
            self.swept += run.swept

    def _kill(self, grace):
        running = self._store.start("gc", "--grace", grace, *self._flags)
        try:
            running.wait(random.random() * 0.02)
        except Exception:
            running.kill()
            self.killed += 1
        running.communicate()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *more):
        self._is_over.set()
        self.join()
        assert not self.problems, self.problems


class Crowd:
    """Many clients, each of which does `work` until time is up, and on a slow
    machine until enough has happened."""

    def __init__(self, work, seconds=SECONDS, clients=CLIENTS,
                 is_enough=lambda crowd: True):
        self._work = work
        self._is_enough = is_enough
        self._end = time.monotonic() + seconds
        self._limit = self._end + LIMIT
        self.problems = []
        self.refused = self.done = 0
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(i,),
                                          daemon=True)
                         for i in range(clients)]

    def _run(self, number):
        for turn in itertools.count():
            if self._is_over() or self.problems:
                return
            try:
                self._work(number, turn)
                with self._lock:
                    self.done += 1
            except Refused:
                with self._lock:
                    self.refused += 1
            except Exception as problem:
                self.problems.append(repr(problem))

    def _is_over(self):
        now = time.monotonic()
        return now > self._limit or (now > self._end and self._is_enough(self))

    def run(self):
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.join()
        assert not self.problems, self.problems[:3]
        return self


def all_is_whole(world, kept):
    """What was acknowledged and never deleted, after a last collection."""
    world.store.gc("--grace", "0")
    client = world.client()
    for (name, reference), needed in kept.items():
        is_readable(client, name, reference, *needed)
    world.store.fsck("--verify", status=0)


@pytest.mark.idea(15)
@pytest.mark.parametrize("flags", [(), ("--delete-untagged",)])
def test_many_push_one_digest(world, flags):
    """Everybody pushes the same layer, uses it, and lets it go again."""
    layer = images.blob(5000, "everybody's")
    kept = {}

    def work(number, turn):
        client = world.client()
        name, tag = "p/%d" % (number % 10), "t%d" % number
        config = b'{"client":%d,"turn":%d}' % (number, turn)
        manifest = manifest_of(config, layer)
        kept.pop((name, tag), None)
        push_blob(client, name, layer, "p/%d" % random.randrange(10))
        push_blob(client, name, config)
        put_manifest(client, name, tag, manifest)
        is_readable(client, name, tag, config, layer)
        if random.random() < 0.8:
            answer = client.delete("/v2/%s/manifests/%s" % (
                name, manifest.digest))
            assert answer.status == 202, answer
        else:
            kept[name, tag] = (config, layer)

    with Collector(world.store, [0, 0, 1, 2], *flags) as collector:
        def is_enough(crowd):
            return crowd.done > CLIENTS and collector.runs > 5
        crowd = Crowd(work, is_enough=is_enough).run()
        assert is_enough(crowd)
    print(crowd.done, "pushed,", crowd.refused, "refused,", collector.runs,
          "collections,", collector.swept, "swept")
    all_is_whole(world, kept)


@pytest.mark.idea(3)
def test_empty_descriptors(world):
    """What every artifact refers to, in a hundred repositories."""
    kept = {}

    def work(number, turn):
        client = world.client()
        name = "e/%d-%d" % (number, turn % 2)
        payload = b"payload %d %d" % (number, turn)
        manifest = manifest_of(b"{}", payload)
        kept.pop((name, "t"), None)
        push_blob(client, name, b"{}")
        push_blob(client, name, payload)
        put_manifest(client, name, "t", manifest)
        is_readable(client, name, "t", b"{}", payload)
        if random.random() < 0.9:
            client.delete("/v2/%s/manifests/%s" % (name, manifest.digest))
        else:
            kept[name, "t"] = (b"{}", payload)

    with Collector(world.store, [0, 1]):
        Crowd(work, SECONDS / 2).run()
    all_is_whole(world, kept)


def test_indexes_and_their_parts(world):
    """Parts are pushed untagged; the index that comes later holds them, or
    is refused."""
    kept = {}

    def work(number, turn):
        client = world.client()
        name, tag = "i/%d" % (number % 5), "t%d" % number
        config = b'{"part":%d}' % random.randrange(20)
        part = manifest_of(config, b"layer of all")
        kept.pop((name, tag), None)
        if client.head("/v2/%s/manifests/%s" % (name, part.digest)
                       ).status != 200:
            push_blob(client, name, b"layer of all")
            push_blob(client, name, config)
            put_manifest(client, name, part.digest, part)
        inner = Manifest({"schemaVersion": 2, "mediaType": images.OCI_INDEX,
                          "manifests": [part.descriptor()]})
        put_manifest(client, name, inner.digest, inner)
        outer = Manifest({"schemaVersion": 2, "mediaType": images.OCI_INDEX,
                          "manifests": [inner.descriptor()],
                          "annotations": {"of": "%d %d" % (number, turn)}})
        put_manifest(client, name, tag, outer)
        for manifest in (outer, inner, part):
            is_readable(client, name, manifest.digest)
        is_readable(client, name, tag, config, b"layer of all")
        if random.random() < 0.5:
            client.delete("/v2/%s/manifests/%s" % (name, outer.digest))
        else:
            kept[name, tag] = (config, b"layer of all")
            kept[name, part.digest] = (config, b"layer of all")

    with Collector(world.store, [0, 0, 1], "--delete-untagged"):
        def is_enough(crowd):
            return crowd.done > 20
        assert is_enough(Crowd(work, clients=20, is_enough=is_enough).run())
    # a part is kept by whatever tag came last
    all_is_whole(world, {k: v for k, v in kept.items()
                         if not k[1].startswith("sha256:")})


# --- around the grace time -------------------------------------------------

GRACE = 7200
DELAYS = [-3600, -60, 1, 60, 3600]


def see(client, name, data):
    """Whether the client may rely on the blob from now on."""
    answer = client.head("/v2/%s/blobs/%s" % (name, digest(data)))
    assert answer.status in (200, 404), answer
    return answer.status == 200


def mount(client, name, data, source="a"):
    answer = client.post("/v2/%s/blobs/uploads/?mount=%s&from=%s" % (
        name, digest(data), source))
    assert answer.status in (201, 202), answer
    return answer.status == 201


def push_again(client, name, data):
    return client.push_blob_at_once(name, data) == digest(data)


def refer(client, name, data):
    """A manifest that needs it; who lets it go again leaves it in use."""
    manifest = manifest_of(data)
    try:
        put_manifest(client, name, manifest.digest, manifest)
    except Refused:
        return False
    path = "/v2/%s/manifests/%s" % (name, manifest.digest)
    assert client.delete(path).status == 202
    return True


USES = {"HEAD": see, "mount": mount, "push": push_again, "manifest": refer}


@pytest.mark.idea(15, 16)
@pytest.mark.parametrize("use", [None, *USES])
def test_every_delay_around_the_grace_time(world, use):
    """Two blobs were last used so long before or after the grace time.  What
    a client has used again is there for the manifest, whenever that comes;
    else the manifest is taken while they are there, and refused when not."""
    client, store = world.client(), world.store
    for number, delay in enumerate(DELAYS):
        blobs = [b'{"delay":%d}' % delay, images.blob(2000, delay)]
        manifest, tag = manifest_of(*blobs), "t%d" % number
        for data in blobs:
            push_blob(client, "a", data)
        store.age(GRACE + delay)
        for data in blobs:
            assert use is None or USES[use](client, "a", data)
        run = store.gc("--grace", GRACE)
        taken = {digest(data) for data in blobs} & run.digests()
        assert len(taken) == (2 if use is None and delay > 0 else 0)
        if taken:
            with pytest.raises(Refused):
                put_manifest(client, "a", tag, manifest)
            assert client.manifest("a", tag).status == 404
            for data in blobs:
                push_blob(client, "a", data)
        put_manifest(client, "a", tag, manifest)
        store.age()
        store.gc("--grace", GRACE)
        is_readable(client, "a", tag, *blobs)


@pytest.mark.idea(14, 16)
@pytest.mark.parametrize("use", USES)
def test_a_use_races_the_sweep(world, use):
    """Old blobs are used while they are swept, and their source lets go of
    them: a client that was answered "there" finds the blob, one that was
    answered "not there" can send it, and no client gets both answers."""
    client, store = world.client(), world.store
    blobs = {digest(data): data for data in (
        b"raced %d" % n for n in range(RACED))}
    for wanted, data in blobs.items():
        store.put_blob(wanted, data)
        store.put(store.layer("a", wanted), wanted.encode())
    store.age()
    name = "b" if use == "mount" else "a"

    def work(wanted):
        data = blobs[wanted]
        is_there = USES[use](world.client(), name, data)
        if use == "mount":
            assert client.delete("/v2/a/blobs/" + wanted).status in (202, 404)
        return wanted, is_there

    order = sorted(blobs)
    random.shuffle(order)
    running = store.start("gc", "--grace", GRACE)
    with ThreadPoolExecutor(6) as pool:
        seen = dict(pool.map(work, order))
    assert running.wait(300) == 0, running.communicate()
    store.gc("--grace", GRACE)
    for wanted, is_there in seen.items():
        answer = client.blob(name, wanted)
        assert answer.status == (200 if is_there else 404), (wanted, answer)
        assert not is_there or answer.body == blobs[wanted]
        if not is_there:
            client.push_blob_at_once(name, blobs[wanted])
            assert client.blob(name, wanted).body == blobs[wanted]
    store.fsck("--verify", status=0)


# --- killed ----------------------------------------------------------------


def untagged_things(client):
    """An image with a signature, and indexes of indexes of it, all without a
    tag; the image and the outer index."""
    image = images.Image(seed="untagged")
    client.push_image("a", image.manifest.digest, image)
    signature, blobs = images.artifact(b"signed", "application/x",
                                       image.manifest)
    for data in blobs:
        client.push_blob("a", data)
    client.push_manifest("a", signature.digest, signature)
    part = image.manifest
    for _ in range(2):
        part = Manifest({
            "schemaVersion": 2, "mediaType": images.OCI_INDEX,
            "manifests": [part.descriptor(), image.manifest.descriptor()]})
        client.push_manifest("a", part.digest, part)
    return image, part


@pytest.mark.idea(20)
def test_killed_at_every_step(database_server):
    """Whatever a collection was about to do: readers miss nothing, an index
    that is there has its parts, what is pushed again is there, and the next
    collection ends the work."""
    house = House(database_server, FAST)
    world, fault = World(house), Fault(house)
    client, store = world.client(), world.store
    kept = images.Image(seed="kept")
    client.push_image("a", "kept", kept)
    image, index = untagged_things(client)
    client.push_blob("b", b"orphan")
    store.age()
    model = store.copy(house.dir + "/model")
    for number in range(1, STEPS_MAX):
        shutil.rmtree(store.root)
        model.copy(store.root)
        with fault.at(number, KILL) as it:
            run = store.command("gc", "--delete-untagged",
                                environment=fault.environment())
        assert run.status == (-signal.SIGKILL if it.is_reached else 0)
        if not it.is_reached:
            break
        if client.head("/v2/a/manifests/" + index.digest).status == 200:
            client.push_manifest("a", "again", index)
        else:
            client.push_image("a", "again", image)
        client.push_blob("b", b"orphan")
        store.gc("--delete-untagged", "--grace", GRACE)
        is_readable(client, "a", "kept", *kept.blobs())
        is_readable(client, "a", "again")
        is_readable(client, "a", image.manifest.digest, *image.blobs())
        assert client.blob("b", digest(b"orphan")).body == b"orphan"
        store.fsck("--verify", status=0)
    assert 20 < number < STEPS_MAX - 1
    assert not house.problems()
    house.remove()


@pytest.mark.idea(71)
def test_a_link_that_leads_elsewhere_by_now(database_server):
    """A link that led to nothing, as registry:2 leaves one of a sha512, is
    pushed again while a collection reads it: it stays."""
    house = House(database_server, FAST)
    world, fault = World(house), Fault(house)
    client, store = world.client(), world.store
    data = b"pushed again"
    wanted = digest(data, "sha512")
    link = store.layer("first", wanted)
    with ThreadPoolExecutor(2) as pool:
        for number in range(1, STEPS_MAX):
            store.put(link, digest(b"nowhere").encode())
            store.age()
            with fault.at(number, WAIT) as it:
                collection = pool.submit(store.command, "gc",
                                         environment=fault.environment())
                wait_until(lambda: it.is_reached or collection.done(), 60,
                           "the collection to stop")
                pushed = pool.submit(client.push_blob, "first", data, "sha512")
                futures.wait([pushed], HELD_SECONDS)
            assert pushed.result() == wanted
            assert collection.result().status == 0
            assert client.blob("first", wanted).body == data, number
            if not it.is_reached:
                break
    assert 20 < number < STEPS_MAX - 1
    assert not house.problems()
    house.remove()


@pytest.mark.parametrize("by", ["a client", "registry:2"])
@pytest.mark.parametrize("command", ["gc", "fsck"])
def test_a_blob_is_deleted_at_every_step(database_server, command, by):
    """Its link goes while a collection or a check reads it: whichever was
    first, there is nothing left to do, and nothing went wrong."""
    house = House(database_server, FAST)
    world, fault = World(house), Fault(house)
    client, store = world.client(), world.store
    client.push_image("other", "kept", images.Image(seed="kept"))
    wanted = digest(b"deleted")
    link, path = store.layer("first", wanted), "/v2/first/blobs/" + wanted
    words = {"gc": [], "fsck": ["--repair"]}[command]
    with ThreadPoolExecutor(2) as pool:
        for number in range(1, STEPS_MAX):
            store.put(link, wanted.encode())
            store.age()
            with fault.at(number, WAIT) as it:
                done = pool.submit(store.command, command, *words,
                                   environment=fault.environment())
                wait_until(lambda: it.is_reached or done.done(), 60,
                           "the command to stop")
                if by == "a client":
                    deleted = pool.submit(client.delete, path)
                    futures.wait([deleted], HELD_SECONDS)
                else:
                    link.unlink(missing_ok=True)
            if by == "a client":
                assert deleted.result().status in (202, 404)
            run = done.result()
            assert run.status == 0 or (command == "fsck" and run.status == 1
                                       and "dangling-link" in run.out), run
            assert "error" not in run.err, (number, run)
            assert not link.exists()
            if not it.is_reached:
                break
    assert 20 < number < STEPS_MAX - 1
    assert not house.problems()
    house.remove()


def test_a_delete_at_every_step(database_server):
    """A manifest is deleted while a collection stands still, or as soon as
    that lets it: it stays deleted, and nothing of it is left in any list."""
    house = House(database_server, FAST)
    world, fault = World(house), Fault(house)
    client, store = world.client(), world.store
    signature, blobs = images.artifact(b"signed", "application/x",
                                       images.Image(seed="first").manifest)
    for data in blobs:
        client.push_blob("first", data)
    client.push_manifest("first", "signed", signature)
    untagged = manifest_of(blobs[0])
    client.push_manifest("first", untagged.digest, untagged)
    store.age()
    model = store.copy(house.dir + "/model")
    path = "/v2/first/manifests/" + signature.digest
    with ThreadPoolExecutor(2) as pool:
        for number in range(1, STEPS_MAX):
            shutil.rmtree(store.root)
            model.copy(store.root)
            with fault.at(number, WAIT) as it:
                collection = pool.submit(store.command, "gc",
                                         "--delete-untagged",
                                         environment=fault.environment())
                wait_until(lambda: it.is_reached or collection.done(), 60,
                           "the collection to stop")
                deleted = pool.submit(client.delete, path)
                futures.wait([deleted], HELD_SECONDS)
            assert deleted.result().status == 202
            assert collection.result().status == 0
            assert client.manifest("first", "signed").status == 404
            store.gc("--delete-untagged", "--grace", "0")
            store.fsck("--verify", status=0)
            if not it.is_reached:
                break
    assert 20 < number < STEPS_MAX - 1
    assert not house.problems()
    house.remove()


@pytest.mark.idea(20)
def test_killed_at_any_point(world):
    """kill -9 of collections during pushes; the next one goes on, and nothing
    that was acknowledged is hurt."""
    layer = images.blob(5000, "everybody's")
    kept = {}

    def work(number, turn):
        client = world.client()
        name, tag = "k/%d" % (number % 7), "t%d" % number
        config = b'{"client":%d,"turn":%d}' % (number, turn)
        manifest = manifest_of(config, layer)
        kept.pop((name, tag), None)
        push_blob(client, name, layer)
        push_blob(client, name, config)
        put_manifest(client, name, tag, manifest)
        is_readable(client, name, tag, config, layer)
        if random.random() < 0.9:
            client.delete("/v2/%s/manifests/%s" % (name, manifest.digest))
        else:
            kept[name, tag] = (config, layer)

    with Collector(world.store, [0, 1], "--delete-untagged",
                   is_killing=True) as collector:
        def is_enough(_):
            return collector.killed > 10
        crowd = Crowd(work, clients=20, is_enough=is_enough).run()
        assert is_enough(crowd)
    all_is_whole(world, kept)
    world.store.gc("--grace", "0", "--delete-untagged")
    again = world.store.gc("--grace", "0", "--delete-untagged")
    assert (again.swept, again.untagged, again.links) == (0, 0, 0)
    all_is_whole(world, kept)


def test_a_busy_repository_does_not_keep_a_collection_waiting(world):
    """Pushes that never pause share the lock that it wants alone."""
    config = b"{}"
    push_blob(world.client(), "busy", config)

    def work(number, turn):
        manifest = Manifest({
            "schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
            "config": images.descriptor(images.OCI_CONFIG, config),
            "layers": [], "annotations": {"n": "%d %d" % (number, turn)}})
        put_manifest(world.client(), "busy", "t%d" % number, manifest)

    with Collector(world.store, [0, 7200]) as collector:
        def is_enough(_):
            return collector.runs > 2
        assert is_enough(Crowd(work, 1, clients=20, is_enough=is_enough).run())


# --- in portions -----------------------------------------------------------

MANY = 2000   # takes a second at least


def many_untagged(store, name):
    """Manifests that go, and a config and a layer for all; none was pushed,
    which would take long."""
    image = images.Image(seed="many")
    for data in image.blobs():
        store.put_blob(digest(data), data)
        store.put(store.layer(name, digest(data)), digest(data).encode())
    made = []
    for n in range(MANY):
        manifest = Manifest({**json.loads(image.manifest.data),
                             "annotations": {"n": str(n)}})
        store.put_blob(manifest.digest, manifest.data)
        store.put(store.revision(name, manifest.digest),
                  manifest.digest.encode())
        made.append(manifest)
    return made


def test_untagged_manifests_go_in_portions(world):
    """Pushes have their turn between them, and may make use of any manifest
    that is still there."""
    store, client = world.store, world.client()
    made = many_untagged(store, "a")
    os.makedirs(store.root / "slipway/events")
    store.age()
    client.push_image("a", "during", images.Image(seed="during"))
    links = store.repository("a", "_manifests/revisions/sha256")
    kept, left = [], []
    run = store.start("gc", "--delete-untagged", "--quiet")
    while run.poll() is None:
        # indexes of several that were there a moment ago
        parts = random.sample(made, 3)
        index = images.Manifest({
            "schemaVersion": 2, "mediaType": images.OCI_INDEX,
            "manifests": [part.descriptor() for part in parts]})
        answer = client.put("/v2/a/manifests/" + index.digest,
                            [("Content-Type", index.media_type)], index.data)
        if answer.status == 201:
            kept += [index, *parts]
        else:
            assert answer.codes()[0] == "MANIFEST_BLOB_UNKNOWN", answer
        left.append(len(os.listdir(links)))
    assert run.wait() == 0, run.communicate()
    between = {n for n in left if 100 < n < MANY - 100}
    assert len(between) > 1, left
    for manifest in kept:
        assert client.manifest("a", manifest.digest).body == manifest.data
    assert len(os.listdir(links)) < MANY // 2
