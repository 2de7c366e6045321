"""Some seconds of mutated requests to a running registry, always the same
ones; `make fuzz-live` sends others for longer."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from fuzz import live, live_v1
from testenv import House, shared_house

CASES = 1600


@pytest.fixture(scope="module")
def runner(database_server):
    house = House(database_server)
    try:
        made = live.Runner(live.World(house), 1)
        with ThreadPoolExecutor(live.THREADS) as pool:
            for first in range(0, CASES, live.BATCH):
                made.batch(pool, range(first, first + live.BATCH))
        yield made
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def test_no_answer_is_wrong(runner):
    assert runner.count == CASES
    assert not runner.failures, "\n".join(runner.failures[:10])


@pytest.mark.parametrize("method,status", [
    (b"GET", 200), (b"GET", 206), (b"GET", 204), (b"HEAD", 200), (b"PUT", 201),
    (b"POST", 201), (b"POST", 202), (b"PATCH", 202), (b"DELETE", 202),
    (b"DELETE", 204), (b"GET", 401), (b"PUT", 400), (b"h2", 200), (b"h2", 400)])
def test_the_requests_get_through(runner, method, status):
    """Enough of them are valid still to reach what they are to shake."""
    assert runner.statuses.get((method, status), 0) > 0


# --- the original protocol -----------------------------------------------------

CASES_V1 = 800


@pytest.fixture(scope="module")
def runner_v1(database_server):
    with shared_house(database_server) as house:
        made = live_v1.Runner(live_v1.World(house), 1)
        with ThreadPoolExecutor(live.THREADS) as pool:
            for first in range(0, CASES_V1, live.BATCH):
                made.batch(pool, range(first, first + live.BATCH))
        made.failures += made.world.upkeep()
        yield made


def test_no_answer_of_the_original_protocol_is_wrong(runner_v1):
    assert runner_v1.count == CASES_V1
    assert not runner_v1.failures, "\n".join(runner_v1.failures[:10])


@pytest.mark.parametrize("method, status", [
    (b"GET", 200), (b"GET", 401), (b"GET", 404), (b"PUT", 200), (b"PUT", 400),
    (b"PUT", 401), (b"PUT", 404), (b"DELETE", 401)])
def test_requests_of_the_original_protocol_get_through(runner_v1, method,
                                                       status):
    assert runner_v1.statuses.get((method, status), 0) > 0
