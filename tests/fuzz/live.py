#!/usr/bin/python3
"""Mutated requests to a running registry: nginx with the module, both
workers, with and without accounts, over HTTP/1 and HTTP/2.

    tests/fuzz/live.py --seconds 600            # make fuzz-live
    tests/fuzz/live.py --seed 7 --cases 120-140 # some of them again, in order

After every case the connection must be in order or closed, and the answer one
that live_oracle.py allows; after every batch the processes must be those that
were there before, and the logs without an alert.  What fails is printed with
its numbers and its bytes."""

import argparse
import contextlib
import fcntl
import hashlib
import itertools
import os
import random
import re
import socket
import struct
import threading
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fuzz import live_oracle as oracle  # noqa: E402
from fuzz.live_cases import MARK, Case, flipped  # noqa: E402
from testenv import House, h2, images  # noqa: E402
from testenv.accounts import scope  # noqa: E402
from testenv.store import Store  # noqa: E402

# Seconds without a byte, until we close our end, which no answer survives:
# where the server may wait for more, and where it has all that it needs.
SOON, LATE = 0.3, 30
HANGS = 120      # and behind that, for a server that hangs
THREADS = 8
BATCH = 200
SHOWN = 20
ABANDONED = 0.1  # of the cases are sent again, and no answer is waited for
HELD = 0.2       # seconds: a lock that refuses no request yet

# Methods that nginx refuses before it has looked for a location.
NOT_LOOKED_FOR = (b"CONNECT", b"TRACE")

SERVER = """
    server {
        listen 127.0.0.1:%d %s;
        add_header X-Echo $http_x_probe always;
        %s
        location ^~ /v2/ {
            registry      on;
            registry_root %%%%DIR%%%%/store;
            fastcgi_pass  unix:%%%%DIR%%%%/registry.sock;
            include       %%%%CONF%%%%/registry_params;
        }
        location = /_verdict {
            internal;
            set            $memcached_key $registry_token_key;
            memcached_pass unix:%%%%DIR%%%%/memcached.sock;
            error_page     404 502 504 = @verify;
        }
        location @verify {
            if ($registry_token_key = "") {
                return 404;
            }
            fastcgi_pass  unix:%%%%DIR%%%%/index.sock;
            include       %%%%CONF%%%%/index_params;
            fastcgi_param INDEX_ROUTE verdict;
        }
        location = /token {
            fastcgi_pass  unix:%%%%DIR%%%%/index.sock;
            include       %%%%CONF%%%%/index_params;
            fastcgi_param INDEX_ROUTE token;
        }
    }"""
ACCOUNTS = """
        registry_realm    http://$http_host/token;
        registry_service  registry.test;
        registry_verdict  /_verdict;
        registry_verdict_key %%DIR%%/verdict.key;"""
PORTS = {8500: ("", ACCOUNTS), 8501: ("", ""), 8502: ("http2", ACCOUNTS),
         8503: ("http2", "")}


