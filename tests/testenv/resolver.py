#!/usr/bin/python3
"""resolver.py DIR COMMAND...: runs a command in a network of its own, where a
server for names answers as the table below says, and a receiver at every address
writes the addresses at which it was called into DIR/requests.

It is run by "unshare --net --mount": the kernel's loopback is all that there
is, and 8.8.8.8 is an address of it, so that a public address can be reached."""

import ctypes
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

PUBLIC, LOCAL = "8.8.8.8", "127.0.0.1"

# name -> the addresses of each answer; the last one is repeated
NAMES = {
    "public": [[PUBLIC]],
    "flips": [[PUBLIC], [LOCAL]],
    "flipped": [[LOCAL], [PUBLIC]],
    "both": [[PUBLIC.replace("8.8.8.8", "9.9.9.9"), LOCAL]],
    "local": [[LOCAL]],
    "mapped": [["::ffff:127.0.0.1"]],
    "compatible": [["::127.0.0.1"]],
    "nat64": [["64:ff9b::7f00:1"]],
    "sixtofour": [["2002:7f00:1::1"]],
    "loopback6": [["::1"]],
}

_A, _AAAA = 1, 28


def _interface(name, address=None):
    """Sets an address, or brings the interface up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        word = name.encode()
        if address is not None:
            fcntl.ioctl(sock, 0x8916, struct.pack(  # SIOCSIFADDR
                "16sHH4s8x", word, socket.AF_INET, 0,
                socket.inet_aton(address)))
        fcntl.ioctl(sock, 0x8914, struct.pack(  # SIOCSIFFLAGS: IFF_UP
            "16sH14x", word, 1 | 64))


def _records(name, kind, asked):
    answers = NAMES.get(name.split(".")[0], [[]])
    family = socket.AF_INET if kind == _A else socket.AF_INET6
    addresses = answers[min(asked, len(answers) - 1)]
    mine = [a for a in addresses if (":" in a) == (kind == _AAAA)]
    return [struct.pack("!HHHIH", 0xc00c, kind, 1, 0, 4 if kind == _A else 16)
            + socket.inet_pton(family, a) for a in mine]


def _answer_names(directory):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((LOCAL, 53))
    queries = directory / "queries"
    while True:
        query, client = sock.recvfrom(512)
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind, = struct.unpack("!H", query[at + 1:at + 3])
        name = ".".join(labels)
        line = "%s %d\n" % (name, kind)
        # in a file: a courier that starts again asks on
        asked = queries.read_text().count(line) if queries.exists() else 0
        with open(queries, "a") as file:
            file.write(line)
        records = _records(name, kind, asked)
        sock.sendto(query[:2] + struct.pack(
            "!HHHHH", 0x8580, 1, len(records), 0, 0)
            + query[12:at + 5] + b"".join(records), client)


def _receive(directory, family):
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind(("", 80))
    sock.listen(64)
    while True:
        connection, _ = sock.accept()
        with open(directory / "requests", "a") as file:
            file.write(connection.getsockname()[0] + "\n")
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 204 No Content\r\n"
                           b"Connection: close\r\n\r\n")
        connection.close()


def _serve(directory):
    for family in (socket.AF_INET, socket.AF_INET6):
        threading.Thread(target=_receive, args=(directory, family),
                         daemon=True).start()
    _answer_names(directory)


def main():
    directory = Path(sys.argv[1])
    _interface("lo")
    _interface("lo:1", PUBLIC)
    conf = directory / "resolv.conf"
    conf.write_text("nameserver %s\noptions timeout:1 attempts:1\n" % LOCAL)
    subprocess.run(["mount", "--bind", str(conf), "/etc/resolv.conf"],
                   check=True)
    parent = os.getpid()
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() == parent:
            _serve(directory)
        os._exit(1)
    os.execv(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
