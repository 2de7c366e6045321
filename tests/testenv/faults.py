"""Calls of a server that fail, kill it or wait: of libc, by
tests/fault/preload.c, and of the store's driver, by tests/fault/store.c.

    fault = Fault(house)
    worker = house.registry_worker(**fault.environment())
    with fault.at(3, KILL) as it:
        client.put(...)
    it.is_reached   # whether there was a third call"""

import contextlib
import mmap
import os
import struct

from . import paths

# As in tests/fault/plan.h.
FOR_GOOD = 0x40000000    # or'ed to an errno: every call from then on
KILL = 0x20000000
WAIT = 0x10000000        # stops there until the block ends
AFTER = 0x08000000       # or'ed: when the call is done; StoreFault only
SHORT = 0x04000000       # half of the bytes; with an errno, that comes next

_NEVER = 1 << 30

_HEAD = struct.Struct("=iiiiiI")
_SIZE = _HEAD.size + (1 << 20)


class Fault:
    """Calls of libc; the memory that the processes of a server share with the
    test."""

    PROGRAM = "slipway-registry"

    def __init__(self, house):
        self._path = os.path.join(house.dir, house.unique("fault"))
        self._serial = 0
        with open(self._path, "w+b") as f:
            f.truncate(_SIZE)
            self._map = mmap.mmap(f.fileno(), _SIZE)

    def environment(self):
        """For a server's environment."""
        library = paths.BUILD / "fault.so"
        assert library.exists(), "make integration builds %s" % library
        loaded = paths.preload().get("LD_PRELOAD", "")
        return {"FAULT_FILE": self._path,
                "LD_PRELOAD": ("%s:%s" % (loaded, library)).lstrip(":")}

    @contextlib.contextmanager
    def at(self, number, action):
        """While this holds, the number-th call fails with this errno, ends
        its process (KILL), or waits for the end of the block (WAIT)."""
        reached = Reached(self._fired)
        self._write(action, number)
        try:
            yield reached
        finally:
            reached.end()
            self._write(0, 0)

    def calls(self, run):
        """How many calls run() makes that would count."""
        self._write(WAIT, _NEVER)
        run()
        made = _NEVER - _HEAD.unpack_from(self._map)[1]
        self._write(0, 0)
        return made

    @contextlib.contextmanager
    def traced(self):
        """What calls were made meanwhile: a list of (name, path)."""
        calls = []
        self._write(0, 0, is_traced=True)
        try:
            yield calls
        finally:
            used = _HEAD.unpack_from(self._map)[-1]
            text = self._map[_HEAD.size:_HEAD.size + used].decode()
            calls += [tuple(line.split(" ", 1))
                      for line in text.splitlines()]
            self._write(0, 0)

    def _fired(self):
        return _HEAD.unpack_from(self._map)[2] > 0

    def _write(self, action, number, is_traced=False):
        """A new plan; requests that were taken before do not count for it."""
        self._serial += 1
        _HEAD.pack_into(self._map, 0, action, number, 0, is_traced,
                        self._serial, 0)


class StoreFault(Fault):
    """Calls of the store's driver."""

    PROGRAM = "slipway-registry-fault"

    def environment(self):
        program = paths.BUILD / self.PROGRAM
        assert program.exists(), "make integration builds %s" % program
        return {"STORE_FAULT_FILE": self._path}


class Reached:
    """Whether the call has been made; after the block, whether it was."""

    def __init__(self, look):
        self._look = look

    @property
    def is_reached(self):
        return self._look()

    def end(self):
        found = self._look()
        self._look = lambda: found
