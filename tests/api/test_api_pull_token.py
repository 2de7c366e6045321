"""Tokens of the registry that a page gets from the API: for one repository, to
pull, and no longer than what they were bought with."""

import re
import textwrap
import time
from datetime import datetime

import pytest

from testenv import House, images
from testenv.api import (API_LOCATION, ApiClient, ApiHouse, ApiSession,
                         Document, encoded)
from testenv.client import basic
from testenv.mirrored import World
from testenv.paths import TOP


@pytest.fixture(scope="module")
def world(database_server):
    house = House(database_server)
    try:
        made = World(house, "alice", "bob", server=API_LOCATION,
                     SLIPWAY_TOKEN_SECONDS="3600")
        made.deliver()
        pusher = made.pusher("alice/app", "alice/other")
        made.digest = pusher.push_image("alice/app", "1", images.Image())
        pusher.push_image("alice/other", "1", images.Image())
        made.settle()
        yield made
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


@pytest.fixture(autouse=True)
def is_private(world):
    world.index.set_visibility("alice/app", "private")


def person(world, login):
    return ApiClient(world.accounts.open, Document(),
                     basic("%s:%s" % (login, login * 2)))


def anyone(world):
    return ApiClient(world.accounts.open, Document())


def path(name="alice/app"):
    return "/repositories/%s/pull-token" % encoded(name)


def seconds(made):
    """How long a token is good yet."""
    return datetime.fromisoformat(made["expires_at"].replace(
        "Z", "+00:00")).timestamp() - time.time()


def bought(client, name="alice/app"):
    answer = client.post(path(name))
    assert answer.status == 201, answer
    assert answer.header("Cache-Control") == "private, no-store"
    assert set(answer.json) == {"token", "expires_at"}
    return answer.json


def registry(world, made):
    return world.accounts.open.with_token(made["token"])


def test_it_reads_one_repository(world):
    made = bought(person(world, "alice"))
    assert 200 < seconds(made) <= 300
    reader = registry(world, made)
    manifest = reader.get("/v2/alice/app/manifests/1")
    assert manifest.status == 200
    config = manifest.json()["config"]["digest"]
    assert reader.get("/v2/alice/app/blobs/" + config).status == 200
    assert reader.get("/v2/alice/app/tags/list").status == 200
    assert reader.get("/v2/alice/app/referrers/" + world.digest).status == 200
    for method, refused in (("GET", "/v2/alice/other/manifests/1"),
                            ("POST", "/v2/alice/app/blobs/uploads/"),
                            ("PUT", "/v2/alice/app/manifests/2"),
                            ("DELETE", "/v2/alice/app/manifests/"
                             + world.digest),
                            ("DELETE", "/v2/alice/app/blobs/" + config)):
        assert reader.request(method, refused).status == 401, refused
    assert reader.get("/v2/_catalog").status == 401
    assert manifest.body == reader.get("/v2/alice/app/manifests/1").body


def test_it_is_no_password_of_the_api(world):
    made = bought(person(world, "alice"))
    answer = ApiClient(world.accounts.open, Document(), [
        ("Authorization", "Bearer " + made["token"])]).get("/session")
    assert answer.status == 401


def test_a_public_repository_is_everyones(world):
    world.index.set_visibility("alice/app", "public")
    for client in (anyone(world), person(world, "bob")):
        assert registry(world, bought(client)).get(
            "/v2/alice/app/manifests/1").status == 200
    world.index.set_visibility("alice/app", "internal")
    assert anyone(world).post(path()).status == 401
    bought(person(world, "bob"))
    world.index.set_visibility("alice/app", "private")
    assert person(world, "bob").post(path()).status == 404
    for name in ("alice/none", "unknown/app"):
        assert person(world, "alice").post(path(name)).status == 404
        assert anyone(world).post(path(name)).status == 401


def test_what_the_repository_loses_the_token_loses(world):
    """As any token that a client bought: it is recorded."""
    world.index.set_visibility("alice/app", "public")
    reader = registry(world, bought(person(world, "bob")))
    assert reader.get("/v2/alice/app/manifests/1").status == 200
    changed = person(world, "alice").request(
        "PATCH", "/repositories/" + encoded("alice/app"),
        {"visibility": "private"}, [("If-Match", "*")])
    assert changed.status == 200, changed
    deadline = time.monotonic() + 30   # nginx remembers for a moment
    while reader.get("/v2/alice/app/manifests/1").status == 200:
        assert time.monotonic() < deadline


