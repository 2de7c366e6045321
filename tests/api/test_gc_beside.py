"""Garbage collection beside pushes, mounts, deletes and its own death: a
manifest is refused, or all that it needs can be read.

SLIPWAY_SOAK=600 lets the races run for so many seconds instead of a few."""

import itertools
import os
import random
import threading
import time

import pytest

from testenv import images
from testenv.client import digest
from testenv.images import Manifest
from testenv.store import Store

SECONDS = float(os.environ.get("SLIPWAY_SOAK", "4"))
LIMIT = 60  # more, before what is waited for counts as missed
CLIENTS = 50


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
    """Collects without a pause until it is told to stop."""

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


@pytest.mark.parametrize("delay", [0, 0.3, 0.7, 1.0, 1.3, 2.2])
def test_every_delay_around_the_grace_time(world, delay):
    """A blob, a pause, a collection with one second of grace, the manifest:
    it is taken while the blob is there, and refused when it has gone."""
    client = world.client()
    config, layer = b'{"delay":1}', images.blob(2000, delay)
    push_blob(client, "a", layer)
    push_blob(client, "a", config)
    time.sleep(delay)
    run = world.store.gc("--grace", "1")
    if delay < 0.9:
        assert run.swept == 0
    if delay > 1.1:
        assert run.swept == 2
    manifest = manifest_of(config, layer)
    if run.swept:
        with pytest.raises(Refused):
            put_manifest(client, "a", "v1", manifest)
        push_blob(client, "a", layer)
        push_blob(client, "a", config)
    put_manifest(client, "a", "v1", manifest)
    time.sleep(1.1)
    world.store.gc("--grace", "1")
    is_readable(client, "a", "v1", config, layer)


def test_killed_at_any_point(world):
    """kill -9 of collections beside pushes; the next one goes on, and nothing
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
