"""The commands that change a store with every call refused, or the last of
their process: what is in use stays, no run reports success after a failure,
and the next run gets to where this one should have."""

import errno
import itertools
import os
import time

import pytest

from testenv import House, bucket, flat, images, storage_page
from testenv.faults import FOR_GOOD, KILL, Fault, StoreFault
from testenv.images import sha256
from testenv.operations import FAST
from testenv.store import Store

KEPT, OLD = images.Image(seed=1), images.Image(seed=2)
LOST, ROT = images.blob(10, "lost"), images.blob(10, "rot")
BROKEN = b"no digest"  # an empty link would be read four times


def push(client):
    """What is in use, and what each command is to remove or repair."""
    signature, blobs = images.artifact(b"signature", "a/b", OLD.manifest)
    client.push_image("app", "it", OLD)
    client.push_image("app", "it", KEPT)
    for data in blobs + [LOST, ROT]:
        client.push_blob("app", data)
    client.push_manifest("app", signature.digest, signature)
    for length in (0, 10):
        client.patch(client.start_upload("app"), [], b"x" * length)
    return signature


def hurt(store, signature):
    """What fsck repairs."""
    signed = OLD.manifest.digest
    link = store.revision("app", signature.digest)
    store.put(link.with_name(link.name + ".0123456789abcdef.tmp"), b"half")
    store.tag("app", "it").write_bytes(BROKEN)
    store.layer("app", sha256(KEPT.layers[0])).unlink()
    store.referrer("app", signed, signature.digest).unlink()
    store.blob(sha256(LOST)).unlink()
    store.blob(sha256(ROT)).write_bytes(b"rotten")
    store.layer("app", sha256(ROT)).unlink()
    store.put(store.tag("app", "half").parents[1] / "index/sha256" / ("0" * 64)
              / "link", BROKEN)


class World:
    def __init__(self, house):
        self.house = house
        self.store = Store(house.dir + "/store")
        self.signature = push(house.standalone().client(8500))
        for path in self.store.v2.glob("repositories/*/_uploads/*/startedat"):
            path.write_text("2026-01-01T00:00:00Z")
        self.store.age()
        self.hurt = self.copy()
        hurt(self.hurt, self.signature)
        self.hurt.age()

    def copy(self, fault=None, is_hurt=False):
        root = self.house.dir + "/" + self.house.unique("copy")
        (self.hurt if is_hurt else self.store).copy(root)
        return Store(root, fault)


@pytest.fixture(scope="module")
def world(database_server):
    house = House(database_server, FAST)
    try:
        yield World(house)
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


# The words of each command, whether it runs over what hurt() makes, and its
# status where it could not do everything.
COMMANDS = {
    "gc": (["gc", "--grace", "1h", "--delete-untagged"], False, 1),
    "purge": (["purge", "--age", "0"], False, 1),
    "export": (["export-referrers"], False, 1),
    "fsck": (["fsck", "--repair", "--verify"], True, 2),
}

# What happens to a call, what the command says of it, and how many calls that
# can happen to, at the least.  What only removes does so on a full disk, too.
FAULTS = {
    "killed": (Fault, KILL, None, 5),
    "read-only": (Fault, errno.EROFS, None, 5),
    "refused": (StoreFault, errno.EIO, "Input/output error", 5),
    "no-room": (StoreFault, errno.ENOSPC | FOR_GOOD,
                "No space left on device", 0),
}

# Calls of libc are no steps of another store, and its uploads fail no calls of
# a driver.
if flat.IS_FLAT or bucket.IS_S3:
    FAULTS = {kind: (StoreFault, action, reason, 0)
              for kind, (_, action, reason, _) in FAULTS.items()
              if kind != "read-only"}


def files(store):
    """Without what fsck removes after an hour."""
    return {path: content for path, content in store.files().items()
            if not path.endswith(".tmp")}


def run_to_the_end(store, words):
    """A day later, until there is nothing left to do; fsck may have more to
    report."""
    then = time.time() - 86400
    for directory in store.v2.glob("repositories/*/_uploads/*"):
        os.utime(directory, (then, then))
    for _ in range(3):
        run = store.command(*words)
        if run.status == 0:
            return files(store)
    raise AssertionError(run)


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("command", COMMANDS)
def test_at_every_call(world, command, kind):
    words, is_hurt, failed = COMMANDS[command]
    before = files(world.copy(is_hurt=is_hurt))
    wanted = run_to_the_end(world.copy(is_hurt=is_hurt), words)
    assert wanted != before
    in_use = {path for path in wanted if before.get(path) == wanted[path]}
    make, action, reason, calls = FAULTS[kind]
    for number in itertools.count(1):
        fault = make(world.house)
        store = world.copy(fault, is_hurt)
        with fault.at(number, action) as it:
            run = store.command(*words)
        left = files(store)
        where = (number, run)
        assert all(left.get(path) == wanted[path] for path in in_use), where
        if run.status == 0:
            assert left == wanted, where
        if reason is not None and it.is_reached:
            assert run.status == failed and reason in run.err, where
        assert left == wanted or run_to_the_end(store, words) == wanted, where
        if not it.is_reached:
            assert number > calls
            return


def test_a_broken_tag_keeps_what_it_may_have_pointed_to(world):
    """Also where a collection cannot find out that it is there."""
    fault = StoreFault(world.house)
    store = world.copy(fault)
    store.tag("app", "it").write_bytes(BROKEN)
    before = set(store.blobs())
    for number in itertools.count(1):
        with fault.at(number, errno.EIO) as it:
            run = store.command("gc", "--grace", "0", "--delete-untagged")
        assert run.status == 1, (number, run)
        for image in KEPT, OLD:
            digest = image.manifest.digest
            assert store.revision("app", digest).exists(), (number, run)
            assert digest in store.blobs(), (number, run)
        if not it.is_reached:
            break
    assert len(store.blobs()) < len(before)


LISTED = {name: calls for name, calls in storage_page.listed().items()
          if name in COMMANDS}


@pytest.mark.parametrize("command", LISTED)
def test_the_page_lists_every_call(world, command):
    """docs/storage.md; which manifest goes first depends on digests."""
    fault, (words, is_hurt, _) = StoreFault(world.house), COMMANDS[command]
    store = world.copy(fault, is_hurt)
    os.makedirs(store.root / "slipway/events")
    with fault.traced() as calls:
        assert store.command(*words).status == is_hurt
    assert set(storage_page.made(calls)) == set(LISTED[command])
