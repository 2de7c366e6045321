"""The subcommands of slipway-index."""

import os
import pty
import subprocess

import pytest

from index_house import IndexHouse
from testenv.mirror import Mirror, push
from testenv.servers import numbers


@pytest.fixture
def index(house):
    return IndexHouse(house, "alice")


def test_accounts_are_listed(index):
    index.add("root1", "--admin")
    index.add("bob")
    index.worker.command("account", "disable", "bob")
    assert index.worker.command("account", "list").splitlines() == [
        "alice", "bob disabled", "root1 admin"]


@pytest.mark.parametrize("words, says", [
    (("account", "add", "alice"), "account alice exists already"),
    (("account", "add", "Alice"), "is no login"),
    (("account", "add", "a"), "is no login"),
    (("account", "add", "a/b"), "is no login"),
    (("account", "passwd", "absent"), "there is no account absent"),
    (("account", "disable", "absent"), "there is no account absent"),
    (("account", "enable", "absent"), "there is no account absent"),
    (("repository", "set-visibility", "Bad", "public"), "is no name"),
    (("repository", "set-visibility", "a1", "open"), "open is neither"),
    (("namespace", "set-visibility", "alice", "open"), "open is neither"),
    (("namespace", "set-visibility", "typo", "public"), "no namespace typo"),
    (("namespace", "set-owner", "typo", "alice"), "no namespace typo"),
    (("namespace", "set-owner", "alice", "typo"), "no account typo"),
])
def test_mistakes_are_one_line(index, words, says):
    text = index.complaint(*words, stdin="some-password\n")
    assert says in text
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize("words, says", [
    ("nonsense", "unknown command nonsense"),
    ("account", "account: the command is not complete"),
    ("account nonsense", "account: unknown command nonsense"),
    ("account add", "account add: LOGIN is missing"),
    ("account add a1 a2", "account add: unexpected argument a2"),
    ("account add a1 --admn", "account add: unknown flag --admn"),
    ("account passwd --admin a1", "account passwd: unknown flag --admin"),
    ("account disable", "account disable: LOGIN is missing"),
    ("account list x", "account list: unexpected argument x"),
    ("account list --all", "account list: unknown flag --all"),
    ("repository set-visibility a1", "public|unlisted|internal|private is missing"),
    ("namespace set-owner a1", "LOGIN|- is missing"),
    ("namespace list x", "unexpected argument x"),
    ("account set-admin alice maybe", "maybe is neither on nor off"),
    ("migrate x", "migrate: unexpected argument x"),
    ("event-header x", "event-header: unexpected argument x"),
    ("mirror", "mirror: the command is not complete")])
def test_wrong_words_are_named_before_the_usage(index, words, says):
    first, usage = index.complaint(*words.split(), status=2).split("\n", 1)
    assert says in first
    assert usage.startswith(("usage: slipway-index ", "see slipway-index "))
    assert usage.endswith(" --help\n")


def test_a_namespace_changes_hands(index):
    """An administrator has the namespace of a user who came later."""
    index.add("root1", "--admin")
    command = index.worker.command

    def grants(login):
        return index.grants(
            index.token(login, "repository:bob/x:push"))["repository:bob/x"]

    assert grants("root1") == "push"
    Mirror(index.worker, index.client).take(push("bob/x"))
    command("namespace", "set-owner", "bob", "root1")
    assert "set-owner" in index.complaint("account", "add", "bob",
                                          stdin="some-password\n")
    command("namespace", "set-owner", "bob", "-")
    assert "bob private -" in command("namespace", "list").splitlines()
    index.add("bob")
    assert "bob private bob" in command("namespace", "list").splitlines()
    assert (grants("bob"), grants("root1")) == ("push", "")
    command("namespace", "set-owner", "bob", "alice")
    assert (grants("bob"), grants("alice")) == ("", "push")


def test_a_revocation_that_forgets_memcached_says_so(index):
    index.token("alice", "repository:alice/x:pull")
    run = subprocess.run(
        [index.worker._argv[0], "account", "disable", "alice"],
        env={**index.worker._env, "SLIPWAY_MEMCACHED": ""}, text=True,
        capture_output=True, timeout=60)
    assert run.returncode == 0
    assert "no memcached is set" in run.stderr


def test_help_is_printed_behind_other_flags_too(index):
    text = index.worker.command("--socket", "/x", "--help")
    assert "account set-admin" in text and "--database-host VALUE" in text


def test_settings_stand_before_and_behind_a_command(index):
    none = ("--database-socket", "/none")
    for words in ((*none, "account", "list"), ("account", *none, "list"),
                  ("account", "list", *none)):
        assert "/none" in index.complaint(*words)


@pytest.mark.parametrize("password", ["", "x" * 1025, "a\tb"])
def test_passwords_that_cannot_be_typed_are_refused(index, password):
    text = index.complaint("account", "add", "bob", stdin=password)
    assert "password" in text


def test_passwords_come_from_everywhere_but_arguments(index):
    program, env = index.worker._argv[0], index.worker._env
    index.worker.command("account", "add", "plain", stdin="from-stdin\n")
    subprocess.run([program, "account", "add", "environ"], check=True,
                   env={**env, "SLIPWAY_PASSWORD": "from-environment"},
                   capture_output=True)
    subprocess.run([program, "account", "add", "flag", "--password-stdin"],
                   check=True, env={**env, "SLIPWAY_PASSWORD": "x" * 10},
                   input=b"from-stdin-too\n", capture_output=True)
    for login, password in (("plain", "from-stdin"),
                            ("environ", "from-environment"),
                            ("flag", "from-stdin-too")):
        assert index.ask(login, password=password).status == 200