class World:
    """The servers, and what is in the store."""

    manifest_max = oracle.MANIFEST_MAX

    def __init__(self, house):
        self.house = house
        house.expect("client sent|too large|too long")
        memcached = house.memcached()
        self.worker = house.registry_worker(processes=THREADS)
        index = house.index_worker(
            memcached=[memcached], processes=2, SLIPWAY_TOKEN_SECONDS="86400")
        self.nginx = house.nginx(
            "%%GLOBALS%%\nworker_processes 2;\nevents {}\nhttp {\n"
            "%%GLOBALS_HTTP%%\n" + "".join(
                SERVER % (port, how, more)
                for port, (how, more) in PORTS.items()) + "\n}")
        index.add_account("alice", "alicealice")
        self.open = self.nginx.client(8501)
        self._fill()
        self.before = self.processes()

    def _fill(self):
        image = images.Image(seed="fuzz")
        top = images.image_index([image])
        for tag in ("v1", "latest"):
            self.open.push_image("alice/app", tag, image)
        self.open.push_manifest("alice/app", "index", top)
        self._fill_list()
        self._fill_sha512(image)
        self.open.push_blob("alice/app", b"{}")
        self.manifest, self.index = image.manifest.digest, top.digest
        self.blobs = [self.digest(data) for data in image.blobs() + [b"{}"]]
        self.absent = self.digest(b"absent")
        made, _ = images.artifact(b"{}", "a/b", image.manifest)
        self.models = [image.manifest.data, top.data, made.data]
        wide, narrow = "pull,push,delete", "pull"
        self.tokens = [
            (self._token(actions), {("alice/app", action)
                                    for action in actions.split(",")})
            for actions in (wide, narrow)] + [(None, set())]

    def _fill_sha512(self, image):
        """Indexes in levels, each of which names all of the next."""
        level = [image.manifest.descriptor()]
        self.sha512 = []
        for depth in range(4):
            made = [images.Manifest({
                "schemaVersion": 2, "mediaType": images.OCI_INDEX,
                "manifests": level, "annotations": {"n": "%d %d" % (depth, n)}})
                for n in range(4)]
            names = ["sha512:" + hashlib.sha512(each.data).hexdigest()
                     for each in made]
            level = [{**each.descriptor(), "digest": name}
                     for each, name in zip(made, names)]
            for each, name in zip(made, names):
                self.open.push_manifest("alice/app", name, each)
                self.sha512.append((name, len(each.data)))

    def _fill_list(self):
        image = images.Image(seed="list", is_docker=True)
        self.open.push_image("alice/app", "docker", image)
        self.open.push_manifest("alice/app", "list", images.image_index(
            [image], is_docker=True))

    def _token(self, actions):
        return self.nginx.client(8500).login(
            [scope("alice/app", actions)], "alice", "alicealice",
            service="registry.test").token

    @staticmethod
    def digest(data):
        return "sha256:" + hashlib.sha256(data).hexdigest()

    @staticmethod
    def mark(case, letter):
        return b"%d-%b" % (case.number, letter)

    def session(self, case):
        """The path of an upload of the case's own."""
        if case.session is True:
            case.session = self.open.start_upload("alice/app").encode()
        return case.session

    @contextlib.contextmanager
    def held(self, seconds):
        """The lock of the repository, for so long at the most."""
        path = os.path.join(self.house.dir, "store/docker/registry/v2",
                            "repositories/alice/app/_manifests")
        fd = os.open(path, os.O_RDONLY)
        fcntl.flock(fd, fcntl.LOCK_EX)
        timer = threading.Timer(seconds, os.close, [fd])
        timer.start()
        yield
        timer.join()

    def processes(self):
        return self.nginx.workers(), self.worker.workers()

    def upkeep(self):
        """What stands in the way of the commands that care for the store:
        nothing that was taken may."""
        store = Store(self.house.dir + "/store")
        found = ["%s: %r" % (command, run) for command, run in (
            (command, store.command(command)) for command in (
                "gc", "reindex", "export-referrers")) if run.status != 0]
        run = store.fsck()
        if run.status == 2 or "bad-manifest" in run.words():
            found.append("fsck: %r" % run)
        return found

    def problems(self):
        """What the servers say of themselves, after some cases."""
        found = self.house.look()
        if self.processes() != self.before:
            found.append("other processes: %r, before %r" % (
                self.processes(), self.before))
            self.before = self.processes()
        return found


# --- a conversation -------------------------------------------------------------

class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers      # lower-case names, text
        self.body = body
        self.echo = headers.get("x-echo", "")


def converse(port, data, idle, is_done):
    """(bytes that came, whether they are all): sends data and reads until
    the server closes or is_done(bytes).  Where nothing comes for idle seconds
    our end is closed: the server may wait for more."""
    came, is_half, is_whole = b"", False, True
    with socket.create_connection(("127.0.0.1", port), HANGS) as s:
        try:
            s.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            is_whole = False
        s.settimeout(idle)
        while not is_done(came):
            try:
                piece = s.recv(1 << 16)
            except socket.timeout:
                if is_half:
                    raise AssertionError("the server hangs") from None
                is_half, is_whole = True, False
                s.settimeout(HANGS)
                try:
                    s.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
                continue
            except ConnectionResetError:
                is_whole = False
                break
            if not piece:
                break
            came += piece
    return came, is_whole


def abandon(port, data, is_reset):
    """Sends data and goes away."""
    with socket.create_connection(("127.0.0.1", port), HANGS) as s:
        if is_reset:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack("ii", 1, 0))
        try:
            s.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass


