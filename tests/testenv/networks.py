"""Hosts of a test: network namespaces that are joined by a bridge, each with an
address of its own.

    networks = Networks(house, "index", "a", "b")   # root only
    networks.address["a"]                           # 10.77.0.3
    house.keep(Host(house, conf, networks, "a"))    # nginx there
    with networks.inside("index"): ...              # this thread's sockets"""

import contextlib
import ctypes
import os
import subprocess

from .servers import Nginx

_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


def _run(*words):
    subprocess.run(words, check=True, capture_output=True, timeout=60)


class Networks:
    """The house stops them when the test ends."""

    def __init__(self, house, *names):
        self._prefix = "sw%d%s" % (os.getpid(), house.unique("n"))
        self._names = names
        self.address = {name: "10.77.0.%d" % number
                        for number, name in enumerate(names, 2)}
        house.keep(self)

    def namespace(self, name):
        return "%s-%s" % (self._prefix, name)

    def start(self):
        """The bridge is in the first one."""
        first = self.namespace(self._names[0])
        for name in self._names:
            _run("ip", "netns", "add", self.namespace(name))
            self._ip(name, "link", "set", "lo", "up")
        self._ip(self._names[0], "link", "add", "br0", "type", "bridge")
        self._ip(self._names[0], "link", "set", "br0", "up")
        self._ip(self._names[0], "address", "add",
                 self.address[self._names[0]] + "/24", "dev", "br0")
        for name in self._names[1:]:
            there = self.namespace(name)
            _run("ip", "-n", there, "link", "add", "eth0", "type", "veth",
                 "peer", "name", "to-" + name, "netns", first)
            self._ip(self._names[0], "link", "set", "to-" + name, "master",
                     "br0", "up")
            self._ip(name, "address", "add", self.address[name] + "/24",
                     "dev", "eth0")
            self._ip(name, "link", "set", "eth0", "up")
        return self

    def _ip(self, name, *words):
        _run("ip", "-n", self.namespace(name), *words)

    @contextlib.contextmanager
    def inside(self, name):
        """Sockets that this thread makes meanwhile are of that host."""
        with open("/proc/thread-self/ns/net") as own:
            self._enter("/run/netns/" + self.namespace(name))
            try:
                yield
            finally:
                self._set(own)

    def _enter(self, path):
        with open(path) as there:
            self._set(there)

    @staticmethod
    def _set(there):
        if _LIBC.setns(there.fileno(), _NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def stop(self):
        for name in self._names:
            subprocess.run(["ip", "netns", "del", self.namespace(name)],
                           capture_output=True, check=False)

    def logs(self):
        return []


class Host(Nginx):
    """nginx on one of the hosts; its configuration may listen on any port."""

    def __init__(self, house, conf, networks, host):
        super().__init__(house, conf, name="nginx-" + host)
        self._prefix_words = ["/usr/sbin/ip", "netns", "exec",
                              networks.namespace(host)]

    def argv(self, *more):
        return self._prefix_words + super().argv(*more)
