"""A repository that is deleted, and the runs of "slipway-index removal run"
that do it.

    world, api, client = pushed(house)
    assert api.delete(PATH).status == 202
    finish(world)
    nothing_is_left(world, api)"""

import json
import subprocess

from . import images
from .api import API_LOCATION, ApiClient, Document, encoded
from .client import basic
from .mirrored import World
from .process import wait_until

NAME = "alice/app"
PATH = "/repositories/" + encoded(NAME)
TABLES = ("repository", "repository_profile", "mirror_repository", "manifest",
          "tag", "tag_past", "access", "webhook", "search_posting",
          "search_document", "repository_listing", "repository_count", "star",
          "comment", "repository_blob", "follow")


def removal(world, *words, port=8500, service="registry.test", env=()):
    """(exit status, what it printed) of "removal run"."""
    run = subprocess.run(
        [world.index._argv[0], "removal", "run", "--registry",
         "http://127.0.0.1:%d" % world.house.port(port), "--service", service,
         *words], env=dict(world.index._env, **dict(env)), text=True,
        capture_output=True, timeout=60)
    return run.returncode, run.stdout + run.stderr


def finish(world):
    """Runs until nothing is left to do."""
    def is_done():
        status, said = removal(world)
        assert status == 0, said
        return "0 wait for events, 0 failed" in said
    wait_until(is_done, 60, "the events of the deletion")


def listed(world):
    """The only removal that is not done."""
    [row] = [json.loads(line) for line in world.index.command(
        "removal", "list", "--json").splitlines()]
    return row


def pushed(house, **how):
    """A world in which alice has pushed two images, and (her client of the
    API, her client of the registry)."""
    world = World(house, "alice", "bob", server=API_LOCATION, **how)
    world.deliver()
    client = world.pusher(NAME)
    for n in range(2):
        client.push_image(NAME, "v%d" % n, images.Image(seed=n))
    client.push_image(NAME, "latest", images.Image(seed=1))
    world.settle()
    api = ApiClient(world.accounts.open, Document(), basic("alice:alicealice"))
    return world, api, client


def rows(world):
    """{table: how many rows it has}"""
    [found] = world.index.database.sql("SELECT " + ", ".join(
        "(SELECT COUNT(*) FROM %s)" % table for table in TABLES))
    return dict(zip(TABLES, map(int, found)))


def revisions(world):
    return list(world.store.v2.glob(
        "repositories/%s/_manifests/revisions/*/*/link" % NAME))


def nothing_is_left(world, api):
    assert world.mirror.held() == {}
    assert revisions(world) == []
    assert not list(world.store.v2.glob(
        "repositories/%s/_manifests/tags/*/current/link" % NAME))
    assert rows(world) == dict.fromkeys(TABLES, 0)
    assert world.index.command("removal", "list") == ""
    assert api.get(PATH).status == 404