def read_answers(data, is_head):
    """The answers of HTTP/1 in data; is_head: of the first one.  What is no
    answer fails."""
    found = []
    while data:
        head, mark, data = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        line = re.fullmatch(r"HTTP/1\.1 ([1-5]\d\d)(?: .*)?", lines[0])
        assert mark and line, "no answer: %r" % head[:200]
        status = int(line[1])
        headers = {}
        for text in lines[1:]:
            name, colon, value = text.partition(": ")
            assert re.fullmatch("[A-Za-z-]+", name), "a header: %r" % text
            headers[name.lower()] = value
        if status < 200:
            continue
        body, data = read_body(status, headers, data,
                               is_head and not found)
        found.append(Answer(status, headers, body))
    return found


def read_body(status, headers, data, is_head):
    if is_head or status in (204, 304):
        return b"", data
    if "content-length" in headers:
        size = int(headers["content-length"])
        assert len(data) >= size, "cut off"
        return data[:size], data[size:]
    assert "transfer-encoding" not in headers, "chunks"
    return data, b""


# --- what a case is judged by ---------------------------------------------------

def registry_target(line):
    """The target of a request line that is one of the registry's, as far as
    nginx can know; None for another one, or where dots may lead elsewhere."""
    found = re.match(rb"[A-Z_-]+ (/v2/[^ \0]*)", line)
    if found is None or re.search(rb"\.\.|%2e", found[1], re.I):
        return None
    return found[1]


def judge_answer(case, request, answer, target, is_head):
    """request: None where a strict reader refuses what was sent."""
    assert answer.status not in (500, 502, 503, 504), "%d: %r" % (
        answer.status, answer.body)
    if answer.status >= 400:
        if target is not None:
            fault = oracle.error_fault(answer.status, answer.headers,
                                       answer.body, is_head,
                                       case.method in NOT_LOOKED_FOR)
            assert fault is None, fault
        return
    if answer.status == 301 or request is None:
        return
    fault = oracle.success_fault(request, answer.status, answer.headers,
                                 answer.body, case.rights)
    assert fault is None, "%d: %s" % (answer.status, fault)


def is_followed(case, world, request):
    """Behind the request stand whole ones only: the probe, or what was hidden
    in the body and the probe."""
    probe = probe_of(case, world)
    return (request is not None and request.body is not None
            and request.rest in (probe, case.inner() + probe))


def judge_connection(case, world, request, answers, is_whole):
    """Behind the first answer comes that of the probe, or nothing."""
    probe, inner = (world.mark(case, c).decode() for c in (b"p", b"s"))
    first, rest = answers[0], answers[1:]
    echoes = [answer.echo for answer in rest]
    if first.headers.get("connection") == "close":
        assert not rest, "an answer behind the last one: %r" % echoes
        return
    if request is None or not request.is_clean:
        return
    assert request.is_framed, "a body whose end is not clear, kept open"
    if not is_followed(case, world, request):
        return
    if (not is_whole or first.status == 412) and probe not in echoes:
        return      # nginx closes behind a 412 of its filters
    assert inner not in echoes or inner.encode() in request.rest, "smuggled"
    assert echoes and echoes[-1] == probe, "the next request: %r" % echoes
    wanted = 200 if case.rights is None or case.token else 401
    assert rest[-1].status == wanted, "the next request: %d" % rest[-1].status


def probe_of(case, world):
    lines = b"" if case.token is None else (
        b"Authorization: Bearer %b\r\n" % case.token.encode())
    return b"GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%b%b: %b\r\n\r\n" % (
        lines, MARK, world.mark(case, b"p"))


def run_http1(world, case, port, report):
    data = case.wire() + probe_of(case, world)
    report(data)
    request = oracle.read_request(data)
    came, is_whole = converse(
        port, data, LATE if is_followed(case, world, request) else SOON,
        lambda came: False)
    line = data.lstrip(b"\r\n").split(b"\n", 1)[0].rstrip(b"\r")
    if came and not came.startswith(b"HTTP/"):
        assert b" HTTP/" not in line, "HTTP/0.9 for another version"
        return None
    target, is_head = registry_target(line), line.startswith(b"HEAD ")
    answers = read_answers(came, is_head)
    if not answers:
        assert request is None or not is_whole or request.body is None, \
            "no answer"
        return None
    judge_answer(case, request, answers[0], target, is_head)
    judge_connection(case, world, request, answers, is_whole)
    return answers[0].status


# --- HTTP/2 -----------------------------------------------------------------------

