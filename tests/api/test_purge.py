"""Uploads that were never finished, and those that still may be."""

import datetime
import os
import socket
import time
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor

import pytest

from testenv.client import digest
from testenv.faults import WAIT, Fault
from testenv.process import wait_until
from testenv.store import Store

WEEK = 7 * 86400
CALLS_MAX = 100         # of a purge of one upload
HELD_SECONDS = 0.2      # for a request that waits until a purge goes on


class World:
    def __init__(self, house):
        self.front = house.standalone()
        self.client = self.front.client(8500)
        self.store = Store(house.dir + "/store")

    def begin(self, name="a", data=b"some bytes"):
        """(location, directory) of an upload with some bytes."""
        location = self.client.start_upload(name)
        if data:
            answer = self.client.patch(location, [], data)
            assert answer.status == 202, answer
            location = answer.header("Location")
        return location, self.store.repository(
            name, "_uploads", location.split("/")[-1])

    @staticmethod
    def started(directory, seconds):
        """Lets it look as if it began so many seconds ago."""
        then = datetime.datetime.now(datetime.timezone.utc)
        then -= datetime.timedelta(seconds=seconds)
        (directory / "startedat").write_text(then.strftime("%Y-%m-%dT%H:%M:%SZ"))


@pytest.fixture
def world(house):
    return World(house)


@pytest.mark.idea(18)
def test_old_uploads_go(world):
    old, old_directory = world.begin()
    young, young_directory = world.begin("b/c")
    world.started(old_directory, WEEK + 60)
    world.started(young_directory, WEEK - 60)
    dry = world.store.purge("--dry-run")
    assert "1 uploads would be purged, 10 bytes; 1 are younger" in dry.out
    assert old_directory.exists()
    run = world.store.purge()
    assert "1 uploads purged, 10 bytes; 1 are younger, 0 in use" in run.out
    assert run.lines()[0].startswith("upload a " + old_directory.name)
    assert not old_directory.exists() and young_directory.exists()
    assert world.client.get(old).status == 404
    assert world.client.get(young).status == 204
    answer = world.client.finish(young, digest(b"some bytes"))
    assert answer.status == 201


@pytest.mark.parametrize("age,is_gone", [
    ("0", True), ("900", True), ("1100", False), ("15m", True),
    ("20m", False), ("1h", False), ("7d", False)])
def test_ages(world, age, is_gone):
    _, directory = world.begin()
    world.started(directory, 1000)
    world.store.purge("--age", age)
    assert directory.exists() != is_gone


@pytest.mark.parametrize("age", ["-1", "x", "", "1w", "99999999999999999999"])
def test_what_is_no_age(world, age):
    world.begin()
    run = world.store.purge("--age=" + age, status=1)
    assert "is not a time" in run.err


@pytest.mark.idea(33)
@pytest.mark.parametrize("content", [None, b"", b"yesterday", b"x" * 100])
def test_without_a_start_the_time_of_the_bytes_counts(world, content):
    for seconds in (WEEK - 60, WEEK + 60):
        _, directory = world.begin()
        if content is None:
            (directory / "startedat").unlink()
        else:
            (directory / "startedat").write_bytes(content)
        then = time.time() - seconds
        os.utime(directory / "data", (then, then))
        world.store.purge()
        assert directory.exists() == (seconds < WEEK)


def test_without_bytes_the_time_of_the_directory_counts(world):
    _, directory = world.begin()
    (directory / "data").unlink()
    (directory / "startedat").unlink()
    world.store.purge()
    assert directory.exists()
    then = time.time() - WEEK - 60
    os.utime(directory, (then, then))
    world.store.purge()
    assert not directory.exists()


def test_a_running_upload_is_left(world):
    """However old it is: its bytes come in just now."""
    location, directory = world.begin()
    with world.client.connect() as s:
        s.sendall(("PATCH %s HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
                   "ab" % location).encode())
        wait_until(lambda: "1 in use" in world.store.purge(
            "--dry-run", "--age", "0").out, 60, "the upload to be in use")
        world.started(directory, 2 * WEEK)
        run = world.store.purge()
        assert "0 uploads purged" in run.out and "1 in use" in run.out
        s.sendall(b"cde")
        assert b" 202 " in s.recv(100)
        s.shutdown(socket.SHUT_WR)
    world.started(directory, 60)
    answer = world.client.finish(location, digest(b"some bytesabcde"))
    assert answer.status == 201, answer


@pytest.mark.idea(71)
def test_bytes_that_come_while_a_purge_looks(house, world):
    """An upload whose age is that of its bytes is young again, or gone before
    they came; never gone after they were acknowledged."""
    fault, kept = Fault(house), 0
    with ThreadPoolExecutor() as pool:
        for number in range(1, CALLS_MAX):
            location, directory = world.begin()
            (directory / "startedat").unlink()
            then = time.time() - 7200
            os.utime(directory / "data", (then, then))
            with fault.at(number, WAIT) as it:
                purge = pool.submit(world.store.command, "purge", "--age",
                                    "1h", environment=fault.environment())
                wait_until(lambda: it.is_reached or purge.done(), 60,
                           "the purge to stop")
                patch = pool.submit(world.client.patch, location, [], b"more")
                futures.wait([patch], HELD_SECONDS)
            assert purge.result().status == 0
            if patch.result().status == 202:
                kept += it.is_reached
                answer = world.client.finish(
                    patch.result().header("Location"),
                    digest(b"some bytesmore"))
                assert answer.status == 201, (number, answer)
            else:
                assert patch.result().status in (404, 416), patch.result()
            if not it.is_reached:
                break
    assert 5 < number < CALLS_MAX - 1 and kept


def test_uploads_of_registry_2(house, world):
    stock = house.docker_registry(world.store.root).client()
    location = stock.start_upload("a")
    assert stock.patch(location, [], b"theirs").status == 202
    (directory,) = world.store.repository("a", "_uploads").iterdir()
    world.started(directory, WEEK + 60)
    world.store.purge()
    assert not directory.exists()


def test_what_is_no_upload_is_left(world):
    world.begin()
    other = world.store.repository("a", "_uploads/not-an-id/data")
    world.store.put(other, b"x")
    world.store.age(2 * WEEK)
    run = world.store.purge()
    assert other.exists() and "not-an-id" in run.err
