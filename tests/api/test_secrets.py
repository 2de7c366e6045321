"""No log, no error and no file of a registry holds a secret."""

import base64
import os
import resource
import signal
import urllib.parse
from pathlib import Path

import pytest

from testenv import images
from testenv.accounts import SERVICE, Accounts, scope
from testenv.process import wait_until

NAME = "alice/app"
FORM = [("Content-Type", "application/x-www-form-urlencoded")]

LOG = """
    include %%CONF%%/log_json.conf;
    access_log %%DIR%%/registry.json.log registry_json;
"""


@pytest.fixture
def world(house):
    house.expect("memcached|connect|upstream|prematurely|refused|header")
    return Accounts(house, "alice", "bob", http=LOG, valid="10ms")


def scenario(world):
    """Everything that may go right or wrong with credentials; the secrets
    that were in play."""
    secrets = {world.password("alice"), world.password("bob"),
               "Wrong-Password-1", "Another-Password-2"}
    refresh = world.ask("alice", offline_token="true").json()["refresh_token"]
    secrets.add(refresh)

    def basic(password):
        pair = base64.b64encode(("alice:" + password).encode()).decode()
        secrets.add(pair)
        return [("Authorization", "Basic " + pair)]

    def form(**fields):
        return world.open.post("/token", FORM, urllib.parse.urlencode(
            {"service": SERVICE, "client_id": "x", **fields}).encode())

    client = world.client("alice", scope(NAME))
    secrets.add(client.token)
    client.push_image(NAME, "1", images.Image())
    world.open.get("/token", basic("Wrong-Password-1"))
    world.open.get("/v2/", basic(world.password("alice")))
    form(grant_type="password", username="alice", password="Wrong-Password-1")
    form(grant_type="password", username="alice",
         password=world.password("alice"), access_type="offline")
    form(grant_type="refresh_token", refresh_token=refresh)
    form(grant_type="refresh_token", refresh_token=refresh + "x")
    form(grant_type="refresh_token", refresh_token="")
    world.open.post("/token", [("Content-Type", "application/json")],
                    b'{"password":"Wrong-Password-1"}')
    # Malformed, refused, cut, and while things are down.
    client.get("/v2/Bad//name")
    client.get("/v2/%s/blobs/nothing" % NAME)
    client.get("/v2/bob/secret/tags/list")
    client.with_token(client.token + "x").get("/v2/")
    secrets.add(client.token + "x")
    client.raw(b"GET /v2/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
               + client.token.encode() + b"\r\nbroken header\r\n\r\n")
    client.raw(b"GET /v2/ HTTP/9.9\r\nAuthorization: Bearer "
               + client.token.encode() + b"\r\n\r\n")
    client.cut("PATCH", client.start_upload(NAME),
               [("Content-Length", "100")], b"x")
    world.passwd("bob", "Another-Password-2")
    world.memcached[0].stop()
    client.get("/v2/%s/tags/list" % NAME)
    world.client("alice", scope(NAME)).get("/v2/")
    world.disable("bob")
    world.worker.stop()
    client.post("/v2/%s/blobs/uploads/" % NAME)
    world.index.stop()
    client.get("/v2/%s/tags/list" % NAME)
    world.open.get("/token", basic(world.password("alice")))
    return secrets


def files(directory):
    """All that the servers wrote, but for what is there to hold secrets."""
    return [path for path in Path(directory).rglob("*")
            if path.is_file() and path.suffix != ".secret"]


def test_scenario(house, world):
    secrets = scenario(world)
    key = Path(house.dir, "index.secret").read_text().strip()
    secrets.add(key)
    world.nginx.stop()
    found = files(house.dir)
    assert sum(path.stat().st_size for path in found) > 5000
    assert len([p for p in found if p.name.endswith((".log", ".out"))]) >= 6
    for path in found:
        data = path.read_bytes()
        for secret in secrets:
            assert secret.encode() not in data, (path, secret)


def test_the_database_holds_hashes(world):
    """Neither passwords nor tokens, which are found by their hash."""
    answer = world.ask("alice", scope(NAME), offline_token="true").json()
    database = world.index.database
    tables = [row[0] for row in database.sql("SHOW TABLES")]
    assert len(tables) >= 5
    text = repr([database.sql("SELECT * FROM `%s`" % table)
                 for table in tables])
    for secret in (world.password("alice"), answer["token"],
                   answer["refresh_token"]):
        assert secret not in text
    assert "$argon2id$" in text


def test_no_secret_on_a_command_line(world):
    key = Path(world.house.dir, "index.secret").read_text().strip()
    for server in (world.index, world.worker, world.nginx):
        for pid in [server.pid, *server.workers()]:
            words = Path("/proc/%d/cmdline" % pid).read_bytes()
            environ = Path("/proc/%d/environ" % pid).read_bytes()
            assert key.encode() not in words + environ


@pytest.mark.skipif(
    not Path("/proc/sys/kernel/core_pattern").read_text().startswith("core"),
    reason="this kernel gives cores to another program")
def test_no_secret_in_a_core(house):
    house.expect("ended by signal 11|Segmentation fault|Sanitizer|ended with")
    index = house.index_worker()
    wait_until(lambda: len(index.workers()) == 2, 60, "two processes")
    pid = index.workers()[0]
    resource.prlimit(pid, resource.RLIMIT_CORE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    os.kill(pid, signal.SIGSEGV)
    wait_until(lambda: len(index.workers()) == 2 and pid
               not in index.workers(), 60, "the process to be replaced")
    assert not list(Path(house.dir).glob("core*"))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666])
def test_a_secret_that_others_may_read(house, mode):
    """slipway-index does not start with it."""
    index = house.index_worker()
    index.stop()
    os.chmod(house.dir + "/index.secret", mode)
    said = index.command("--socket", house.dir + "/other.sock", "serve",
                         is_checked=False)
    assert said == ""
    assert not os.path.exists(house.dir + "/other.sock")


def test_a_made_secret(house):
    index = house.index_worker()
    path = house.dir + "/made"
    index.command("secret", path)
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert os.stat(path).st_size >= 32
    before = Path(path).read_text()
    index.command("secret", path, is_checked=False)
    assert Path(path).read_text() == before


def test_no_paths_in_answers(world):
    """Answers have no details of errors inside."""
    client = world.client("alice", scope(NAME, "*"))
    answers = [client.get(path) for path in (
        "/v2/%s/tags/list" % NAME, "/v2/%s/manifests/none" % NAME,
        "/v2/%s/blobs/%s" % (NAME, images.sha256(b"none")),
        "/v2/%s/blobs/uploads/x" % NAME, "/v2/_catalog", "/v2/x", "/token?x",
        "/v2/%00", "/v2/" + "a" * 300 + "/tags/list")]
    for answer in answers:
        text = repr(answer.body) + str(answer.headers)
        for word in ("/tmp", "/store", ".sock", ".c:", "mariadb", "MySQL"):
            assert word not in text, answer
