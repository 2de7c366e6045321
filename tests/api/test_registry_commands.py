"""The commands of slipway-registry and slipway-index: what --help prints, and
wrong words."""

import re
import subprocess

import pytest

from testenv import paths

PROGRAMS = ("slipway-registry", "slipway-index")


def run(program, *words, **environment):
    return subprocess.run(
        [paths.BUILD / program, *words], text=True,
        env=paths.environment(**environment), capture_output=True, timeout=60)


def command(*words):
    return run("slipway-registry", *words)


def help_of(program, *words, **environment):
    done = run(program, *words, "--help", **environment)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def commands_of(program):
    """By the page that the program prints."""
    done = run(program, "--commands")
    assert done.returncode == 0
    return re.findall(r"^### %s (.*)$" % program, done.stdout, re.M)


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_names_every_command(program):
    names = commands_of(program)
    assert len(names) > 7 and names[0] == "serve"
    listed = help_of(program)
    for name in names:
        assert re.search(r"^  %s  +[A-Z]" % name, listed, re.M), name
        text = help_of(program, *name.split())
        assert text.startswith("usage: %s %s" % (program, name))
        assert all(len(line) < 80 for line in text.splitlines()[1:]
                   if not line.startswith("      (")), name


def test_help_of_a_noun_has_its_commands_alone():
    text = help_of("slipway-index", "account")
    assert text.startswith("usage: slipway-index account COMMAND")
    assert "account set-admin LOGIN on|off" in text
    assert "namespace list" not in text


@pytest.mark.parametrize("words", [(), ("account",), ("account", "add")])
def test_the_word_help_is_as_good_as_the_flag(words):
    done = run("slipway-index", "help", *words)
    assert (done.returncode, done.stdout) == (
        0, help_of("slipway-index", *words))
    if len(words) < 2:   # or it is an argument
        done = run("slipway-index", "help", *words, "nonsense")
        assert done.returncode == 2 and "nonsense" in done.stderr


@pytest.mark.parametrize("words, flags", [
    ("registry add NAME", "--kind VALUE --endpoint VALUE [flags]"),
    ("access-token add LOGIN NAME", "--actions VALUE [--repositories VALUE]"),
    ("webhook add -|NAME URL", "--events VALUE [flags]")])
def test_flags_that_are_needed_have_no_brackets(words, flags):
    text = help_of("slipway-index", *words.split()[:2])
    assert text.startswith("usage: slipway-index %s %s" % (words, flags))


@pytest.mark.parametrize("words", [(), ("account",), ("account", "add")])
def test_help_is_there_where_the_environment_is_wrong(words):
    assert help_of("slipway-index", *words, SLIPWAY_INDEX_PROCESSES="many")
    done = run("slipway-index", *words, "--nonsense",
               SLIPWAY_INDEX_PROCESSES="many")
    assert done.returncode == 2 and "unknown flag --nonsense" in done.stderr


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_command_that_is_not_there(program):
    done = run(program, "nonsense")
    assert done.returncode == 2
    assert "unknown command nonsense" in done.stderr
    assert "see %s --help" % program in done.stderr


def test_a_command_behind_a_flag():
    done = command("--socket", "/x", "gc", "/y")
    assert done.returncode == 1
    assert "gc: a command must stand before its flags" in done.stderr


def test_a_root_that_is_too_long(tmp_path):
    """No path in it is cut."""
    root = tmp_path.joinpath(*["x" * 100] * 6)
    (root / "docker/registry/v2/blobs/sha256").mkdir(parents=True)
    (root / "docker/registry/v2/repositories").mkdir()
    for name in ("gc", "fsck", "purge", "reindex", "export-referrers"):
        done = command(name, root)
        assert done.returncode == (2 if name == "fsck" else 1)
        assert "is longer than 512 bytes" in done.stderr


def test_a_root_that_cannot_be_looked_into(tmp_path):
    """Not the words for one that is missing."""
    for name in ("gc", "fsck", "purge"):
        assert "holds no store" in command(name, tmp_path).stderr
    (tmp_path / "docker").write_text("")
    for name in ("gc", "fsck", "purge"):
        done = command(name, tmp_path)
        assert done.returncode == (2 if name == "fsck" else 1)
        assert "/docker/registry/v2: Not a directory" in done.stderr
