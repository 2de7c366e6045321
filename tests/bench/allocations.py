"""allocations.py: names and tokens of the original protocol, one client: what a
push asks of the Index."""

import json
import time

from testenv.client import Registry, basic

IMAGES = 20  # of a push
TARGET_MS = 5
HEAD = ("request", "median", "p99", "reached", "processors")


def _body(number):
    return json.dumps([{"id": "%064x" % (number * IMAGES + n)}
                       for n in range(IMAGES)]).encode()


class Allocations:
    """An account of its own, with a password that is remembered: as docker
    sends it."""

    def __init__(self, api):
        self._login = "pusher%x" % time.time_ns()
        api.add(self._login)
        self._pair = "%s:%s" % (self._login, api.password(self._login))
        self._client = Registry(api.registry.port, keep=True)
        assert self._client.get("/v1/users/", basic(self._pair)).status == 200

    def _put(self, number, end, status):
        path = "/v1/repositories/%s/app%d/%s" % (self._login, number, end)
        headers = basic(self._pair) + [("X-Docker-Token", "true")]
        body = _body(number)
        begun = time.perf_counter()
        answer = self._client.put(path, headers, body)
        took = 1000 * (time.perf_counter() - begun)
        assert answer.status == status, answer
        return took

    def rows(self, count, parts, percentile):
        """Rows below HEAD; parts: makes a block that measures processors."""
        rows = []
        for name, end, status in (("a new name and a token", "", 200),
                                  ("a known name and a token", "", 200),
                                  ("the end of the push", "images", 204)):
            with parts() as used:
                times = [self._put(n, end, status) for n in range(count)]
            servers = sum(seconds for part, seconds in used.seconds.items()
                          if part != "load generator")
            median = percentile(times, .5)
            rows.append((name, "%.1f" % median,
                         "%.1f" % percentile(times, .99),
                         "yes" if median <= TARGET_MS else "**no**",
                         "%.1f" % (1000 * servers / count)))
        return rows
