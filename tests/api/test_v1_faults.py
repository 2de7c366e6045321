"""The original protocol with a store whose driver fails: every operation with
every call refused, done and not acknowledged, or the last of its process.
docs/storage.md has the list of the calls."""

import errno

import pytest

from testenv import operations_v1, shared_house, storage_page
from testenv.faults import AFTER, FOR_GOOD, KILL, StoreFault
from testenv.operations import FAST
from testenv.operations_v1 import (OPERATIONS, PutChecksum, PutJson, PutLayer,
                                   SetTag, World, at_every_call)
from testenv.store import Store

# Before its n-th call a process has done what it had after the one before.
EFFECTS = {
    "killed": (KILL | AFTER, OPERATIONS),
    "refused": (errno.EIO, OPERATIONS),
    "done": (errno.EIO | AFTER, [PutJson, PutLayer, PutChecksum, SetTag]),
    "no-room": (errno.ENOSPC | FOR_GOOD, [PutJson, PutLayer, PutChecksum]),
}

# What fsck may find where something ended in the middle (docs/storage.md).
PROMISED = {"unfinished-tag", "broken-image"}


@pytest.fixture(scope="module")
def world(database_server):
    with shared_house(database_server, FAST) as house:
        yield World(house, StoreFault(house))


@pytest.mark.parametrize("kind, effect", [
    pytest.param(kind, effect, id="%s-%s" % (kind.__name__, effect))
    for effect, (_, kinds) in EFFECTS.items() for kind in kinds])
def test_at_every_call(world, kind, effect):
    count = at_every_call(world, kind, EFFECTS[effect][0])
    assert count or effect == "no-room"


def test_what_is_left(world):
    """After kill -9 everywhere, without another try: nothing of which a
    reader has a part, and nothing that fsck does not know."""
    for kind in OPERATIONS:
        number, it = 0, None
        while it is None or it.is_reached:
            number += 1
            operation = kind(world)
            with world.fault.at(number, EFFECTS["killed"][0]) as it:
                operation.do()
            operation.is_done()
    store = Store(world.house.dir + "/store")
    found = store.fsck("--verify", "--repair").lines()
    assert {line.split()[0] for line in found} <= PROMISED, sorted(found)[:9]


# --- docs/storage.md -------------------------------------------------------

LISTED = {name: calls for name, calls in storage_page.listed().items()
          if hasattr(operations_v1, name)}


@pytest.mark.parametrize("name", [kind.__name__ for kind in OPERATIONS])
def test_the_page_lists_every_call(world, name):
    """In order; what is repeated is listed once."""
    operation = getattr(operations_v1, name)(world)
    with world.fault.traced() as calls:
        assert operation.do().status < 300
    assert storage_page.made(calls) == LISTED[name]
