"""stage.py: what a soak runs on, and what everybody in it may ask: is it
over, is it still calm, can a collection have taken this?"""

import threading
import time
from pathlib import Path

from testenv import House, images
from testenv.events import Deliverer, Receiver
from testenv.store import Store

WORKERS = 6
NGINX_WORKERS = 3
CLOCK_SLACK = 0.1       # seconds, of the clock that gives files their times
STARTED_SLACK = 1.1     # startedat has whole seconds
HELD_SLACK = 5          # of those who waited for a lock, one after the other

CONF = """
    %%%%GLOBALS%%%%
    worker_processes     %d;
    worker_rlimit_nofile 8192;
    events { worker_connections 1024; }
    http {
        %%%%GLOBALS_HTTP%%%%
        sendfile on;
        server {
            listen 127.0.0.1:8500;
            location ^~ /v2/ {
                registry       on;
                registry_root  %%%%DIR%%%%/store;
                fastcgi_pass   unix:%%%%DIR%%%%/registry.sock;
                include        %%%%CONF%%%%/registry_params;
                registry_events on;
            }
        }
    }""" % NGINX_WORKERS


class Command:
    """A gc or purge: what it leaves is what was used after its end less
    keep, or later."""

    def __init__(self, name, keep):
        self.name = name
        self.keep = keep
        self.end = None

    def may_take(self, since):
        end = time.monotonic() if self.end is None else self.end
        return end - self.keep > since


class Stage:
    def __init__(self, seed, seconds):
        self.seed = seed
        self.seconds = seconds
        self.began = time.monotonic()
        self.is_calm = True     # nothing is killed but commands
        self.failures = []
        self.commands = []
        self.holds = []         # [begin, end] of locks that were kept
        self.counts = {}
        self._lock = threading.Lock()
        self.house = House()
        self.store = Store(self.house.dir + "/store")
        self.receiver = Receiver(self.house).start()
        self.worker = self.house.registry_worker(processes=WORKERS)
        self.nginx = self.house.nginx(CONF)
        self.deliverer = self.house.keep(Deliverer(
            self.house, self.receiver.url, "--batch", "50",
            "--snapshots"))
        self.pool = [images.blob(300 + 977 * n, "pool%d" % n)
                     for n in range(24)] + [b"{}"]

    def path(self, name):
        return Path(self.house.dir, name)

    @property
    def is_over(self):
        return bool(self.failures) or (
            time.monotonic() > self.began + self.seconds)

    def fail(self, text):
        """The first one ends the soak."""
        with self._lock:
            self.failures.append(text)

    def count(self, what, n=1):
        with self._lock:
            self.counts[what] = self.counts.get(what, 0) + n

    def begin(self, name, keep):
        command = Command(name, keep)
        with self._lock:
            self.commands.append(command)
        return command

    def hold(self):
        """A lock is kept from now on, until the end is written."""
        hold = [time.monotonic(), None]
        with self._lock:
            self.holds.append(hold)
        return hold

    def may_be_busy(self, since):
        """Whether a lock was kept at that time or later."""
        with self._lock:
            return any(end is None or end + HELD_SLACK > since
                       for _, end in self.holds)

    def may_take(self, name, since):
        """Whether a command of this name may remove what was last used at
        this time."""
        slack = STARTED_SLACK if name == "purge" else CLOCK_SLACK
        with self._lock:
            return any(command.name == name
                       and command.may_take(since - slack)
                       for command in self.commands)
