"""Some seconds of mutated requests to a running registry, always the same
ones; `make fuzz-live` sends others for longer."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from fuzz import live
from testenv import House

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
