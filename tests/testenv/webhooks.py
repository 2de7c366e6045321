"""A receiver of webhooks that can hang, fail and check signatures, and
slipway-index courier.

    sink = Sink(house)
    courier = house.keep(Courier(api.worker, "127.0.0.0/8"))
    hook = alice.post("/repositories/alice%2Fapp/webhooks", {
        "url": sink.url, "events": ["push"]}).json
    sink.wait(1)[0].json

Fixtures for tests that import them: site, world."""

import base64
import hashlib
import hmac
import itertools
import json
import socket
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from . import paths
from .api import ApiHouse, encoded
from .house import House
from .mirror import Mirror, digest, push
from .process import WAIT_SECONDS, wait_until
from .servers import Server

ORIGIN = "https://registry.test"


class Request:
    """What came."""

    def __init__(self, handler, body):
        self.path = handler.path
        self.headers = handler.headers
        self.body = body
        self.at = time.monotonic()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def id(self):
        return self.headers["webhook-id"]


def signature(secret, request):
    """What Standard Webhooks say that webhook-signature has."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b"%s.%s.%s" % (request.id.encode(),
                            request.headers["webhook-timestamp"].encode(),
                            request.body)
    return "v1," + base64.b64encode(
        hmac.new(key, signed, hashlib.sha256).digest()).decode()


class Sink:
    """Answers 200, or what answer(request) says: a status, (status, headers,
    body), or None to hang until the sink stops."""

    def __init__(self, house, port=8700, tls=None):
        """tls: files with a certificate and its key."""
        self.house = house
        self.port = house.port(port)
        self.url = "%s://127.0.0.1:%d/hook" % (
            "https" if tls else "http", self.port)
        self.answer = lambda request: 200
        self.requests = []
        self._stopped = threading.Event()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                length = int(self.headers["Content-Length"])
                sink._take(self, self.rfile.read(length))

            do_GET = do_POST

            def log_message(self, *args):
                pass

        class Listener(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 512

            def handle_error(self, *args):
                pass  # couriers that are killed

        self._server = Listener(("127.0.0.1", self.port), Handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True,
                do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever,
                         kwargs={"poll_interval": 0.02}, daemon=True).start()

    def start(self):
        return self

    def _take(self, handler, body):
        request = Request(handler, body)
        self.requests.append(request)
        answer = self.answer(request)
        if answer is None:
            self._stopped.wait()
            handler.close_connection = True
            return
        status, headers, text = (answer, {}, b"ok") if isinstance(
            answer, int) else answer
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def stop(self):
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def ids(self):
        return {request.id for request in self.requests}

    def wait(self, count, seconds=WAIT_SECONDS):
        """Until so many requests came; all of them."""
        wait_until(lambda: len(self.requests) >= count, seconds,
                   "%d requests, not %d" % (count, len(self.requests)))
        return self.requests


class RawSink:
    """Does with each connection what a test likes: serve(socket)."""

    def __init__(self, serve):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = "http://127.0.0.1:%d/" % self._listener.getsockname()[1]
        self._serve = serve
        self.n = 0  # connections
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.n += 1
            threading.Thread(target=self._talk, args=(connection,),
                             daemon=True).start()

    def _talk(self, connection):
        try:
            connection.recv(65536)
            self._serve(connection)
        except OSError:
            pass  # the courier has gone
        finally:
            connection.close()

    def stop(self):
        self._listener.close()


class Courier(Server):
    """slipway-index courier on the database of an index."""

    def __init__(self, worker, allow="", name="courier", timeout="2s",
                 names=False, **settings):
        """names: in a network of its own, with the names of resolver.py."""
        super().__init__(worker.house, name)
        self._names = names
        self.environment = dict(worker._env, SLIPWAY_COURIER_ORIGIN=ORIGIN,
                                SLIPWAY_COURIER_ALLOW=allow,
                                SLIPWAY_COURIER_TIMEOUT=timeout, **settings)

    def start(self):
        at = 0 if self.process is None else len(self.process.text())
        prefix = ["/usr/bin/unshare", "--net", "--mount", sys.executable,
                  paths.TOP / "tests" / "testenv" / "resolver.py",
                  self.dir] if self._names else []
        return self._start(
            [*prefix, paths.BUILD / "slipway-index", "courier"],
            lambda: "sending events to webhooks" in self.process.text()[at:],
            self.environment)


LOOPBACK = "127.0.0.0/8"
LEASE_SLACK = 10  # seconds: fcgi_index/webhook/courier.c


def hooks_of(name):
    return "/repositories/%s/webhooks" % encoded(name)


class Site:
    """What the tests of the file share: an index, a store whose events are
    sent by hand, and couriers, which run on until a test needs others."""

    def __init__(self, house, **how):
        """how: of ApiHouse."""
        self.house = house
        self.api = ApiHouse(house, "alice", "bob", admins=["root"], **how)
        self.mirror = Mirror(self.api.worker, self.api.registry)
        self.numbers = itertools.count(1)
        self.couriers = []  # that run, with what they were started with

    def courier(self, how):
        """The courier that was started so: the one that runs, or a new one
        in the place of all others."""
        if [settings for settings, _ in self.couriers] != [how]:
            self.stop_couriers()
            self.add_courier(how)
        return self.couriers[0][1]

    def add_courier(self, how):
        courier = Courier(self.api.worker, **how)
        self.couriers.append((how, self.house.keep(courier)))
        return courier

    def stop_couriers(self):
        for _, courier in self.couriers:
            if courier.is_running():
                courier.stop()
        self.couriers = []


class World:
    """A repository and the webhooks of a test, with their receivers."""

    def __init__(self, site):
        self.site = site
        self.api = site.api
        self.mirror = site.mirror
        self.alice = self.api.person("alice")
        self.root = self.api.person("root")
        number = next(site.numbers)
        self.app = "alice/app%d" % number
        self.other = "alice/other%d" % number
        self.bobs = "bob/app%d" % number
        self.hooks = hooks_of(self.app)
        self.sinks = []
        self.n = 0
        self.push(self.app, "0")

    def sink(self, answer=None, tls=None):
        sink = Sink(self.site.house, None, tls)
        if answer is not None:
            sink.answer = answer
        self.sinks.append(sink)
        return sink

    def courier(self, **how):
        return self.site.courier({"allow": LOOPBACK, **how})

    def no_courier(self):
        """Lets events wait until the test asks for a courier."""
        self.site.stop_couriers()

    def push(self, name, tag=None, **target):
        self.n += 1
        self.mirror.take(push(name, self.n, tag, by="alice", **target))
        return digest(self.n)

    def hook(self, url, path=None, client=None, **fields):
        answer = (client or self.alice).post(path or self.hooks, {
            "url": url, "events": ["push"], **fields})
        assert answer.status == 201, answer
        return answer.json

    def deliveries(self, hook):
        return self.alice.every("%s/%d/deliveries" % (self.hooks, hook["id"]))

    def log(self, hook, n=0):
        """The latest delivery but n, with its attempts."""
        one = self.deliveries(hook)[n]
        return self.alice.get("%s/%d/deliveries/%d" % (
            self.hooks, hook["id"], one["id"])).json

    def wait_state(self, hook, state, count=1, seconds=WAIT_SECONDS):
        wait_until(lambda: [d["state"] for d in self.deliveries(hook)].count(
            state) >= count, seconds, "%d %s: %r" % (
                count, state, self.deliveries(hook)))

    def attempted(self, hook, count, seconds=WAIT_SECONDS):
        wait_until(lambda: len(self.log(hook)["log"]) >= count, seconds,
                   "%d attempts" % count)
        return self.log(hook)

    def due_now(self, hook):
        """Lets what waits be sent at once."""
        self.api.sql("UPDATE webhook_delivery SET next_at = 0"
                     " WHERE lease IS NULL AND webhook_id = %d" % hook["id"])
        self.api.sql("UPDATE webhook SET paused_until = 0 WHERE id = %d"
                     % hook["id"])

    def leases_end(self, timeout):
        """Those of a courier that was killed, as if their time were over."""
        for [left] in self.api.sql(
                "SELECT next_at - UNIX_TIMESTAMP() FROM webhook_delivery"
                " WHERE state = 0 AND lease IS NOT NULL"):
            assert int(left) <= timeout + LEASE_SLACK
        self.api.sql("UPDATE webhook_delivery SET next_at = 0"
                     " WHERE state = 0 AND lease IS NOT NULL")

    def get(self, hook):
        return self.alice.get("%s/%d" % (self.hooks, hook["id"])).json

    def close(self):
        """The courier drops what is still due to a webhook that is gone."""
        for sink in self.sinks:
            sink.stop()
        self.api.sql("DELETE FROM webhook")


@pytest.fixture(scope="module")
def site(database_server):
    house = House(database_server)
    try:
        yield Site(house)
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture
def world(request, site):
    """A test fails by what the servers logged while it ran."""
    world = World(site)
    try:
        yield world
    finally:
        world.close()
        problems = site.house.look()
        if problems or getattr(request.node, "is_failed", False):
            print(site.house.tails())
    assert not problems, "\n".join(problems)
