"""A store in a bucket: a real radosgw, which tests/with-radosgw starts.

Where SLIPWAY_STORE is "s3", the commands that a test runs over a store
(testenv.store) find it there: its files are put into the bucket before and
moved away, and come back when the command has ended.  Uploads in progress stay,
as with every driver.

A store says itself when an object was changed.  A test makes files older, so
the requests of a command pass a proxy that says of each object, until it is
written again, what the time of its file was."""

import contextlib
import datetime
import email.utils
import hashlib
import hmac
import http.client
import itertools
import os
import re
import shutil
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from .flat import TOPS

IS_S3 = os.environ.get("SLIPWAY_STORE") == "s3"
ADDRESS = os.environ.get("SLIPWAY_S3", "")  # host:port of the radosgw
BUCKET = "registry"
ACCESS, SECRET = "AKTEST", "SKTEST"

_STREAMS = 8
_MARKS = "slipway/used/"
_numbers = itertools.count()
_local = threading.local()


# --- requests ----------------------------------------------------------------


def _sign(method, path, query, host):
    """The headers of a request whose body is not signed."""
    date = datetime.datetime.now(datetime.timezone.utc).strftime(
        "%Y%m%dT%H%M%SZ")
    headers = {"host": host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
               "x-amz-date": date}
    names = ";".join(sorted(headers))
    canonical = "\n".join(
        [method, path, query]
        + ["%s:%s" % item for item in sorted(headers.items())]
        + ["", names, "UNSIGNED-PAYLOAD"])
    scope = [date[:8], "us-east-1", "s3", "aws4_request"]
    text = "\n".join(["AWS4-HMAC-SHA256", date, "/".join(scope),
                      hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + SECRET).encode()
    for part in scope + [text]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    headers["authorization"] = (
        "AWS4-HMAC-SHA256 Credential=%s/%s,SignedHeaders=%s,Signature=%s"
        % (ACCESS, "/".join(scope), names, key.hex()))
    return headers


def _connection():
    if not hasattr(_local, "connection"):
        _local.connection = http.client.HTTPConnection(ADDRESS)
    return _local.connection


def request(method, key="", body=None, status=(200, 204), **query):
    path = quote("/%s/%s" % (BUCKET, key))
    text = "&".join("%s=%s" % (name, quote(str(value), safe=""))
                    for name, value in sorted(query.items()))
    connection = _connection()
    connection.request(method, path + ("?" + text if text else ""), body,
                       _sign(method, path, text, ADDRESS))
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status in status, (method, key, answer.status, content)
    return content


def objects(prefix):
    """The ETag and the time of every key that begins with a prefix."""
    found, after = {}, {}
    while True:
        text = request("GET", prefix=prefix, **{"list-type": 2, **after}
                       ).decode()
        for item in re.findall(r"<Contents>(.*?)</Contents>", text):
            key, etag, time = (
                re.search("<%s>(?:&quot;)?(.*?)(?:&quot;)?</%s>"
                          % (name, name), item)[1]
                for name in ("Key", "ETag", "LastModified"))
            found[key] = (etag, datetime.datetime.fromisoformat(
                time.replace("Z", "+00:00")).timestamp())
        token = re.search("<NextContinuationToken>(.*?)<", text)
        if not token:
            return found
        after = {"continuation-token": token[1]}


# --- the proxy ---------------------------------------------------------------


class Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, tls=None):
        """tls: the files of a certificate and its key."""
        super().__init__(("127.0.0.1", 0), _Handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.times = {}
        self.requests = []
        self._faults = []
        self._at = None
        self.address = "127.0.0.1:%d" % self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @contextlib.contextmanager
    def failing(self, method, text, fault, times=1):
        """The next requests of a method whose target has a text fail."""
        self._faults += [(method, text, fault)] * times
        self.requests.clear()
        yield
        self._faults = []

    @contextlib.contextmanager
    def at(self, number, fn):
        """Calls fn(number) before the request of that number is passed on; the
        requests that fn makes do not count."""
        self._at = At(number, fn)
        yield self._at
        self._at = None

    def arrive(self):
        if self._at is not None:
            self._at.arrive()

    def take(self, method, target):
        """What is to happen to a request."""
        if (not self._faults or self._faults[0][0] != method
                or self._faults[0][1] not in target):
            return None
        return self._faults.pop(0)[2]


class At:
    def __init__(self, number, fn):
        self._left, self._fn, self.is_reached = number, fn, False

    def arrive(self):
        self._left -= 1
        if self._left == 0:
            self.is_reached = True
            self._fn(self)


class Refused:
    """The store answers with an error, and does nothing."""

    def __init__(self, status, code, ahead=0):
        self.status, self.code, self.ahead = status, code, ahead

    def answer(self, handler):
        body = ("<?xml version='1.0'?><Error><Code>%s</Code></Error>"
                % self.code).encode()
        handler.send_response_only(self.status)
        handler.send_header("Date", email.utils.formatdate(
            time.time() + self.ahead, usegmt=True))
        handler.send_header("x-amz-request-id", "tx-of-the-store")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)
        handler.wfile.flush()


class Whole:
    """The store answers with the object where a part of it is asked for."""

    def answer(self, handler):
        content = request("GET", unquote(urlsplit(handler.path).path).partition(
            "/%s/" % BUCKET)[2])
        handler.send_response_only(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)
        handler.wfile.flush()


