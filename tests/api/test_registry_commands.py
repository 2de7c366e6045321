"""The words of slipway-registry: what --help tells, and wrong ones."""

import re
import subprocess

from testenv import paths


def command(*words):
    return subprocess.run(
        [paths.BUILD / "slipway-registry", *words], text=True,
        env=paths.environment(), capture_output=True, timeout=60)


def help_of(*words):
    done = command(*words, "--help")
    assert done.returncode == 0, done
    return done.stdout


def test_help_names_every_command():
    """By the table of main.c, each with a first line of its own."""
    source = (paths.TOP / "fcgi_registry/main.c").read_text()
    names = re.findall(r'^    \{ "([a-z-]+)", \w+ \},', source, re.M)
    assert len(names) > 7 and names[0] == "serve"
    listed = help_of()
    for name in names:
        assert re.search(r"^  %s  " % name, listed, re.M), name
    for name in names[1:]:
        assert help_of(name).startswith("usage: slipway-registry " + name)


def test_a_command_behind_a_flag():
    done = command("--socket", "/x", "gc", "/y")
    assert done.returncode == 1
    assert "gc is no command, or stands behind a flag" in done.stderr


def test_a_root_that_is_too_long(tmp_path):
    """No path in it is cut."""
    root = tmp_path.joinpath(*["x" * 100] * 6)
    (root / "docker/registry/v2/blobs/sha256").mkdir(parents=True)
    (root / "docker/registry/v2/repositories").mkdir()
    for name in ("gc", "fsck", "purge", "reindex", "export-referrers"):
        done = command(name, root)
        assert done.returncode == (2 if name == "fsck" else 1)
        assert "is longer than a root may be, 512 bytes" in done.stderr


def test_a_root_that_cannot_be_looked_into(tmp_path):
    """Not the words for one that is missing."""
    for name in ("gc", "fsck", "purge"):
        assert "holds no store" in command(name, tmp_path).stderr
    (tmp_path / "docker").write_text("")
    for name in ("gc", "fsck", "purge"):
        done = command(name, tmp_path)
        assert done.returncode == (2 if name == "fsck" else 1)
        assert "/docker/registry/v2: Not a directory" in done.stderr
