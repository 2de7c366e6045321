"""Repositories are deleted in steps that go on where they were cut."""

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from testenv import images
from testenv.api import API_LOCATION, ApiClient, Document
from testenv.client import basic
from testenv.faults import KILL, WAIT, Fault
from testenv.mirror import push
from testenv.mirrored import World
from testenv.process import Process, wait_until
from testenv.removals import (NAME, PATH, TABLES, finish, listed,
                              nothing_is_left, pushed, removal, revisions,
                              rows)

def actions(world, login, *names):
    return [sorted(world.accounts.rights(world.accounts.token(
        login, "repository:%s:pull,push,delete" % name), name))
        for name in names]


def fill(world, n=2300):
    """More rows of a repository than one statement deletes."""
    sql = world.index.database.sql
    for table, columns, row in (
            ("tag_past", "name, digest, ended_at", "'t%d', 'sha256:x', 1"),
            ("tag_pull", "name, pulls, pulled_at", "'t%d', 1, 1"),
            ("repository_pull_day", "day, pulls", "%d, 1"),
            ("activity", "kind, namespace_id, began_at, at", "%d %% 200, 1, 1, 1"),
            ("comment", "account_id, created_at, body",
             "(SELECT id FROM account WHERE login = 'bob'), %d, 'x'")):
        sql("INSERT INTO %s (repository_id, %s) SELECT r.id, v.* FROM repository"
            " r JOIN (%s) v WHERE r.name = '%s'" % (
                table, columns, " UNION ALL ".join(
                    "SELECT " + ", ".join(
                        "%s AS c%d" % (value, i) for i, value in enumerate(
                            (row % k).split(", "))) for k in range(n)), NAME))


def test_one_goes_from_everywhere(house):
    world, api, client = pushed(house)
    api.edit(PATH, {"visibility": "public", "description": "x"})
    world.index.command("collaborator", "set", NAME, "bob", "write")
    api.put(PATH + "/star")
    assert api.post(PATH + "/comments", {"text": "x"}).status == 201
    assert api.post(PATH + "/robots", {"name": "own",
                                       "role": "write"}).status == 201
    assert [item["name"] for item in api.get("/search", q="app").items] == [NAME]
    assert all(rows(world)[table] for table in ("search_posting", "star"))
    assert api.delete(PATH).status == 202
    [[repository]] = world.index.database.sql(
        "SELECT id FROM repository WHERE name = '%s'" % NAME)
    # the rest goes with the repository, but search never shows it again
    assert rows(world)["search_posting"] == 0
    assert api.get("/search", q="app").items == []
    assert api.get("/repositories").items == []
    assert api.get(PATH).status == 404
    assert api.delete(PATH).status == 404
    assert api.get("/namespaces/alice/repositories").items == []
    removals = "/namespaces/alice/removals"
    [item] = api.get(removals).items
    assert (item["repository"], item["requested_by"], item["tried_at"],
            item["message"]) == (NAME, "alice", None, None)
    wait_until(lambda: client.manifest(NAME, "latest").status in (401, 403), 60,
               "tokens of before to be refused")
    for login in (None, "alice", "bob"):
        assert actions(world, login, NAME) == [[]]
    assert api.post("/repositories", {"name": NAME}).status == 403
    fill(world)
    finish(world)
    nothing_is_left(world, api)
    for table in ("activity", "tag_pull", "repository_pull_day"):
        assert world.index.database.sql(
            "SELECT COUNT(*) FROM %s WHERE repository_id = %s" % (
                table, repository)) == [["0"]], table
    assert api.every("/namespaces/alice/robots") == []
    assert world.index.database.sql(
        "SELECT COUNT(*) FROM access_token WHERE name = 'robot'") == [["0"]]
    assert api.get(removals).items == []
    # what comes late makes nothing again; a push of today does
    world.mirror.take(push(NAME, 1, "late", "alice"))
    assert world.mirror.held() == {}
    assert api.get(PATH).status == 404
    wait_until(lambda: world.index.database.sql(
        "SELECT UNIX_TIMESTAMP() > MAX(requested_at) FROM removal")
        == [["1"]], 60, "the next second")
    fresh = world.pusher(NAME).push_image(NAME, "new", images.Image(seed=5))
    world.settle()
    assert world.mirror.held() == {NAME: ({fresh}, {"new": fresh})}
    assert api.get(PATH).json["description"] == ""
    assert actions(world, "bob", NAME) == [[]]


