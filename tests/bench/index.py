#!/usr/bin/python3
"""index.py: slipway-index over an installation that is generated.

    make bench-index
    tests/bench/index.py [--quick] [--accounts N] [--repositories N]

Accounts, each with its namespace and a personal access token, and
repositories are put straight into the database.  wrk then buys registry tokens
with access tokens.  Prints tokens a second, and the time on the processors that
each part took for one token, which other programs on the machine disturb less.
"""

import argparse
import base64
import hashlib
import os
import random
import resource
import string
import sys
import time
import zlib
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))
sys.path.insert(0, str(TOP / "tests" / "bench"))

import measure  # noqa: E402
from testenv import House, MariaDb  # noqa: E402
from testenv.api import ApiHouse  # noqa: E402
from testenv.servers import Database  # noqa: E402

DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
ROWS = 1000          # of one INSERT that has its values in its text
BATCH = 50000        # of one that makes them
MORE = "innodb_buffer_pool_size=512M\n"
BUYERS = 20000       # accounts that buy tokens
TICK = os.sysconf("SC_CLK_TCK")


def secret_text():
    """A personal access token: docs/accounts.md."""
    random_part = "".join(random.choices(DIGITS, k=30))
    check, digits = zlib.crc32(random_part.encode()), ""
    for _ in range(6):
        check, digit = divmod(check, 62)
        digits = DIGITS[digit] + digits
    return "slp_" + random_part + digits


class Installation:
    """What is generated: accounts user1..userN, and repositories
    userI/appJ, in turns."""

    def __init__(self, database, accounts, repositories):
        self.accounts = accounts
        self.repositories = repositories
        self._sql = database.sql
        self._sql("""
            INSERT INTO account (id, login, password_hash, created_at)
            SELECT seq, CONCAT('user', seq), '!', 1 FROM seq_1_to_{a};
            INSERT INTO namespace (id, name, account_id, created_at)
            SELECT seq, CONCAT('user', seq), seq, 1 FROM seq_1_to_{a};
            ANALYZE TABLE account, namespace""".format(a=accounts))
        for first in range(0, repositories, BATCH):
            self._sql("""
                INSERT INTO repository (namespace_id, name, is_private,
                    created_at)
                SELECT 1 + seq % {a},
                    CONCAT('user', 1 + seq % {a}, '/app', seq DIV {a}), 1, 1
                FROM seq_{first}_to_{last}""".format(
                    a=accounts, first=first,
                    last=min(first + BATCH, repositories) - 1))
        self._sql("ANALYZE TABLE repository")
        self.lines = []
        for first in range(1, accounts + 1, ROWS):
            self._add_tokens(range(first, min(first + ROWS, accounts + 1)))

    def _add_tokens(self, ids):
        values = []
        for number in ids:
            secret = secret_text()
            values.append("('%s', %d, 'ci', 'slp_', 1, '', 1, '', %d)" % (
                hashlib.sha256(secret.encode()).hexdigest(), number,
                int(time.time())))
            pair = base64.b64encode(b"user%d:%s" % (number, secret.encode()))
            self.lines.append("%s user%d/app0" % (pair.decode(), number))
        self._sql("INSERT INTO access_token (key_hash, account_id, name, hint,"
                  " actions, patterns, created_at, created_from, used_at)"
                  " VALUES " + ",".join(values))


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
        self._pids = {"nginx": api.nginx.pid, "slipway-index": api.worker.pid,
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


def buy_tokens(api, path, seconds):
    """Tokens a second, and milliseconds on the processors of each part for
    one."""
    url = "http://127.0.0.1:%d/token" % api.house.port(8600)
    script = str(TOP / "tests" / "bench" / "tokens.lua")
    measure.wrk(url, 2, connections=16, script=script, args=[path])
    with Parts(api) as parts:
        rate = measure.wrk(url, seconds, connections=16, script=script,
                           args=[path])
    return rate, {name: 1000 * used / (rate * seconds)
                  for name, used in parts.seconds.items()}


def report(rate, parts):
    print("registry tokens a second: %.0f" % rate)
    print("load average: %.1f on %d processors" % (
        os.getloadavg()[0], os.cpu_count()))
    print("| part | ms of a processor for one token |\n| --- | --- |")
    for name, used in parts.items():
        print("| %s | %.3f |" % (name, used))
    total = sum(parts.values())
    print("| together | %.3f |" % total)
    print("that much is %.0f tokens a second on 2 processors" % (2000 / total))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--accounts", type=int)
    parser.add_argument("--repositories", type=int)
    args = parser.parse_args()
    accounts = args.accounts or (2000 if args.quick else 100000)
    repositories = args.repositories or (20000 if args.quick else 1000000)
    house = House()
    try:
        api = ApiHouse(house, processes=4, database=Database(
            house.keep(MariaDb(house, more=MORE)), "bench"))
        made = Installation(api.worker.database, accounts, repositories)
        path = Path(house.dir) / "buyers"
        path.write_text("\n".join(random.sample(
            made.lines, min(BUYERS, accounts))) + "\n")
        print("%d accounts, %d repositories" % (accounts, repositories))
        report(*buy_tokens(api, str(path), 5 if args.quick else 30))
    finally:
        house.problems()
        house.remove()


if __name__ == "__main__":
    main()