def test_an_access_token_narrows_it(world):
    alice = person(world, "alice")
    secrets = {}
    for actions, repositories in ((["pull"], []), (["push"], []),
                                  (["pull"], ["alice/other"])):
        made = alice.post("/access-tokens", {
            "name": "x", "actions": actions, "repositories": repositories})
        assert made.status == 201, made
        secrets[tuple(actions), tuple(repositories)] = made.json
    good, *bad = secrets.values()

    def holder(made):
        return ApiClient(world.accounts.open, Document(), [
            ("Authorization", "Bearer " + made["secret"])])

    reader = registry(world, bought(holder(good)))
    assert reader.get("/v2/alice/app/manifests/1").status == 200
    for made in bad:
        assert holder(made).post(path()).code == "insufficient_scope"
    # what was bought with it goes with it
    assert alice.delete("/access-tokens/%d" % good["id"]).status == 204
    deadline = time.monotonic() + 30
    while reader.get("/v2/alice/app/manifests/1").status == 200:
        assert time.monotonic() < deadline


def test_it_ends_with_the_access_token(world):
    alice = person(world, "alice")
    made = alice.post("/access-tokens", {
        "name": "x", "actions": ["pull"], "expires_in_days": 1}).json
    world.index.database.sql(
        "UPDATE access_token SET expires_at = UNIX_TIMESTAMP() + 100"
        " WHERE id = %d" % made["id"])
    holder = ApiClient(world.accounts.open, Document(), [
        ("Authorization", "Bearer " + made["secret"])])
    assert seconds(bought(holder)) <= 100


def test_a_page_of_another_site_gets_none(world):
    pages = ApiSession(world.accounts.open, Document(), "alice", "alice" * 2)
    bought(pages)
    for headers in ([("X-CSRF-Token", "x")],
                    [("Sec-Fetch-Site", "cross-site")]):
        assert pages.post(path(), headers=headers).status == 403


def test_a_body_is_refused(world):
    assert person(world, "alice").post(path(), {"actions": ["push"]}
                                       ).status in (400, 422)


def test_it_is_counted(house):
    """As every request to the API."""
    api = ApiHouse(house, "alice", SLIPWAY_API_RATE="3")
    answers = [api.person("alice").post(path("alice/none")).status
               for _ in range(5)]
    assert answers.count(429) >= 1, answers


def test_without_a_service(house):
    """The location's index_params say which registry tokens are for."""
    api = ApiHouse(house, "alice", more='set $registry_service "";')
    api.sql("INSERT INTO repository (namespace_id, name, is_private, privacy,"
            " created_at, is_stored) SELECT id, 'alice/app', FALSE, 0, 1, TRUE"
            " FROM namespace WHERE name = 'alice'")
    assert api.person("alice").post(path()).code == "closed"


def test_pages_of_another_host_may_read(house):
    """The lines of docs/web.md, in the location of the module."""
    page = (TOP / "docs" / "web.md").read_text()
    lines = textwrap.dedent(re.search(
        r"    if \(\$request_method = OPTIONS\) \{.*?pages\.example always;\n",
        page, re.S)[0])
    world = World(house, "alice", server=API_LOCATION, location=lines)
    world.deliver()
    digest = world.pusher("alice/app").push_image("alice/app", "1",
                                                  images.Image())
    world.settle()
    wanted = "/v2/alice/app/manifests/" + digest
    asked = world.accounts.open.request("OPTIONS", wanted, [
        ("Origin", "https://pages.example"),
        ("Access-Control-Request-Method", "GET"),
        ("Access-Control-Request-Headers", "accept,authorization")])
    assert asked.status == 204
    assert asked.header("Access-Control-Allow-Headers") == (
        "Authorization, Accept")
    reader = registry(world, bought(person(world, "alice")))
    config = reader.get(wanted).json()["config"]["digest"]
    for path, client, status in (
            (wanted, reader, 200), (wanted, world.accounts.open, 401),
            ("/v2/alice/app/blobs/" + config, reader, 200),
            ("/v2/alice/app/tags/list", reader, 200),
            ("/v2/alice/app/manifests/none", reader, 404)):
        answer = client.get(path)
        assert (answer.status, answer.header(
            "Access-Control-Allow-Origin")) == (
                status, "https://pages.example"), path
        assert answer.header("Access-Control-Allow-Credentials") is None
        assert answer.header("X-Content-Type-Options") == "nosniff"
