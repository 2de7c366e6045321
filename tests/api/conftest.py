"""Fixtures of the tests that talk HTTP to one Slipway, shared by the tests of
a file: `registry`, standalone (nginx with conf/standalone.conf and
slipway-registry), or `accounts`, one with an index.
Tests that write do so in a repository of their own, the fixture `repo`."""

import itertools
import re
from pathlib import Path

import pytest

from testenv import House
from testenv.accounts import Accounts

_NUMBERS = itertools.count(1)


def pytest_make_parametrize_id(val):
    """Long values make short names."""
    if isinstance(val, bytes):
        val = val.decode("latin-1")
    return val[:40] if isinstance(val, str) and len(val) > 40 else None


@pytest.fixture(scope="module")
def shared(database_server):
    """The house of a file; its nginx is shared.front, its worker
    shared.worker.  What the logs say is judged after each test."""
    built = House(database_server)
    try:
        built.worker = built.registry_worker()
        built.front = built.example("standalone.conf")
        yield built
    finally:
        problems = built.problems()
        built.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="module")
def accounts(database_server):
    """A registry with the accounts alice, bob and root (an admin)."""
    built = House(database_server)
    try:
        made = Accounts(built, "alice", "bob")
        made.add("root", "--admin")
        yield made
    finally:
        problems = built.problems()
        built.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture(autouse=True)
def judged(request):
    """A test fails by what the shared servers logged while it ran."""
    built = []
    if "shared" in request.fixturenames:
        built.append(request.getfixturevalue("shared"))
    if "accounts" in request.fixturenames:
        built.append(request.getfixturevalue("accounts").house)
    yield
    problems = [line for house in built for line in house.look()]
    if problems or getattr(request.node, "is_failed", False):
        for house in built:
            print(house.tails())
    assert not problems, "\n".join(problems)


@pytest.fixture
def registry(shared):
    """A client of the shared registry."""
    return shared.front.client(8500)


@pytest.fixture
def store(shared):
    """The directory of distribution's layout."""
    return Path(shared.dir, "store/docker/registry/v2")


@pytest.fixture
def repo(request):
    """The name of a repository that no other test of the file uses."""
    words = re.findall("[a-z0-9]+", request.node.name.lower())
    return "%s/r%d" % ("-".join(words)[:80].strip("-"), next(_NUMBERS))
