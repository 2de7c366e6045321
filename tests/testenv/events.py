"""A receiver of events that can be away, slow or out of order, and
slipway-registry deliver.

    receiver = Receiver(house)
    receiver.start()
    deliverer = house.keep(Deliverer(house, receiver.url))
    ...
    receiver.wait(3)
    receiver.events     # in the order in which they came first"""

import json
import os
import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from . import paths
from .process import WAIT_SECONDS, wait_until
from .servers import Server


class Receiver:
    """Answers 200 to everything, or what answer(requests so far) says: a
    status, a pair of status and headers, or None to cut the connection."""

    def __init__(self, house, port=8600, certificate=None):
        self.port = house.port(port)
        self._certificate = certificate
        self.url = "%s://127.0.0.1:%d/events" % (
            "https" if certificate else "http", self.port)
        self.answer = lambda count: 200
        self.requests = []     # (headers, body) of each that came
        self.paths = []        # and where it went
        self.events = []       # each once
        self.repeated = 0
        self.taken = set()     # ids of those that were answered with 2xx
        self._seen = {}
        self._lock = threading.Lock()
        self._server = None

    def start(self):
        """Listens; after stop() again at the same port."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver._take(self, body)

            def do_GET(self):
                receiver.requests.append((self.headers, None))
                self.send_error(405)

            def log_message(self, *args):
                pass

        class Listener(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *args):
                pass  # clients that are killed

        self._server = Listener(("127.0.0.1", self.port), Handler)
        if self._certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(
                self._certificate, str(Path(self._certificate
                                            ).with_suffix(".key")))
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever,
                         kwargs={"poll_interval": 0.02},
                         daemon=True).start()
        return self

    def stop(self):
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _take(self, handler, body):
        events = json.loads(body)["events"]
        with self._lock:
            self.requests.append((handler.headers, body))
            self.paths.append(handler.path)
            count = len(self.requests)
            for event in events:
                if event["id"] not in self._seen:
                    self._seen[event["id"]] = event
                    self.events.append(event)
                else:
                    self.repeated += 1
                    assert self._seen[event["id"]] == event
        answer = self.answer(count)
        if answer is None:
            handler.close_connection = True
            return
        status, headers = (answer, {}) if isinstance(answer, int) else answer
        if 200 <= status < 300:
            self.taken.update(event["id"] for event in events)
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def wait(self, count, seconds=WAIT_SECONDS):
        """Until so many different events were taken."""
        wait_until(lambda: len(self.taken) >= count, seconds,
                   "%d events, not %d" % (count, len(self.taken)))
        return self.events

    def of(self, repository):
        """What came first of the events of a repository: (action, tag or
        digest)."""
        return [(e["action"], e["target"].get("tag") or
                 e["target"].get("digest")) for e in self.events
                if e["target"]["repository"] == repository]


class Deliverer(Server):
    """slipway-registry deliver for the store of the house."""

    def __init__(self, house, url, *flags, name="deliver", consumer=None,
                 root=None, backoff="1s", has_root=True):
        """has_root: False where the first push is to make it."""
        super().__init__(house, name)
        self.consumer = consumer or self.name
        root = root or house.dir + "/store"
        self._word = "delivering the events"
        if has_root:
            os.makedirs(root, exist_ok=True)
        else:
            self._word = "does not exist yet"
        self._argv = [paths.BUILD / "slipway-registry", "deliver",
                      "--spool", root, "--url", url,
                      "--consumer", self.consumer, "--backoff", backoff,
                      *flags]

    def start(self):
        at = 0 if self.process is None else len(self.process.text())
        return self._start(
            self._argv,
            lambda: self._word in self.process.text()[at:])

    def text(self):
        return self.process.text()


def spool(house):
    return Path(house.dir, "store/slipway/events")


def words(table):
    """The words of common/event.def: of ACTION, SNAPSHOT or MEMBER."""
    return set(re.findall(r'^EVENT_%s\(\w+, "?(\w+)"?\)' % table, (
        paths.TOP / "common/event.def").read_text(), re.M))


def members(value):
    """The names of all members of a JSON value, and of all below it."""
    if isinstance(value, dict):
        return set(value).union(*map(members, value.values()))
    return set().union(*map(members, value)) if isinstance(
        value, list) else set()


def spooled(house):
    """The events on disk, in order; they have no words but those of
    common/event.def."""
    events = [json.loads(line)
              for path in sorted(spool(house).glob("*.jsonl"))
              for line in path.read_text().splitlines()]
    assert members(events) <= words("MEMBER")
    assert {event["action"] for event in events} <= words("ACTION")
    return events
