#!/usr/bin/python3
"""Mutated requests of the original protocol to a running registry: nginx with
the module, slipway-registry, its layers, and slipway-index; with an Index and
without one.

    tests/fuzz/live_v1.py --seconds 600            # make fuzz-live
    tests/fuzz/live_v1.py --seed 7 --cases 120-140 # some of them again

After every case each answer must be one of HTTP, no failure of a server, and an
error an object with one string; without credentials nothing private is in it.
After every batch the processes must be those that were there before, and the
logs without an alert."""

import argparse
import base64
import json
import random
import re
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fuzz import live  # noqa: E402
from fuzz.live_cases import chunked, flipped  # noqa: E402
from testenv.store import Store  # noqa: E402
from testenv.v1_images import chain_1_6  # noqa: E402
from testenv.v1_site import V1Site  # noqa: E402

NAME = "alice/app"
CHAIN = chain_1_6(3, seed="fuzz")
PORTS = {8600: False, 8601: True}    # whether it stands alone

ALONE = """
    server {
        listen 127.0.0.1:8601;
        registry_root %%DIR%%/alone;
        location ^~ /v1/ {
            registry        on;
            registry_layers @v1_layers;
            fastcgi_pass    unix:%%DIR%%/registry.sock;
            include         %%CONF%%/registry_params;
        }
        location @v1_layers {
            registry     on;
            fastcgi_pass unix:%%DIR%%/layers.sock;
            include      %%CONF%%/registry_params;
        }
    }"""

# Paths, and the methods that they have.
PATHS = [
    ("/v1/_ping", "GET"), ("/v1/users/", "GET POST"),
    ("/v1/users", "GET POST"), ("/v1/users/alice/", "PUT"),
    ("/v1/search?q=app&n=2&page=1", "GET"),
    ("/v1/repositories/{name}/", "PUT PUT DELETE"),
    ("/v1/repositories/{name}/images", "GET PUT DELETE"),
    ("/v1/repositories/{name}/auth", "PUT"),
    ("/v1/repositories/{name}/layer/{id}/access", "GET"),
    ("/v1/repositories/{name}/tags", "GET GET DELETE"),
    ("/v1/repositories/{name}/tags/latest", "GET PUT DELETE"),
    ("/v1/repositories/{name}/tags/latest/json", "GET"),
    ("/v1/repositories/{name}/json", "GET"),
    ("/v1/repositories/{name}/properties", "GET PUT"),
    ("/v1/images/{id}/json", "GET HEAD PUT PUT"),
    ("/v1/images/{id}/layer", "GET HEAD PUT PUT"),
    ("/v1/images/{id}/checksum", "PUT"), ("/v1/images/{id}/ancestry", "GET"),
    ("/v1/images/{id}/files", "GET"), ("/v1/images/{id}/diff", "GET"),
]
METHODS = ["GET", "PUT", "DELETE", "HEAD", "POST", "PATCH", "OPTIONS"]
NAMES = [NAME] * 6 + ["alice/new", "library/solo", "solo", "alice/app/tags",
                      "bob/app", "ALICE/x", "..", "a%2fb", "a//b"]


class World:
    """The servers, a private repository of alice, and tokens of hers."""

    def __init__(self, house):
        self.house = house
        house.expect("client sent|too large|too long")
        self.site = V1Site(house, "alice", "bob", http=ALONE)
        docker = self.site.docker("1.6.2", "alice")
        docker.push(NAME, CHAIN)
        alone = type(docker)("1.6.2", house.port(8601))
        alone.push(NAME, CHAIN)
        self.tokens = []
        for ask in docker.images, docker.allocate:
            assert ask(NAME).status == 200
            self.tokens.append("Token " + docker.tokens[0])
        pair = "alice:" + self.site.accounts.password("alice")
        self.basic = "Basic " + base64.b64encode(pair.encode()).decode()
        self.before = self.processes()

    def processes(self):
        return (self.site.accounts.nginx.workers(), self.site.layers.workers())

    def problems(self):
        found = self.house.look()
        if self.processes() != self.before:
            found.append("other processes: %r, before %r" % (
                self.processes(), self.before))
            self.before = self.processes()
        return found

    def upkeep(self):
        found = []
        for root in "/store", "/alone":
            store = Store(self.house.dir + root)
            found += ["%s of %s: %r" % (command, root, run)
                      for command, run in ((c, store.command(c))
                                           for c in ("gc", "reindex"))
                      if run.status != 0]
            run = store.fsck()
            if run.status == 2:
                found.append("fsck of %s: %r" % (root, run))
        return found


# --- a case --------------------------------------------------------------------

