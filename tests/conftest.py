"""Fixtures of all python tests: see testenv/__init__.py."""

import contextlib
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from testenv import House, paths  # noqa: E402
from testenv.schedule import Scheduler, shares_a_fixture, sort  # noqa: E402

# "mysql" runs the same tests on MySQL.
DATABASE = os.environ.get("SLIPWAY_DATABASE", "mariadb")

SLOW_SECONDS = 10  # a test that takes longer is named

# "make test" runs all of tests/api under sanitizers, and of the build that
# people install these files: what depends on time, on memory or on the flags
# of the compiler, and a pass through what every client does.
PLAIN = {
    "test_cache", "test_challenge", "test_client_logins", "test_clients",
    "test_concurrency", "test_conformance", "test_deps", "test_disk",
    "test_examples", "test_expiry", "test_export_referrers",
    "test_gc_concurrent", "test_handed_socket", "test_held_locks",
    "test_hostile", "test_http2", "test_index_down", "test_install",
    "test_interop", "test_keep_conn", "test_login_flood", "test_make",
    "test_outage", "test_prefork", "test_pull", "test_push",
    "test_referrers", "test_restart", "test_run",
    "test_tenants", "test_verdict_seal",
}

# What also runs over a store without directories (tests/fault/flat.c): the
# commands that care for a store.  Not what is about directories, about a server
# that works in them meanwhile, or takes long.
FLAT = {"test_export_referrers", "test_fsck", "test_gc", "test_purge",
        "test_reindex", "test_upkeep_faults"}
NOT_FLAT = {
    "test_a_bad_link_during_a_delete", "test_a_clean_store",
    "test_a_collection_at_every_step", "test_a_collection_reports_manifests",
    "test_a_directory_that_cannot_be_read", "test_a_full_spool_is_waited_for",
    "test_a_link_that_is_pushed_again_stays", "test_a_store_of_many_kinds",
    "test_a_tag_that_moves_while_it_is_read",
    "test_exports_during_pushes_and_collections",
    "test_runs_during_pushes_and_deletes",
    "test_delivered_by_root", "test_killed_at_any_step", "test_many_pages",
    "test_nothing_is_found_while_it_is_used",
    "test_old_lists_are_read_one_at_a_time", "test_only_who_may_push_touches",
    "test_a_run_of_root_leaves_files_to_the_stores_owner", "test_progress",
    "test_the_first_push_of_a_repository_keeps_its_tag", "test_the_rate",
    "test_the_page_lists_every_call", "test_the_verdict_of_registry_2",
    "test_what_has_no_place",
}

# A bucket is there in "make check-s3".
collect_ignore = [] if os.environ.get("SLIPWAY_S3") else [
    "api/test_s3.py", "api/test_s3_serve.py"]

# And over a store in a bucket (testenv/bucket.py), of each kind of call one;
# "make check-s3-all" runs all but those about local paths.
S3 = {
    "test_s3", "test_s3_serve", "test_what_goes", "test_the_grace_time",
    "test_nothing_is_left_over", "test_half_a_store_is_not_swept",
    "test_an_alias_of_registry_2_is_followed", "test_delete_untagged",
    "test_changed_bytes_are_found_by_reading_only", "test_links_to_nothing",
    "test_a_tag_that_was_never_finished", "test_leftovers",
    "test_a_missing_link_of_a_layer", "test_a_store_of_registry_2",
    "test_old_uploads_go", "test_a_manifest_that_is_not_stored",
    "test_a_list_without_entries_goes",
}
NOT_S3 = {
    "test_a_store_before_its_first_push", "test_half_a_store",
    "test_the_repositories_of_a_lost_manifest_are_kept_whole",
    "test_what_cannot_be_checked", "test_what_cannot_be_read_is_left_as_it_was",
    "test_what_is_no_store",
}


def pytest_configure(config):
    # Fresh memory of servers is never zero by chance, but where figures are
    # taken, and under ASan, which sees to it itself.
    if not paths.IS_ASAN:
        os.environ.setdefault("MALLOC_PERTURB_", "165")
    config.addinivalue_line(
        "markers", "idea(number, ...): what it proves, see tests/ideas.md")
    config.addinivalue_line(
        "markers", "plain: is run without sanitizers, too")
    config.addinivalue_line(
        "markers", "flat: is run over a store without directories, too")
    config.addinivalue_line("markers", "s3: is run over a bucket, too")
    config.addinivalue_line("markers", "s3_all: the same, at night")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.stem in PLAIN:
            item.add_marker(pytest.mark.plain)
        if item.path.stem in FLAT and item.originalname not in NOT_FLAT:
            item.add_marker(pytest.mark.flat)
        is_flat = item.get_closest_marker("flat") is not None
        if item.path.stem in S3 or (is_flat and item.originalname in S3):
            item.add_marker(pytest.mark.s3)
        if item.path.stem in S3 or (is_flat
                                    and item.originalname not in NOT_S3):
            item.add_marker(pytest.mark.s3_all)
        if shares_a_fixture(item):
            raise pytest.UsageError(item.nodeid + " shares a fixture: its"
                                    " file is none that schedule.py divides")
    sort(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return Scheduler(config, log)


def pytest_runtest_logreport(report):
    """Writes down what failed, for tests/pytest.  The process that reports is
    not one of xdist's workers, which have no such variable."""
    path = os.environ.get("SLIPWAY_FAILED")
    if path and report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        with open(path, "r+", encoding="utf-8") as failed:
            if report.nodeid not in failed.read().splitlines():
                failed.write(report.nodeid + "\n")


def pytest_terminal_summary(terminalreporter):
    """Names the tests that take long: they are to be made quicker."""
    for report in terminalreporter.stats.get("passed", []):
        if report.when == "call" and report.duration > SLOW_SECONDS:
            terminalreporter.write_line(
                "slow: %s, %.0f s" % (report.nodeid, report.duration))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Lets a fixture know whether its test failed."""
    outcome = yield
    if call.when == "call":
        item.is_failed = outcome.get_result().failed


@contextlib.contextmanager
def _session_house():
    """Of databases only, which need not survive the machine."""
    house = House(parent=paths.memory())
    yield house
    problems = house.problems()
    house.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="session")
def mariadb_server():
    """A function that starts the MariaDB of this session, at first use."""
    with _session_house() as house:
        yield house.mariadb


@pytest.fixture(scope="session")
def mysql_server():
    """The same of MySQL; it skips the test where there is none."""
    with _session_house() as house:
        yield house.mysql


@pytest.fixture(scope="session")
def database_server(request):
    """The one of the two that the tests of tests/api use."""
    return request.getfixturevalue(DATABASE + "_server")


@pytest.fixture
def house(request, database_server):
    """An empty house; what its servers logged is judged at the end."""
    built = House(database_server)
    yield built
    problems = built.problems()
    if problems or getattr(request.node, "is_failed", True):
        print("kept: " + built.dir)
        print(built.tails())
    else:
        built.remove()
    assert not problems, "\n".join(problems)
