#!/usr/bin/python3
"""How long reindex takes on large stores, how much memory, and how long it
keeps a push waiting.

    tests/bench/reindex_scale.py [--directory DIR] [--build DIR] [--manifests N]
                                 [--repositories N]

Makes a store of one repository with N manifests, each with a tag, and one of N
repositories of two tagged manifests, of small files below DIR; runs reindex on
each, with a warm cache, and where the machine lets it with a cold one; prints
rows of a table.  Meanwhile the lock of a repository is asked for again and
again, as a push does, and the longest wait is the last column."""

import argparse
import fcntl
import json
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

from store_scale import OCI, TOP, Maker, cool, run


def manifest_put(maker, directory, number):
    config = "sha256:%064x" % number
    name = maker.blob(json.dumps({
        "schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
        "config": {"mediaType": OCI + "config.v1+json", "digest": config,
                   "size": 1000},
        "layers": [{"mediaType": OCI + "layer.v1.tar+gzip", "digest": config,
                    "size": 1000 + i} for i in range(8)]}).encode())
    maker.link(directory + "/_manifests/revisions/sha256", name)
    maker.write("%s/_manifests/tags/v%d/current/link" % (directory, number),
                b"sha256:" + name.encode())


def make(root, repositories, manifests):
    shutil.rmtree(root, ignore_errors=True)
    maker = Maker(root, 0)
    for n in range(repositories):
        for m in range(manifests):
            manifest_put(maker, "%s/repositories/team%d/app%d" % (
                maker.v2, n % 100, n), n * manifests + m)
    os.sync()


class Pusher(threading.Thread):
    """Takes a repository's lock as a push does, without a pause."""

    def __init__(self, root):
        super().__init__(daemon=True)
        self._directory = next(Path(root).glob(
            "docker/registry/v2/repositories/*/*/_manifests"))
        self._is_over = threading.Event()
        self.longest = 0

    def run(self):
        while not self._is_over.wait(0.005):
            began = time.monotonic()
            gate = os.open(self._directory / "revisions", os.O_RDONLY)
            lock = os.open(self._directory, os.O_RDONLY)
            fcntl.flock(gate, fcntl.LOCK_EX)
            fcntl.flock(lock, fcntl.LOCK_EX)
            os.close(gate)
            os.close(lock)
            self.longest = max(self.longest, time.monotonic() - began)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self.join()


def measure(build, root, title):
    for cache in ("cold", "warm", "warm"):
        if cache == "cold" and not cool():
            continue
        shutil.rmtree(root / "slipway", ignore_errors=True)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with Pusher(root) as pusher:
            seconds, peak, status, _ = run(build, root, "reindex", "--quiet")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = (after.ru_utime + after.ru_stime - before.ru_utime
               - before.ru_stime)
        spooled = subprocess.check_output(
            ["du", "-sm", root / "slipway/events"], text=True).split()[0]
        print("| %s | %s | %.1f | %.1f | %.1f | %s | %d |" % (
            title, cache, seconds, cpu, peak / 1024, spooled,
            pusher.longest * 1000), flush=True)
        if status:
            sys.exit("reindex failed")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--manifests", type=int, default=100_000)
    parser.add_argument("--repositories", type=int, default=10_000)
    parser.add_argument("--directory", default="/tmp")
    parser.add_argument("--build", default=os.environ.get("BUILD", "build"))
    args = parser.parse_args()
    root = Path(args.directory, "slipway-reindex-scale")
    try:
        for repositories, manifests in ((1, args.manifests),
                                        (args.repositories, 2)):
            make(root, repositories, manifests)
            measure(TOP / args.build, root, "%d repositories of %d manifests"
                    % (repositories, manifests))
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
