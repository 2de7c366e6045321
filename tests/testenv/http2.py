"""An HTTP/2 client of frames, for what curl would never send.

Headers are written as literals and of an answer's only the status is read, as
nginx writes it, so there is no need of a table (RFC 7541)."""

import socket

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = (
    0, 1, 3, 4, 6, 7, 8)
END_STREAM, END_HEADERS, PADDED, ACK = 1, 4, 8, 1

# The entries of the static table that are statuses.
_STATUS = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}


def _literal(text):
    """A string of up to 127 + 127 bytes, or longer."""
    data = text.encode("latin-1")
    if len(data) < 127:
        return bytes([len(data)]) + data
    rest, length = len(data) - 127, b"\x7f"
    while rest >= 128:
        length += bytes([rest % 128 + 128])
        rest //= 128
    return length + bytes([rest]) + data


def _status(block):
    """The first field of an answer."""
    if block[0] == 0x20:        # the table's new size
        block = block[1:]
    if block[0] & 0x80:
        return _STATUS[block[0] & 0x7f]
    return int(block[2:5])


class Http2:
    """One connection without TLS; streams are odd numbers."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), 60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        self._socket.sendall(PREFACE)
        self.frame(SETTINGS, 0, 0, b"")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._file.close()
        self._socket.close()

    def frame(self, kind, flags, stream, payload):
        self._socket.sendall(
            len(payload).to_bytes(3, "big") + bytes([kind, flags])
            + stream.to_bytes(4, "big") + payload)

    def request(self, stream, method, path, headers=(), is_whole=False):
        fields = [(":method", method), (":scheme", "http"), (":path", path),
                  (":authority", "a"), *headers]
        self.fields(stream, fields, is_whole)

    def fields(self, stream, fields, is_whole):
        """A HEADERS frame, as it is: also for trailers."""
        block = b"".join(b"\0" + _literal(name) + _literal(value)
                         for name, value in fields)
        self.frame(HEADERS, END_HEADERS | (END_STREAM if is_whole else 0),
                   stream, block)

    def data(self, stream, payload, is_last=False, padding=None):
        flags = END_STREAM if is_last else 0
        if padding is not None:
            flags |= PADDED
            payload = bytes([padding]) + payload + b"\0" * padding
        self.frame(DATA, flags, stream, payload)

    def reset(self, stream, code=8):
        self.frame(RST_STREAM, 0, stream, code.to_bytes(4, "big"))

    def _read(self):
        """(type, flags, stream, payload), or None at the end."""
        head = self._file.read(9)
        if len(head) < 9:
            return None
        payload = self._file.read(int.from_bytes(head[:3], "big"))
        return head[3], head[4], int.from_bytes(head[5:], "big"), payload

    def answers(self, *streams):
        """{stream: (status, body)} when all of these have ended; a stream
        that was reset, or a connection that was closed, has status None."""
        found = {stream: [None, b""] for stream in streams}
        open_streams = set(streams)
        while open_streams:
            frame = self._read()
            if frame is None:
                break
            kind, flags, stream, payload = frame
            if kind == SETTINGS and not flags & ACK:
                self.frame(SETTINGS, ACK, 0, b"")
            elif kind == HEADERS and stream in found:
                if found[stream][0] is None:
                    found[stream][0] = _status(payload)
            elif kind == DATA and stream in found:
                found[stream][1] += payload
            if kind == RST_STREAM or (
                    kind in (HEADERS, DATA) and flags & END_STREAM):
                open_streams.discard(stream)
        return {stream: tuple(answer) for stream, answer in found.items()}

    def answer(self, stream=1):
        return self.answers(stream)[stream]
