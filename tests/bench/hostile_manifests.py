#!/usr/bin/python3
"""What manifests cost that were made to cost much.

    tests/bench/hostile_manifests.py [--build DIR] [--timeout S]

First gc on a store of image indexes in levels, each of which names all of the
next level: how long, and how many manifests it says that it has read.  Then
pushes of one manifest with many references, and for each what the push of an
ordinary image took meanwhile, at the longest.  Prints rows of tables.

--build names the directory of other programs, say of an older version, which
may not end: they are stopped after --timeout seconds."""

import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

CHAINS = ((10, 3), (10, 4), (10, 8), (50, 20))
REFERENCES = 20000
WORKERS = 2


def build_chain(store, algorithm, wide, deep):
    """Bytes of all manifests."""
    level, size = [], 0
    for depth in range(deep):
        children, level = level, []
        for n in range(wide):
            manifest = images.Manifest({
                "schemaVersion": 2, "mediaType": images.OCI_INDEX,
                "manifests": children, "annotations": {
                    "n": "%d %d" % (depth, n)}})
            name = digest(manifest.data, algorithm)
            store.put_blob(name, manifest.data)
            store.put(store.revision("chain", name), name.encode())
            level.append({**manifest.descriptor(), "digest": name})
            size += len(manifest.data)
    return size


def measure_gc(house, timeout):
    print("| algorithm | wide | deep | KiB | seconds | read |\n"
          "|---|---|---|---|---|---|")
    for algorithm in ("sha256", "sha512"):
        for wide, deep in CHAINS:
            store = Store(house.dir + "/" + house.unique("chain"))
            size = build_chain(store, algorithm, wide, deep)
            began = time.perf_counter()
            try:
                run = store.command("gc", timeout=timeout)
                took = "%.2f" % (time.perf_counter() - began)
                read = re.search(r"(\d+) manifests", run.out)[1]
            except subprocess.TimeoutExpired:
                took, read = "more than %d" % timeout, ""
            print("| %s | %d | %d | %d | %s | %s |" % (
                algorithm, wide, deep, size >> 10, took, read), flush=True)


def pushes(client, is_over, took):
    image = images.Image()
    client.push_image("other", "v1", image)
    while not is_over.is_set():
        began = time.perf_counter()
        client.push_manifest("other", "v1", image.manifest)
        took.append(time.perf_counter() - began)


def measure_push(house):
    house.registry_worker(processes=WORKERS)
    client = house.example("standalone.conf",
                           more=" registry_sparse index;").client(8500)
    config = images.descriptor(images.OCI_CONFIG, b"{}")
    client.push_blob("a", b"{}")
    model = {"schemaVersion": 2, "mediaType": images.OCI_MANIFEST,
             "config": config}
    index = {"schemaVersion": 2, "mediaType": images.OCI_INDEX}
    absent = [images.descriptor(images.OCI_LAYER, b"%d" % n)
              for n in range(REFERENCES)]
    print("\n| %d references | answer | seconds | another push, longest ms |\n"
          "|---|---|---|---|" % REFERENCES)
    for what, body in (
            ("one layer, again and again",
             {**model, "layers": [config] * REFERENCES}),
            ("as many layers that are missing", {**model, "layers": absent}),
            ("as many parts that may be missing",
             {**index, "manifests": absent})):
        is_over, took = threading.Event(), []
        other = threading.Thread(target=pushes, args=(client, is_over, took))
        other.start()
        while not took:
            time.sleep(0.01)
        took.clear()
        began = time.perf_counter()
        answer = client.put("/v2/a/manifests/v1", [
            ("Content-Type", body["mediaType"])], json.dumps(body).encode())
        seconds = time.perf_counter() - began
        is_over.set()
        other.join()
        print("| %s | %d | %.2f | %.0f |" % (
            what, answer.status, seconds, 1000 * max(took)), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build")
    parser.add_argument("--timeout", type=int, default=60)
    options = parser.parse_args()
    if options.build:
        os.environ["BUILD"] = options.build

    global House, Store, digest, images     # they look for the programs
    from testenv import House, images
    from testenv.client import digest
    from testenv.store import Store

    house = House()
    try:
        measure_gc(house, options.timeout)
        measure_push(house)
    finally:
        house.problems()
        house.remove()


if __name__ == "__main__":
    main()
