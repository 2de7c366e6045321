#!/usr/bin/python3
"""index.py: slipway-index over an installation that is generated.

    make bench-index           all of it; writes docs/benchmarks-index.md
    tests/bench/index.py [--quick] [--accounts N] [--repositories N]
        [--tags N] [--state DIR] [--asked N] [--seconds N] [--pages | --tokens]
        [--only TEXT] [--write]

The installation (installation.py) stays in build/bench-index: a second run finds
it there.  Pages of the API and searches (pages.py) are asked for through nginx,
one after the other, by four callers: after a restart of the database, and again
when it has what it needs in memory.  Then wrk buys registry tokens with personal
access tokens, and one client allocates names as the original protocol does
(allocations.py).  Prints a table of each, with the targets, and for tokens the time
on the processors that each part took for one, which other programs on the
machine disturb less."""

import argparse
import base64
import fcntl
import os
import platform
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))
sys.path.insert(0, str(TOP / "tests" / "bench"))

import allocations  # noqa: E402
import measure  # noqa: E402
from installation import (Installation, KeptDatabase,  # noqa: E402
                          KeptMariaDb, Size, secret_of)
from pages import Pages, askers  # noqa: E402
from testenv import House, paths  # noqa: E402
from testenv.api import ApiHouse  # noqa: E402

MORE = """innodb_buffer_pool_size={pool}
innodb_log_file_size=1G
innodb_fast_shutdown=2
innodb_buffer_pool_dump_at_shutdown=OFF
innodb_buffer_pool_load_at_startup=OFF
local_infile=1
tmpdir={directory}
"""
BUYERS = 20000       # accounts that buy tokens
PROCESSES = 4
CONNECTIONS = 16
TICK = os.sysconf("SC_CLK_TCK")
MEDIAN_MS, P99_MS, TOKENS = 10, 50, 1000


# --- processors -------------------------------------------------------------

def cpu(pid):
    """Time of a process tree with its threads on the processors so far."""
    total = 0
    for one in measure.descendants(pid):
        try:
            stat = Path("/proc/%d/stat" % one).read_text()
        except OSError:
            continue
        total += sum(map(int, stat.rpartition(")")[2].split()[11:13]))
    return total / TICK


def cpu_of_load():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Parts:
    """Time on the processors that each part takes in a block."""

    def __init__(self, api):
        self._pids = {"nginx": api.nginx.pid, "`slipway-index`": api.worker.pid,
                      "MariaDB": api.worker.database.server.pid,
                      "memcached": api.memcached[0].pid}

    def _read(self):
        return {**{name: cpu(pid) for name, pid in self._pids.items()},
                "load generator": cpu_of_load()}

    def __enter__(self):
        self._before = self._read()
        return self

    def __exit__(self, *_):
        after = self._read()
        self.seconds = {name: after[name] - self._before[name]
                        for name in after}


# --- pages ------------------------------------------------------------------

def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))]


class Timings:
    """Milliseconds of each class and caller."""

    HEAD = ("page", "caller", "median", "p99", "reached", "processors",
            "cold: median", "cold: the slowest")

    def __init__(self):
        self.cold, self.warm, self.used = {}, {}, {}

    def row(self, key):
        median = percentile(self.warm[key], .5)
        late = percentile(self.warm[key], .99)
        cold = self.cold.get(key, [0])
        is_reached = median <= MEDIAN_MS and late <= P99_MS
        return (*key, "%.1f" % median, "%.1f" % late,
                "yes" if is_reached else "**no**", "%.1f" % self.used[key],
                "%.1f" % percentile(cold, .5), "%.1f" % max(cold))


def table(head, rows):
    return "\n".join("| %s |" % " | ".join(line) for line in (
        head, ["---"] * len(head), *rows))


def wanted(classes, only):
    return [(name, caller, make) for name, callers, make in classes
            if only in name for caller in callers]


def read_all(api):
    """As the traffic of hours would: what lists and searches read comes into
    the memory of the database."""
    for name, column in (
            ("search_posting", "place"), ("search_document", "LENGTH(terms)"),
            ("repository", "created_at"), ("repository_listing", "stars"),
            ("repository_count", "stars"), ("mirror_repository", "pushed_at"),
            ("repository_profile", "LENGTH(description)"),
            ("repository_pull", "pulled_at"), ("namespace", "created_at"),
            ("namespace_member", "joined_at")):
        api.worker.database.load(
            "SELECT SUM(%s) FROM %s FORCE INDEX (PRIMARY)" % (column, name))