def test_a_terminal_is_asked_twice_and_shows_nothing(index):
    ours, theirs = pty.openpty()
    run = subprocess.Popen(
        [index.worker._argv[0], "account", "add", "typist"], stdin=theirs,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=index.worker._env)
    os.close(theirs)
    for prompt in (b"Password: ", b"Once more: "):
        said = b""
        while prompt not in said:
            said += run.stderr.read(1)
        os.write(ours, b"typed-password\n")
    assert run.wait(60) == 0
    os.set_blocking(ours, False)
    try:
        shown = os.read(ours, 4096)
    except OSError:
        shown = b""
    assert b"typed-password" not in shown
    assert index.ask("typist", password="typed-password").status == 200


def test_hashes_are_argon2id_and_yesterdays_are_renewed(index):
    database = index.worker.database
    [[strong]] = database.sql("SELECT password_hash FROM account")
    assert strong.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    weak = subprocess.check_output(
        ["/usr/bin/python3", "-c", """
import ctypes
s = ctypes.CDLL("libsodium.so.23")
s.sodium_init()
out = ctypes.create_string_buffer(128)
p = b"alicealice"
assert s.crypto_pwhash_str_alg(out, p, ctypes.c_ulonglong(len(p)),
    ctypes.c_ulonglong(1), ctypes.c_size_t(8192 * 1024), 2) == 0
print(out.value.decode())"""], text=True).strip()
    database.sql("UPDATE account SET password_hash = '%s'" % weak)
    assert index.ask("alice", password="wrong").status == 401
    assert database.sql("SELECT password_hash FROM account") == [[weak]]
    assert index.ask("alice").status == 200
    [[again]] = database.sql("SELECT password_hash FROM account")
    assert again.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert index.ask("alice").status == 200


def test_secrets_are_made_once_and_for_their_owner(index, house):
    path = house.dir + "/made.secret"
    index.worker.command("secret", path)
    assert os.stat(path).st_mode & 0o777 == 0o600
    with open(path, "rb") as f:
        assert len(f.read()) >= 32
    assert "exists" in index.complaint("secret", path)


@pytest.mark.parametrize("spoil, says", [
    (lambda path: os.chmod(path, 0o644), "chmod 0600"),
    (lambda path: os.truncate(path, 31), "shorter than 32"),
    (lambda path: os.remove(path), "No such file")])
def test_a_bad_secret_is_refused_at_the_start(house, spoil, says):
    index = IndexHouse(house)
    spoil(house.dir + "/index.secret")
    assert says in index.complaint("serve")


def test_repositories_are_listed_page_by_page(index):
    database = index.worker.database
    database.sql("INSERT INTO repository (namespace_id, name, is_private,"
                 " created_at) SELECT n.id, CONCAT('alice/r', seq), 1, 1"
                 " FROM %s, namespace n" % numbers(1203))
    lines = index.worker.command("repository", "list").splitlines()
    assert len(lines) == 1203
    assert lines == sorted(lines)
    assert lines[0] == "alice/r1 private alice"


def test_lists_are_json_too(index):
    index.add("root1", "--admin")
    index.worker.command("account", "disable", "root1")
    Mirror(index.worker, index.client).take(push("alice/x"), push("bob/x"))
    index.worker.set_visibility("alice/x", "public")
    index.ask("alice", offline_token="true")
    assert index.listed("account", "list") == [
        {"login": login, "display_name": None, "email": None,
         "is_admin": is_root, "is_disabled": is_root, "created_at": True,
         "login_at": None if is_root else True, "used_at": None}
        for login, is_root in (("alice", False), ("root1", True))]
    assert index.listed("namespace", "list") == [
        {"name": name, "kind": "personal", "visibility": "private",
         "owner": owner, "description": "",
         "base_role": "read", "writers_delete": False,
         "created_at": True}
        for name, owner in (("alice", "alice"), ("bob", None),
                            ("root1", "root1"))]
    assert index.listed("repository", "list") == [
        {"name": "alice/x", "visibility": "public", "owner": "alice",
         "is_stored": True, "created_at": True},
        {"name": "bob/x", "visibility": "private", "owner": None,
         "is_stored": True, "created_at": True}]
    [token] = index.listed("refresh-token", "list")
    assert index.worker.command("refresh-token", "list").startswith(
        "%s alice %s " % (token.pop("id"), token["service"]))
    assert token == {"login": "alice", "service": token["service"],
                     "issued_at": True, "used_at": None, "expires_at": True}
    assert index.listed("mirror", "status") == [
        {"filled_at": None, "is_filling": False}]


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_a_list_that_cannot_be_printed_is_a_failure(index, flags):
    with open("/dev/full", "w") as full:
        run = subprocess.run(
            [index.worker._argv[0], "account", "list", *flags],
            env=index.worker._env, stdout=full, stderr=subprocess.PIPE,
            text=True, timeout=60)
    assert run.returncode == 1
    assert "cannot write to standard output" in run.stderr
