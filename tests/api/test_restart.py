"""nginx killed at every write of an upload, and in the middle of downloads."""

import http.client
import os
import signal
import threading

import pytest

from testenv import House, images
from testenv.faults import KILL, Fault
from testenv.images import sha256
from testenv.process import wait_until

NAME = "app"
DATA = images.blob(1200000, "restart")
DIGEST = sha256(DATA)

# Small buffers, so that there are many writes; slow answers.
CONF = """
    %%GLOBALS%%
    worker_processes 2;
    events {}
    http {
        %%GLOBALS_HTTP%%
        server {
            listen 127.0.0.1:8500;
            location /v2/ {
                registry      on;
                registry_root %%DIR%%/store;
                fastcgi_pass  unix:%%DIR%%/registry.sock;
                include       %%CONF%%/registry_params;
                client_body_buffer_size 32k;
                limit_rate    {rate};
            }
        }
    }"""


class World:
    def __init__(self, house, rate="0"):
        self.fault = Fault(house)
        house.expect("exited on signal 9")
        house.registry_worker()
        conf = CONF.replace("{rate}", rate)
        self.nginx = house.nginx(conf, **self.fault.environment())
        self.client = self.nginx.client(8500)


@pytest.fixture(scope="module")
def world(database_server):
    house = House(database_server)
    try:
        yield World(house)
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def renewed(nginx, before, killed):
    """Until other processes stand for those that were killed."""
    wait_until(lambda: len(set(nginx.workers()) - set(before)) == killed
               and len(nginx.workers()) == len(before), 60, "new workers")


def kill_workers(nginx):
    before = nginx.workers()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    renewed(nginx, before, len(before))


def resume(client, location):
    """As a client that asks how far it got."""
    status = client.get(location)
    assert status.status == 204, status
    first, last = map(int, status.header("Range").split("-"))
    held = last + 1 if last else 0
    assert first == 0 and held <= len(DATA)
    answer = client.put(location + "?digest=" + DIGEST, [
        ("Content-Range", "%d-%d" % (held, len(DATA) - 1))], DATA[held:])
    assert answer.status == 201, (held, answer)
    assert client.blob(NAME, DIGEST).body == DATA


@pytest.mark.idea(4)
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize("is_chunked", [True, False])
def test_killed_at_every_write(world, method, is_chunked):
    client = world.client
    for number in range(1, 100):
        location = client.start_upload(NAME)
        query = "?digest=" + DIGEST if method == "PUT" else ""
        before = world.nginx.workers()
        with world.fault.at(number, KILL) as it:
            try:
                answer = client.request(
                    method, location + query,
                    [] if is_chunked else [("Content-Length",
                                            str(len(DATA)))],
                    iter([DATA[i:i + 40000]
                          for i in range(0, len(DATA), 40000)]),
                    is_chunked=is_chunked)
            except (OSError, http.client.HTTPException):
                answer = None
        assert (answer is None) == it.is_reached
        if not it.is_reached:
            assert answer.status in (201, 202)
            assert number > 5
            return
        renewed(world.nginx, before, 1)
        resume(client, location)
    raise AssertionError("more than 100 writes")


def test_two_are_cut_and_go_on(world):
    """Each keeps the bytes of its own session."""
    clients = [world.nginx.client(8500) for _ in range(2)]
    locations = [c.start_upload(NAME) for c in clients]
    sockets = []
    for client, location in zip(clients, locations):
        s = client.connect()
        s.sendall(b"PATCH %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n"
                  b"\r\n" % (location.encode(), len(DATA)) + DATA[:600000])
        sockets.append(s)
    wait_until(lambda: all(
        int(c.get(l).header("Range").split("-")[1]) > 300000
        for c, l in zip(clients, locations)), 60, "half of the bodies")
    kill_workers(world.nginx)
    for s in sockets:
        s.close()
    for client, location in zip(clients, locations):
        resume(client, location)


def test_a_lock_ends_with_its_process(world):
    """A process that held an upload and died does not keep it."""
    client = world.client
    location = client.start_upload(NAME)
    with client.connect() as s:
        s.sendall(b"PATCH %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n"
                  b"\r\n" % (location.encode(), len(DATA)) + DATA[:100000])
        wait_until(lambda: client.get(location).header("Range") != "0-0", 60,
                   "the first bytes")
        assert client.patch(location, [], b"").status == 416
        kill_workers(world.nginx)
        assert client.patch(location, [], b"").status == 202
        assert client.delete(location).status == 204


def test_downloads(house):
    """A pull that was cut goes on where it was."""
    world = World(house, rate="$arg_rate")
    location = world.client.start_upload(NAME)
    assert world.client.put(location + "?digest=" + DIGEST, [],
                            DATA).status == 201
    path = "/v2/%s/blobs/%s" % (NAME, DIGEST)
    with world.client.connect() as s:
        s.sendall(b"GET %s?rate=10k HTTP/1.0\r\n\r\n" % path.encode())
        text = s.recv(65536)
        kill_workers(world.nginx)
        while True:
            try:
                piece = s.recv(65536)
            except ConnectionResetError:
                break
            if not piece:
                break
            text += piece
    got = text.split(b"\r\n\r\n", 1)[1]
    assert got == DATA[:len(got)] and len(got) < len(DATA)
    answer = world.client.get(path, [
        ("Range", "bytes=%d-" % len(got)), ("If-Range", '"%s"' % DIGEST)])
    assert answer.status == 206
    assert got + answer.body == DATA


def test_reload_lets_all_end_well(house):
    """Ten uploads in two chunks each and ten downloads, limited so that they
    last: the second chunk goes to new processes, to the same session."""
    world = World(house, rate="800k")
    client = world.client
    for i in range(10):
        data = images.blob(800000, i)
        location = client.start_upload(NAME)
        assert client.put(location + "?digest=" + sha256(data), [],
                          data).status == 201
    sent, reloaded = threading.Semaphore(0), threading.Event()
    failures = []

    def upload(i):
        data = images.blob(700000, 100 + i)
        mine = world.nginx.client(8500)
        at = mine.start_upload(NAME)

        def pieces(part):
            yield part[:200000]
            if not reloaded.is_set():
                sent.release()
                assert reloaded.wait(120)
            yield part[200000:]

        for first, last in ((0, 400000), (400000, len(data))):
            answer = mine.patch(at, [
                ("Content-Range", "%d-%d" % (first, last - 1)),
                ("Content-Length", str(last - first))],
                pieces(data[first:last]))
            assert answer.status == 202, answer
        answer = mine.put(at + "?digest=" + sha256(data))
        assert answer.status == 201, answer

    def download(i):
        data = images.blob(800000, i)
        sent.release()
        answer = world.nginx.client(8500).blob(NAME, sha256(data))
        assert answer.body == data

    def run(work, i):
        try:
            work(i)
        except BaseException as e:
            failures.append((work.__name__, i, repr(e)))

    threads = [threading.Thread(target=run, args=(work, i))
               for work in (upload, download) for i in range(10)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert sent.acquire(timeout=120)
    old = set(world.nginx.workers())
    world.nginx.reload()
    reloaded.set()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()
    assert not failures
    wait_until(lambda: not old & set(world.nginx.workers()), 60,
               "the old workers to end")