class Cut:
    """The answer ends after some bytes of its body."""

    def __init__(self, length):
        self.length = length


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *_):
        pass

    def handle(self):
        with contextlib.suppress(OSError):  # a client that trusts us not
            super().handle()

    def _pass(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.command, self.path,
                                     dict(self.headers)))
        self.server.arrive()
        fault = self.server.take(self.command, self.path)
        if isinstance(fault, (Refused, Whole)):
            fault.answer(self)
            return
        connection = _connection()
        connection.putrequest(self.command, self.path, skip_host=True,
                              skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("connection", "expect"):
                connection.putheader(name, value)
        connection.endheaders(body or None)
        answer = connection.getresponse()
        self._answer(answer, answer.read(), fault)

    def _answer(self, answer, content, fault):
        key = unquote(urlsplit(self.path).path).partition(
            "/%s/" % BUCKET)[2]
        times = self.server.times
        if self.command not in ("GET", "HEAD"):
            times.pop(key, None)
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name == "Last-Modified" and key in times:
                value = email.utils.formatdate(times[key], usegmt=True)
            if name.lower() not in ("connection", "transfer-encoding"):
                self.send_header(name, value)
        if "Content-Length" not in answer.headers and answer.status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:fault.length] if fault else content)
        self.wfile.flush()
        self.close_connection = fault is not None

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass


# --- a store -----------------------------------------------------------------


class _Shared:
    """What the tests of a process have together."""

    def __init__(self):
        self.proxy = Proxy()
        self.streams = ThreadPoolExecutor(_STREAMS)
        self.stores = {}
        request("PUT", status=(200, 409))


_shared = []


def shared():
    if not _shared:
        _shared.append(_Shared())
    return _shared[0]


def age(root, seconds=86400):
    """Makes all objects of a store older."""
    for key in objects(root + "/"):
        shared().proxy.times[key] = time.time() - seconds


def conf(path, root, **settings):
    """Writes the file that describes a store in the bucket."""
    settings = {"driver": "s3", "bucket": BUCKET, "root_directory": root,
                "endpoint": "http://" + shared().proxy.address,
                "access_key": ACCESS, "secret_key": SECRET, **settings}
    path.write_text("".join("%s = %s\n" % item for item in settings.items()
                            if item[1] is not None))
    path.chmod(0o600)
    return path


class Bucket:
    """While it holds, the store at root has no files but uploads."""

    def __init__(self, root):
        self._root, self._away = Path(root), Path("%s.s3" % root)
        self._shared = shared()
        self._name, self._known = self._shared.stores.setdefault(
            self._root, ("%d/%d" % (os.getpid(), next(_numbers)), {}))
        self._empty = []

    def flags(self):
        path = conf(Path("%s.bucket" % self._root), self._name)
        return ["--store", str(path)]

    def _key(self, path):
        return "%s/%s" % (self._name, path)

    def _put(self, path):
        """A file whose content is not there yet, under its key."""
        key, content = str(path.relative_to(self._root)), path.read_bytes()
        etag = hashlib.md5(content).hexdigest()
        self._shared.proxy.times[self._key(key)] = path.stat().st_mtime
        if self._known.get(key) != etag:
            request("PUT", self._key(key), content)
        return key, etag

    def _drop(self, key):
        request("DELETE", self._key(key))

    def _each(self, fn, items):
        return list(self._shared.streams.map(fn, items))

    def __enter__(self):
        found = [path for top in TOPS for path in (self._root / top).rglob("*")
                 if "_uploads" not in path.parts]
        directories = [path for path in found if path.is_dir()]
        files = [path for path in found if not path.is_dir()]
        self._empty = [path for path in directories
                       if not any(path.iterdir())]
        put = dict(self._each(self._put, files))
        self._each(self._drop, set(self._known) - set(put))
        self._known.clear()
        self._known.update(put)
        for path in files:
            to = self._away / path.relative_to(self._root)
            to.parent.mkdir(parents=True, exist_ok=True)
            path.rename(to)
        for path in reversed(directories):
            if not any(path.iterdir()):
                path.rmdir()
        return self

    def _back(self, item):
        """An object as a file, with its time where it has changed."""
        key, (etag, time) = item
        to, away = self._root / key, self._away / key
        to.parent.mkdir(parents=True, exist_ok=True)
        if self._known.get(key) == etag and away.exists():
            away.rename(to)
        else:
            to.write_bytes(request("GET", self._key(key)))
            os.utime(to, (time, time))

    def __exit__(self, *_):
        there = {key[len(self._name) + 1:]: value for key, value
                 in objects(self._name + "/").items()}
        marks = {key: there.pop(key)[1] for key in list(there)
                 if key.startswith(_MARKS)}
        files = {key: value for key, value in there.items()
                 if key.startswith(TOPS) and not key.endswith("_layers/none")}
        self._each(self._back, files.items())
        self._each(self._drop, marks)
        for key, time in marks.items():
            data = (self._root / "docker/registry/v2/blobs"
                    / key[len(_MARKS):] / "data")
            if data.exists():
                os.utime(data, (time, time))
        self._known.clear()
        self._known.update((key, etag) for key, (etag, _) in files.items())
        for path in self._empty:
            path.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._away, ignore_errors=True)
