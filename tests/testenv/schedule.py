"""Which process of pytest-xdist runs which tests of tests/api, and in what
order: a long file that begins last leaves the other processors idle."""

from xdist.scheduler import LoadScopeScheduling

# Long files in which each test has a house of its own: they are handed out
# test by test, before all others.
_DIVIDED = ("test_backup", "test_held_locks", "test_events",
            "test_gc_concurrent", "test_index_token", "test_login_flood", "test_index_commands",
            "test_outage", "test_failures", "test_gc_manifests", "test_fsck",
            "test_database_tcp", "test_index_revoke", "test_gc")

# Long files that stay in one process.
_WHOLE = ("test_make", "test_index_down", "test_deps", "test_mirror",
          "test_irregular", "test_crash", "test_manifests", "test_referrers")

_ORDER = {name: number for number, name in enumerate(_WHOLE + _DIVIDED)}


def sort(items):
    """The order in which tests are handed out."""
    items.sort(key=lambda item: _ORDER.get(item.path.stem, len(_ORDER)))


def shares_a_fixture(item):
    """Whether a test is in a file that is to be divided, and must not be: it
    would start again what its neighbours have started."""
    fixtures = item._fixtureinfo.name2fixturedefs.values()
    return item.path.stem in _DIVIDED and any(
        fixture[-1].scope == "module" for fixture in fixtures)


class Scheduler(LoadScopeScheduling):
    """Files to processes, but those above divided."""

    def _split_scope(self, nodeid):
        path = nodeid.split("::", 1)[0]
        stem = path.rsplit("/", 1)[-1].removesuffix(".py")
        return nodeid if stem in _DIVIDED else path
