"""A small registry client that can do everything a bad client does too."""

import base64
import hashlib
import http.client
import json
import re
import socket
import ssl
import struct
import urllib.parse

TIMEOUT = 60

MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json")


class Response:
    """Status, headers (case does not matter), the whole body."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def header(self, name, default=None):
        return self.headers.get(name, default)

    def json(self):
        return json.loads(self.body)

    def codes(self):
        """The codes of an OCI error body."""
        return [error["code"] for error in self.json()["errors"]]

    def challenge(self):
        """The parameters of WWW-Authenticate; scopes as a list."""
        value = self.headers["WWW-Authenticate"]
        scheme, rest = value.split(" ", 1)
        found = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        found["scheme"] = scheme
        return found

    def __repr__(self):
        return "<%d %s %r>" % (self.status, dict(self.headers),
                               self.body[:300])


def digest(data, algorithm="sha256"):
    return algorithm + ":" + hashlib.new(algorithm, data).hexdigest()


def with_query(location, **query):
    """A Location with more arguments; it may have some already."""
    return "%s%s%s" % (location, "&" if "?" in location else "?", "&".join(
        "%s=%s" % (key.replace("_", "-"), value)
        for key, value in query.items()))


def basic(pair):
    """The header of a "login:password"."""
    return [("Authorization", "Basic " + base64.b64encode(
        pair.encode()).decode())]


class Registry:
    """Speaks to one server; every request is a connection of its own unless
    keep is set."""

    def __init__(self, port, host="127.0.0.1", tls=None, token=None,
                 keep=False):
        self.host = host
        self.port = port
        self.tls = tls          # an ssl.SSLContext, or None
        self.token = token
        self._keep = keep
        self._kept = None

    def with_token(self, token):
        return Registry(self.port, self.host, self.tls, token)

    # --- HTTP --------------------------------------------------------------

    def connect(self):
        """A connected socket, for those who write their own bytes."""
        plain = socket.create_connection((self.host, self.port), TIMEOUT)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls is None:
            return plain
        return self.tls.wrap_socket(plain, server_hostname=self.host)

    def _connection(self):
        if self._kept is not None:
            return self._kept
        connection = http.client.HTTPConnection(self.host, self.port)
        connection.sock = self.connect()
        if self._keep:
            self._kept = connection
        return connection

    def request(self, method, path, headers=(), body=None, is_chunked=False):
        """headers: pairs, repeated names stay repeated lines.  body: bytes,
        or an iterable of them with is_chunked or a Content-Length header."""
        lines = list(headers.items() if isinstance(headers, dict) else headers)
        names = {name.lower() for name, _ in lines}
        connection = self._connection()
        connection.putrequest(method, path, skip_host="host" in names,
                              skip_accept_encoding=True)
        if self.token is not None and "authorization" not in names:
            lines.append(("Authorization", "Bearer " + self.token))
        if is_chunked:
            lines.append(("Transfer-Encoding", "chunked"))
        elif body is not None and "content-length" not in names:
            lines.append(("Content-Length", str(len(body))))
        elif (body is None and method in ("POST", "PUT", "PATCH")
              and "content-length" not in names):
            lines.append(("Content-Length", "0"))
        for name, value in lines:
            connection.putheader(name, value)
        connection.endheaders()
        self._send(connection, body, is_chunked)
        answer = connection.getresponse()
        response = Response(answer.status, answer.headers, answer.read())
        if answer.will_close or not self._keep:
            connection.close()
            self._kept = None
        return response

    @staticmethod
    def _send(connection, body, is_chunked):
        if body is None:
            return
        pieces = [body] if isinstance(body, (bytes, bytearray)) else body
        try:
            for piece in pieces:
                if not is_chunked:
                    connection.send(piece)
                elif piece:
                    connection.send(b"%x\r\n%b\r\n" % (len(piece), piece))
            if is_chunked:
                connection.send(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass  # an early answer may stand in the socket already

    def get(self, path, headers=()):
        return self.request("GET", path, headers)

    def head(self, path, headers=()):
        return self.request("HEAD", path, headers)

    def post(self, path, headers=(), body=None, **how):
        return self.request("POST", path, headers, body, **how)

    def put(self, path, headers=(), body=None, **how):
        return self.request("PUT", path, headers, body, **how)

    def patch(self, path, headers=(), body=None, **how):
        return self.request("PATCH", path, headers, body, **how)

    def delete(self, path, headers=()):
        return self.request("DELETE", path, headers)

    def raw(self, data, is_closing=True):
        """Sends bytes as they are and reads until the server closes.  With
        is_closing no more are to come, which nginx may take for a client that
        has gone: the answer is empty then where it had to wait."""
        with self.connect() as s:
            s.sendall(data)
            if is_closing and self.tls is None:
                s.shutdown(socket.SHUT_WR)
            pieces = []
            while True:
                try:
                    piece = s.recv(65536)
                except ConnectionResetError:
                    break
                if not piece:
                    break
                pieces.append(piece)
        return b"".join(pieces)

    def cut(self, method, path, headers, body, is_reset=False):
        """Begins a request, sends this much of its body, and goes away, with
        a reset where is_reset.  headers is what the client promised
        (Content-Length, or chunked)."""
        lines = list(headers.items() if isinstance(headers, dict) else headers)
        if self.token is not None:
            lines.append(("Authorization", "Bearer " + self.token))
        head = "%s %s HTTP/1.1\r\nHost: %s:%d\r\n%s\r\n" % (
            method, path, self.host, self.port,
            "".join("%s: %s\r\n" % line for line in lines))
        with self.connect() as s:
            s.sendall(head.encode("latin-1"))
            s.sendall(body)
            if is_reset:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))

    # --- the registry ------------------------------------------------------

    def start_upload(self, name, query=""):
        """The location of a new session."""
        answer = self.post("/v2/%s/blobs/uploads/%s" % (name, query))
        assert answer.status == 202, answer
        return answer.header("Location")

    def finish(self, location, wanted, headers=(), body=None, **how):
        """The PUT that ends an upload."""
        return self.put(with_query(location, digest=wanted), headers, body,
                        **how)

    def push_blob(self, name, data, algorithm="sha256"):
        """POST, PATCH, PUT as docker does it; returns the digest."""
        location = self.start_upload(name)
        answer = self.patch(location, [], iter([data]), is_chunked=True)
        assert answer.status == 202, answer
        wanted = digest(data, algorithm)
        answer = self.finish(answer.header("Location"), wanted)
        assert answer.status == 201, answer
        return wanted

    def push_blob_at_once(self, name, data, algorithm="sha256"):
        """POST, PUT; returns the digest."""
        wanted = digest(data, algorithm)
        answer = self.finish(self.start_upload(name), wanted, [], data)
        assert answer.status == 201, answer
        return wanted

    def push_manifest(self, name, reference, manifest):
        """manifest: images.Manifest.  Returns its digest."""
        answer = self.put("/v2/%s/manifests/%s" % (name, reference),
                          [("Content-Type", manifest.media_type)],
                          manifest.data)
        assert answer.status == 201, answer
        return answer.header("Docker-Content-Digest")

    def push_image(self, name, tag, image):
        """An images.Image: its blobs, then its manifest."""
        for data in image.blobs():
            self.push_blob(name, data)
        return self.push_manifest(name, tag, image.manifest)

    def blob(self, name, wanted, headers=()):
        return self.get("/v2/%s/blobs/%s" % (name, wanted), headers)

    def manifest(self, name, reference, accept=MANIFEST_TYPES):
        """One Accept line for each type, as docker sends them."""
        return self.get("/v2/%s/manifests/%s" % (name, reference),
                        [("Accept", kind) for kind in accept])

    # --- tokens ------------------------------------------------------------

    def ask_token(self, scopes=(), account=None, password=None, service=None,
                  path="/token", **more):
        """GET of the token endpoint; the whole response."""
        query = [("scope", scope) for scope in scopes]
        if service is not None:
            query.append(("service", service))
        query += list(more.items())
        headers = [] if account is None else basic(
            "%s:%s" % (account, password))
        return Registry(self.port, self.host, self.tls).get(
            path + "?" + urllib.parse.urlencode(query), headers)

    def login(self, scopes=(), account=None, password=None, **more):
        """A client that holds a token for these scopes."""
        answer = self.ask_token(scopes, account, password, **more)
        assert answer.status == 200, answer
        body = answer.json()
        return self.with_token(body.get("token") or body["access_token"])


def trusting(ca_file=None):
    """A TLS context: trusts ca_file, or anybody where it is None."""
    context = ssl.create_default_context(cafile=ca_file)
    if ca_file is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
