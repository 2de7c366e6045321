"""The directory of a store, read and damaged from outside, and the commands of
slipway-registry that care for it.

    store = Store(house.dir + "/store")
    store.age()
    assert store.gc().swept == 3"""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from . import bucket, flat, paths

V2 = "docker/registry/v2"


class Run:
    """What a command said."""

    def __init__(self, run):
        self.status = run.returncode
        self.out = run.stdout
        self.err = run.stderr

    def number(self, pattern):
        """The number that the summary has before or in a pattern."""
        found = re.search(pattern, self.out)
        assert found, (pattern, self)
        return int(found[1])

    @property
    def swept(self):
        return self.number(r"(\d+) blobs (?:would be )?swept")

    @property
    def kept(self):
        return self.number(r"(\d+) blobs kept")

    @property
    def young(self):
        return self.number(r"(\d+) more within")

    @property
    def bytes(self):
        return self.number(r"swept, (\d+) bytes")

    @property
    def links(self):
        return self.number(r"(\d+) links to nothing")

    @property
    def untagged(self):
        return self.number(r"(\d+) untagged manifests")

    def digests(self):
        """The blobs that went or would go."""
        return set(re.findall(r"^blob (\S+),", self.out, re.MULTILINE))

    def words(self):
        """What fsck has found."""
        return re.findall(r"^([a-z-]+) \S+ .*: ", self.out, re.MULTILINE)

    def lines(self):
        return self.out.splitlines()

    def __repr__(self):
        return "<%d %s%s>" % (self.status, self.out, self.err)


class Store:
    def __init__(self, root, fault=None):
        """fault: of testenv.faults, for the commands."""
        self.root = Path(root)
        self.v2 = self.root / V2
        self._program = (flat.PROGRAM if flat.IS_FLAT else
                         fault.PROGRAM if fault else "slipway-registry")
        self._environment = fault.environment() if fault else {}

    # --- commands ----------------------------------------------------------

    def argv(self, name, *flags):
        return [paths.BUILD / self._program, name, self.root,
                *map(str, flags)]

    def command(self, name, *flags, timeout=300, environment=None):
        variables = {**self._environment, **(environment or {})}
        if bucket.IS_S3:
            with bucket.Bucket(self.root) as moved:
                return self._run(name, [*flags, *moved.flags()], timeout,
                                 variables)
        if not flat.IS_FLAT:
            return self._run(name, flags, timeout, variables)
        with flat.Flat(self.root) as moved:
            return self._run(name, flags, timeout,
                             {**variables, **moved.environment()})

    def _run(self, name, flags, timeout, variables):
        return Run(subprocess.run(
            self.argv(name, *flags), text=True, capture_output=True,
            umask=0o007, env=paths.environment(**variables),
            timeout=timeout))

    def start(self, name, *flags):
        """The running command; its output is thrown away."""
        return subprocess.Popen(
            self.argv(name, *flags), env=paths.environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, umask=0o007)

    def gc(self, *flags, status=0):
        run = self.command("gc", *flags)
        assert run.status == status, run
        return run

    def purge(self, *flags, status=0):
        run = self.command("purge", *flags)
        assert run.status == status, run
        return run

    def fsck(self, *flags, status=None):
        run = self.command("fsck", *flags)
        assert status is None or run.status == status, run
        return run

    # --- what is there -----------------------------------------------------

    def blob(self, digest):
        algorithm, text = digest.split(":")
        return self.v2 / "blobs" / algorithm / text[:2] / text / "data"

    def blobs(self):
        return {"%s:%s" % (data.parts[-4], data.parts[-2])
                for data in self.v2.glob("blobs/*/*/*/data")}

    def repository(self, name, *below):
        return self.v2.joinpath("repositories", name, *below)

    def layer(self, name, digest):
        return self.repository(name, "_layers", *digest.split(":"), "link")

    def revision(self, name, digest):
        return self.repository(name, "_manifests/revisions",
                               *digest.split(":"), "link")

    def tag(self, name, tag):
        return self.repository(name, "_manifests/tags", tag, "current/link")

    def referrer(self, name, subject, digest):
        return self.repository(name, "_referrers", *subject.split(":"),
                               *digest.split(":"), "link")

    def files(self):
        """Every file of the layout with its content."""
        return {str(path.relative_to(self.v2)): path.read_bytes()
                for path in self.v2.rglob("*") if path.is_file()}

    # --- what befalls it ---------------------------------------------------

    def age(self, seconds=86400, *what):
        """Makes files older: all, or these."""
        then = time.time() - seconds
        for path in what or self.v2.rglob("*"):
            if path.is_file():
                os.utime(path, (then, then))

    def put(self, path, content):
        """Writes a file as a crash or a person might."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def put_blob(self, digest, content):
        self.put(self.blob(digest), content)

    def copy(self, root):
        shutil.copytree(self.root, root, symlinks=True)
        return Store(root)
