#!/usr/bin/python3
"""What clients notice of a flood of wrong passwords.

    tests/bench/wrong_passwords.py [--seconds S] [--connections N ...]

For each number of connections wrk asks for tokens of many accounts with wrong
passwords, as fast as it is answered, without nginx's limit_req and limit_conn,
and from loopback, where slipway-index does not limit an address.  Meanwhile
one client asks for anonymous tokens, one logs in with a password that is
right, and one pushes a tag with a token that it holds, each one request after
the other.  Prints a row of a table for each of them."""

import argparse
import base64
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from testenv import House, images  # noqa: E402
from testenv.accounts import Accounts, scope  # noqa: E402

PROCESSES = 4

ACCOUNTS = 1000


def flood_script():
    """What wrk sends."""
    pairs = (base64.b64encode(b"user%d:wrong" % i) for i in range(ACCOUNTS))
    return """
local n, pairs = 0, { %s }
function request()
    n = n %% #pairs + 1
    return wrk.format("GET", "/token",
                      { Authorization = "Basic " .. pairs[n] })
end
""" % ", ".join('"%s"' % pair.decode() for pair in pairs)


class Watch(threading.Thread):
    """Does one thing again and again; the seconds that each took, and the
    statuses that were none of success."""

    def __init__(self, name, ask):
        super().__init__()
        self.what, self.ask = name, ask
        self.took, self.failed = [], []
        self.is_over = threading.Event()

    def run(self):
        while not self.is_over.is_set():
            begun = time.perf_counter()
            status = self.ask()
            self.took.append(time.perf_counter() - begun)
            if status not in (200, 201):
                self.failed.append(status)

    def row(self, connections):
        took = sorted(self.took)
        return "| %d | %s | %d | %.0f | %.0f | %.0f | %s |" % (
            connections, self.what, len(took),
            1000 * statistics.median(took),
            1000 * took[len(took) * 99 // 100], 1000 * took[-1],
            ", ".join("%d × %d" % (self.failed.count(s), s)
                      for s in sorted(set(self.failed))) or "none")


def flood(port, connections, seconds, script):
    return subprocess.Popen(
        ["wrk", "-t1", "-c%d" % connections, "-d%ds" % seconds,
         "--timeout", "60s", "-s", script, "http://127.0.0.1:%d" % port],
        stdout=subprocess.PIPE, text=True)


def measure(accounts, connections, seconds, script):
    pushing = accounts.client("alice", scope("alice/app"))
    image = images.Image()
    pushing.push_image("alice/app", "v1", image)
    manifest = image.manifest
    watches = [
        Watch("anonymous token", lambda: accounts.ask(
            None, scope("bob/app", "pull")).status),
        Watch("token by password", lambda: accounts.ask("bob").status),
        Watch("push of a tag", lambda: pushing.put(
            "/v2/alice/app/manifests/v1",
            [("Content-Type", manifest.media_type)], manifest.data).status)]
    noise = connections and flood(accounts.open.port, connections,
                                  seconds + 2, script)
    time.sleep(2 if connections else 0)
    for watch in watches:
        watch.start()
    time.sleep(seconds)
    for watch in watches:
        watch.is_over.set()
    for watch in watches:
        watch.join()
        print(watch.row(connections), flush=True)
    if noise:
        rate = [line.strip() for line in noise.communicate()[0].splitlines()
                if "requests in" in line or "Non-2xx" in line]
        print("flood of %d: %s" % (connections, "; ".join(rate)),
              file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--connections", type=int, nargs="*",
                        default=[0, 64, 300])
    options = parser.parse_args()
    databases = House()
    house = House(databases.mariadb)
    try:
        accounts = Accounts(house, "alice", "bob", processes=PROCESSES)
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(flood_script())
            script.flush()
            print("| connections | what | asked | median ms | 99 % ms |"
                  " longest ms | failed |\n|---|---|---|---|---|---|---|")
            for connections in options.connections:
                measure(accounts, connections, options.seconds, script.name)
    finally:
        for built in (house, databases):
            built.problems()
            built.remove()


if __name__ == "__main__":
    main()
