"""peers.py: Slipway compared with registries whose programs are in a directory.

    make bench PEERS=DIRECTORY

DIRECTORY may have "zot" and "registry" (distribution 3), and "zb", zot's own
load tool; what it lacks is left out.  Versions stand in "zot.version" and
"registry.version".  All of them are built from their
projects' sources, outside this tree.  Debian's docker-registry is there in any
case.  Every registry serves what anyone may read and write, without a log of
requests, on the same disk, in the same run."""

import json
import os
import re
import subprocess
import time
from pathlib import Path

import measure
from testenv import images
from testenv.client import Registry
from testenv.servers import answers_port

CLIENTS = 10

# What zb does, how often in a round, and the ratio to zot that is wanted.
ZB_TESTS = (("Pull 1MB", 1000), ("Push Monolith 1MB", 500),
            ("Push Chunk Streamed 10MB", 100),
            ("Pull 75% and Push 25% Mixed 1MB", 500))
ZB_WANTED = 1.5

DISTRIBUTION_CONF = """version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {root}}}
  delete: {{enabled: true}}
  cache: {{blobdescriptor: inmemory}}
http: {{addr: "127.0.0.1:{port}", secret: bench}}
"""

STANDALONE_CONF = """
    %%GLOBALS%%
    worker_processes 2;
    events { worker_connections 4096; }
    http {
        %%GLOBALS_HTTP%%
        access_log off;
        sendfile on;
        tcp_nopush on;
        keepalive_requests 100000000;
        server {
            listen 127.0.0.1:8090;
            location ^~ /v2/ {
                registry      on;
                registry_root %%DIR%%/standalone;
                fastcgi_pass  unix:%%DIR%%/registry.sock;
                include       %%CONF%%/registry_params;
            }
        }
    }"""


class Peer:
    """A registry that was started: its name with its version, and port."""

    def __init__(self, name, port, child=None):
        self.name, self.port, self.child = name, port, child

    def url(self, path=""):
        return "http://127.0.0.1:%d%s" % (self.port, path)

    def stop(self):
        if self.child:
            self.child.terminate()
            self.child.wait(10)


def version(program):
    """What stands in PROGRAM.version: not every program says it itself."""
    note = Path(program + ".version")
    return note.read_text().strip() if note.exists() else ""


def wait_for(port, name):
    deadline = time.monotonic() + 60
    while not answers_port(port):
        if time.monotonic() > deadline:
            raise RuntimeError(name + " does not start")
        time.sleep(0.05)


def start(bench, name, argv):
    """argv: of the file of the configuration and the port."""
    port = bench.house.port()
    conf = os.path.join(bench.dir, name.split()[0] + ".conf")
    text, command = argv(os.path.join(bench.dir, "root-" + name.split()[0]),
                         port, conf)
    Path(conf).write_text(text)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    wait_for(port, name)
    return Peer(name, port, child)


def distribution(program):
    return lambda root, port, conf: (
        DISTRIBUTION_CONF.format(root=root, port=port),
        [program, "serve", conf])


def zot(program):
    return lambda root, port, conf: (
        json.dumps({"distSpecVersion": "1.1.1",
                    "storage": {"rootDirectory": root},
                    "http": {"address": "127.0.0.1", "port": str(port)},
                    "log": {"level": "error", "output": "/dev/null"}}),
        [program, "serve", conf])


class Peers:
    """Slipway without an index, and the peers that there are."""

    def __init__(self, bench, directory):
        self.zb = os.path.join(directory, "zb") if directory else ""
        bench.house.nginx(STANDALONE_CONF, name="standalone")
        self.ours = Peer("Slipway", bench.house.port(8090))
        self.all = [self.ours, start(
            bench, "docker-registry 2.8.2",
            distribution("/usr/bin/docker-registry"))]
        for name, program, kind in (
                ("distribution", "registry", distribution),
                ("zot", "zot", zot)):
            path = os.path.join(directory or "", program)
            if directory and os.access(path, os.X_OK):
                said = version(path)
                self.all.append(start(bench, (name + " " + said).strip(),
                                      kind(path)))

    def named(self, name):
        for peer in self.all:
            if peer.name.split()[0] == name:
                return peer
        return None

    def stop(self):
        for peer in self.all:
            peer.stop()


# --- manifests ---------------------------------------------------------------

def bench_manifests(peers, table, seconds, rounds, in_turns):
    image = images.Image(layers=4)
    for peer in peers.all:
        Registry(peer.port).push_image("bench/app", "latest", image)
    headers = ["Accept: " + images.OCI_MANIFEST]
    rates = in_turns(rounds, *(
        lambda peer=peer: measure.wrk(
            peer.url("/v2/bench/app/manifests/latest"), seconds,
            headers=headers) for peer in peers.all))
    for peer, rate in zip(peers.all[1:], rates[1:]):
        table.at_least("manifest GET by tag, standalone",
                       "%.0f/s" % rates[0], "%s %.0f/s" % (peer.name, rate),
                       rates[0] / rate, 5 if "zot" in peer.name else 10)


# --- zb ----------------------------------------------------------------------

def zb_rate(peers, peer, test, count, directory):
    """Requests a second; a request that fails ends the run.  zb removes the
    directory that it works in."""
    os.makedirs(directory, exist_ok=True)
    run = subprocess.run(
        [peers.zb, "-c", str(CLIENTS), "-n", str(count), "-t",
         "^" + re.escape(test) + "$", "-d", directory, peer.url()],
        capture_output=True, text=True)
    failed = re.search(r"Failed requests:\s+(\d+)", run.stdout)
    rate = re.search(r"Requests per second:\s+([\d.]+)", run.stdout)
    if run.returncode != 0 or not rate or not failed or int(failed[1]):
        raise RuntimeError("zb, %s, %s: %s%s" % (
            test, peer.name, run.stdout[-2000:], run.stderr[-2000:]))
    return float(rate[1])


def bench_zb(peers, table, rounds, in_turns, directory, part):
    """part: 1 for all of the requests, 10 for a tenth."""
    zots = peers.named("zot")
    if zots is None or not os.access(peers.zb, os.X_OK):
        print("zb: no zot and zb", flush=True)
        return
    for test, count in ZB_TESTS:
        ours, theirs = in_turns(rounds, *(
            lambda peer=peer: zb_rate(peers, peer, test, count // part,
                                      directory)
            for peer in (peers.ours, zots)))
        table.at_least("zb, %d clients, %s" % (CLIENTS, test),
                       "%.0f/s" % ours, "%s %.0f/s" % (zots.name, theirs),
                       ours / theirs, ZB_WANTED)
