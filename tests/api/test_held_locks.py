"""A lock that another process keeps: of a repository, its layers, a blob, the
spool.

The test itself takes the flock() that a process would have.  A request that
needs the lock is answered 503 within seconds; no other request is delayed."""

import contextlib
import fcntl
import itertools
import os
import signal
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from testenv import images, paths
from testenv.accounts import Accounts
from testenv.client import basic, digest
from testenv.process import pause, wait_until
from testenv.store import Store

LOCK_SECONDS = 1       # the shortest --lock-timeout
PATIENT_SECONDS = 60   # one that no test waits for
MOMENT_SECONDS = 0.5   # LOCK_MOMENT_MS of fcgi_core/lock.h
SLOW = 5 if paths.IS_ASAN else 2   # of a machine that does other things, too
PROCESSES = 8
PLACES = PROCESSES // 2   # REPOSITORY_PERCENT of lock.c
PUSHES = 64               # at once, for what is locked
# Those that have a place wait for the lock, the others for the moment.
QUEUE_SECONDS = LOCK_SECONDS + PUSHES / (
    PLACES / LOCK_SECONDS + (PROCESSES - PLACES) / MOMENT_SECONDS)


class Site:
    """A registry with an image in "a" and one in "b"."""

    def __init__(self, house, more="", processes=PROCESSES,
                 lock_timeout=LOCK_SECONDS):
        settings = {"SLIPWAY_REGISTRY_LOCK_TIMEOUT": lock_timeout}
        self.worker = house.registry_worker(
            processes=processes, **(settings if lock_timeout else {}))
        self.front = house.example("standalone.conf", more=more)
        self.client = self.front.client(8500)
        self.store = Store(Path(house.dir, "store"))
        self.image = images.Image(seed=1)
        for name in ("a", "b"):
            self.client.push_image(name, "v1", self.image)

    def put(self, name, tag):
        manifest = self.image.manifest
        return self.client.put("/v2/%s/manifests/%s" % (name, tag),
                               [("Content-Type", manifest.media_type)],
                               manifest.data)

    @contextlib.contextmanager
    def held(self, *below, operation=fcntl.LOCK_EX):
        fd = os.open(self.store.root.joinpath(*below), os.O_RDONLY)
        try:
            fcntl.flock(fd, operation)
            yield
        finally:
            os.close(fd)

    def repository_held(self, name="a", below="_manifests"):
        return self.held("docker/registry/v2/repositories", name, below)


@pytest.fixture
def site(house):
    return Site(house)