H2_KINDS = (h2.DATA, h2.HEADERS, 2, h2.RST_STREAM, h2.SETTINGS, 5, h2.PING,
            h2.GOAWAY, h2.WINDOW_UPDATE, 9, 10, 200)
PROBE = 0x101


def h2_fields(case):
    skipped = (b"transfer-encoding", b"connection", b"host", b"upgrade",
               b"content-length")
    fields = [(b":method", case.method), (b":path", case.target()),
              (b":scheme", b"http"), (b":authority", b"x")]
    fields += [(name.lower(), value) for name, value in case.fields()
               if name.lower() not in skipped]
    if case.rng.random() < 0.2:
        fields.insert(case.rng.randrange(len(fields) + 1), case.rng.choice(
            ((b":path", b"/v2/"), (b":method", b"PUT"), (b":status", b"200"),
             (b"Upper", b"x"), (b"connection", b"close"), (b"te", b"gzip"),
             (b"transfer-encoding", b"chunked"), (b"content-length", b"5"),
             (b"host", b"y"), (b"", b"x"), (b"a\r\nb", b"c\r\nd"))))
    if case.rng.random() < 0.1:
        case.rng.shuffle(fields)
    return fields


def h2_stream(case, fields, stream=1):
    """The frames of one request, and some that no client would send."""
    rng, body = case.rng, case.body[:30000]
    block = b"".join(h2.literal(*field) for field in fields)
    is_broken = len(block) > 16000 or rng.random() < 0.05
    if is_broken:
        block = flipped(rng, block)
    frames = [h2.frame(h2.HEADERS, h2.END_HEADERS
                       | (0 if body else h2.END_STREAM), stream, block[:16000])]
    while body:
        size = rng.choice((1, 100, 16384)) if len(body) < 500 else 16384
        piece, body = body[:size], body[size:]
        frames.append(h2.frame(h2.DATA, 0 if body else h2.END_STREAM, stream,
                               piece))
    if rng.random() < 0.4:
        is_broken = True
        for _ in range(rng.choice((1, 2, 5))):
            frames.insert(rng.randrange(len(frames) + 1), h2.frame(
                rng.choice(H2_KINDS), rng.randrange(256),
                rng.choice((0, 1, 1, 2, 3, 0x7fffffff)),
                rng.randbytes(rng.choice((0, 1, 4, 5, 6, 8, 40)))))
        if rng.random() < 0.3:
            at = rng.randrange(len(frames))
            frames[at] = flipped(rng, frames[at])
    return b"".join(frames), is_broken


def h2_answers(came):
    """{stream: [status, body, has ended]}, of all whole frames."""
    found = {}
    at = 0
    while at + 9 <= len(came):
        size = int.from_bytes(came[at:at + 3], "big")
        kind, flags = came[at + 3], came[at + 4]
        stream = int.from_bytes(came[at + 5:at + 9], "big")
        payload = came[at + 9:at + 9 + size]
        at += 9 + size
        answer = found.setdefault(stream, [None, b"", False])
        if kind == h2.HEADERS and answer[0] is None:
            answer[0] = h2.status(payload)
        elif kind == h2.DATA:
            answer[1] += payload
        if kind == h2.RST_STREAM or (kind in (h2.DATA, h2.HEADERS)
                                     and flags & h2.END_STREAM):
            answer[2] = True
    return found


def run_http2(world, case, port, report):
    fields = h2_fields(case)
    frames, is_broken = h2_stream(case, fields)
    data = (h2.PREFACE + h2.frame(h2.SETTINGS, 0, 0) + frames
            + h2.request(PROBE, "GET", "/v2/", case.token))
    report(data)
    came, is_whole = converse(
        port, data, SOON if is_broken else LATE,
        lambda came: h2_answers(came).get(PROBE, [0, 0, 0])[2])
    answers = h2_answers(came)
    status, body, _ = answers.get(1, (None, b"", False))
    if status is not None:
        assert status < 500 or status == 505 or status == 501, "%d: %r" % (
            status, body)
        h2_judge(case, fields, status, body, is_broken)
    if not is_broken and is_whole and PROBE in answers:
        wanted = 200 if case.rights is None or case.token else 401
        assert answers[PROBE][0] in (wanted, None), "the next request: %r" % (
            answers[PROBE],)
    return status