def time_pages(api, pages, args):
    """The rows of a table."""
    named = askers(api.registry.port, pages.made.size)
    classes = wanted(pages.classes(), args.only)
    timings, choice = Timings(), random.Random(11)
    # Before the first page each process connects to the database again.
    for caller in named.values():
        for _ in range(4 * PROCESSES):
            caller.seconds("/api/v1/repositories?limit=1")
    rounds = [one for one in classes for _ in range(args.cold)]
    choice.shuffle(rounds)
    for name, caller, make in rounds:
        took = named[caller].seconds(make(choice)) * 1000
        timings.cold.setdefault((name, caller), []).append(took)
    read_all(api)
    rows = []
    for name, caller, make in classes:
        ask = [make(choice) for _ in range(args.asked)]
        # nginx closes what was idle for long.
        named[caller].connection.close()
        for path in ask[:args.asked // 4]:
            named[caller].seconds(path)
        with Parts(api) as parts:
            timings.warm[name, caller] = [
                named[caller].seconds(path) * 1000 for path in ask]
        timings.used[name, caller] = 1000 * sum(
            used for part, used in parts.seconds.items()
            if part != "load generator") / len(ask)
        rows.append(timings.row((name, caller)))
        print(" | ".join(rows[-1]), flush=True)
    return rows


# --- tokens -----------------------------------------------------------------

def write_buyers(made, path):
    """Lines of wrk's script: credentials, and a repository of the account's
    own."""
    lines = []
    with open(made.names) as names:
        for number, line in zip(range(1, made.size.accounts + 1), names):
            name = line.split("\t")[0]
            lines.append((number, name))
    chosen = random.Random(13).sample(lines, min(BUYERS, len(lines)))
    with open(path, "w") as out:
        for number, name in chosen:
            pair = "user%d:%s" % (number, secret_of(number))
            out.write("%s %s\n" % (
                base64.b64encode(pair.encode()).decode(), name))


def buy_tokens(api, path, seconds):
    """Tokens a second, and milliseconds on the processors of each part for
    one."""
    url = "http://127.0.0.1:%d/token" % api.house.port(8600)
    script = str(TOP / "tests" / "bench" / "tokens.lua")
    measure.wrk(url, 3, connections=CONNECTIONS, script=script, args=[path])
    with Parts(api) as parts:
        rate = measure.wrk(url, seconds, connections=CONNECTIONS,
                           script=script, args=[path])
    return rate, {name: 1000 * used / (rate * seconds)
                  for name, used in parts.seconds.items()}


def token_rows(rate, parts):
    total = sum(parts.values())
    return ([(name, "%.3f" % used) for name, used in parts.items()]
            + [("together", "%.3f" % total),
               ("tokens a second that 2 processors could pay for",
                "%.0f" % (2000 / total)),
               ("tokens a second that were counted (target: %d)" % TOKENS,
                "%.0f%s" % (rate, "" if rate >= TOKENS else
                            ", **not reached**"))])


# --- the document -----------------------------------------------------------

def machine():
    names = [line.split(":")[1].strip() for line in
             Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    total = int(Path("/proc/meminfo").read_text().split()[1]) // 1024 // 1024
    return "%d processors (%s), %d GiB of memory, Linux %s" % (
        os.cpu_count(), names[0] if names else platform.machine(), total + 1,
        platform.release())


def load():
    return "%.1f" % os.getloadavg()[0]


DOCUMENT = (TOP / "docs" / "benchmarks-index.md")
MARK = "<!-- figures -->"


def write_document(found):
    """Replaces all behind the mark."""
    head = DOCUMENT.read_text().split(MARK)[0]
    DOCUMENT.write_text(head + MARK + "\n\n" + "\n\n".join(found) + "\n")


# --- runs -------------------------------------------------------------------

def migrate(database):
    """An installation that an older program has made: it may take minutes."""
    subprocess.run([paths.BUILD / "slipway-index", "migrate"], check=True,
                   env=paths.environment(**database.environment()))


class Run:
    """One installation, and what is measured in it."""

    def __init__(self, house, args):
        self.house, self.args = house, args
        self.found = []
        self.directory = Path(args.state)
        self.directory.mkdir(parents=True, exist_ok=True)
        # One run at a time: the database is started by it.
        self.lock = open(self.directory / "lock", "w")
        fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.pool = "512M" if args.quick else "8G"
        self.server = house.keep(KeptMariaDb(
            house, self.directory / "db", MORE.format(
                pool=self.pool, directory=self.directory)))
        database = KeptDatabase(self.server, "bench")
        migrate(database)
        self.api = ApiHouse(house, processes=PROCESSES, database=database)
        self.made = Installation(
            Size(args.accounts, args.repositories, args.tags),
            self.api.worker.database, self.directory)

    def fill(self):
        begin = time.monotonic()
        self.made.fill(lambda: self.api.worker.command(
            "search", "rebuild", timeout=36000))
        took = time.monotonic() - begin
        size = self.api.sql(
            "SELECT ROUND(SUM(data_length + index_length) / 1e9, 1)"
            " FROM information_schema.tables WHERE table_schema = 'bench'")
        steps = self.api.sql("SELECT ROUND(SUM(seconds)) FROM bench_step")
        self.say("%s: %s GB in MariaDB, made in %s s; a buffer pool of %sB."
                 % (self.made.size, size[0][0], steps[0][0], self.pool))
        print("ready after %d s" % took, flush=True)

    def say(self, text):
        self.found.append(text)
        print(text, flush=True)

    def restart(self):
        """Of the database, so that nothing is in its memory."""
        self.server.stop()
        self.server.start()

    def pages(self):
        before = load()
        pages = Pages(self.made)
        self.restart()
        rows = time_pages(self.api, pages, self.args)
        self.found += [
            "## Pages and searches",
            "Milliseconds of a request through nginx, one client, %d requests"
            " each. Targets: %d ms at the median, %d ms at p99. Cold: the first"
            " %d of each after a restart of MariaDB, in no order. Load average"
            " %s before and %s after. \"processors\" is the time that nginx,"
            " `slipway-index` and MariaDB ran for one." % (
                self.args.asked, MEDIAN_MS, P99_MS, self.args.cold, before,
                load()),
            table(Timings.HEAD, rows)]

    def tokens(self):
        path = self.directory / "buyers"
        write_buyers(self.made, path)
        before = load()
        rate, parts = buy_tokens(self.api, str(path), self.args.seconds)
        rows = token_rows(rate, parts)
        self.say("## Tokens")
        self.say("%d seconds. Load average %s before, %s after, the load of"
                 " the test included." % (self.args.seconds, before, load()))
        self.say(table(("part", "ms of a processor for one token"), rows))

    def allocations(self):
        before = load()
        rows = allocations.Allocations(self.api).rows(
            self.args.asked, lambda: Parts(self.api), percentile)
        self.say("## Names and tokens of the original protocol")
        self.say("Milliseconds of a request through nginx, one client, %d"
                 " requests each, with %d images. Target: %d ms at the median."
                 " Load average %s before and %s after." % (
                     self.args.asked, allocations.IMAGES,
                     allocations.TARGET_MS, before, load()))
        self.say(table(allocations.HEAD, rows))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--accounts", type=int)
    parser.add_argument("--repositories", type=int)
    parser.add_argument("--tags", type=int)
    parser.add_argument("--state")
    parser.add_argument("--asked", type=int)
    parser.add_argument("--cold", type=int)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--pages", action="store_true")
    parser.add_argument("--tokens", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    small = {"accounts": 2000, "repositories": 20000, "tags": 200000,
             "asked": 40, "cold": 1, "seconds": 5,
             "state": TOP / "build" / "bench-index-quick"}
    full = {"accounts": 100000, "repositories": 1000000, "tags": 10000000,
            "asked": 200, "cold": 5, "seconds": 30,
            "state": TOP / "build" / "bench-index"}
    for name, value in (small if args.quick else full).items():
        if getattr(args, name) is None:
            setattr(args, name, value)
    return args


def main():
    args = arguments()
    house = House()
    try:
        run = Run(house, args)
        run.say("The machine: %s." % machine())
        run.fill()
        if not args.tokens:
            run.pages()
        if not args.pages:
            run.tokens()
            run.allocations()
        if args.write:
            write_document(run.found)
    finally:
        for problem in house.problems():
            print(problem, file=sys.stderr)
        house.remove()


if __name__ == "__main__":
    main()
