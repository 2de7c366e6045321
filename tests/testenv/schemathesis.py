"""schemathesis, from PyPI, in a directory of its own below the build
directory; what it is made of is pinned in tests/schemathesis.txt."""

import subprocess
import tempfile

from . import pypi


def program():
    """Its path; skips the test where it cannot be had."""
    return pypi.environment("schemathesis") / "bin" / "st"


def run(url, *flags, headers=(), seconds=10):
    """Runs it against an API: (exit status, what it printed)."""
    argv = [str(program()), "run", url + "/openapi.json", "--url", url,
            "--max-time", str(seconds), "--no-color", *flags]
    for name, value in headers:
        argv += ["--header", "%s: %s" % (name, value)]
    with tempfile.TemporaryDirectory() as cache:
        done = subprocess.run(argv, capture_output=True, text=True, cwd=cache,
                              timeout=20 * seconds + pypi.SECONDS)
    return done.returncode, done.stdout + done.stderr
