#!/usr/bin/python3
"""How long gc, fsck, purge, backup and restore take on a large store, and how
much memory.

    tests/bench/store_scale.py [--blobs N] [--directory DIR] [--build DIR]
                               [--keep] [--reuse] [--json]

Makes a store of N blobs below DIR (small files: what is measured is what is
done for a blob, not its bytes): repositories of 20 tagged images, each of a
config and 8 layers of its own and 2 that all share; one blob in ten belongs to
no manifest and is old; one upload for each repository was never finished.
Then runs the commands, each with a warm cache, and where the machine lets it
with a cold one, and prints time, peak memory and rate as rows of a table."""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
V2 = "docker/registry/v2"
LAYERS = 8
IMAGES = 20
SHARED = 2
OCI = "application/vnd.oci.image."


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Maker:
    """Writes a store as fast as Python can."""

    def __init__(self, root, wanted):
        self.v2 = Path(root, V2)
        self.wanted = wanted
        self.blobs = self.garbage = self.images = self.repositories = 0
        self.then = time.time() - 30 * 86400

    def write(self, path, content):
        directory = os.path.dirname(path)
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        except FileNotFoundError:
            os.makedirs(directory, exist_ok=True)
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        os.write(file, content)
        os.utime(file, (self.then, self.then))
        os.close(file)

    def blob(self, content):
        name = sha256(content)
        self.write("%s/blobs/sha256/%s/%s/data" % (self.v2, name[:2], name),
                   content)
        self.blobs += 1
        return name

    def link(self, directory, name):
        self.write("%s/%s/link" % (directory, name), b"sha256:" + name.encode())

    def image(self, number, shared):
        layers = shared + [self.blob(b"layer %d %d" % (number, i))
                           for i in range(LAYERS)]
        config = self.blob(b'{"image":%d}' % number)
        text = json.dumps({
            "schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
            "config": {"mediaType": OCI + "config.v1+json",
                       "digest": "sha256:" + config,
                       "size": len(b'{"image":%d}' % number)},
            "layers": [{"mediaType": OCI + "layer.v1.tar+gzip",
                        "digest": "sha256:" + layer,
                        "size": len(b"shared %d" % i) if i < SHARED else
                        len(b"layer %d %d" % (number, i - SHARED))}
                       for i, layer in enumerate(layers)]}).encode()
        return self.blob(text), layers + [config]

    def repository(self, shared):
        number = self.repositories
        self.repositories += 1
        directory = "%s/repositories/team%d/app%d" % (
            self.v2, number % 100, number)
        for i in range(IMAGES):
            manifest, needed = self.image(self.images, shared)
            self.images += 1
            for name in needed:
                self.link(directory + "/_layers/sha256", name)
            tags = "%s/_manifests/tags/v%d" % (directory, i)
            self.link(directory + "/_manifests/revisions/sha256", manifest)
            self.link(tags + "/index/sha256", manifest)
            self.write(tags + "/current/link", b"sha256:" + manifest.encode())
        upload = "%s/_uploads/%08x-0000-4000-8000-000000000000" % (
            directory, number)
        self.write(upload + "/data", b"x")
        self.write(upload + "/startedat", b"2020-01-01T00:00:00Z")

    def make(self):
        shared = [self.blob(b"shared %d" % i) for i in range(SHARED)]
        while self.blobs < self.wanted:
            before = self.blobs
            self.repository(shared)
            for _ in range((self.blobs - before) // 9):
                self.blob(b"garbage %d" % self.garbage)
                self.garbage += 1
        os.sync()


def cool():
    """Drops what the kernel holds of files; False where it may not."""
    try:
        os.sync()
        Path("/proc/sys/vm/drop_caches").write_text("3")
        return True
    except OSError:
        return False


def peak_kib(pid):
    """The most memory a process has had so far; getrusage() would count that
    of the process that started it."""
    try:
        text = Path("/proc/%d/status" % pid).read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", text)[1])
    except (OSError, TypeError):
        return 0


def copy_of(root):
    """Where copies of the store are made, on the same file system."""
    return Path("%s-copies" % root)


def run(build, root, name, *flags):
    """(seconds, peak KiB, status, output) of a command."""
    flags = [re.sub("^(?=COPY)", "%s/" % copy_of(root), word)
             for word in flags]
    if name == "restore":
        root, *flags = flags
    began = time.monotonic()
    peak = 0
    with tempfile.TemporaryFile("w+") as output:
        child = subprocess.Popen(
            [str(build / "slipway-registry"), name, str(root), *flags],
            stdout=output, stderr=subprocess.DEVNULL)
        while child.poll() is None:
            peak = max(peak, peak_kib(child.pid))
            time.sleep(0.01)
        seconds = time.monotonic() - began
        output.seek(0)
        return seconds, peak, child.returncode, output.read()


STEPS = (
    ("gc --dry-run", ("gc", "--dry-run", "--quiet"), True),
    ("gc --dry-run --delete-untagged",
     ("gc", "--dry-run", "--delete-untagged", "--quiet"), False),
    ("fsck", ("fsck", "--quiet"), True),
    ("fsck --verify", ("fsck", "--verify", "--quiet"), False),
    ("purge", ("purge",), False),
    ("backup, the first, blobs linked", ("backup", "COPY", "--quiet"), True),
    ("backup again", ("backup", "COPY", "--quiet"), False),
    ("backup --verify", ("backup", "COPY", "--verify", "--quiet"), False),
    ("backup --copy, the first", ("backup", "COPY2", "--copy", "--quiet"),
     False),
    ("restore, blobs linked", ("restore", "COPY", "COPY3", "--quiet"), False),
    ("gc, which sweeps a tenth", ("gc", "--quiet"), False),
    ("gc again", ("gc", "--quiet"), False),
)


def measure(build, root, blobs):
    rows = []
    for title, words, has_cold in STEPS:
        for is_cold in (True, False) if has_cold else (False,):
            if is_cold and not cool():
                continue
            if title.endswith("the first, blobs linked"):
                shutil.rmtree(copy_of(root), ignore_errors=True)
                copy_of(root).mkdir()
            seconds, peak, status, output = run(build, root, *words)
            swept = re.search(r"(\d+) blobs (?:would be )?swept", output)
            rows.append({
                "step": title, "cache": "cold" if is_cold else "warm",
                "seconds": round(seconds, 2), "peak_mib": round(peak / 1024),
                "blobs_per_second": round(blobs / seconds),
                "status": status, "swept": int(swept[1]) if swept else None})
            print("| %(step)s | %(cache)s | %(seconds)s | "
                  "%(blobs_per_second)d | %(peak_mib)d |" % rows[-1],
                  file=sys.stderr, flush=True)
    return rows


def make(root, blobs):
    shutil.rmtree(root, ignore_errors=True)
    began = time.monotonic()
    maker = Maker(root, blobs)
    maker.make()
    print("%d blobs (%d of them garbage), %d images in %d repositories; made "
          "in %d s" % (maker.blobs, maker.garbage, maker.images,
                       maker.repositories, time.monotonic() - began),
          file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--blobs", type=int, default=100_000)
    parser.add_argument("--directory", default="/tmp")
    parser.add_argument("--build", default=os.environ.get("BUILD", "build"))
    parser.add_argument("--keep", action="store_true",
                        help="leave the store there")
    parser.add_argument("--reuse", action="store_true",
                        help="take the store that --keep has left")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    root = Path(args.directory, "slipway-scale")
    if not args.reuse:
        make(root, args.blobs)
    blobs = int(subprocess.run(
        ["sh", "-c", "find %s/%s/blobs -name data | wc -l" % (root, V2)],
        stdout=subprocess.PIPE, check=True).stdout)
    try:
        rows = measure(TOP / args.build, root, blobs)
    finally:
        shutil.rmtree(copy_of(root), ignore_errors=True)
        if not args.keep:
            shutil.rmtree(root)
    if args.json:
        print(json.dumps(rows, indent=1))
    if any(row["status"] for row in rows):
        sys.exit("a command failed")


if __name__ == "__main__":
    main()
