"""trouble.py: what happens to a registry while clients use it.

Keeper runs the commands that care for the store, from the beginning, and kills
some of them.  Breaker, in the second half, reloads, restarts and kills the
servers."""

import fcntl
import os
import random
import signal
import subprocess
import threading
import time

from testenv.process import is_session_gone, wait_until

GRACES = [0, 1, 1, 2, 5]
AGES = [1, 3, 10]
NAMES = ["soak/a", "soak/b/c", "d", "raced/a", "raced/b"]
COMMAND_SECONDS = 300
# What fsck may find of processes that were killed and their clients' next
# tries; nothing of it is a loss.
# What fsck may find, and what is no loss.  A gc leaves links to nothing where
# a client is writing others; the next one takes them.  One that was killed, or
# a request that its client sends again, leaves other things until the next try,
# and a tag that was being deleted leaves its directory.
LEFT_BY_GC = {"dangling-link"}
LEFT_BY_KILLED_GC = {"missing-referrer"}
LEFT_BY_CRASHES = {"unfinished-tag"}


def killed(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Trouble(threading.Thread):
    """Does one of self.acts after the other, with pauses."""

    pauses = (0, 0)

    def __init__(self, stage, name):
        super().__init__(name=name, daemon=True)
        self.stage = stage
        self.choose = random.Random("%s/%s" % (stage.seed, name))
        self.acts = []
        self.log = open(stage.path(name + ".log"), "w", buffering=1)

    def run(self):
        while not self.stage.is_over:
            act = self.choose.choice(self.acts)
            self.note(act.__name__)
            try:
                act()
                self.stage.count(act.__name__)
            except Exception as problem:
                self.stage.fail("%s, %s: %s %s" % (
                    self.name, act.__name__, type(problem).__name__, problem))
            time.sleep(self.choose.uniform(*self.pauses))

    def note(self, text):
        self.log.write("%9.3f %s\n" % (
            time.monotonic() - self.stage.began, text))


class Keeper(Trouble):
    pauses = (0, 0.3)

    def __init__(self, stage):
        super().__init__(stage, "keeper")
        self.acts = [self.gc, self.gc, self.gc_untagged, self.gc_untagged,
                     self.gc_killed, self.gc_killed, self.purge, self.fsck,
                     self.reindex, self.reindex_killed]

    def gc(self, *flags):
        grace = self.choose.choice(GRACES)
        _, out = self.command("gc", grace, "--grace", grace, *flags)
        self.stage.count("swept", sum(
            line.startswith("blob ") for line in out.splitlines()))

    def gc_untagged(self):
        self.gc("--delete-untagged")

    def gc_killed(self):
        grace = self.choose.choice(GRACES)
        flags = self.choose.choice([(), ("--delete-untagged",)])
        running = self.stage.begin("gc", grace)
        self._kill("gc", "--grace", grace, *flags)
        running.end = time.monotonic()

    def _kill(self, name, *flags):
        process = self.stage.store.start(name, *flags)
        try:
            process.wait(self.choose.random() * 0.1)
        except subprocess.TimeoutExpired:
            process.kill()
            self.stage.count(name + " that was killed")
        process.communicate()

    def purge(self):
        age = self.choose.choice(AGES)
        self.command("purge", age, "--age", age)

    def fsck(self):
        run = self.stage.store.fsck()
        self.note(repr(run))
        words = set(run.words())
        allowed = set(LEFT_BY_GC)
        if self.stage.counts.get("gc that was killed"):
            allowed |= LEFT_BY_KILLED_GC
        if not self.stage.is_calm:
            allowed |= LEFT_BY_KILLED_GC | LEFT_BY_CRASHES
        if run.status == 2 or words - allowed:
            raise AssertionError("fsck: %r" % run)

    def reindex(self):
        run = self.stage.store.command("reindex", timeout=COMMAND_SECONDS)
        self.note(repr(run))
        assert run.status == 0, run

    def reindex_killed(self):
        self._kill("reindex")

    def command(self, name, keep, *flags):
        running = self.stage.begin(name, keep)
        run = self.stage.store.command(name, *flags, timeout=COMMAND_SECONDS)
        running.end = time.monotonic()
        self.note("%s %r" % (flags, run))
        assert run.status == 0, run
        return run.status, run.out


class Holder(Trouble):
    """Keeps locks that requests and commands need, some for longer than a
    request waits, and none for as long as a command does."""

    pauses = (0.5, 5)

    def __init__(self, stage):
        super().__init__(stage, "holder")
        self.acts = [self.a_repository, self.layers, self.the_spool]

    def a_repository(self):
        self._keep(self._any("_manifests"))

    def layers(self):
        self._keep(self._any("_layers"))

    def the_spool(self):
        self._keep(self.stage.store.root / "slipway/events")

    def _any(self, below):
        return self.stage.store.repository(self.choose.choice(NAMES), below)

    def _keep(self, path):
        try:
            fd = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return
        hold = self.stage.hold()
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            time.sleep(self.choose.choice((0.05, 0.3, 1, 7)))
        finally:
            os.close(fd)
            hold[1] = time.monotonic()


class Breaker(Trouble):
    pauses = (0.1, 1.5)

    def __init__(self, stage):
        super().__init__(stage, "breaker")
        self.acts = [self.reload, self.worker_killed, self.worker_killed,
                     self.worker_killed, self.nginx_worker_killed,
                     self.nginx_worker_killed, self.worker_restarted,
                     self.worker_master_killed, self.worker_all_killed,
                     self.nginx_all_killed, self.deliverer_killed,
                     self.receiver_away]

    def run(self):
        self.stage.house.expect(r"worker process \d+ exited on signal 9")
        self.stage.house.expect(r"\[crit\] .* connect\(\) to unix:.* failed")
        self.stage.is_calm = False
        super().run()

    def reload(self):
        self.stage.nginx.reload()

    def _one_of(self, server):
        workers = server.workers()
        if workers:
            killed(self.choose.choice(workers))

    def worker_killed(self):
        self._one_of(self.stage.worker)

    def nginx_worker_killed(self):
        self._one_of(self.stage.nginx)

    def worker_restarted(self):
        self.stage.worker.stop()
        self.stage.worker.start()

    def worker_master_killed(self):
        """Its processes finish what they do."""
        self.stage.worker.process.send(signal.SIGKILL)
        self._start_again(self.stage.worker)

    def worker_all_killed(self):
        self._kill_all(self.stage.worker)

    def nginx_all_killed(self):
        self._kill_all(self.stage.nginx)

    def deliverer_killed(self):
        self._kill_all(self.stage.deliverer)

    def _kill_all(self, server):
        server.kill()
        self._start_again(server)

    @staticmethod
    def _start_again(server):
        process = server.process
        wait_until(lambda: not process.is_alive() and is_session_gone(
            process.pid), 60, server.name + " to end")
        server.start()

    def receiver_away(self):
        self.stage.receiver.answer = lambda count: self.choose.choice(
            [500, 503, None])
        time.sleep(self.choose.random())
        self.stage.receiver.answer = lambda count: 200
