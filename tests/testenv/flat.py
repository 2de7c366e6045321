"""A store without directories: tests/fault/flat.c.

Where SLIPWAY_STORE is "flat", the commands that a test runs over a store
(testenv.store) find it there: its files are moved away before, and back when
the command has ended.  Uploads in progress stay, as with every driver."""

import os
import shutil
from pathlib import Path
from urllib.parse import quote, unquote

IS_FLAT = os.environ.get("SLIPWAY_STORE") == "flat"
PROGRAM = "slipway-registry-fault"
TOPS = ("docker", "slipway/corrupt")

_PIECE = 200    # as in flat.c


class Flat:
    """While it holds, the store at root has no files but uploads."""

    def __init__(self, root):
        self._root = Path(root)
        self._directory = Path("%s.flat" % root)
        self._empty = []

    def environment(self):
        return {"STORE_FLAT": str(self._directory)}

    def __enter__(self):
        self._directory.mkdir(parents=True)
        found = [path for top in TOPS for path in (self._root / top).rglob("*")
                 if "_uploads" not in path.parts]
        directories = [path for path in found if path.is_dir()]
        self._empty = [path for path in directories
                       if not any(path.iterdir())]
        for path in found:
            if not path.is_dir():
                to = self._directory / _name(path.relative_to(self._root))
                to.parent.mkdir(parents=True, exist_ok=True)
                path.rename(to)
        for path in reversed(directories):
            if not any(path.iterdir()):
                path.rmdir()
        return self

    def __exit__(self, *_):
        for path in list(self._directory.rglob("*")):
            if not path.is_dir() and not path.name.startswith("+"):
                to = self._root / _key(path.relative_to(self._directory))
                to.parent.mkdir(parents=True, exist_ok=True)
                path.rename(to)
        for path in self._empty:
            path.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._directory)


def _name(key):
    text = quote(str(key), safe="")
    pieces = [text[i:i + _PIECE] for i in range(0, len(text), _PIECE)]
    return "+/".join(pieces)


def _key(path):
    return unquote(str(path).replace("+/", ""))
