"""Servers that are stopped, killed or silent, and that come back."""

import contextlib
import os
import signal
import time

import pytest

from testenv import MariaDb, images
from testenv.accounts import Accounts, scope, verdict_of
from testenv.process import is_gone, pause, wait_until
from testenv.servers import Database

NAME = "alice/app"
IMAGE = images.Image(layers=2)


@pytest.fixture
def world(house):
    """With a database server of its own."""
    return world_of(house)


@pytest.fixture
def patient(house):
    """The same, whose nginx waits for memcached as long as it takes."""
    return world_of(house, patience="60s")


def world_of(house, **how):
    server = house.keep(MariaDb(house))
    made = Accounts(house, "alice", valid="50ms",
                    database=Database(server, "slipway"), **how)
    made.database_server = server
    made.holder = made.held("alice", scope(NAME))
    made.holder.push_image(NAME, "1", IMAGE)
    house.expect("memcached|connect|mariadb|database|upstream")
    return made


def assert_pulls(client):
    assert client.manifest(NAME, "1").body == IMAGE.manifest.data
    for data in IMAGE.blobs():
        assert client.blob(NAME, images.sha256(data)).body == data


def wait_for_tokens(world):
    """Until each process has found its database again: it is asked alone,
    while the others stand still."""
    workers = set(world.index.workers())
    for pid in workers:
        with stopped(workers - {pid}):
            wait_until(lambda: world.ask("alice", scope(NAME)).status == 200,
                       60, "tokens again")


@contextlib.contextmanager
def stopped(pids):
    for pid in pids:
        pause(pid)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def silent(server):
    """It accepts and says nothing, for as long as this holds."""
    return stopped([server.pid])


@pytest.mark.idea(30)
def test_silent_memcached(world):
    """Costs a moment, no request."""
    with silent(world.memcached[0]):
        start = time.monotonic()
        assert_pulls(world.holder)
        world.holder.push_image(NAME, "2", images.Image(seed=2))
        assert time.monotonic() - start < 60
        assert_pulls(world.client("alice", scope(NAME)))
    assert_pulls(world.client("alice", scope(NAME)))


def test_memcached_comes_back(house, world):
    server = world.memcached[0]
    server.stop()
    client = world.client("alice", scope(NAME))
    assert verdict_of(client.get("/v2/")) == ["index", "granted"]
    house.keep(server)

    def found():
        fresh = world.client("alice", scope(NAME))
        return verdict_of(fresh.get("/v2/"))[0] == "memcached"
    wait_until(found, 60, "memcached to be used again")


def test_database_away_and_back(house, patient):
    """A client with a token pulls and pushes on; the others get 503, and
    are served when it is back, by the same processes."""
    world = patient
    world.database_server.stop()
    assert_pulls(world.holder)
    world.holder.push_image(NAME, "2", images.Image(seed=2))
    for answer in (world.ask("alice", scope(NAME)), world.ask()):
        assert answer.status == 503
        assert answer.codes() == ["UNAVAILABLE"]
        assert 1 <= int(answer.header("Retry-After")) <= 60
        assert answer.header("Content-Type").startswith("application/json")
    workers = set(world.index.workers())
    house.keep(world.database_server)
    wait_for_tokens(world)
    assert_pulls(world.client("alice", scope(NAME)))
    assert set(world.index.workers()) == workers


def test_database_restarted_between_requests(house, world):
    """The connection that was open is found dead, and made again."""
    world.database_server.stop()
    house.keep(world.database_server)
    wait_for_tokens(world)


@pytest.mark.idea(30)
def test_silent_database(patient):
    """A token request ends all the same."""
    with silent(patient.database_server):
        start = time.monotonic()
        answer = patient.ask("alice", scope(NAME))
        assert answer.status == 503
        assert answer.codes() == ["UNAVAILABLE"]
        assert time.monotonic() - start < 30
        assert_pulls(patient.holder)
    wait_for_tokens(patient)


