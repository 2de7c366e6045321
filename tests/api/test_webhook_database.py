"""Deliveries while the database is restarted, killed or without room: none is
lost, and the courier goes on by itself."""

import os
import subprocess
import threading
import time

import pytest

from testenv import House, MariaDb
from testenv.process import WAIT_SECONDS, wait_until
from testenv.servers import Database
from testenv.webhooks import Site, World

# Commits are on the disk when they are answered.
MORE = "innodb_flush_log_at_trx_commit=1\n"
SIZE = 200 << 20  # bytes of the disk
MANY = 60


@pytest.fixture(scope="module")
def disk():
    """A house whose database is on a small disk of its own."""
    if os.getuid() != 0:
        pytest.skip("only root may mount a small file system")
    house = House()
    home = house.dir + "/mariadb"
    os.mkdir(home)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=%d" % SIZE, "slipway", home],
        capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("no tmpfs may be mounted: " + done.stderr.strip())
    try:
        server = house.keep(MariaDb(house, more=MORE))
        house.expect("database|deliveries were not purged")
        yield house, server
        problems = house.problems()
    finally:
        house.remove()
        subprocess.run(["umount", "-l", home], check=False)
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="module")
def site(disk):
    return Site(disk[0], database=Database(disk[1], "webhooks"))


@pytest.fixture
def world(site):
    world = World(site)
    yield world
    world.close()


def queue(world, hook_url):
    hook = world.hook(hook_url)
    world.no_courier()
    for tag in range(MANY):
        world.push(world.app, str(tag))
    return hook


def sent(world, hook, sink):
    """All of it, with the same ids."""
    world.api.sql("UPDATE webhook_delivery SET next_at = 0 WHERE state = 0")
    wait_until(lambda: world.api.sql(
        "SELECT 1 FROM webhook_delivery WHERE state <> 1 AND webhook_id = %d"
        " LIMIT 1" % hook["id"]) == [], 2 * WAIT_SECONDS, "all to be sent")
    assert len(sink.ids()) == MANY
    assert {r.json["tag"] for r in sink.requests} == set(map(str, range(MANY)))
    assert world.get(hook)["failures"] == 0


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_the_database_is_restarted(world, disk, how):
    gate = threading.Event()
    sink = world.sink(lambda request: gate.wait(WAIT_SECONDS) and 200)
    hook = queue(world, sink.url)
    courier = world.courier(timeout="10s")
    wait_until(lambda: len(sink.requests) >= 16, WAIT_SECONDS, "requests")
    getattr(disk[1], how)()
    gate.set()
    time.sleep(0.5)  # answers come while there is no database
    disk[1].start()
    # each of its processes asks again after a while
    wait_until(lambda: all(world.alice.get(world.hooks).status == 200
                           for _ in range(8)), WAIT_SECONDS, "the index")
    assert courier.is_running()
    sent(world, hook, sink)


def has_room(world, rows):
    """Whether so many rows could be written; they are."""
    try:
        world.api.sql("INSERT INTO ballast SELECT REPEAT('x', 4000)"
                      " FROM seq_1_to_%d" % rows)
    except AssertionError as error:
        assert "is full" in str(error)
        return False
    return True


def test_the_disk_of_the_database_is_full(world, disk):
    home = disk[0].dir + "/mariadb"
    sink = world.sink(lambda request: (200, {}, os.urandom(2000).hex().encode()))
    hook = queue(world, sink.url)
    world.api.sql("CREATE TABLE ballast (text TEXT)")
    with open(home + "/filler", "wb") as file:
        found = os.statvfs(home)
        os.posix_fallocate(file.fileno(), 0, found.f_bavail * found.f_frsize)
    for rows in (5000, 500, 50, 5, 1):
        while has_room(world, rows):
            pass
    courier = world.courier(timeout="10s")
    try:
        wait_until(lambda: "full" in courier.process.text(), WAIT_SECONDS,
                   "an error of the database")
        before = courier.process.text().count("full")
        time.sleep(2)
        said = courier.process.text().count("full") - before
    finally:
        os.unlink(home + "/filler")
    assert courier.is_running()
    assert said <= 3, "it tries again at once"
    sent(world, hook, sink)
