"""Free ports on loopback, safe where several runs share a machine.

A port is held by a lock on a file for as long as its Port lives; ports are
taken below the range that the kernel hands out by itself."""

import fcntl
import os
import random
import socket
import tempfile

_FIRST, _LAST = 20000, 29999
_LOCKS = os.path.join(tempfile.gettempdir(), "slipway-ports")


def _is_free(number):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                return False
    return True


class Port:
    """One port, ours until release()."""

    def __init__(self):
        os.makedirs(_LOCKS, mode=0o1777, exist_ok=True)
        for _ in range(1000):
            self.number = random.randint(_FIRST, _LAST)
            self._lock = os.open(os.path.join(_LOCKS, str(self.number)),
                                 os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o666)
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_free(self.number):
                    return
            except BlockingIOError:
                pass
            os.close(self._lock)
        raise RuntimeError("no free port between %d and %d" % (_FIRST, _LAST))

    def release(self):
        os.close(self._lock)
