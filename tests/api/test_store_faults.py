"""A store whose driver fails: every operation with every call of the driver
refused, done and not acknowledged, half done, or the last of its process.

The operations and what is asked of them are those of test_crash.py, which
does the same with the calls of libc behind them; docs/storage.md has the list
of the calls, and says what it shall be."""

import errno

import pytest

from testenv import House, operations, storage_page
from testenv.faults import AFTER, FOR_GOOD, KILL, SHORT, StoreFault
from testenv.operations import (FAST, MAX_CALLS, OPERATIONS, READS,
                                AtOnce, Commit, CommitAgain, Delete,
                                DeleteReferrer, MoveTag, SameTag, Start,
                                WithTags, World, at_every_call)
from testenv.store import Store

WRITES = OPERATIONS + [CommitAgain, SameTag, WithTags, DeleteReferrer]

# Before its n-th call a process has done what it had after the one before.
KILLED = KILL | AFTER

# What a request ends with, by what happens to a call, and whom that concerns.
EFFECTS = {
    "killed": (KILLED, None, WRITES),
    "refused": (errno.EIO, 500, WRITES + READS),
    "done": (errno.EIO | AFTER, 500, WRITES),
    "cut": (errno.EIO | SHORT, 500, [Commit, AtOnce, MoveTag]),
    "no-room": (errno.ENOSPC | FOR_GOOD, 503, WRITES),
    "no-descriptors": (errno.EMFILE, 503, [Start, Commit, MoveTag, Delete]
                       + READS),
}

# What fsck may find where something ended in the middle (docs/storage.md).
PROMISED = {"unfinished-tag", "missing-referrer"}


class EventWorld(World):
    """With events on."""

    def __init__(self, house):
        super().__init__(house, StoreFault(house),
                         " registry_events on;")

@pytest.fixture(scope="module")
def world(database_server):
    house = House(database_server, FAST)
    try:
        yield EventWorld(house)
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def expect(status):
    """A check of the answer to the request with the fault."""
    def check(operation, answer, where):
        if answer.status >= 300 and status is not None:
            assert answer.status == status, where
            assert answer.codes() == [
                "UNAVAILABLE" if status == 503 else "UNKNOWN"], where
            assert (status == 503) == bool(answer.header("Retry-After"))
        assert b"/store" not in answer.body, where
    return check


@pytest.mark.parametrize("kind, effect", [
    pytest.param(kind, effect, id="%s-%s" % (kind.__name__, effect))
    for effect, (_, _, kinds) in EFFECTS.items() for kind in kinds])
def test_at_every_call(world, kind, effect):
    action, status, _ = EFFECTS[effect]
    count = at_every_call(world, kind, action, expect(status))
    assert count or effect == "no-room"


@pytest.mark.parametrize("kind", [k for k in WRITES if k.has_event],
                         ids=lambda kind: kind.__name__)
def test_what_is_acknowledged_has_its_event(world, kind):
    """Whatever fails on the way."""
    for number in range(1, MAX_CALLS):
        operation = kind(world)
        before = world.count_events()
        with world.fault.at(number, errno.EIO) as it:
            answer = operation.do()
        assert answer.status >= 300 or world.count_events() > before, number
        if not it.is_reached:
            return


def test_what_is_left(database_server):
    """After kill -9 everywhere, without another try: nothing that is not
    promised, which --repair repairs, and gc removes nothing of use."""
    house = House(database_server, FAST)
    try:
        world = EventWorld(house)
        store = Store(house.dir + "/store")
        for kind in WRITES:
            number, it = 0, None
            while it is None or it.is_reached:
                number += 1
                operation = kind(world)
                with world.fault.at(number, KILLED) as it:
                    operation.do()
        found = store.fsck("--verify", "--repair").lines()
        assert {line.split()[0] for line in found} == PROMISED
        store.gc("--grace", "0")
        store.fsck("--verify", status=0)
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


# --- docs/storage.md -------------------------------------------------------

LISTED = {name: calls for name, calls in storage_page.listed().items()
          if hasattr(operations, name)}


@pytest.mark.parametrize("name", LISTED)
def test_the_page_lists_every_call(world, name):
    """In order; what is repeated is listed once."""
    operation = getattr(operations, name)(world)
    with world.fault.traced() as calls:
        assert operation.do().status < 300
    assert storage_page.made(calls) == LISTED[name]


def test_the_page_lists_every_operation():
    """One that writes, or another that makes the same calls."""
    same = {"Commit": "AtOnce", "CommitWithBody": "AtOnce",
            "MoveTag": "WithTags", "NewTag": "WithTags",
            "ByDigest": "WithTags", "Attach": "WithTags",
            "SameTag": "WithTags", "Delete": "DeleteReferrer"}
    names = {kind.__name__ for kind in WRITES}
    assert {same.get(name, name) for name in names} == set(LISTED)