def test_killed_at_every_step(house):
    """A run is killed before each statement and each request that it sends,
    one after the other: the next one goes on.  At no moment is the repository
    there for anyone, or a part of it gone."""
    world, api, _ = pushed(house)
    fault = Fault(house)
    env = dict(fault.environment(), FAULT_SENDS="1")
    world.index.command("collaborator", "set", NAME, "bob", "write")
    opening = fault.calls(lambda: removal(world, env=env.items()))
    full = rows(world)
    assert api.delete(PATH).status == 202
    # what is sent before the first step is the same of a run without work
    step, killed = opening - 4, 0
    left = full
    while left["repository"] == 1:
        with fault.at(step, KILL) as reached:
            status, said = removal(world, env=env.items())
        assert api.get(PATH).status == 404
        if reached.is_reached:
            assert status == -9
            killed += 1
            step += 1
        elif "1 deleted" not in said:
            # its events are on their way: then there are more steps
            assert (status, "1 wait for events" in said) == (0, True), said
            wait_until(lambda: rows(world)["manifest"] == 0, 60, "the events")
        left = rows(world)
        if left["repository"] == 1:
            assert left["access"] == full["access"]
    assert world.index.command("removal", "list") == ""
    assert killed > 15
    nothing_is_left(world, api)


def test_it_goes_on_where_it_was_cut(house):
    world, api, _ = pushed(house)
    assert api.delete(PATH).status == 202
    status, said = removal(world, port=8999)
    assert status == 1 and "0 deleted, 0 wait for events, 1 failed" in said
    row = listed(world)
    assert (row["name"], row["requested_by"]) == (NAME, "alice")
    assert row["message"].startswith("no answer of the registry: ")
    assert row["tried_at"] >= row["requested_at"]
    line = world.index.command("removal", "list")
    assert line.startswith(NAME + " 20") and "no answer of the registry" in line
    # a run that was killed in the middle: the registry has lost some, of
    # which the index has not heard
    revisions(world)[0].unlink()
    wait_until(lambda: "0 wait" in removal(world)[1], 60, "the end")
    nothing_is_left(world, api)


def test_a_refused_token(house):
    world, api, _ = pushed(house)
    assert api.delete(PATH).status == 202
    status, said = removal(world, service="other.test")
    assert status == 1 and NAME + " cannot be deleted yet: " in said
    assert listed(world)["message"].startswith(
        "the registry answered 401: it refuses the token: ")
    assert len(revisions(world)) == 2
    assert api.get(PATH).status == 404
    finish(world)
    nothing_is_left(world, api)


def test_a_registry_that_does_not_delete(house):
    """What the registry says is what the list says."""
    world, api, _ = pushed(house)
    assert api.delete(PATH).status == 202
    conf = world.accounts.nginx.conf.read_text()
    world.accounts.nginx.conf.write_text(conf.replace(
        "registry_events on;", "registry_events on; registry_delete off;"))
    world.accounts.nginx.reload()
    status, said = removal(world)
    assert status == 1, said
    assert listed(world)["message"].startswith("the registry answered 405: ")
    world.accounts.nginx.conf.write_text(conf)
    world.accounts.nginx.reload()
    finish(world)
    nothing_is_left(world, api)


@pytest.mark.parametrize("away", ["worker", "nginx", "index"])
def test_a_part_is_away(house, away):
    """slipway-registry, nginx and the index itself, which the verdict of the
    run's token is in memcached without."""
    world, api, _ = pushed(house)
    assert api.delete(PATH).status == 202
    server = getattr(world.accounts, away)
    server.kill()
    status, said = removal(world)
    if away == "index":
        assert (status, "1 wait for events" in said) == (0, True), said
    else:
        assert status == 1 and "1 failed" in said
        assert "the registry" in listed(world)["message"]
        assert len(revisions(world)) == 2
    server.start()
    finish(world)
    nothing_is_left(world, api)


def test_what_no_event_has_reported(house):
    """Tags that the index has never heard of go with the others: the next
    repository of the name has nothing of this one."""
    world = World(house, "alice", server=API_LOCATION)
    client = world.pusher(NAME)
    api = ApiClient(world.accounts.open, Document(), basic("alice:alicealice"))
    for n in range(3):
        client.push_image(NAME, "v%d" % n, images.Image(seed=n))
    world.index.command("repository", "set-visibility", NAME, "public")
    assert world.mirror.held() == {}
    assert api.delete(PATH).status == 202
    # one tag that points to nothing
    revisions(world)[0].unlink()
    assert removal(world)[0] == 0
    nothing_is_left(world, api)
    world.deliver()
    client = world.pusher(NAME)
    wait_until(lambda: world.index.database.sql(
        "SELECT UNIX_TIMESTAMP() > MAX(requested_at) FROM removal")
        == [["1"]], 60, "the next second")
    fresh = client.push_image(NAME, "new", images.Image(seed=5))
    world.settle()
    assert world.mirror.held() == {NAME: ({fresh}, {"new": fresh})}
    assert client.get("/v2/%s/tags/list" % NAME).json()["tags"] == ["new"]


