"""asking.py: a client that writes down what it asks, and knows which answers
no client may get."""

import http.client
import threading
import time

from testenv.client import Registry

PATIENCE = 90           # seconds without an answer that says what happened
PAUSE = 0.05


class Unsure(Exception):
    """Whether it was done is not known: ask again."""


class Purged(Unsure):
    """An upload is gone, as it may be."""


class Wrong(Exception):
    """What a registry must never do."""


class Asking(Registry):
    def __init__(self, stage, log, keep):
        super().__init__(stage.house.port(8500), keep=keep)
        self._stage = stage
        self._log = log
        self._sessions = {}     # path: when it began

    def another(self):
        """One that knows the same, on a connection of its own."""
        other = Asking(self._stage, self._log, keep=False)
        other._sessions = self._sessions
        return other

    def note(self, line):
        self._log.write("%9.3f %s %s\n" % (
            time.monotonic() - self._stage.began,
            threading.current_thread().name, line))

    def request(self, method, path, headers=(), body=None, is_chunked=False):
        was_calm = self._stage.is_calm
        began = time.monotonic()
        if method == "POST":    # which may be an upload of its own
            self._sessions[path.split("?")[0]] = time.monotonic()
        try:
            answer = super().request(method, path, headers, body, is_chunked)
        except (OSError, http.client.HTTPException) as problem:
            self._kept = None
            self.note("%s %s: %r" % (method, path, problem))
            if was_calm and self._stage.is_calm:
                raise Wrong("%s %s: %r" % (method, path, problem)) from problem
            raise Unsure(repr(problem)) from problem
        self.note("%s %s %d %s" % (
            method, path, answer.status,
            answer.body[:200] if answer.status >= 400 else ""))
        return self._judge(method, path, answer, was_calm, began)

    def _judge(self, method, path, answer, was_calm, began):
        where = "%s %s: %r" % (method, path, answer)
        if answer.status == 503 and answer.header("Retry-After") \
                and self._stage.may_be_busy(began):
            self._stage.count("refused while a lock was kept")
            raise Unsure(where)
        if answer.status in (502, 503, 504) and not (
                was_calm and self._stage.is_calm):
            raise Unsure(where)
        if answer.status >= 500:
            raise Wrong(where)
        if answer.status == 404 and "/blobs/uploads/" in path \
                and self._is_purged(path):
            raise Purged(where)
        return answer

    def start_upload(self, name, query=""):
        began = time.monotonic()
        location = super().start_upload(name, query)
        self._sessions[location.split("?")[0]] = began
        return location

    def forget(self, location):
        """Nothing explains any more that this upload is gone."""
        self._sessions.pop(location.split("?")[0], None)

    def _is_purged(self, path):
        began = self._sessions.get(path.split("?")[0])
        return began is not None and self._stage.may_take("purge", began)

    def sure(self, method, path, headers=(), body=None):
        """Asks until there is an answer: (answer, whether it was the
        first)."""
        end = time.monotonic() + PATIENCE
        is_first = True
        while True:
            try:
                return self.request(method, path, headers, body), is_first
            except Purged:
                raise
            except Unsure as problem:
                if self._stage.failures:
                    raise
                if time.monotonic() > end:
                    raise Wrong("no answer: %s" % problem) from problem
                is_first = False
                time.sleep(PAUSE)
