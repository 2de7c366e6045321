"""Frames of HTTP/2, enough to misbehave: no client library sends them."""

import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS = 0, 1, 3, 4
PING, GOAWAY, WINDOW_UPDATE = 6, 7, 8
END_STREAM, END_HEADERS = 1, 4
CANCEL = struct.pack(">I", 8)


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(
        ">BBI", kind, flags, stream) + payload


def literal(name, value):
    """A header field that neither side remembers, not compressed."""
    return b"\x00" + _string(name) + _string(value)


def _string(text):
    text = text if isinstance(text, bytes) else text.encode()
    if len(text) < 127:
        return bytes([len(text)]) + text
    rest, out = len(text) - 127, b"\x7f"
    while rest >= 128:
        out += bytes([rest & 127 | 128])
        rest >>= 7
    return out + bytes([rest]) + text


def request(stream, method, path, token=None, is_whole=True):
    """A HEADERS frame; not whole: a body follows."""
    fields = [(":method", method), (":path", path), (":scheme", "http"),
              (":authority", "x")]
    if token is not None:
        fields.append(("authorization", "Bearer " + token))
    block = b"".join(literal(*field) for field in fields)
    return frame(HEADERS, END_HEADERS | (END_STREAM if is_whole else 0),
                 stream, block)


def status(block):
    """The status of an answer, the first field of its headers as nginx writes
    them (RFC 7541, appendix A)."""
    if block[0] & 0xe0 == 0x20:     # the table's new size
        block = block[1:]
    if block[0] & 0x80:
        return (200, 204, 206, 304, 400, 404, 500)[(block[0] & 0x7f) - 8]
    return int(block[2:5])


def begin(s):
    """Opens a connection with prior knowledge."""
    s.sendall(PREFACE + frame(SETTINGS, 0, 0))


def frames(s):
    """What the server sends, until it closes: (kind, flags, stream, bytes)."""
    held = b""
    while True:
        while len(held) < 9:
            piece = s.recv(65536)
            if not piece:
                return
            held += piece
        length = int.from_bytes(held[:3], "big")
        kind, flags, stream = struct.unpack(">BBI", held[3:9])
        while len(held) < 9 + length:
            piece = s.recv(65536)
            if not piece:
                return
            held += piece
        yield kind, flags, stream & 0x7fffffff, held[9:9 + length]
        held = held[9 + length:]
