"""A socket that is handed over (LISTEN_FDS), and one of the program's own: no
request that nginx has sent is lost by a restart."""

import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from testenv import RegistryWorker
from testenv.process import pause, wait_until

CLIENTS = 40
PATH = "/v2/_catalog"


def waiting(worker):
    """How many connections its socket has that no one has accepted."""
    line = subprocess.run(
        ["/usr/bin/ss", "-xlnH", "src", str(worker.socket)], check=True,
        capture_output=True, text=True).stdout.split()
    return int(line[2])


def has_pending(pid, number):
    with open("/proc/%d/status" % pid) as f:
        masks = [int(line.split()[1], 16) for line in f
                 if line.startswith(("SigPnd", "ShdPnd"))]
    return any(mask >> (number - 1) & 1 for mask in masks)


@pytest.fixture
def clients():
    with ThreadPoolExecutor(CLIENTS) as pool:
        yield pool


def ask(house, clients, worker, count=CLIENTS):
    """That many requests, which wait in the backlog."""
    client = house.example("standalone.conf").client(8500)
    before = waiting(worker)    # of those who looked whether it is there
    asked = [clients.submit(client.get, PATH) for _ in range(count)]
    wait_until(lambda: waiting(worker) == before + count, 60,
               "%d requests in the backlog" % count)
    return client, asked


@pytest.mark.idea(60)
def test_requests_wait_for_the_program_that_comes_next(house, clients):
    worker = RegistryWorker(house)
    worker.listen()
    house.keep(worker)
    worker.stop()
    _, asked = ask(house, clients, worker)
    assert not any(request.done() for request in asked)
    worker.start()
    assert {request.result().status for request in asked} == {200}
    assert "passed by LISTEN_FDS" in worker.process.text()


@pytest.mark.idea(61)
def test_a_full_backlog_is_answered_at_once(house, clients):
    house.expect(r"connect\(\) to unix:\S+ failed \(11: ")
    worker = RegistryWorker(house)
    worker.listen(backlog=3)
    client, asked = ask(house, clients, worker, count=4)
    refused = client.get(PATH)
    assert (refused.status, refused.codes()) == (503, ["UNAVAILABLE"])
    assert refused.header("Retry-After")
    house.keep(worker)
    assert {request.result().status for request in asked} == {200}


def test_two_serve_one_socket_and_the_older_one_ends(house, clients):
    """As "slipway-run restart" does it."""
    first, second = RegistryWorker(house), RegistryWorker(house)
    first.listen()
    second.socket, second._listening = first.socket, first._listening
    house.keep(first)
    client = house.example("standalone.conf").client(8500)
    asked = [clients.submit(client.get, PATH) for _ in range(CLIENTS)]
    house.keep(second)
    first.stop()
    asked += [clients.submit(client.get, PATH) for _ in range(CLIENTS)]
    assert {request.result().status for request in asked} == {200}


def test_it_ends_although_more_requests_wait(house, clients):
    """Else a restart would never come to its end under load."""
    worker = RegistryWorker(house)
    worker.listen()
    house.keep(worker)
    processes = worker.workers()
    for pid in processes:
        pause(pid)
    _, asked = ask(house, clients, worker)
    worker.process.send(signal.SIGTERM)
    for pid in processes:
        wait_until(lambda pid=pid: has_pending(pid, signal.SIGTERM), 60,
                   "the signal")
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: not worker.is_running(), 60, "it to end")
    assert waiting(worker) >= CLIENTS - len(processes)
    worker.start()
    assert {request.result().status for request in asked} == {200}


def test_a_socket_of_its_own_is_drained(house, clients):
    """If no other process holds it, what waits at the end is served, and
    what comes later is answered by nginx."""
    house.expect(r"connect\(\) to unix:\S+ failed \(2: ")
    worker = house.registry_worker()
    processes = worker.workers()
    for pid in processes:
        pause(pid)
    client, asked = ask(house, clients, worker)
    worker.process.send(signal.SIGTERM)
    wait_until(lambda: not worker.socket.exists(), 60, "the path to be gone")
    assert client.get(PATH).status == 503
    for pid in processes:
        os.kill(pid, signal.SIGCONT)
    assert {request.result().status for request in asked} == {200}
    wait_until(lambda: not worker.is_running(), 60, "it to end")
    assert "stopped" in worker.process.text()
    worker.start()
    assert client.get(PATH).status == 200
