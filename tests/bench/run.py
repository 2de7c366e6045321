#!/usr/bin/python3
"""run.py: Slipway, plain nginx and docker-registry compared in one run.

    make bench                 all of it; writes docs/benchmarks.md
    make bench PEERS=DIRECTORY also with zot and distribution 3 (peers.py)
    tests/bench/run.py --quick shorter rounds, nothing written

Every figure is a ratio of two things measured in turns on this machine, since
the machine itself is never the same twice."""

import argparse
import hashlib
import os
import platform
import random
import socket
import subprocess
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))
sys.path.insert(0, str(TOP / "tests" / "bench"))

import measure  # noqa: E402
import peers  # noqa: E402
from setup import NAME, SERVICE, Bench  # noqa: E402
from testenv import House, images  # noqa: E402
from testenv.accounts import seal  # noqa: E402

COLD_TOKENS = 400000
IMAGE_ID = 64 * "a"


class Table:
    """Rows: what, ours, the other, the ratio and whether it is reached."""

    def __init__(self):
        self.rows = []

    def add(self, what, ours, other, ratio, wanted, is_reached):
        row = (what, ours, other, ratio, wanted,
               "yes" if is_reached else "**no**")
        self.rows.append(row)
        print(" | ".join(row), flush=True)

    def at_least(self, what, ours, other, ratio, bound):
        self.add(what, ours, other, "%.2f" % ratio, "≥ %g" % bound,
                 ratio >= bound)

    def at_most(self, what, ours, other, ratio, bound):
        self.add(what, ours, other, "%.2f" % ratio, "≤ %g" % bound,
                 ratio <= bound)

    def markdown(self):
        head = ("what", "Slipway", "other", "ratio", "target", "reached")
        lines = [head, tuple("---" for _ in head), *self.rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def curl(url, *options):
    subprocess.run(["curl", "-sSfk", "--http1.1", "-o", "/dev/null", *options,
                    url], check=True)


# --- pull --------------------------------------------------------------------

def pull_once(server, url, options):
    """(wall seconds, CPU seconds of the server) of one pull."""
    before = measure.cpu_seconds(server.pid)
    wall = measure.timed(lambda: curl(url, *options))
    return wall, measure.cpu_seconds(server.pid) - before


def bench_pull(bench, table, rounds, is_tls):
    kind = "TLS" if is_tls else "HTTP"
    compare_pulls(bench, table, rounds, kind, bench.auth, bench.slipway_url(
        "/v2/%s/blobs/%s" % (NAME, bench.layer_digest), is_tls),
        bench.plain_url("/layer", is_tls))


def bench_v1(bench, table, rounds):
    """The same layer, pushed and pulled by the original protocol."""
    image = "/v1/images/%s/" % IMAGE_ID
    text = ('{"id":"%s"}' % IMAGE_ID).encode()
    payload = hashlib.sha256(text + b"\n")
    with open(bench.layer, "rb") as layer:
        while piece := layer.read(1 << 20):
            payload.update(piece)
    bench.renew()
    for what, options in (
            ("json", ["--data-binary", text.decode()]),
            ("layer", ["-T", bench.layer, "-H", "Transfer-Encoding: chunked",
                       "-H", "Expect:"]),
            ("checksum", ["-H", "X-Docker-Checksum-Payload: sha256:"
                          + payload.hexdigest()])):
        curl(bench.slipway_url(image + what), "-X", "PUT", "-H",
             bench.auth_v1, *options)
    bench.renew()
    compare_pulls(bench, table, rounds, "/v1/ over HTTP", bench.auth_v1,
                  bench.slipway_url(image + "layer"),
                  bench.plain_url("/layer"))


def compare_pulls(bench, table, rounds, kind, auth, ours_url, plain_url):
    ours, plain = [], []
    pull_once(bench.slipway, ours_url, ["-H", auth])
    pull_once(bench.plain, plain_url, [])
    for _ in range(rounds):
        ours.append(pull_once(bench.slipway, ours_url, ["-H", auth]))
        plain.append(pull_once(bench.plain, plain_url, []))
    wall = [measure.median([r[0] for r in side]) for side in (ours, plain)]
    cpu = [sum(r[1] for r in side) / rounds for side in (ours, plain)]
    table.at_least(
        "pull of 1 GiB, %s, speed" % kind, "%.2f GiB/s" % (1 / wall[0]),
        "nginx %.2f GiB/s" % (1 / wall[1]), wall[1] / wall[0], 0.95)
    table.at_most(
        "pull of 1 GiB, %s, CPU" % kind, "%.2f s/GiB" % cpu[0],
        "nginx %.2f s/GiB" % cpu[1], cpu[0] / cpu[1], 1.1)


# --- small requests ----------------------------------------------------------

def in_turns(rounds, *functions):
    """The median of each function over rounds in which all take turns."""
    results = [[f() for f in functions] for _ in range(rounds)]
    return [measure.median([row[i] for row in results])
            for i in range(len(functions))]


def bench_rate(bench, table, what, method, path, static, bound, seconds,
               rounds, is_tls):
    """Requests a second, and microseconds of CPU that each one costs nginx:
    the latter is nearly the same on a machine that is busy otherwise."""
    accept = "Accept: " + images.OCI_MANIFEST
    load = measure.ab_head if method == "HEAD" else measure.wrk

    def rate(server, url, *headers):
        before = measure.cpu_seconds(server.pid)
        done = load(url, seconds, headers=[accept, *headers])
        spent = measure.cpu_seconds(server.pid) - before
        return done, spent * 1e6 / (done * seconds)

    bench.renew()
    ours, plain, peer = in_turns(
        rounds,
        lambda: rate(bench.slipway, bench.slipway_url(path, is_tls),
                     bench.auth),
        lambda: rate(bench.plain, bench.plain_url(static, is_tls)),
        lambda: rate(bench.peer, bench.peer_url(path, is_tls)))
    kind = "TLS" if is_tls else "HTTP"
    table.at_least("%s, %s" % (what, kind), "%.0f/s, %.1f µs" % ours,
                   "nginx %.0f/s, %.1f µs" % plain, ours[0] / plain[0], bound)
    table.at_least("%s, %s" % (what, kind), "%.0f/s" % ours[0],
                   "docker-registry %.0f/s" % peer[0], ours[0] / peer[0], 15)


def bench_rates(bench, table, seconds, rounds, is_tls):
    blob = "/v2/%s/blobs/%s"
    for what, method, path, static, bound in (
            ("manifest GET by tag", "GET", "/v2/%s/manifests/latest" % NAME,
             "/manifest", 0.97 if is_tls else 1),
            ("blob HEAD", "HEAD", blob % (NAME, bench.blob_digest), "/blob",
             0.97 if is_tls else 0.9),
            ("GET of a blob of 1 KiB", "GET", blob % (
                NAME, bench.small_digest), "/small", 0.85)):
        bench_rate(bench, table, what, method, path, static, bound, seconds,
                   rounds, is_tls)


def bench_counted(bench, table, seconds, rounds):
    path = "/v2/%s/manifests/latest" % NAME
    headers = ["Accept: " + images.OCI_MANIFEST, bench.auth]

    def cost(url):
        """CPU microseconds of nginx for a request."""
        before = measure.cpu_seconds(bench.slipway.pid)
        rate = measure.wrk(url, seconds, headers=headers)
        spent = measure.cpu_seconds(bench.slipway.pid) - before
        return spent * 1e6 / (rate * seconds)

    bench.renew()
    counted, plain = in_turns(rounds,
                              lambda: cost(bench.counted_url(path)),
                              lambda: cost(bench.slipway_url(path)))
    table.at_most("manifest GET by tag, with registry_pulls, CPU",
                  "%.2f µs" % counted, "without %.2f µs" % plain,
                  counted / plain, 1.05)


def fill_memcached(bench):
    """Verdicts as slipway-index writes them, under the hashes of tokens that
    no other server knows; returns the files of tokens and of keys."""
    verdict = ("slipway-verdict 1\nexpires %d\nservice %s\naccount bench\n"
               "grant repository:%s:pull\n"
               % (time.time() + 3600, SERVICE, NAME)).encode()
    secret = Path(bench.dir, "verdict.key").read_text().strip()
    tokens = bench.dir + "/tokens"
    keys = bench.dir + "/keys"
    source = random.Random(1)
    with open(tokens, "w") as t, open(keys, "w") as k, \
            socket.socket(socket.AF_UNIX) as s:
        s.connect(str(bench.memcached.socket))
        for _ in range(COLD_TOKENS // 1000):
            piece = b""
            for _ in range(1000):
                token = "sw1.%0200x.%043x" % (source.getrandbits(800),
                                              source.getrandbits(172))
                key = hashlib.sha256(token.encode()).hexdigest()
                t.write(token + "\n")
                k.write(key + "\n")
                value = seal(verdict, "slipway:2:" + key, secret)
                piece += b"set slipway:2:%s 0 3600 %d noreply\r\n%s\r\n" % (
                    key.encode(), len(value), value)
            s.sendall(piece)
        s.sendall(b"version\r\n")
        s.recv(100)
    return tokens, keys


def bench_cold(bench, table, seconds, rounds):
    """Compared with what it consists of: a value of memcached and a manifest
    with a token that nginx knows, one after the other."""
    tokens, keys = fill_memcached(bench)
    script = str(TOP / "tests/bench/cold_tokens.lua")
    path = "/v2/%s/manifests/latest" % NAME
    ours = bench.slipway_url(path)
    looked_up = []

    def cold():
        before = bench.verdicts("memcached")
        rate = measure.wrk(ours, seconds, script=script, args=[
            tokens, "token", str(len(looked_up)), str(rounds)])
        looked_up.append((bench.verdicts("memcached") - before)
                         / (rate * seconds))
        return rate

    bench.renew()
    mixed, alone, warm = in_turns(
        rounds, cold,
        lambda: measure.wrk(bench.plain_url("/memcached/?key="), seconds,
                            script=script, args=[keys, "key", "0", "1"]),
        lambda: measure.wrk(ours, seconds, headers=[bench.auth]))
    if min(looked_up) < 0.97:
        raise RuntimeError("only %.2f of the tokens were new to the zone"
                           % min(looked_up))
    together = 1 / (1 / alone + 1 / warm)
    table.at_least("manifest GET, every token new to the zone",
                   "%.0f/s" % mixed, "memcached_pass %.0f/s and warm GET "
                   "%.0f/s: together %.0f/s" % (alone, warm, together),
                   mixed / together, 0.9)


# --- push --------------------------------------------------------------------

def push_stream(bench):
    """POST and one PUT of the layer, as containerd pushes it."""
    location = bench.client.start_upload(NAME)
    subprocess.run(
        ["curl", "-sSf", "-o", "/dev/null", "-H", bench.auth, "-H", "Expect:",
         "-T", bench.layer, bench.slipway_url(
             "%s?digest=%s" % (location, bench.layer_digest))], check=True)


def hash_and_copy(bench):
    """What a push cannot do without: hash, copy, fsync."""
    target = bench.dir + "/copy"
    subprocess.run(["sha256sum", bench.layer], check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(["dd", "if=" + bench.layer, "of=" + target, "bs=1M",
                    "conv=fsync", "status=none"], check=True)
    os.unlink(target)


def forget_layer(bench):
    """The next push of the same layer has to write it again."""
    hexes = bench.layer_digest.split(":")[1]
    root = "%s/store/docker/registry/v2/" % bench.dir
    os.unlink("%sblobs/sha256/%s/%s/data" % (root, hexes[:2], hexes))


def bench_push(bench, table, rounds):
    ours, floor = [], []
    for _ in range(rounds):
        bench.renew()
        floor.append(measure.timed(lambda: hash_and_copy(bench)))
        ours.append(measure.timed(lambda: push_stream(bench)))
        forget_layer(bench)
    push_stream(bench)
    ratio = measure.median(ours) / measure.median(floor)
    table.at_most("push of 1 GiB in one stream",
                  "%.2f s" % measure.median(ours),
                  "sha256sum and copy with fsync %.2f s"
                  % measure.median(floor), ratio, 1.3)


def push_rate(program, url, count, *authorization):
    """Layers of 1 MiB a second that ten clients push together."""
    return float(subprocess.run(
        [program, url, NAME, "10", str(count), *authorization], check=True,
        stdout=subprocess.PIPE, text=True).stdout)


def compiled(bench, name, *libraries):
    """A program of this directory."""
    program = os.path.join(bench.dir, name)
    subprocess.run(["cc", "-O2", "-o", program,
                    TOP / "tests/bench" / (name + ".c"), *libraries],
                   check=True)
    return program


def bare_rate(bench, program, count):
    """The same of a program that only writes the files, on the same disk."""
    return float(subprocess.run(
        [program, bench.dir + "/bare", "10", str(count)], check=True,
        stdout=subprocess.PIPE, text=True).stdout)


def bench_small_pushes(bench, table, count, rounds):
    """The first round fills caches and is not counted."""
    program = compiled(bench, "push", "-lcurl", "-lcrypto")
    bare = compiled(bench, "push_bare")

    def round_of(number):
        bench.renew()
        return in_turns(
            number,
            lambda: push_rate(program, bench.slipway_url(""), count,
                              bench.auth),
            lambda: push_rate(program, bench.peer_url(""), count),
            lambda: bare_rate(bench, bare, count))

    round_of(1)
    ours, peer, floor = round_of(rounds)
    # one of the two is to be reached
    is_reached = ours / peer >= 4.5 or ours / floor >= 0.9
    for name, rate, wanted in (("docker-registry", peer, "≥ 4.5"),
                               ("bare program", floor, "or ≥ 0.9")):
        table.add("ten clients push layers of 1 MiB", "%.0f/s" % ours,
                  "%s %.0f/s" % (name, rate), "%.2f" % (ours / rate), wanted,
                  is_reached)


LAYERS = 10  # of an image that skopeo pushes


def skopeo_push(bench, url, number, *options):
    """Seconds that skopeo takes for an image of small layers, which no
    registry has."""
    image = images.Image(layers=LAYERS, size=4096, seed=(os.getpid(), number))
    path = Path(bench.dir, "image%d" % number)
    path.mkdir()
    images.write_layout(path, "small", [image])
    return measure.timed(lambda: subprocess.run(
        ["skopeo", "copy", "--quiet", "--insecure-policy",
         "--dest-tls-verify=false", *options, "oci:%s:small" % path,
         "docker://%s:small" % url.split("://")[1]], check=True,
        stdin=subprocess.DEVNULL))


def bench_skopeo(bench, table, rounds):
    bench.renew()
    numbers = iter(range(1000000))
    ours, peer = in_turns(
        rounds,
        lambda: skopeo_push(bench, bench.slipway_url("/" + NAME),
                            next(numbers), "--dest-registry-token",
                            bench.client.token),
        lambda: skopeo_push(bench, bench.peer_url("/" + NAME),
                            next(numbers), "--dest-no-creds"))
    table.at_most("skopeo pushes an image of %d small layers" % LAYERS,
                  "%.3f s" % ours, "docker-registry %.3f s" % peer,
                  ours / peer, 0.5)


def bench_peers(bench, table, seconds, rounds, directory, part):
    others = peers.Peers(bench, directory)
    try:
        peers.bench_manifests(others, table, seconds, rounds, in_turns)
        peers.bench_zb(others, table, rounds, in_turns,
                       os.path.join(bench.dir, "zb"), part)
    finally:
        others.stop()


def bench_memory(bench, table):
    """Ten clients push 1 GiB each, all at once."""
    bench.renew()
    idle = measure.memory(bench.slipway.pid)
    path = bench.layer
    locations = [bench.client.start_upload(NAME) for _ in range(10)]
    with measure.PeakMemory(bench.slipway.pid) as watch:
        pushes = [subprocess.Popen(
            ["curl", "-sSf", "-o", "/dev/null", "-H", bench.auth, "-H",
             "Expect:", "-H", "Content-Type: application/octet-stream", "-X",
             "PATCH", "-T", path, bench.slipway_url(location)],
            stdin=subprocess.DEVNULL) for location in locations]
        codes = [push.wait() for push in pushes]
    assert codes == [0] * 10, codes
    for location in locations:
        bench.client.delete(location)
    growth = (watch.peak - idle) / (1 << 20)
    table.add("memory of nginx while ten clients push 1 GiB each",
              "%.1f MiB over idle" % growth, "", "", "≤ 20 MiB", growth <= 20)


def bench_idle(bench, table):
    """All of Slipway at rest, without MariaDB."""
    servers = (bench.slipway, bench.worker, bench.index, bench.memcached)
    total = sum(measure.memory(s.pid) for s in servers) / (1 << 20)
    table.add("memory of all at rest, without MariaDB", "%.0f MiB" % total,
              "", "", "< 100 MiB", total < 100)


# --- all of it ---------------------------------------------------------------

HEAD_TEXT = """# Benchmarks

`make bench` writes this page. It compares Slipway with plain nginx that serves the
same bytes as static files, and with Debian's docker-registry 2.8.2 (no
authentication, descriptor cache in memory), all on one machine, in turns, in one
run. Slipway runs with an index, memcached and a token on every request. The load
generators (curl, wrk with 2 threads and 64 connections, python clients) share the
machine's cores with the servers, so only ratios are meaningful.

Measured on {date}: {cores} cores, {cpu}, Linux {kernel}, nginx 1.22.1.

{table}

- CPU is the CPU time of the nginx processes.
- µs: CPU time of all nginx workers for a request.
- The plain nginx has the same connection and TLS settings, and as Slipway no access
  log; the manifest has {manifest} bytes.
- "new to the zone": wrk sends each of {tokens} tokens once at most, whose verdicts are in
  memcached; compared with the rate that two requests add up to, one for the same
  keys through `memcached_pass` and one for the manifest with a token that is known.
- Memory is the proportional set size of the processes named.
- The bare program (`tests/bench/push_bare.c`): ten processes write, sync, rename and
  link the same files on the same disk, in the order of [storage.md](storage.md),
  without HTTP and hashes.
- "standalone": without an index and tokens, no log of requests, 64 connections. Peers
  other than docker-registry are measured if they are there:
  `make bench PEERS=DIRECTORY`, which has `zot`, `registry` (distribution 3) and `zb`,
  the load tool of zot, built from their sources.
- On a machine that does other work as well, most figures are too low, and those of
  TLS too high or too low by chance: 64 handshakes weigh more where little is sent.

## What a read costs

Measured on 2026-12-01 with one nginx worker, keepalive connections and a token of
`slipway-index`: instructions that a worker executes in user mode for a request
(callgrind, so SHA-256 counts without the processor's own instructions), and its
system calls (`strace -c`). Neither depends on what else the machine does.

| request | before | now | plain nginx | system calls | plain nginx |
| --- | --- | --- | --- | --- | --- |
| manifest GET by tag | 38840 | 20380 | 11730 | 4: `recvfrom`, 2 `newfstatat`, `writev` | 8: `recvfrom`, `openat`, `newfstatat`, 2 `setsockopt`, `writev`, `sendfile`, `close` |
| blob HEAD | 43850 | 21040 | 10660 | 4: `recvfrom`, 2 `newfstatat`, `writev` | 5: `recvfrom`, `openat`, `newfstatat`, `writev`, `close` |
| GET of a blob of 1 KiB | – | 21820 | 11690 | 7: `recvfrom`, 2 `newfstatat`, `openat`, `pread64`, `writev`, `close` | 8: as above |
| manifest GET, token new to the zone | 106960 | 71700 | `memcached_pass` 17500 | | |

"Before" is the module that hashed the token of each request. Of what is left beyond
plain nginx, 2300 instructions are nginx reading the longer `Authorization` header.

[benchmarks-store.md](benchmarks-store.md) has figures of `gc`, `fsck`, `purge` and
`reindex` on a store of a million blobs.
"""


def cpu_name():
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def run(bench, table, options):
    """Returns what went wrong."""
    failed = []
    seconds, rounds = (2, 1) if options.quick else (5, 3)
    wanted = options.only.split(",") if options.only else None

    def section(name, function, *args):
        """The other sections are measured even if one cannot be."""
        if wanted is None or name in wanted:
            try:
                function(bench, table, *args)
            except (OSError, RuntimeError, AssertionError,
                    subprocess.SubprocessError) as error:
                failed.append("%s: %s" % (name, error))
                print("%s failed: %s" % (name, error), flush=True)

    section("idle", bench_idle)
    bench.make_layer()
    bench.make_image()
    section("push", bench_push, 1 if options.quick else 5)
    for is_tls in (False, True):
        section("pull", bench_pull, 3 if options.quick else 9, is_tls)
        section("rate", bench_rates, seconds, rounds, is_tls)
    section("v1", bench_v1, 3 if options.quick else 9)
    section("counted", bench_counted, 2, 3 * rounds)
    section("cold", bench_cold, 2, rounds)
    section("small", bench_small_pushes, 50, 2 * rounds)
    section("skopeo", bench_skopeo, 5 * rounds)
    section("peers", bench_peers, seconds, rounds, options.peers,
            10 if options.quick else 1)
    section("memory", bench_memory)
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", help="idle,push,pull,rate,v1,counted,cold,"
                        "small,skopeo,peers,memory")
    parser.add_argument("--peers", help="directory with zot, registry "
                        "(distribution 3) and zb")
    options = parser.parse_args()
    database_house = House()
    house = House(database_house.mariadb)
    table = Table()
    try:
        bench = Bench(house)
        failed = run(bench, table, options)
        bench.close()
    finally:
        problems = house.problems() + database_house.problems()
        house.remove()
        database_house.remove()
    print("\n" + table.markdown())
    problems += failed
    if not (options.quick or options.only or failed):
        (TOP / "docs" / "benchmarks.md").write_text(HEAD_TEXT.format(
            date=time.strftime("%Y-%m-%d", time.gmtime()),
            cores=os.cpu_count(), cpu=cpu_name(), kernel=platform.release(),
            table=table.markdown(), tokens=COLD_TOKENS,
            manifest=bench.manifest_size))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
