"""The master of a program and its processes."""

import os
import signal
import threading

from testenv import RegistryWorker
from testenv.process import wait_until


def two_processes(worker):
    """Their pids; the socket answers before they are there."""
    wait_until(lambda: len(worker.workers()) == 2, 60, "two processes")
    return worker.workers()


def test_hup_replaces_every_process_and_no_request_is_lost(house):
    worker = house.registry_worker()
    client = house.example("standalone.conf").client(8500)
    before = two_processes(worker)
    statuses, is_done = [], threading.Event()

    def ask():
        while not is_done.is_set():
            statuses.append(client.get("/v2/_catalog").status)

    asking = threading.Thread(target=ask)
    asking.start()
    wait_until(lambda: statuses, 60, "a request")
    worker.process.send(signal.SIGHUP)
    wait_until(lambda: len(worker.workers()) == len(before)
               and not set(worker.workers()) & set(before), 60,
               "all processes to be replaced")
    is_done.set()
    asking.join()
    assert set(statuses) == {200}


PROCESSES, REQUESTS = 16, 100


def wake_ups(pid):
    """How often a process has waited for something so far."""
    with open("/proc/%d/status" % pid) as status:
        for line in status:
            if line.startswith("voluntary_ctxt_switches"):
                return int(line.split()[1])


def test_a_request_wakes_one_process(house):
    """Not all that wait: most of a processor would go into that."""
    worker = house.registry_worker(processes=PROCESSES)
    client = house.example("standalone.conf").client(8500)
    wait_until(lambda: len(worker.workers()) == PROCESSES, 60, "processes")
    assert client.get("/v2/_catalog").status == 200
    before = sum(wake_ups(pid) for pid in worker.workers())
    for _ in range(REQUESTS):
        assert client.get("/v2/_catalog").status == 200
    after = sum(wake_ups(pid) for pid in worker.workers())
    assert after - before < REQUESTS * PROCESSES / 2


def test_a_process_that_ends_is_replaced_where_sigchld_is_ignored(house):
    """Some supervisors ignore SIGCHLD, which what they start inherits."""
    house.expect("ended by signal 9")
    worker = RegistryWorker(house)
    worker._argv[:0] = ["/usr/bin/env", "--ignore-signal=CHLD"]
    house.keep(worker)
    before = two_processes(worker)
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: len(worker.workers()) == len(before)
               and before[0] not in worker.workers(), 60,
               "the process to be replaced")