@contextlib.contextmanager
def asking(n, ask):
    """n threads that call ask(); the list of (answer, seconds) fills."""
    answers = []

    def run():
        began = time.monotonic()
        answer = ask()
        answers.append((answer, time.monotonic() - began))

    threads = [threading.Thread(target=run) for _ in range(n)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        for thread in threads:
            thread.join()


def timed(ask):
    began = time.monotonic()
    return ask(), time.monotonic() - began


def is_refused(answer):
    assert answer.status == 503, answer
    assert answer.codes() == ["UNAVAILABLE"]
    assert int(answer.header("Retry-After")) > 0
    return True


def put_tag(site):
    return site.put("a", "v2")


def delete_tag(site):
    return site.client.delete("/v2/a/manifests/v1")


def delete_manifest(site):
    return site.client.delete("/v2/a/manifests/" + site.image.manifest.digest)


def commit(site):
    client, data = site.client, b"a new layer"
    return client.finish(client.start_upload("a"), digest(data), [], data)


def commit_again(site):
    client, data = site.client, site.image.blobs()[0]
    return client.finish(client.start_upload("a"), digest(data), [], data)


def mount(site):
    return site.client.post("/v2/a/blobs/uploads/?mount=%s&from=b" % digest(
        site.image.blobs()[0]))


def first_blob(site):
    return str(site.store.blob(digest(site.image.blobs()[0])).relative_to(
        site.store.root))


REPOSITORY = "docker/registry/v2/repositories/a/"


@pytest.mark.parametrize("what,ask", [
    ("_manifests", put_tag), ("_manifests/revisions", put_tag),
    ("_manifests", delete_tag), ("_manifests", delete_manifest),
    ("_layers", commit), ("_layers", mount),
    ("blob", commit_again), ("blob", put_tag), ("blob", mount)],
    ids=lambda value: getattr(value, "__name__", value))
def test_what_needs_it_is_refused_in_time(site, what, ask):
    below = first_blob(site) if what == "blob" else REPOSITORY + what
    with site.held(below):
        answer, seconds = timed(lambda: ask(site))
        assert is_refused(answer)
        assert LOCK_SECONDS <= seconds < LOCK_SECONDS + SLOW
        assert site.put("b", "v2").status in (201, 503)  # where the blob is
    again = ask(site)
    assert again.status in (201, 202), again


def test_it_waits_5_seconds_where_nothing_else_is_set(house):
    site = Site(house, lock_timeout=None)
    with site.repository_held():
        answer, seconds = timed(lambda: site.put("a", "v2"))
    assert is_refused(answer)
    assert 5 <= seconds < 5 + SLOW


def test_the_spool(house):
    site = Site(house, more=" registry_events on;")
    with site.held("slipway/events"):
        for ask in (put_tag, delete_tag, commit, mount):
            answer, seconds = timed(lambda: ask(site))
            assert is_refused(answer)
            assert seconds < LOCK_SECONDS + SLOW
    for ask in (put_tag, commit, mount, delete_tag):
        assert ask(site).status in (201, 202)


def test_a_released_lock_is_taken_at_once(house):
    site = Site(house, lock_timeout=PATIENT_SECONDS)
    with contextlib.ExitStack() as stack:
        stack.enter_context(site.repository_held())
        with asking(1, lambda: site.put("a", "v2")) as answers:
            time_of_wait = time.monotonic() + 2 * MOMENT_SECONDS
            wait_until(lambda: time.monotonic() > time_of_wait, 60, "a while")
            assert not answers
            stack.close()
    (answer, seconds), = answers
    assert answer.status == 201, answer
    assert seconds < 2 * MOMENT_SECONDS + SLOW


def waiting(site):
    """The processes that wait in flock(), as the kernel lists them."""
    lines = map(str.split, Path("/proc/locks").read_text().splitlines())
    return ({int(words[5]) for words in lines if words[1] == "->"}
            & set(site.worker.workers()))


@pytest.mark.idea(40)
def test_other_repositories_do_not_notice(site):
    """However many requests there are for the one that is locked: they get
    no more than their share of the processes."""
    with site.repository_held():
        with asking(PUSHES, lambda: site.put("a", "v2")) as answers:
            wait_until(lambda: len(answers) >= PUSHES // 2, 60, "the first to give up")
            wait_until(lambda: len(waiting(site)) <= PLACES, 60, "their share")
            for turn in range(20):
                answer, seconds = timed(lambda: site.put("b", "t%d" % turn))
                assert answer.status == 201, answer
                assert seconds < MOMENT_SECONDS + SLOW
                answer, seconds = timed(
                    lambda: site.client.get("/v2/_catalog"))
                assert answer.status == 200 and seconds < SLOW
    assert len(answers) == PUSHES
    assert all(is_refused(answer) for answer, _ in answers)
    assert max(seconds for _, seconds in answers) < QUEUE_SECONDS + SLOW
    assert site.put("a", "v2").status == 201


def test_several_that_are_locked_leave_processes_to_others(site):
    site.client.push_image("c", "v1", site.image)
    names = itertools.cycle("ab")
    with site.repository_held("a"), site.repository_held("b"):
        with asking(PUSHES, lambda: site.put(next(names), "v2")) as answers:
            wait_until(lambda: len(answers) >= PUSHES // 2, 60, "the first to give up")
            wait_until(lambda: len(waiting(site)) <= PROCESSES * 3 // 4,
                       60, "ALL_PERCENT of lock.c")
            for turn in range(10):
                answer, seconds = timed(lambda: site.put("c", "t%d" % turn))
                assert answer.status == 201, answer
                assert seconds < MOMENT_SECONDS + SLOW
    assert all(is_refused(answer) for answer, _ in answers)


def test_others_take_turns_while_several_are_locked(house):
    """They need the spool, and their repository, one after the other."""
    site = Site(house, more=" registry_events on;", lock_timeout=None)
    site.client.push_image("c", "v1", site.image)
    names, pushed = itertools.cycle("ab"), []

    def push(client):
        for turn in range(20):
            pushed.append(site.put("c", "t%d-%d" % (client, turn)).status)

    with site.repository_held("a"), site.repository_held("b"):
        with asking(PUSHES, lambda: site.put(next(names), "v2")) as answers:
            wait_until(lambda: len(answers) >= PUSHES // 2, 60,
                       "the first to give up")
            clients = [threading.Thread(target=push, args=(n,))
                       for n in range(3)]
            for client in clients:
                client.start()
            for client in clients:
                client.join()
    assert pushed == [201] * 60


def test_a_process_that_is_killed_leaves_no_place_taken(house):
    house.expect("ended by signal 9")
    house.expect("upstream prematurely closed|recv.. failed")
    site = Site(house, processes=4, lock_timeout=PATIENT_SECONDS)
    places = 2
    with contextlib.ExitStack() as stack:
        stack.enter_context(site.repository_held())
        for _ in range(places + 1):
            with asking(1, lambda: site.put("a", "v2")):
                waits = waiting_with_place(site)
                os.kill(waits, signal.SIGKILL)
            wait_until(lambda: len(site.worker.workers()) == 4
                       and waits not in site.worker.workers(), 60,
                       "another process")
        with asking(1, lambda: site.put("a", "v2")) as answers:
            waiting_with_place(site)
            stack.close()
    (answer, _), = answers
    assert answer.status == 201, answer


def waiting_with_place(site):
    """The process that waits, beyond the moment: who has no place is refused
    then."""
    end = time.monotonic() + 2 * MOMENT_SECONDS
    pid, = wait_until(lambda: time.monotonic() > end and waiting(site), 60,
                      "a process to wait")
    return pid


def test_pushes_of_a_burst_take_turns(house):
    """With events on, each is alone in the repository."""
    site = Site(house, more=" registry_events on;")
    with asking(40, lambda: site.put("a", "burst")) as answers:
        pass
    assert {answer.status for answer, _ in answers} == {201}


# --- requests whose client has gone ----------------------------------------


def gone(site, requests):
    """Sends each while all processes stand still, and hangs up; goes on when
    nginx has noticed."""
    workers = site.worker.workers()
    for pid in workers:
        pause(pid)
    before = len(site.front.access_lines())
    try:
        sockets = []
        for head, body in requests:
            s = site.client.connect()
            s.sendall(head.encode() + body)
            sockets.append(s)
        for s in sockets:
            s.close()
        wait_until(lambda: len(site.front.access_lines())
                   >= before + len(sockets), 60, "nginx to notice")
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.idea(41)
def test_a_request_whose_client_has_gone_is_not_started(house):
    site = Site(house, processes=1)
    manifest = site.image.manifest
    gone(site, [("PUT /v2/a/manifests/gone%d HTTP/1.1\r\nHost: a\r\n"
                 "Content-Type: %s\r\nContent-Length: %d\r\n\r\n" % (
                     n, manifest.media_type, len(manifest.data)),
                 manifest.data) for n in range(20)])
    assert site.put("a", "stays").status == 201   # behind all of them
    answer = site.client.get("/v2/a/tags/list")
    assert answer.json()["tags"] == ["stays", "v1"]


def test_nor_is_the_check_of_a_password(house):
    accounts = Accounts(house, "alice", processes=1)
    site = SimpleNamespace(worker=accounts.index, front=accounts.nginx,
                           client=accounts.nginx.client(8500))
    line = "GET /token?service=registry.test HTTP/1.1\r\nHost: a\r\n" \
        "Authorization: %s\r\n\r\n"
    gone(site, [(line % basic("alice:gone%d" % n)[0][1], b"")
                for n in range(20)])
    refused = site.client.get("/token?service=registry.test",
                              basic("alice:wrong"))   # behind all of them
    assert refused.status == 401
    log = "".join(path.read_text() for path in accounts.index.logs())
    assert log.count("login refused: account=alice") == 1