def test_a_push_that_was_under_way(house):
    """Its manifest comes after the repository was marked, by a token of
    before: it goes as well."""
    world, api, client = pushed(house, valid="60s")
    assert client.get("/v2/%s/tags/list" % NAME).status == 200
    late = images.Image(seed=7)
    for blob in late.blobs():
        client.push_blob(NAME, blob)
    assert api.delete(PATH).status == 202
    client.push_manifest(NAME, "late", late.manifest)
    assert len(revisions(world)) == 3
    finish(world)
    nothing_is_left(world, api)


def test_one_run_at_a_time(house):
    world, api, _ = pushed(house)
    assert api.delete(PATH).status == 202
    lock = "CONCAT('removal.', SHA2(DATABASE(), 224))"
    held = subprocess.Popen(
        world.index.database.server.client(
            world.index.database.name, "-N", "-B", "--unbuffered"),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    held.stdin.write("SELECT GET_LOCK(%s, 0);\n" % lock)
    held.stdin.flush()
    assert held.stdout.readline() == "1\n"
    status, said = removal(world)
    assert status == 1 and "another run is under way" in said
    assert len(revisions(world)) == 2
    held.communicate()
    finish(world)
    nothing_is_left(world, api)


def test_it_runs_by_itself(house):
    """With --every it goes on, whatever is away meanwhile, and ends when it is
    asked to."""
    world, api, _ = pushed(house)
    argv = [world.index._argv[0], "removal", "run", "--registry",
            "http://127.0.0.1:%d" % house.port(8500), "--service",
            "registry.test", "--every", "1s"]
    run = Process("removal", argv, house.dir + "/removal.out",
                  world.index._env, house.dir)
    try:
        world.accounts.worker.kill()
        assert api.delete(PATH).status == 202
        wait_until(lambda: "cannot be deleted yet" in run.text(), 60,
                   "a run that fails")
        # the second one is what a registry causes that closes a connection
        os.kill(run.pid, signal.SIGHUP)
        os.kill(run.pid, signal.SIGPIPE)
        world.accounts.worker.start()
        wait_until(lambda: "repositories deleted: 1" in run.text(), 60,
                   "the end")
        nothing_is_left(world, api)
        begun = time.monotonic()
    finally:
        run.stop()
    assert time.monotonic() - begun < 1


def test_who_may_delete(house):
    world, api, _ = pushed(house)
    bob = ApiClient(world.accounts.open, Document(), basic("bob:bobbob"))
    assert bob.delete(PATH).status == 404
    world.index.command("collaborator", "set", NAME, "bob", "write")
    assert bob.delete(PATH).status == 403
    world.index.command("collaborator", "set", NAME, "bob", "admin")
    assert bob.delete(PATH).status == 202
    assert api.get(PATH).status == 404
    assert world.index.database.sql(
        "SELECT actor, action FROM audit WHERE action = 'repository.delete'"
    ) == [["bob", "repository.delete"]]


def test_a_run_that_lost_its_turn(house):
    """Its connection is gone, and the lock with it: it deletes nothing more,
    since another run may have ended and the name may be someone else's."""
    world, api, _ = pushed(house)
    fault = Fault(house)
    env = dict(fault.environment(), FAULT_SENDS="1").items()
    opening = fault.calls(lambda: removal(world, env=env))
    assert api.delete(PATH).status == 202
    lock = "IS_USED_LOCK(CONCAT('removal.', SHA2(DATABASE(), 224)))"
    with ThreadPoolExecutor(1) as pool:
        # after the list of repositories, before that of manifests
        with fault.at(opening - 4, WAIT) as reached:
            run = pool.submit(removal, world, env=env)
            wait_until(lambda: reached.is_reached, 60, "the middle")
            [[holder]] = world.index.database.sql("SELECT " + lock)
            world.index.database.sql("KILL " + holder)
            wait_until(lambda: world.index.database.sql("SELECT " + lock)
                       == [["NULL"]], 60, "the lock to be free")
        status, said = run.result(60)
    assert status == 1 and "in the middle of a run" in said
    assert len(revisions(world)) == 2
    finish(world)
    nothing_is_left(world, api)
