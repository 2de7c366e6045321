"""make install: what the units, the examples and the pages name is there."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from testenv import paths

pytestmark = pytest.mark.skipif(
    paths.IS_ASAN, reason="a build with sanitizers is never installed")

GIVEN = {"root", "www-data"}   # by Debian


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    directory = tmp_path_factory.mktemp("root")
    subprocess.run(
        ["make", "-s", "-C", paths.TOP, "install", "DESTDIR=%s" % directory,
         "BUILD=%s" % paths.BUILD], env=paths.environment(), check=True,
        stdin=subprocess.DEVNULL, capture_output=True)
    return directory


def units(root):
    return sorted((root / "lib/systemd/system").glob("*.service"))


def values(unit, key):
    """The words behind key= in a unit."""
    return [word for line in re.findall(r"^%s=(.*)$" % key, unit.read_text(),
                                        re.MULTILINE) for word in line.split()]


def users(root):
    text = (root / "usr/lib/sysusers.d/slipway.conf").read_text()
    return GIVEN | set(re.findall(r"^u (\S+)", text, re.MULTILINE))


def directories(root):
    """path -> (mode, user, group), as systemd-tmpfiles makes them."""
    text = (root / "usr/lib/tmpfiles.d/slipway.conf").read_text()
    return {path: rest for path, *rest in re.findall(
        r"^d (\S+)\s+(\S+)\s+(\S+)\s+(\S+)$", text, re.MULTILINE)}


def sockets(root):
    return sorted((root / "lib/systemd/system").glob("*.socket"))


def test_sockets_are_for_nginx_in_a_directory_of_their_service(root):
    assert len(sockets(root)) == 4
    for unit in sockets(root):
        service = unit.with_suffix(".service")
        user, = values(service, "User")
        assert values(unit, "SocketUser") == [user]
        assert values(unit, "SocketGroup") == ["www-data"]
        assert values(unit, "SocketMode") == ["0660"]
        path, = values(unit, "ListenStream")
        assert directories(root)[str(Path(path).parent)] == [
            "0750", user, "www-data"]
        name = unit.name.replace("@.", "@%i.")
        assert values(service, "Requires") == [name]
        assert values(service, "Also") == [unit.name]
        assert values(service, "KillMode") == ["mixed"]


def test_no_other_user_can_put_a_socket_in_the_place_of_one(root):
    """The directory above belongs to root, each below it to its service."""
    _, owner, _ = directories(root)["/run/slipway"]
    assert owner == "root"
    for path, (mode, _, _) in directories(root).items():
        assert int(mode, 8) & 0o022 == 0, path


def test_programs_find_the_sockets_of_their_units(root):
    """The default of --socket is where the unit listens."""
    for name, program in (("slipway-registry", "slipway-registry"),
                          ("slipway-layers", "slipway-registry"),
                          ("slipway-index", "slipway-index")):
        path, = values(root / "lib/systemd/system" / (name + ".socket"),
                       "ListenStream")
        said = subprocess.run(
            [paths.BUILD / program, "--settings"], env=paths.environment(),
            check=True, capture_output=True, text=True).stdout
        assert "| %s |" % path in said


def test_units_name_what_is_there(root):
    assert len(units(root)) >= 3
    for unit in units(root):
        program = Path(values(unit, "ExecStart")[0])
        assert (root / program.relative_to("/")).exists() or program.exists()
        for page in values(unit, "Documentation"):
            assert (root / page.removeprefix("file:///")).exists()
        assert set(values(unit, "User") + values(unit, "Group")) <= users(root)
        assert set(values(unit, "ReadWritePaths")) <= set(directories(root))


def test_links_of_the_pages_lead_somewhere(root):
    pages, docs = root / "usr/share/doc/slipway", paths.TOP / "docs"
    installed = {page.relative_to(pages) for page in pages.rglob("*.md")}
    assert {page.relative_to(docs) for page in docs.rglob("*.md")} < installed
    for name in installed:
        for target in re.findall(r"\]\(([^)#:\s]+)[^):]*\)",
                                 (pages / name).read_text()):
            place = (root / target[1:] if target.startswith("/")
                     else pages / name.parent / target)
            assert place.exists(), (name, target)


def test_what_an_operator_edits_is_an_example(root):
    """Each installation writes what is in /etc/nginx again."""
    for file in (root / "etc/nginx").iterdir():
        text = re.sub(r"^ *#.*", "", file.read_text(), flags=re.MULTILINE)
        assert not re.search(r"registry\.example|listen ", text), file
    examples = root / "usr/share/doc/slipway/examples"
    assert {"v1_server", "v1_tls", "v1_standalone"} <= {
        f.name for f in examples.iterdir()}


def test_directories_are_closed_to_others(root):
    for mode, user, group in directories(root).values():
        assert int(mode, 8) & 0o007 == 0
        assert {user, group} <= users(root)


def test_nginx_cannot_read_the_key_of_the_tokens(root):
    """Nor the accounts, which open to the index by its user's name."""
    index = root / "lib/systemd/system/slipway-index.service"
    assert values(index, "User") != ["www-data"]


