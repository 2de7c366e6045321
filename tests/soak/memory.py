"""memory.py: watches the memory of processes that live long."""

import threading
import time

from testenv import paths

EVERY = 0.25            # seconds
GROWTH_MAX = 6 << 10    # KiB, of one process from early to late
SIZE_MAX = 96 << 10     # KiB
SAMPLES_MIN = 40


def anonymous(pid):
    """KiB that are no file's, or None where the process is gone."""
    try:
        with open("/proc/%d/status" % pid) as f:
            for line in f:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return None


class Watch(threading.Thread):
    """As long as it is calm."""

    def __init__(self, stage):
        super().__init__(name="memory", daemon=True)
        self._stage = stage
        self.samples = {}       # (name, pid): KiB

    def run(self):
        stage = self._stage
        while stage.is_calm and not stage.is_over:
            for server in (stage.nginx, stage.worker, stage.deliverer):
                pids = getattr(server, "workers", lambda: [server.pid])()
                for pid in pids:
                    size = anonymous(pid)
                    if size is not None:
                        self.samples.setdefault((server.name, pid),
                                                []).append(size)
            time.sleep(EVERY)

    def problems(self):
        """Who grew, or is too large; a line each.  What a sanitizer holds
        back says nothing."""
        found = []
        if paths.IS_ASAN:
            return found
        for (name, pid), sizes in sorted(self.samples.items()):
            quarter = len(sizes) // 4
            if max(sizes) > SIZE_MAX:
                found.append("%s (%d) has %d KiB" % (name, pid, max(sizes)))
            if len(sizes) >= SAMPLES_MIN:
                early = max(sizes[quarter:2 * quarter])
                late = max(sizes[-quarter:])
                if late - early > GROWTH_MAX:
                    found.append("%s (%d) grew from %d to %d KiB" % (
                        name, pid, early, late))
        return found

    def summary(self):
        return ", ".join("%s %d KiB" % (name, max(
            max(sizes) for (other, _), sizes in self.samples.items()
            if other == name))
            for name in sorted({name for name, _ in self.samples}))
