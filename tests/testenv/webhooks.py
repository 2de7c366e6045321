"""A receiver of webhooks that can hang, fail and check signatures, and
slipway-index courier.

    sink = Sink(house)
    courier = house.keep(Courier(api.worker, "127.0.0.0/8"))
    hook = alice.post("/repositories/alice%2Fapp/webhooks", {
        "url": sink.url, "events": ["push"]}).json
    sink.wait(1)[0].json"""

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from . import paths
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

    def __init__(self, house, port=8700):
        self.house = house
        self.port = house.port(port)
        self.url = "http://127.0.0.1:%d/hook" % self.port
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


class Courier(Server):
    """slipway-index courier on the database of an index."""

    def __init__(self, worker, allow="", name="courier", timeout="2s",
                 **settings):
        super().__init__(worker.house, name)
        self._env = dict(worker._env, SLIPWAY_COURIER_ORIGIN=ORIGIN,
                         SLIPWAY_COURIER_ALLOW=allow,
                         SLIPWAY_COURIER_TIMEOUT=timeout, **settings)

    def start(self):
        at = 0 if self.process is None else len(self.process.text())
        return self._start(
            [paths.BUILD / "slipway-index", "courier"],
            lambda: "sending events to webhooks" in self.process.text()[at:],
            self._env)
