"""kill -9 and failing calls at every step of every request that writes.

Each operation is begun again for n = 1, 2, 3... until it passes without its
n-th call to the store.  Whatever the n-th call does: readers see what was
before or what is after, what was acknowledged is there, and the client's
next try succeeds."""

import errno
import os
import re
import subprocess
from pathlib import Path

import pytest

from testenv import House
from testenv.faults import FOR_GOOD, KILL, SHORT, WAIT, Fault
from testenv.images import sha256
from testenv.operations import (FAST, MAX_CALLS, OPERATIONS, SIZE, AtOnce,
                                Attach, ByDigest, Commit, CommitWithBody,
                                Mount, MoveTag, NewTag, World, at_every_call)
from testenv.process import wait_until


@pytest.fixture(scope="module")
def world(database_server):
    house = House(database_server, FAST)
    try:
        yield World(house, Fault(house))
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


ACTIONS = {"killed": KILL, "full": errno.ENOSPC | SHORT | FOR_GOOD,
           "broken": errno.EIO}


@pytest.mark.idea(30)
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("kind", OPERATIONS, ids=lambda kind: kind.__name__)
def test_at_every_step(world, kind, action):
    count = at_every_call(world, kind, ACTIONS[action])
    assert count or action == "full"


@pytest.mark.parametrize("kind", OPERATIONS, ids=lambda kind: kind.__name__)
def test_short_writes_are_continued(world, kind):
    operation = kind(world)
    with world.fault.at(1, SHORT | FOR_GOOD):
        answer = operation.do()
    assert answer.status < 300 and operation.is_done() in (None, True)


# --- a commit that takes its time ------------------------------------------

INTRUDERS = {
    "PATCH": lambda commit: commit.client.patch(commit.location, [], b"x"),
    "PUT": lambda commit: commit.client.put(
        commit.location + "?digest=" + sha256(commit.data + b"x"), [], b"x"),
    "DELETE": lambda commit: commit.client.delete(commit.location),
}


def begin_and_leave(commit, it):
    """Asks for the commit; the client is gone when it stops, True, or is
    over, False."""
    with commit.client.connect() as s:
        s.settimeout(0.02)
        s.sendall(b"PUT %s?digest=%s HTTP/1.0\r\n\r\n" % (
            commit.location.encode(), commit.digest.encode()))
        while not it.is_reached:
            try:
                if s.recv(1000):
                    return False
            except TimeoutError:
                pass
    return True


@pytest.mark.parametrize("method", INTRUDERS)
def test_no_other_request_writes_while_a_commit_goes_on(world, method):
    """Nor when the client that asked for it has left.  Who is let in before
    it begins has its bytes in the session, and there is no commit."""
    commits = []
    for number in range(1, MAX_CALLS):
        commit = Commit(world)
        with world.fault.at(number, WAIT) as it:
            if not begin_and_leave(commit, it):
                break
            answer = INTRUDERS[method](commit)
        where = "call %d: %r" % (number, answer)
        if answer.status == 202:
            assert world.client.get(commit.location).header("Range") \
                == "0-%d" % SIZE, where
        elif answer.status == 201:
            commit.check_blob(commit.data + b"x")
        elif answer.status == 204:
            assert method == "DELETE"
        else:
            assert answer.status in (404, 416), where
            wait_until(lambda: commit.is_done() and world.client.get(
                commit.location).status == 404, 60, "the end of the commit")
        commits.append(commit)
    assert len(commits) > 3
    for commit in commits:
        commit.check_blob()


# --- durability ------------------------------------------------------------

DURABLE = [Commit, CommitWithBody, AtOnce, Mount, MoveTag, NewTag, ByDigest,
           Attach]


def is_hint(path):
    """What a crash may take, because it is made again."""
    return "/_uploads" in path or "/revisions/" in path and re.search(
        "/descriptor[^/]*$", path)


@pytest.mark.idea(30)
@pytest.mark.parametrize("kind", DURABLE, ids=lambda kind: kind.__name__)
def test_durable_before_it_is_acknowledged(world, kind):
    """What gets its name by a rename was synced before it, and the directories
    with new names after it, all before the answer."""
    operation = kind(world)
    with world.fault.traced() as calls:
        assert operation.do().status < 300
    assert any(name == "rename" for name, _ in calls)
    synced = set()
    unsynced_names = set()
    for name, path in calls:
        directory = path.rsplit("/", 1)[0]
        if name in ("fsync", "fdatasync"):
            synced.add(path)
            unsynced_names.discard(path)
        elif name in ("write", "pwrite64", "pwritev64"):
            synced.discard(path)
        elif name in ("rename", "mkdir"):
            if not is_hint(path):
                unsynced_names.add(directory)
        elif name == "link":
            unsynced_names.add(directory)
    assert not unsynced_names
    for name, path in calls:
        if name == "write" and path.endswith(".tmp") and not is_hint(path):
            assert ("fsync", path) in calls
    if kind in (Commit, CommitWithBody, AtOnce):
        data = [i for i, (name, path) in enumerate(calls)
                if name == "fsync" and "/_uploads/" in path
                and path.endswith("/data")]
        moved = [i for i, (name, path) in enumerate(calls)
                 if name == "rename" and "/blobs/" in path]
        assert not moved or data and data[0] < moved[0]


@pytest.mark.parametrize("kind", [MoveTag, NewTag, Commit],
                         ids=lambda kind: kind.__name__)
def test_durable_in_order(world, kind):
    """A content before its name, and everything else before a tag moves."""
    operation = kind(world)
    with world.fault.traced() as calls:
        assert operation.do().status < 300
    synced, unsynced_names, renamed = set(), set(), 0
    for name, path in calls:
        if name in ("fsync", "fdatasync"):
            synced.add(re.sub(r"\.[0-9a-f]{16}\.tmp$", "", path))
            unsynced_names.discard(path)
        elif name == "rename" and "/_uploads" not in path:
            renamed += 1
            if "/blobs/" not in path or kind is not Commit:
                assert path in synced, path
            if path.endswith("/current/link"):
                assert not unsynced_names
            unsynced_names.add(path.rsplit("/", 1)[0])
    assert renamed >= (2 if kind is Commit else 3)


@pytest.fixture(scope="module")
def disorder(database_server):
    """Over a file system that is not known to keep the order of names."""
    house = House(database_server, FAST)
    store = Path(house.dir, "store")
    store.mkdir()
    try:
        done = subprocess.run(["mount", "-t", "ramfs", "slipway", store],
                              capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip("no ramfs may be mounted: " + done.stderr.strip())
        os.chmod(store, 0o777)
        yield World(house, Fault(house))
    finally:
        problems = house.problems()
        subprocess.run(["umount", "-l", store], capture_output=True)
        house.remove()
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("kind", [Commit, ByDigest],
                         ids=lambda kind: kind.__name__)
def test_a_link_comes_after_a_durable_content(disorder, kind):
    """Who sees a link may push what relies on it, and be acknowledged."""
    operation = kind(disorder)
    with disorder.fault.traced() as calls:
        assert operation.do().status < 300
    unsynced, links = set(), 0
    for name, path in calls:
        if name == "fsync":
            unsynced.discard(path)
        elif name == "rename" and "/blobs/" in path:
            unsynced |= {path.rsplit("/", n)[0] for n in (1, 2)}
        elif name == "rename" and path.endswith("/link"):
            links += 1
            assert not unsynced
    assert links == 1
