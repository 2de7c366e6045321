#!/usr/bin/python3
"""What pushes to one repository notice of what keeps another one busy.

    tests/bench/contention.py [--seconds S] CASE

BUILD names another build than build/.

A client pushes a tag of repository b again and again.  CASE is what goes on in
a meanwhile: nothing, lock (its lock is kept, and 64 clients push there),
referrers (100 clients list what points to one manifest, 60 artifacts of 1 MB)
or untagged (gc --delete-untagged removes 5000 manifests, and a client pushes
there).  Prints median, 95th percentile and longest time of both in
milliseconds, with how many there were of each status."""

import argparse
import collections
import contextlib
import fcntl
import json
import os
import statistics
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from testenv import House, images  # noqa: E402
from testenv.store import Store  # noqa: E402

PROCESSES = 8
EMPTY = b"{}"


class Watch(threading.Thread):
    """Asks again and again; the seconds that each took, and its status."""

    def __init__(self, ask, is_over):
        super().__init__(daemon=True)
        self._ask, self._is_over = ask, is_over
        self.seen = []

    def run(self):
        while not self._is_over.is_set():
            begun = time.perf_counter()
            try:
                status = self._ask().status
            except OSError as error:
                status = type(error).__name__
            self.seen.append((time.perf_counter() - begun, status))


class Site:
    def __init__(self, house):
        house.registry_worker(processes=PROCESSES)
        self.client = house.example("standalone.conf").client(8500)
        self.store = Store(Path(house.dir, "store"))
        self.image = images.Image(seed="other")
        for name in ("a", "b"):
            self.client.push_image(name, "v1", self.image)

    def push(self, name):
        manifest = self.image.manifest
        return self.client.put("/v2/%s/manifests/v2" % name,
                               [("Content-Type", manifest.media_type)],
                               manifest.data)

    # Each is a context: the clients of a, and what they do.

    @contextlib.contextmanager
    def nothing(self, is_over):
        yield 0, None

    @contextlib.contextmanager
    def lock(self, is_over):
        fd = os.open(self.store.repository("a", "_manifests"), os.O_RDONLY)
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield 64, lambda: self.push("a")
        os.close(fd)

    @contextlib.contextmanager
    def referrers(self, is_over):
        self.client.push_blob("a", EMPTY)
        empty = images.descriptor("application/vnd.oci.empty.v1+json", EMPTY)
        for n in range(60):
            artifact = images.Manifest({
                "schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
                "artifactType": "a/b", "config": empty, "layers": [empty],
                "subject": self.image.manifest.descriptor(),
                "annotations": {"n": str(n)}, "long": "x" * 1000000})
            self.client.push_manifest("a", artifact.digest, artifact)
        yield 100, lambda: self.client.get(
            "/v2/a/referrers/%s?artifactType=none"
            % self.image.manifest.digest)

    @contextlib.contextmanager
    def untagged(self, is_over):
        for n in range(5000):
            made = images.Manifest({**json.loads(self.image.manifest.data),
                                    "annotations": {"n": str(n)}})
            self.store.put_blob(made.digest, made.data)
            self.store.put(self.store.revision("a", made.digest),
                           made.digest.encode())
        self.store.age()
        self.client.push_image("a", "v1", self.image)

        def collect():
            self.store.command("gc", "--delete-untagged", "--quiet")
            is_over.set()

        running = threading.Thread(target=collect)
        running.start()
        yield 1, lambda: self.push("a")
        running.join()


def report(what, watches):
    seen = sorted((took, str(status)) for watch in watches
                  for took, status in list(watch.seen))
    if seen:
        took = [1000 * took for took, _ in seen]
        print("%s: %s, median %.1f, p95 %.1f, longest %.1f ms" % (
            what, dict(collections.Counter(status for _, status in seen)),
            statistics.median(took), took[len(took) * 95 // 100], took[-1]))
    else:
        print("%s: none was answered" % what)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("case", choices=["nothing", "lock", "referrers",
                                         "untagged"])
    args = parser.parse_args()
    house = House()
    try:
        site = Site(house)
        is_over = threading.Event()
        with getattr(site, args.case)(is_over) as (clients, ask):
            busy = [Watch(ask, is_over) for _ in range(clients)]
            other = Watch(lambda: site.push("b"), is_over)
            for watch in [*busy, other]:
                watch.start()
            is_over.wait(args.seconds)
            is_over.set()
            report("b", [other])
            if busy:
                report("a", busy)
    finally:
        house.problems()    # it stops everything
        house.remove()


if __name__ == "__main__":
    main()