def test_every_unit_is_closed_as_the_others(root):
    """What none needs, none may."""
    for unit in units(root):
        text = unit.read_text()
        for line in ("NoNewPrivileges=yes", "CapabilityBoundingSet=",
                     "ProtectSystem=strict", "RestrictSUIDSGID=yes",
                     "SystemCallArchitectures=native"):
            assert "\n%s\n" % line in text, (unit, line)


def test_the_registry_reaches_a_bucket(root):
    unit = root / "lib/systemd/system/slipway-registry.service"
    assert {"AF_INET", "AF_INET6"} <= set(values(unit,
                                                 "RestrictAddressFamilies"))
    assert not values(unit, "PrivateNetwork")


def test_no_command_names_the_store(root):
    """A variable does, so that one file for all units can say another."""
    for unit in units(root):
        for command in re.findall("^ExecStart=.*$", unit.read_text(), re.M):
            assert "/var/lib/registry" not in command, unit


@pytest.mark.parametrize("unit, store", [
    ("slipway-gc.service", "/srv/a b"), ("slipway-gc@.service", "/srv/a b/c")])
@pytest.mark.parametrize("gc, purge, status", [
    (0, 0, 0), (1, 0, 1), (0, 3, 3), (1, 3, 3)])
def test_uploads_are_purged_after_any_status_of_gc(root, tmp_path, unit, store,
                                                   gc, purge, status):
    text, = re.findall("^ExecStart=/bin/sh -c '(.*)'$", (
        root / "lib/systemd/system" / unit).read_text(), re.M)
    fake = tmp_path / "slipway-registry"
    fake.write_text('#!/bin/sh\nprintf "<%%s>" "$@" >> %s/log\n'
                    '[ "$1" = gc ] && exit %d\nexit %d\n' % (
                        tmp_path, gc, purge))
    fake.chmod(0o755)
    run = subprocess.run(
        ["/bin/sh", "-c", text.replace("$$", "$").replace("%i", "c").replace(
            "/usr/sbin/slipway-registry", str(fake))],
        env={"SLIPWAY_STORE": "/srv/a b", "SLIPWAY_GC_FLAGS": "-x -y"})
    assert run.returncode == status
    assert (tmp_path / "log").read_text() == (
        "<gc><%s><-x><-y><purge><%s>" % (store, store))


def slipway(root, directory, *words, uid=0):
    """Runs it, with what it calls in a directory, and its settings there."""
    for name, text in [
            ("id", "echo %d\n" % uid),
            ("setpriv", 'while [ "${1#--}" != "$1" ]; do shift; done\n'
                        'exec "$@"\n'),
            ("slipway-index", 'echo "$SLIPWAY_DB_NAME: $*"\n')]:
        (directory / name).write_text("#!/bin/sh\n" + text)
        (directory / name).chmod(0o755)
    script = (root / "usr/sbin/slipway").read_text()
    for place in ("/etc/slipway", "/usr/sbin"):
        assert place in script
        script = script.replace(place, str(directory))
    return subprocess.run(
        ["sh", "-c", script, "slipway", *words], text=True,
        env={"PATH": "%s:%s" % (directory, os.environ["PATH"])},
        capture_output=True, timeout=20)


@pytest.mark.parametrize("words, settings, arguments", [
    (["account", "list"], "index", "index: account list"),
    (["@alpha", "account", "list"], "index-alpha", "index-alpha: account list"),
    (["@alpha", "secret", "a b"], "index-alpha", "index-alpha: secret a b"),
    (["account", "list", "--", "--help"], "index",
     "index: account list -- --help"),
])
def test_slipway_is_the_index_with_its_settings(root, tmp_path, words, settings,
                                                arguments):
    """As another user, which is left out here; a comment is no setting."""
    (tmp_path / (settings + ".env")).write_text(
        "# one tenant's\nSLIPWAY_DB_NAME=%s\n" % settings)
    assert slipway(root, tmp_path, *words).stdout == arguments + "\n"


@pytest.mark.parametrize("words, arguments", [
    ([], "--help"), (["--help"], "--help"), (["@alpha", "--help"], "--help"),
    (["account", "add", "--help"], "account add --help"),
    (["help"], "--help"), (["help", "account", "add"], "help account add"),
    (["@alpha", "--version"], "--version")])
