"""schemathesis, from PyPI, in a directory of its own below the build
directory; what it is made of is pinned in tests/schemathesis.txt."""

import hashlib
import subprocess
import sys
import tempfile

import pytest

from . import paths

PINS = paths.TOP / "tests" / "schemathesis.txt"
SECONDS = 300  # to fetch it


def program():
    """Its path; skips the test where it cannot be had."""
    name = "schemathesis-" + hashlib.sha256(
        PINS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    directory = paths.TOP / "build" / name
    found = directory / "bin" / "st"
    if not (directory / "complete").exists():
        directory.parent.mkdir(exist_ok=True)
        for argv in (
                [sys.executable, "-m", "venv", "--clear", str(directory)],
                [str(directory / "bin" / "pip"), "install", "-q", "--no-deps",
                 "--disable-pip-version-check", "-r", str(PINS)]):
            run = subprocess.run(argv, capture_output=True, text=True,
                                 timeout=SECONDS)
            if run.returncode != 0:
                pytest.skip("schemathesis cannot be had: "
                            + (run.stderr or run.stdout)[-300:])
        (directory / "complete").touch()
    return found


def run(url, *flags, headers=(), seconds=10):
    """Runs it against an API: (exit status, what it printed)."""
    argv = [str(program()), "run", url + "/openapi.json", "--url", url,
            "--max-time", str(seconds), "--no-color", *flags]
    for name, value in headers:
        argv += ["--header", "%s: %s" % (name, value)]
    with tempfile.TemporaryDirectory() as cache:
        done = subprocess.run(argv, capture_output=True, text=True, cwd=cache,
                              timeout=20 * seconds + SECONDS)
    return done.returncode, done.stdout + done.stderr
