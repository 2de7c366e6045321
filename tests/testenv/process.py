"""One child process: started with a log of its own, stopped within a bound."""

import os
import signal
import subprocess
import time

# Before what is waited for counts as missed: a machine may be slow, and a
# server may get no processor for seconds.
WAIT_SECONDS = 60
STOP_SECONDS = 60


def wait_until(condition, seconds, what):
    """Polls condition() until it is true; fails after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError("waited %g s for %s" % (seconds, what))
        time.sleep(0.005)


def is_gone(pid):
    """A process that is not reaped yet is gone as well."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as f:
            return f.read().rsplit(b")", 1)[1].split()[0] in (b"Z", b"X")
    except (FileNotFoundError, ProcessLookupError):
        return True


def memfd(pid, name):
    """The path of a file without a directory that a process has open."""
    directory = "/proc/%d/fd" % pid
    for fd in os.listdir(directory):
        path = os.path.join(directory, fd)
        if "memfd:" + name in os.readlink(path):
            return path
    raise FileNotFoundError("no memfd called " + name)


def pause(pid):
    """Stops a process until SIGCONT: every thread of it has when this
    returns, which a signal alone does not promise."""
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: _is_paused(pid), WAIT_SECONDS, "%d to stop" % pid)


def _is_paused(pid):
    for thread in os.listdir("/proc/%d/task" % pid):
        try:
            with open("/proc/%d/task/%s/stat" % (pid, thread), "rb") as f:
                if f.read().rsplit(b")", 1)[1].split()[0] not in (b"T", b"t"):
                    return False
        except (FileNotFoundError, ProcessLookupError):
            pass  # the thread has ended
    return True


def is_session_gone(leader):
    """Every process of it; the parent may not reap those that are left."""
    for entry in os.listdir("/proc"):
        if entry.isdigit() and not is_gone(int(entry)):
            try:
                if os.getsid(int(entry)) == leader:
                    return False
            except ProcessLookupError:
                pass
    return True


def children(pid):
    """The pids of a process's children."""
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return [int(word) for word in f.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def listens(pid):
    """Whether a process has a socket that accepts connections."""
    listening = set()
    for table in ("tcp", "tcp6"):
        for line in _lines("/proc/net/" + table):
            if line[3] == "0A":
                listening.add("socket:[%s]" % line[9])
    for line in _lines("/proc/net/unix"):
        if int(line[3], 16) & 0x10000:
            listening.add("socket:[%s]" % line[6])
    directory = "/proc/%d/fd" % pid
    try:
        return any(_link(directory, fd) in listening for fd in os.listdir(directory))
    except (FileNotFoundError, ProcessLookupError):
        return False


def _lines(path):
    """The words of each line of a table, without its head."""
    try:
        with open(path) as f:
            return [line.split() for line in f][1:]
    except FileNotFoundError:
        return []    # no IPv6


def _link(directory, name):
    try:
        return os.readlink("%s/%s" % (directory, name))
    except FileNotFoundError:
        return None    # closed meanwhile


class Process:
    """A server in the foreground, its output in a log; kept is a descriptor
    that it inherits."""

    def __init__(self, name, argv, log, env, cwd=None, kept=None):
        self.name = name
        self.log = log
        self._is_stopped = False
        # A program's tree is its own session, so that a Ctrl-C in the
        # terminal reaches the tests only, and those stop it in order.
        with open(log, "ab") as out:
            self._child = subprocess.Popen(
                [str(word) for word in argv], stdin=subprocess.DEVNULL,
                stdout=out, stderr=out, env=env, cwd=cwd,
                start_new_session=True, umask=0o007,
                pass_fds=() if kept is None else (kept,))
        self.pid = self._child.pid

    def is_alive(self):
        return self._child.poll() is None

    def send(self, number):
        os.kill(self.pid, number)

    def text(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def wait_ready(self, condition, seconds=WAIT_SECONDS):
        """Until condition() holds; fails at once where the process ended."""
        def check():
            if not self.is_alive():
                raise RuntimeError("%s ended with %d:\n%s" % (
                    self.name, self._child.returncode, self.text()[-3000:]))
            return condition()
        wait_until(check, seconds, self.name + " to be ready")

    def stop(self, number=signal.SIGTERM, seconds=STOP_SECONDS):
        """Ends the process and waits; a test may call it at any time."""
        if self._is_stopped:
            return
        self._is_stopped = True
        if not self.is_alive():
            raise AssertionError("%s died by itself: %d\n%s" % (
                self.name, self._child.returncode, self.text()[-3000:]))
        self.send(number)
        try:
            code = self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self._child.wait(5)
            raise AssertionError("%s did not stop within %d s of signal %d" % (
                self.name, seconds, number)) from None
        if code != 0 and code != -number:
            raise AssertionError("%s ended with %d on signal %d\n%s" % (
                self.name, code, number, self.text()[-3000:]))

    def kill(self):
        """As the kernel would: the whole session at once, with -9.  Returns
        when nothing of it listens any more."""
        self._is_stopped = True
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._child.wait(STOP_SECONDS)
        wait_until(lambda: is_session_gone(self.pid), 60,
                   "the processes of %s to end" % self.name)