def test_help_of_slipway_needs_neither_root_nor_settings(root, tmp_path, words,
                                                         arguments):
    """And without a subcommand nothing is served."""
    done = slipway(root, tmp_path, *words, uid=1000)
    assert done.stdout.splitlines()[-1] == ": " + arguments
    assert ("one tenant of several" in done.stdout) == (
        arguments == "--help")


def test_slipway_says_what_it_lacks(root, tmp_path):
    done = slipway(root, tmp_path, "account", "list", uid=1000)
    assert (done.returncode, done.stderr) == (
        1, "slipway: it needs root; see slipway --help\n")
    done = slipway(root, tmp_path, "@typo", "account", "list")
    assert (done.returncode, done.stderr) == (
        1, "slipway: cannot read %s/index-typo.env; see slipway --help\n"
        % tmp_path)


def test_help_of_slipway_has_its_name():
    """What it starts for help, with the program that was built."""
    script = (paths.TOP / "conf/slipway").read_text().replace(
        "/usr/sbin", str(paths.BUILD))
    done = subprocess.run(["sh", "-c", script, "slipway", "account", "--help"],
                          text=True, env=paths.environment(),
                          capture_output=True, check=True, timeout=20)
    assert done.stdout.startswith("usage: slipway account COMMAND")


@pytest.mark.parametrize("line, found", [
    ("slipway-registry g", "gc"),
    ("slipway-registry gc ", "FILES"),
    ("slipway-registry gc /x --g", "--grace"),
    ("slipway-registry gc /x --grace ", "FILES"),
    ("slipway-registry gc /x ", ""),
    ("slipway-registry adopt ", "FILES"),
    ("slipway-index mi", "migrate mirror"),
    ("slipway-index account l", "list"),
    ("slipway-index --database-host account account e", "enable"),
    ("slipway-index account --database-host = x l", "list"),
    ("slipway-index account list --j", "--json"),
    ("slipway-index account add x --admin --pass", "--password-stdin"),
    ("slipway-index account set-admin bob ", "on off"),
    ("slipway-index account set-admin bob on ", ""),
    ("slipway-index account nonsense ", ""),
    ("slipway @alpha account set-admin x ", "on off"),
    ("slipway @ alpha account set-admin x ", "on off"),
])
def test_completion(root, line, found):
    """compopt -o default is bash's own: names of files."""
    *words, word = line.split(" ")
    script = 'source "$0"; compopt() { echo FILES; }; COMP_WORDS=("$@");' \
        ' COMP_CWORD=$(($# - 1)); _slipway "$1"; echo "${COMPREPLY[@]}"'
    file = root / "usr/share/bash-completion/completions" / words[0]
    done = subprocess.run(["bash", "-c", script, file, *words, word],
                          text=True, capture_output=True, check=True,
                          timeout=20)
    assert done.stderr == ""
    assert done.stdout.split() == found.split()


def test_examples_include_what_is_there(root):
    examples = sorted((root / "usr/share/doc/slipway/examples").glob("*"))
    assert len(examples) == 11
    for example in examples:
        text = example.read_text()
        for name in re.findall(r"\binclude\s+(\w[^;]*);", text):
            assert any((d / name).exists() for d in
                       (root / "etc/nginx", examples[0].parent))
        for socket in re.findall(r"unix:(\S+);", text):
            assert str(Path(socket).parent) in directories(root)


def test_an_example_turns_http2_on_as_this_nginx_wants_it(root):
    """From 1.25.1 on the old parameter is a warning, before it the directive is
    unknown."""
    said = subprocess.run([paths.NGINX, "-v"], capture_output=True, text=True,
                          check=True).stderr
    version = tuple(map(int, re.search(r"/(\d+)\.(\d+)\.(\d+)", said).groups()))
    text = (root / "usr/share/doc/slipway/examples/tls.conf").read_text()
    assert (" ssl http2;" in text) == (version < (1, 25, 1))
    assert ("http2       on;" in text) == (version >= (1, 25, 1))


def test_an_example_names_settings_that_there_are(root):
    text = (root / "usr/share/doc/slipway/examples/deliver-index.env"
            ).read_text()
    known = subprocess.run(
        [paths.BUILD / "slipway-registry", "deliver", "--settings"],
        env=paths.environment(), check=True, capture_output=True, text=True)
    names = re.findall(r"^(\w+)=", text, re.MULTILINE)
    assert len(names) > 3
    for name in names:
        assert "`%s`" % name in known.stdout


def test_pages_are_there(root):
    pages = {page.name for page in (root / "usr/share/doc/slipway").glob("*")}
    assert {"README.md", "CHANGES.md", "operations.md"} <= pages
