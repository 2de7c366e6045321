"""docs/storage.md: which calls of the store's driver an operation makes, as the
page lists them, and as they were made."""

import re

from . import paths

# What changes nothing, and holds nothing.
LOOKS = {"get", "stat", "list", "read"}

ROW = re.compile(r"\| .* \| `?([a-z_]+ [^|`]+)?`? \| .* \| "
                 r"`test_\w+\.py::\w+\[(\w+)-\w+\]` \|")


def listed():
    """The operations and commands whose calls the page lists, each with its
    list."""
    found, calls = {}, {}
    page = (paths.TOP / "docs/storage.md").read_text()
    for line in page.splitlines():
        row = ROW.fullmatch(line)
        if row is None:
            calls = {}
        elif row[1]:
            calls[row[1]] = True
            found[row[2]] = calls
    return {name: list(calls) for name, calls in found.items()}


def shortened(name, path):
    """A call as the page has it."""
    path = re.sub(r".*/docker/registry/v2/|^/", "", path)
    path = re.sub(r"^repositories/.*?/(?=_)", "", path)
    path = re.sub(r"sha256/[0-9a-f]{2}/[0-9a-f]{64}", "A/HH/H", path)
    path = re.sub(r"sha256/[0-9a-f]{64}", "A/H", path)
    path = re.sub(r"_v1/[0-9a-f]{64}", "_v1/I", path)
    path = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "U", path)
    return "%s %s" % (name, re.sub(r"tags/[^/]+", "tags/T", path))


def made(calls):
    """What was traced, in order; what is repeated is listed once."""
    return list(dict.fromkeys(shortened(*call) for call in calls
                              if call[0] not in LOOKS))
