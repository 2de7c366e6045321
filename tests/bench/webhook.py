#!/usr/bin/python3
"""webhook.py: how many deliveries a second slipway-index courier makes to a
local receiver, and whether receivers that hang cost the others something.

    make bench-index                 also this; writes docs/benchmarks-index.md
    tests/bench/webhook.py [--deliveries N] [--write]

The receiver is nginx, which answers 204.  The receivers that hang take a
connection and never answer.  The deliveries are put straight into MariaDB
before the courier starts, which then has all of them to send."""

import argparse
import socket
import sys
import threading
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))
sys.path.insert(0, str(TOP / "tests" / "bench"))

from index import cpu, load, machine, table  # noqa: E402
from testenv import House, MariaDb  # noqa: E402
from testenv.api import USER, ApiHouse  # noqa: E402
from testenv.servers import Database  # noqa: E402
from testenv.webhooks import LOOPBACK, Courier  # noqa: E402

TARGET = 500
MORE = """innodb_flush_log_at_trx_commit=1
innodb_buffer_pool_size=512M
innodb_log_file_size=256M
"""
SINK = USER + """
    pid %%DIR%%/{name}/nginx.pid;
    error_log %%DIR%%/{name}/logs/error.log error;
    events {{ worker_connections 2048; }}
    http {{
        %%GLOBALS_HTTP%%
        access_log off;
        keepalive_requests 1000000;
        server {{
            listen 127.0.0.1:8700;
            location / {{ return 204; }}
        }}
    }}"""
DOCUMENT = TOP / "docs" / "benchmarks-index.md"
MARKS = "<!-- webhooks -->", "<!-- /webhooks -->"


class Hanging:
    """Takes every connection and reads nothing."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self._listener.getsockname()[1]
        self._taken = []
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self):
        while True:
            self._taken.append(self._listener.accept())


class Bench:
    """A courier of a database of its own for each run."""

    def __init__(self, house, deliveries):
        self.house, self.deliveries = house, deliveries
        self.server = house.keep(MariaDb(house, more=MORE))
        self.api = ApiHouse(house, database=Database(self.server, "bench"))
        self.sink = house.nginx(SINK.format(name="sink"), name="sink")
        self.hanging = [Hanging() for _ in range(4)]
        self.sql = self.api.sql

    def _hook(self, url, form, count):
        """A webhook with so many deliveries, each of an event of its own."""
        self.sql("INSERT INTO webhook (url, form, events, created_at)"
                 " VALUES ('%s', %d, 1, 1)" % (url, form))
        self.sql("INSERT INTO webhook_delivery (webhook_id, event_id, state,"
                 " next_at, created_at) SELECT (SELECT MAX(id) FROM webhook),"
                 " id, 0, 0, UNIX_TIMESTAMP() FROM webhook_event"
                 " ORDER BY id LIMIT %d" % count)

    def _fill(self, hooks, form, slow):
        for name in ("webhook", "webhook_event", "webhook_delivery",
                     "webhook_attempt", "webhook_callback"):
            self.sql("TRUNCATE TABLE " + name)
        self.sql("INSERT INTO webhook_event (uuid, event, number, at, data)"
                 " SELECT UUID(), 0, seq, UNIX_TIMESTAMP(),"
                 " JSON_OBJECT('namespace', 'alice', 'repository', 'alice/app',"
                 " 'actor', 'alice', 'tag', CONCAT('v', seq), 'digest',"
                 " CONCAT('sha256:', SHA2(seq, 256)), 'media_type',"
                 " 'application/vnd.oci.image.manifest.v1+json',"
                 " 'is_private', FALSE, 'created_at', 1, 'size', 1024)"
                 " FROM seq_1_to_%d" % self.deliveries)
        for hanging in self.hanging[:slow]:
            self._hook("http://127.0.0.1:%d/" % hanging.port, form,
                       self.deliveries)
        for _ in range(hooks):
            self._hook("http://127.0.0.1:%d/" % self.house.port(8700), form,
                       self.deliveries // hooks)
        # nothing of this is left to do for MariaDB
        self.sql("SET GLOBAL innodb_max_purge_lag_wait = 0")

    def run(self, hooks=1, form=0, slow=0):
        """(deliveries a second, milliseconds of a processor for one)"""
        self._fill(hooks, form, slow)
        wanted = self.deliveries // hooks * hooks
        begin = time.monotonic()
        courier = Courier(self.api.worker, LOOPBACK, timeout="15s",
                          name="courier").start()
        before = cpu(self.server.pid)
        # the log is cut while they are sent: what is left is asked for
        while self.sql("SELECT 1 FROM webhook_delivery WHERE state = 0"
                       " AND webhook_id > %d LIMIT 1" % slow):
            time.sleep(0.1)
            if time.monotonic() - begin > 300:
                raise SystemExit("not all were sent within 300 s")
        took = time.monotonic() - begin
        parts = cpu(courier.pid), cpu(self.server.pid) - before
        courier.kill()
        return (wanted / took, *(1000 * part / wanted for part in parts))


RUNS = (
    ("one webhook", {}),
    ("one webhook, one receiver that hangs", {"slow": 1}),
    ("one webhook, four receivers that hang", {"slow": 4}),
    ("20 webhooks of one host", {"hooks": 20}),
    ("20 webhooks of one host, four receivers that hang",
     {"hooks": 20, "slow": 4}),
    ("one webhook, `docker_hub` with its `callback_url`", {"form": 2}),
)


def rows_of(bench):
    for name, how in RUNS:
        rate, courier, database = bench.run(**how)
        row = (name, "%.0f" % rate, "%.2f" % courier, "%.2f" % database,
               "yes" if rate >= TARGET else "**no**")
        print(*row, flush=True)
        yield row


def write(text):
    """Replaces what is between the marks."""
    page = DOCUMENT.read_text()
    head, rest = page.split(MARKS[0])
    DOCUMENT.write_text(head + MARKS[0] + "\n" + text + "\n" + MARKS[1] +
                        rest.split(MARKS[1])[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--deliveries", type=int, default=10000)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    house = House()
    try:
        before = load()
        bench = Bench(house, args.deliveries)
        found = table(("", "deliveries a second", "courier, ms of a processor",
                       "MariaDB, ms of a processor", "at least %d" % TARGET),
                      list(rows_of(bench)))
        text = "%s. Load average %s before, %s after.\n\n%s" % (
            machine(), before, load(), found)
        print(text)
        if args.write:
            write(text)
    finally:
        for problem in house.problems():
            print(problem, file=sys.stderr)
        house.remove()


if __name__ == "__main__":
    main()
