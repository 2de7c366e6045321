"""A FastCGI client, for what a program answers without an nginx before it."""

import json
import socket
import struct

BEGIN, END, PARAMS, STDIN, STDOUT, STDERR = 1, 3, 4, 5, 6, 7
RESPONDER = 1
RECORD_MAX = 65535


class Answer:
    """What a program answered."""

    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = [line.split(": ", 1) for line in head.decode().split("\r\n")]
        self.headers = {name.lower(): value for name, value in lines}
        self.status = int(self.headers.get("status", "200").split()[0])

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return "%d %r" % (self.status, self.body[:300])


def _record(kind, content):
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content


def _length(n):
    return bytes([n]) if n < 128 else struct.pack("!I", n | 0x80000000)


def _params(params):
    return b"".join(
        _length(len(name)) + _length(len(value)) + name + value
        for name, value in ((name.encode(), str(value).encode())
                            for name, value in params.items()))


def send(socket_path, params, timeout=60):
    """A connection that has sent a request without a body."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(timeout)
    connection.connect(str(socket_path))
    text = _params(params)
    assert len(text) <= RECORD_MAX
    connection.sendall(
        _record(BEGIN, struct.pack("!HB5x", RESPONDER, 0))
        + _record(PARAMS, text) + _record(PARAMS, b"") + _record(STDIN, b""))
    return connection


def receive(connection):
    """The answer; None where the program has closed the connection."""
    with connection, connection.makefile("rb") as stream:
        out = b""
        while True:
            head = stream.read(8)
            if len(head) < 8:
                return None
            kind, length, padding = struct.unpack("!xBxxHBx", head)
            content = stream.read(length)
            stream.read(padding)
            if kind == STDOUT:
                out += content
            if kind == END:
                return Answer(out)


def ask(socket_path, params, timeout=60):
    return receive(send(socket_path, params, timeout))
