"""Repositories are deleted in steps that go on where they were cut."""

import json
import subprocess

from testenv import images
from testenv.api import API_LOCATION, ApiClient, Document, encoded
from testenv.client import basic
from testenv.mirror import push
from testenv.mirrored import World
from testenv.process import wait_until

NAME = "alice/app"
PATH = "/repositories/" + encoded(NAME)


def removal(world, *words, port=8500):
    """(exit status, what it printed) of "removal run"."""
    run = subprocess.run(
        [world.index._argv[0], "removal", "run", "--registry",
         "http://127.0.0.1:%d" % world.house.port(port), "--service",
         "registry.test", *words], env=world.index._env, text=True,
        capture_output=True, timeout=60)
    return run.returncode, run.stdout + run.stderr


def pushed(house):
    """A world in which alice has pushed two images, and (her client of the
    API, her client of the registry)."""
    world = World(house, "alice", "bob", server=API_LOCATION)
    world.deliver()
    client = world.pusher(NAME)
    for n in range(2):
        client.push_image(NAME, "v%d" % n, images.Image(seed=n))
    client.push_image(NAME, "latest", images.Image(seed=1))
    world.settle()
    api = ApiClient(world.accounts.open, Document(), basic("alice:alicealice"))
    return world, api, client


def actions(world, login, *names):
    return [sorted(world.accounts.rights(world.accounts.token(
        login, "repository:%s:pull,push,delete" % name), name))
        for name in names]


def test_one_goes_from_everywhere(house):
    world, api, client = pushed(house)
    api.edit(PATH, {"visibility": "public", "description": "x"})
    world.index.command("collaborator", "set", NAME, "bob", "write")
    assert api.delete(PATH).status == 202
    assert api.get(PATH).status == 404
    assert api.delete(PATH).status == 404
    assert api.get("/namespaces/alice/repositories").items == []
    wait_until(lambda: client.manifest(NAME, "latest").status in (401, 403), 60,
               "tokens of before to be refused")
    for login in (None, "alice", "bob"):
        assert actions(world, login, NAME) == [[]]
    assert api.post("/repositories", {"name": NAME}).status == 403

    def is_done():
        status, said = removal(world)
        assert status == 0, said
        return "0 wait for events, 0 failed" in said
    wait_until(is_done, 60, "the events of the deletion")
    assert world.mirror.held() == {}
    assert not list(world.store.v2.glob(
        "repositories/%s/_manifests/revisions/*/*/link" % NAME))
    for table in ("repository", "repository_profile", "mirror_repository",
                  "manifest", "tag", "tag_past", "access"):
        assert world.index.database.sql(
            "SELECT COUNT(*) FROM " + table) == [["0"]], table
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


def test_it_goes_on_where_it_was_cut(house):
    world, api, _ = pushed(house)
    assert api.delete(PATH).status == 202
    status, said = removal(world, port=8999)
    assert status == 1 and "0 deleted, 0 wait for events, 1 failed" in said
    [listed] = [json.loads(line) for line in world.index.command(
        "removal", "list", "--json").splitlines()]
    assert (listed["name"], listed["requested_by"]) == (NAME, "alice")
    assert listed["message"].startswith("no answer of the registry: ")
    # a run that was killed in the middle: the registry has lost some, of
    # which the index has not heard
    for link in list(world.store.v2.glob(
            "repositories/%s/_manifests/revisions/*/*/link" % NAME))[:1]:
        link.unlink()
    wait_until(lambda: "0 wait" in removal(world)[1], 60, "the end")
    assert world.index.command("removal", "list") == ""
    assert world.mirror.held() == {}


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