def h2_judge(case, fields, status, body, is_broken):
    paths = [value for name, value in fields if name == b":path"]
    methods = [value for name, value in fields if name == b":method"]
    if is_broken or status == 301:
        return
    if status >= 400:
        # What stands before the path may be refused before it is read.
        is_plain = [name for name, _ in fields[:2]] == [b":method", b":path"]
        if body and is_plain and registry_target(
                methods[0] + b" " + paths[0]):
            fault = oracle.body_fault(body)
            assert fault is None, fault
    else:
        assert len(paths) == len(methods) == 1, "%d for two paths" % status
        request = oracle.Request(methods[0].decode("latin-1"), paths[0], [
            field for field in fields if not field[0].startswith(b":")],
            case.body[:30000])
        route = request.route()
        assert route is not None, "%d: no such endpoint" % status
        fault = None
        if request.method not in ("GET", "HEAD"):
            fault = oracle.h2_write_fault(request, status, case.rights)
        assert fault is None, "%d: %s" % (status, fault)


# --- running ----------------------------------------------------------------------

def shown(data):
    """Bytes for people: long runs are cut."""
    return re.sub(rb"(.{1,60}?)\1{9,}", lambda run: b"%b {%d times} " % (
        run[1], len(run[0]) // len(run[1])), data[:20000], flags=re.S)[:4000]


class Runner:
    """Cases in batches until the time is over."""

    def __init__(self, world, seed):
        self.world = world
        self.seed = seed
        self.count = 0
        self.statuses = {}
        self.failures = []

    def one(self, number):
        rng = random.Random("%d/%d" % (self.seed, number))
        port = rng.choices(list(PORTS), (4, 4, 1, 1))[0]
        case = Case.__new__(Case)
        case.number = number
        sent = [b""]
        run = run_http2 if PORTS[port][0] else run_http1
        try:
            case.__init__(rng, self.world, PORTS[port][1] == "")
            status = run(self.world, case, self.world.house.port(port),
                         lambda data: sent.__setitem__(0, data))
        except Exception as problem:  # whatever it is, say which case
            self.failures.append("case %d/%d on %d: %s: %s\n%r" % (
                self.seed, number, port, type(problem).__name__, problem,
                shown(sent[0])))
            return
        if rng.random() < ABANDONED:
            abandon(self.world.house.port(port), sent[0], rng.random() < 0.5)
        key = (case.method if run is run_http1 else b"h2", status)
        self.statuses[key] = self.statuses.get(key, 0) + 1

    def batch(self, pool, numbers):
        numbers = list(numbers)
        with self.world.held(HELD):
            list(pool.map(self.one, numbers))
        self.count += len(numbers)
        self.failures += ["cases %d/%d-%d: %s" % (
            self.seed, numbers[0], numbers[-1], line)
            for line in self.world.problems()]

    def run(self, seconds):
        end = time.monotonic() + seconds
        with ThreadPoolExecutor(THREADS) as pool:
            for first in itertools.count(0, BATCH):
                self.batch(pool, range(first, first + BATCH))
                if time.monotonic() > end or self.failures:
                    break
        self.failures += self.world.upkeep()

    def summary(self):
        parts = ["%s %s: %d" % (method.decode("latin-1")[:10], status, count)
                 for (method, status), count in sorted(
                     self.statuses.items(), key=lambda item: -item[1])]
        return "%d cases of seed %d; %s" % (
            self.count, self.seed, ", ".join(parts[:40]))


def run_all(runner_kind, world_kind, seed, options):
    """All that the command line asks for; the exit status."""
    databases = House()
    house = House(databases.mariadb)
    try:
        runner = runner_kind(world_kind(house), seed)
        if options.cases:
            first, _, last = options.cases.partition("-")
            with ThreadPoolExecutor(1) as pool:
                runner.batch(pool, range(int(first), int(last or first) + 1))
        else:
            runner.run(options.seconds)
        problems = runner.failures
    finally:
        left = house.problems() + databases.problems()
        databases.remove()
    print(runner.summary())
    for line in (problems + left)[:SHOWN]:
        print(line)
    if not problems and not left:
        house.remove()
    return 1 if problems or left else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--cases", help="FIRST-LAST: these, one by one")
    options = parser.parse_args()
    seed = options.seed
    if seed is None:
        seed = random.SystemRandom().randrange(1 << 31)
    return run_all(Runner, World, seed, options)


if __name__ == "__main__":
    sys.exit(main())
