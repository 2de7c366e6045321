"""skopeo and podman push and pull while the programs are restarted again and
again: no command fails.  They do not repeat what was answered 503, as docker
does."""

import re
import threading

import pytest

from testenv import images, paths
from testenv.clients import Podman, Skopeo
from testenv.process import wait_until
from testenv.run import Run

PASSWORD = "correct horse"
RESTARTS = 12     # of each program
IMAGES = 4


class Loop(threading.Thread):
    """One client that goes on until the test ends it; what went wrong."""

    def __init__(self, work):
        super().__init__()
        self._work = work
        self.is_done = threading.Event()
        self.count = 0
        self.failure = None

    def run(self):
        try:
            while not self.is_done.is_set():
                self._work(self.count)
                self.count += 1
        except Exception as failure:
            self.failure = failure


def go_on(loops, restart):
    """Restarts while all loops run, each of them at least once in between."""
    for loop in loops:
        loop.start()
    try:
        for number in range(RESTARTS):
            restart(number)
            assert [loop.failure for loop in loops if loop.failure] == []
    finally:
        for loop in loops:
            loop.is_done.set()
        for loop in loops:
            loop.join()
    assert [loop.failure for loop in loops if loop.failure] == []
    assert all(loop.count > 0 for loop in loops)


@pytest.fixture
def clients(house, layout, tmp_path):
    """Loops that push and pull at a host, one a client."""
    sources = [layout("in%d" % i, images.Image(layers=2, seed=i))[0]
               for i in range(IMAGES)]

    def make(host, password):
        skopeo, podman = Skopeo(house), Podman(house)
        for client in (skopeo, podman):
            client.login(host, "admin", password)
        skopeo.push(sources[0], host + "/admin/kept:1")

        def push(count):
            skopeo.push(sources[count % IMAGES],
                        "%s/admin/app%d:%d" % (host, count % 3, count))

        def pull(count):
            skopeo.pull(host + "/admin/kept:1",
                        "oci:%s/out%d:it" % (tmp_path, count))

        def podman_pull(_):
            podman.pull(host + "/admin/kept:1")
            podman.run("rmi", host + "/admin/kept:1")

        return [Loop(push), Loop(pull), Loop(podman_pull)]
    return make


def test_by_socket_units(house, clients):
    """A stop and a start of each, while the socket stays with systemd, which
    is this test."""
    worker = house.registry_worker()
    index = house.index_worker(memcached=[house.memcached()])
    index.add_account("admin", PASSWORD, "--admin")
    for program in (worker, index):
        program.stop()
        program.listen()
        program.start()
    house.example("index.conf", edit=lambda conf: re.sub(
        r"limit_req .*;", "", conf))
    loops = clients("127.0.0.1:%d" % house.port(8500), PASSWORD)

    def restart(number):
        for program in (worker, index):
            program.stop()
            before = [loop.count for loop in loops]
            program.start()
            wait_until(lambda: before != [loop.count for loop in loops]
                       or any(loop.failure for loop in loops), 60, "a client")
    go_on(loops, restart)


@pytest.mark.skipif(paths.IS_ASAN,
                    reason="a private run does not preload sanitizers")
def test_by_the_private_run(house, clients):
    run = Run(house)
    try:
        code, said = run("start")
        assert code == 0, said
        loops = clients("127.0.0.1:%d" % run.port, run.password())

        def restart(_):
            code, said = run("restart")
            assert code == 0, said
        go_on(loops, restart)
        assert "status" not in run.said(), run.said()
    finally:
        run("stop")
