"""Fixtures of all python tests: see testenv/__init__.py."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from testenv import House  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "idea(number, ...): what it proves, see tests/ideas.md")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Lets a fixture know whether its test failed."""
    outcome = yield
    if call.when == "call":
        item.is_failed = outcome.get_result().failed


@pytest.fixture(scope="session")
def database_server():
    """A function that starts the MariaDB of this session, at first use."""
    house = House()
    yield house.mariadb
    problems = house.problems()
    house.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture
def house(request, database_server):
    """An empty house; what its servers logged is judged at the end."""
    built = House(database_server)
    yield built
    problems = built.problems()
    if problems or getattr(request.node, "is_failed", True):
        print("kept: " + built.dir)
    else:
        built.remove()
    assert not problems, "\n".join(problems)