def test_without_index_and_cache_the_answer_is_503(world):
    """Neither memcached nor the database: a token that only the index could
    verify is not believed, and not refused for good either."""
    world.memcached[0].stop()
    world.database_server.stop()

    def unanswered():
        answer = world.holder.manifest(NAME, "1")
        return answer if answer.status != 200 else None
    answer = wait_until(unanswered, 60, "the zone to forget it")
    assert answer.status == 503
    assert answer.codes() == ["UNAVAILABLE"]
    assert int(answer.header("Retry-After")) >= 1
    head = world.holder.head("/v2/%s/manifests/1" % NAME)
    assert (head.status, head.body) == (503, b"")
    for path in ("/v2/", "/v2/%s/tags/list" % NAME):
        assert world.open.get(path).status == 401
        assert world.open.with_token("x").get(path).status in (401, 503)


def test_index_away_and_back(house, patient):
    """A token whose verdict is in memcached does not notice."""
    world = patient
    world.index.stop()
    assert_pulls(world.holder)
    world.holder.push_image(NAME, "2", images.Image(seed=2))
    assert world.ask("alice").status in (502, 503)
    house.keep(world.index)
    assert_pulls(world.client("alice", scope(NAME)))


def test_an_index_process_is_killed(house, world):
    house.expect("signal 9")
    for _ in range(6):
        for pid in world.index.workers()[:1]:
            os.kill(pid, signal.SIGKILL)
        assert_pulls(world.client("alice", scope(NAME)))


# --- slipway-registry ------------------------------------------------------

WRITES = [
    ("POST", "blobs/uploads/", None),
    ("POST", "blobs/uploads/?digest=" + images.sha256(b"x"), b"x"),
    ("PATCH", None, b"more"),
    ("PUT", "?digest=" + images.sha256(b"begunmore"), b"more"),
    ("GET", None, None),
    ("DELETE", None, None),
    ("PUT", "manifests/2", IMAGE.manifest.data),
    ("DELETE", "manifests/1", None),
    ("GET", "tags/list", None),
    ("GET", "referrers/" + IMAGE.manifest.digest, None),
]


def test_worker_stopped(house):
    """Standalone: pulls go on, all else is a 503 of the protocol; what was
    begun is there when it comes back."""
    house.expect("connect.. to unix:")
    worker = house.registry_worker()
    client = house.example("standalone.conf").client(8500)
    client.push_image(NAME, "1", IMAGE)
    location = client.start_upload(NAME)
    assert client.patch(location, [], b"begun").status == 202
    worker.stop()
    assert_pulls(client)
    assert client.get("/v2/").status == 200
    for method, tail, body in WRITES:
        path = "/v2/%s/%s" % (NAME, tail)
        if tail is None or tail.startswith("?"):
            path = location + (tail or "")
        answer = client.request(method, path, [], body)
        assert answer.status == 503, (method, path)
        assert answer.codes() == ["UNAVAILABLE"]
        assert int(answer.header("Retry-After")) >= 1
        assert answer.header("Docker-Distribution-API-Version") \
            == "registry/2.0"
    house.keep(worker)
    status = client.get(location)
    assert status.status == 204
    size = int(status.header("Range").split("-")[1]) + 1
    # Each body without an answer may be there, or not.
    assert size in (5, 9, 13)
    assert client.delete(location).status == 204
    client.push_image(NAME, "2", images.Image(seed=2))
    assert client.manifest(NAME, "1").body == IMAGE.manifest.data


def test_worker_killed(house):
    """All of it, at once, with -9; started again on the same socket."""
    house.expect("connect.. to unix:")
    worker = house.registry_worker()
    client = house.example("standalone.conf").client(8500)
    location = client.start_upload(NAME)
    worker.kill()
    assert client.get(location).status == 503
    house.keep(worker)
    assert client.get(location).status == 204
    client.push_image(NAME, "1", IMAGE)
    assert_pulls(client)


def test_a_master_is_killed(house):
    """Its processes do not outlive it, and do not answer with the next ones."""
    house.expect("connect.. to unix:|prematurely")
    worker = house.registry_worker()
    client = house.example("standalone.conf").client(8500)
    client.push_image(NAME, "1", IMAGE)
    processes = worker.workers()
    os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: all(map(is_gone, processes)), 60, "its processes")
    worker.kill()
    house.keep(worker)
    client.push_image(NAME, "2", images.Image(seed=2))