class Case:
    """One request as bytes, and what is known of it."""

    def __init__(self, rng, world, is_alone):
        self.rng, self.world = rng, world
        self.id = rng.choice([image.id for image in CHAIN] * 2 + [
            "%064x" % rng.randrange(4), "x", 64 * "A", ""])
        path, methods = rng.choice(PATHS)
        self.method = rng.choice(METHODS if rng.random() < 0.1
                                 else methods.split())
        # What all cases ask for stays.
        names = [name for name in NAMES
                 if self.method != "DELETE" or name != NAME]
        path = path.format(name=rng.choice(names), id=self.id)
        self.credentials = self._credentials()
        self.is_private = not is_alone and self.credentials not in (
            *world.tokens, world.basic)
        body = self._body(path) if self.method in (
            "PUT", "POST", "PATCH") else b""
        fields = self._fields(path)
        if rng.random() < 0.3:
            body = flipped(rng, body)
        target = path.encode()
        if rng.random() < 0.15:
            target = flipped(rng, target)
        self.data = self._wire(target, fields, body)
        if rng.random() < 0.05:
            self.data = flipped(rng, self.data)
        self.line = self.data.split(b"\r\n", 1)[0]

    def _credentials(self):
        known = [*self.world.tokens, self.world.basic]
        choice = self.rng.choice([*known, *known, None, "Basic Og==", "Token ",
                                  "mutated"])
        if choice != "mutated":
            return choice
        made = flipped(self.rng, self.rng.choice(known).encode())
        return re.sub(rb"[\r\n\0]", b"", made).decode("latin-1")

    def _fields(self, path):
        fields = [("Authorization", self.credentials)] if (
            self.credentials is not None) else []
        image = self.rng.choice(CHAIN)
        for name, value, often in (
                ("X-Docker-Token", "true", 0.5),
                ("X-Docker-Checksum", image.tarsum(), 0.2),
                ("X-Docker-Checksum-Payload", image.payload(), 0.2),
                ("X-Docker-Endpoints", "127.0.0.1:1", 0.1),
                ("Range", self.rng.choice(("bytes=5-9", "bytes=-1", "bytes=9-5",
                                           "bytes=0-,1-", "lines=1")), 0.1),
                ("If-None-Match", "*", 0.05), ("Expect", "100-continue", 0.05),
                ("Content-Type", "application/json", 0.5),
                ("User-Agent", "docker/0.9.0 \xff go/", 0.2),
                ("Authorization", "Token x", 0.03)):
            if self.rng.random() < often:
                fields.append((name, value))
        return fields

    def _body(self, path):
        rng, image = self.rng, self.rng.choice(CHAIN)
        if path.endswith("/layer"):
            return rng.choice((image.layer, image.layer[:40], b"", b"no gzip"))
        deep = b"[" * rng.choice((10, 3000)) + b"1"
        values = [image.json, json.dumps({"id": self.id}).encode(),
                  json.dumps({"id": self.id, "parent": image.id}).encode(),
                  b'"%s"' % image.id.encode(), b"[]", b"{}", deep, b"null",
                  b'[{"id":"%s","Tag":"latest"}]' % image.id.encode(),
                  b'{"access":"private"}', b'{"username":"a","password":1}',
                  b'{"username":"alice","password":"no such one"}']
        return rng.choice(values)

    def _wire(self, target, fields, body):
        lines = b"".join(b"%b: %b\r\n" % (name.encode(), value.encode("latin-1"))
                         for name, value in fields)
        if body and self.rng.random() < 0.4:
            lines += b"Transfer-Encoding: chunked\r\n"
            body = chunked(self.rng, body)
        elif body or self.method in ("PUT", "POST"):
            lines += b"Content-Length: %d\r\n" % max(
                len(body) + self.rng.choice((0, 0, 0, 0, 0, -1, 7)), 0)
        return b"%b %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%b\r\n%b" % (
            self.method.encode(), target, lines, body)


# --- what it is judged by --------------------------------------------------------

def judge(case, answer, is_first):
    """Behind the first answer comes what nginx makes of a body whose length the
    request did not say."""
    assert answer.status not in (500, 502, 503, 504), "%d: %r" % (
        answer.status, answer.body)
    is_head = case.line.startswith(b"HEAD ")
    is_of_v1 = re.match(rb"[A-Z]+ /v1/[^\s%.]* HTTP/1\.1$", case.line)
    if (is_first and answer.status >= 400 and is_of_v1 and not is_head
            and answer.body):
        said = json.loads(answer.body)
        assert (list(said) in (["error"],)
                and isinstance(said["error"], str)), answer.body
        assert answer.headers.get("content-type") == "application/json"
    assert "docker-distribution-api-version" not in answer.headers
    if case.is_private:
        for image in CHAIN:
            assert image.layer not in answer.body, "a layer for anyone"
            assert image.json not in answer.body, "a json for anyone"


def run_one(world, case, port, report):
    report(case.data)
    came, _ = live.converse(port, case.data, live.SOON, lambda came: False)
    if came and not came.startswith(b"HTTP/"):
        return None
    answers = live.read_answers(came, case.line.startswith(b"HEAD "))
    for number, answer in enumerate(answers):
        judge(case, answer, number == 0)
    return answers[0].status if answers else None


class Runner(live.Runner):

    def one(self, number):
        rng = random.Random("v1 %d/%d" % (self.seed, number))
        port = rng.choice(list(PORTS))
        sent = [b""]
        try:
            case = Case(rng, self.world, PORTS[port])
            status = run_one(self.world, case, self.world.house.port(port),
                             lambda data: sent.__setitem__(0, data))
        except Exception as problem:  # whatever it is, say which case
            self.failures.append("case %d/%d on %d: %s: %s\n%r" % (
                self.seed, number, port, type(problem).__name__, problem,
                live.shown(sent[0])))
            return
        if rng.random() < live.ABANDONED:
            live.abandon(self.world.house.port(port), sent[0],
                         rng.random() < 0.5)
        key = (case.method.encode(), status)
        self.statuses[key] = self.statuses.get(key, 0) + 1

    def batch(self, pool, numbers):
        numbers = list(numbers)
        list(pool.map(self.one, numbers))
        self.count += len(numbers)
        self.failures += ["cases %d/%d-%d: %s" % (
            self.seed, numbers[0], numbers[-1], line)
            for line in self.world.problems()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--cases", help="FIRST-LAST: these, one by one")
    options = parser.parse_args()
    seed = options.seed
    if seed is None:
        seed = random.SystemRandom().randrange(1 << 31)
    return live.run_all(Runner, World, seed, options)


if __name__ == "__main__":
    sys.exit(main())
