"""measure.py: clocks and counters of the benchmark."""

import os
import re
import subprocess
import threading
import time


def descendants(pid):
    """The process and all that it has started, zombies left out."""
    children = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            children.setdefault(int(fields[1]), []).append(int(entry))
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        todo += children.get(one, [])
    return found


def cpu_seconds(pid):
    """Time of a process tree on the processors so far, from the scheduler's
    own clock: the ticks of /proc/PID/stat are too coarse for one pull."""
    total = 0
    for one in descendants(pid):
        try:
            with open(f"/proc/{one}/schedstat") as stat:
                total += int(stat.read().split()[0])
        except OSError:
            continue
    return total / 1e9


def memory(pid):
    """Bytes that a process tree holds: proportional set size, so that pages
    shared by its processes count once."""
    total = 0
    for one in descendants(pid):
        try:
            with open(f"/proc/{one}/smaps_rollup") as rollup:
                total += int(re.search(r"^Pss:\s+(\d+)", rollup.read(),
                                       re.M).group(1)) * 1024
        except (OSError, AttributeError):
            continue
    return total


class PeakMemory(threading.Thread):
    """Watches the memory of a process tree while a block runs."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak, self.done = pid, 0, threading.Event()

    def run(self):
        while not self.done.wait(0.1):
            self.peak = max(self.peak, memory(self.pid))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join()


def wrk(url, seconds, connections=64, headers=(), script=None, args=()):
    """Requests a second by wrk, two threads; any answer other than 2xx or 3xx
    or a socket error spoils the figure and ends the run."""
    command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s",
               "--timeout", "20s"]
    for header in headers:
        command += ["-H", header]
    if script:
        command += ["-s", script]
    command += [url]
    if args:
        command += ["--", *args]
    out = subprocess.run(command, capture_output=True, text=True,
                         check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise RuntimeError(f"wrk {url}: {out}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


def ab_head(url, seconds, connections=64, headers=()):
    """HEAD requests a second, by two ab at the same time: wrk waits for the
    body that an answer to HEAD never has."""
    command = ["ab", "-q", "-i", "-k", f"-c{connections // 2}",
               f"-t{seconds}", "-n100000000"]
    for header in headers:
        command += ["-H", header]
    runs = [subprocess.Popen(command + [url], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)
            for _ in range(2)]
    total = 0
    for run in runs:
        out = run.communicate()[0]
        if (run.returncode != 0 or "Non-2xx" in out
                or not re.search(r"^Failed requests: +0$", out, re.M)):
            raise RuntimeError(f"ab {url}: {out}")
        total += float(re.search(r"^Requests per second: +([\d.]+)", out,
                                 re.M).group(1))
    return total


def timed(function):
    """Wall seconds of one call."""
    start = time.monotonic()
    function()
    return time.monotonic() - start


def median(values):
    values = sorted(values)
    return values[len(values) // 2]
