"""Programs and modules of PyPI that tests need, pinned in tests/NAME.txt, each in
a directory of its own below the build directory."""

import fcntl
import hashlib
import subprocess
import sys

import pytest

from . import paths

SECONDS = 300  # to fetch them


def environment(name):
    """The directory of a virtual environment with what tests/NAME.txt pins;
    skips the test where that cannot be had."""
    pins = paths.TOP / "tests" / (name + ".txt")
    directory = paths.TOP / "build" / ("%s-%s" % (name, hashlib.sha256(
        pins.read_bytes() + sys.version.encode()).hexdigest()[:12]))
    directory.parent.mkdir(exist_ok=True)
    with open(str(directory) + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / "complete").exists():
            _fill(directory, pins, name)
            (directory / "complete").touch()
    return directory


def _fill(directory, pins, name):
    for argv in (
            [sys.executable, "-m", "venv", "--clear", str(directory)],
            [str(directory / "bin" / "pip"), "install", "-q", "--no-deps",
             "--disable-pip-version-check", "-r", str(pins)]):
        run = subprocess.run(argv, capture_output=True, text=True,
                             timeout=SECONDS)
        if run.returncode != 0:
            pytest.skip("%s cannot be had: %s" % (
                name, (run.stderr or run.stdout)[-300:]))
